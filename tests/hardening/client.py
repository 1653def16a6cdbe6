"""A client that calls a WSGI app as a server does: it reads the body after the app has returned, and closes it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from tests.respond.payloads import Merged

WHOLE = "application/json"
GRAPHQL = "application/graphql-response+json"
MULTIPART = "multipart/mixed;incrementalSpec=v0.2, application/json;q=0.9"
ONLY_MULTIPART = "multipart/mixed;incrementalSpec=v0.2"
EVENTS = "text/event-stream"
ACCEPTS = [WHOLE, GRAPHQL, MULTIPART, ONLY_MULTIPART, EVENTS]


class Answer(NamedTuple):
    """The status, media type and body of a response."""

    status: int
    media_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return strict_json(self.body)

    @property
    def errors(self) -> list[Any]:
        """The errors of a refusal, which is an event for a client that accepts nothing else."""
        [text] = payloads(self.body) if self.media_type == EVENTS else [self.body]
        errors: list[Any] = strict_json(text)["errors"]
        return errors

    @property
    def merged(self) -> dict[str, Any]:
        """The response map, put together if it came in parts."""
        assert self.status == 200, self.body
        if self.media_type not in ("multipart/mixed", EVENTS):
            whole: dict[str, Any] = self.json
            return whole
        merged = Merged()
        for payload in map(strict_json, payloads(self.body)):
            merged.take(payload)
        assert merged.ended
        return {"data": merged.data, **({"errors": merged.errors} if merged.errors else {})}


def post(
    app: Flask,
    path: str,
    body: Any,
    *,
    accept: str = WHOLE,
    headers: Mapping[str, str] | None = None,
    multithread: bool = True,
) -> Answer:
    """The answer to a POST of a JSON body, sent by a server of many threads or of one."""
    fields = Headers([("Accept", accept), *(headers or {}).items()])
    builder = EnvironBuilder(path=path, method="POST", json=body, headers=fields)
    environ = builder.get_environ()
    builder.close()
    environ["wsgi.multithread"] = multithread
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, sent: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [(status, sent)]
        return lambda data: None

    pieces: Iterable[bytes] = app(environ, start_response)
    try:
        content = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, received = started[0]
    media_type = {name.lower(): value for name, value in received}["content-type"].partition(";")[0]
    return Answer(int(status.split()[0]), media_type, content)


def ask(app: Flask, query: str, variables: Any = None, **options: Any) -> Answer:
    """The answer to a GraphQL operation."""
    return post(app, "/graphql", {"query": query, "variables": variables}, **options)


def payloads(body: bytes) -> list[bytes]:
    """The payloads of a body in multipart/mixed with the boundary `-`, or in text/event-stream."""
    if body.startswith(b"\r\n---") or body.startswith(b"---"):
        parts = re.split(rb"(?:\r\n|\A)---(?:\r\n|--\r\n)", body)
        return [part.split(b"\r\n\r\n", 1)[1] for part in parts if b"\r\n\r\n" in part]
    events = body.split(b"\n\n")
    return [event.split(b"data: ", 1)[1] for event in events if event.startswith(b"event: next\ndata: ")]


def strict_json(text: bytes) -> Any:
    """The value of a JSON text in UTF-8 as RFC 8259 has it: without NaN and infinite numbers."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text.decode(), parse_constant=refuse)


def codes(response: Mapping[str, Any]) -> dict[str, str]:
    """The code of each error by its path."""
    errors = response.get("errors", ())
    assert len({str(error["path"]) for error in errors}) == len(errors), errors
    return {".".join(map(str, error["path"])): error["extensions"]["code"] for error in errors}
