"""A dispatcher for tests that answers from a script of routes, and counts its hits."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from restgql.errors import BadPath, ClientError, NotAllowed, RestgqlError
from restgql.formats import target
from restgql.formats.json import encode
from restgql.formats.target import Target
from restgql.model import Headers, SubRequest
from restgql.sub_response import SubResponse

ScriptedBody = dict[str, Any] | list[Any] | str | bytes | bool | int | float | None
HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]
ScriptedResponse = ScriptedBody | tuple[int, ScriptedBody] | tuple[int, ScriptedBody, HeaderFields]
ScriptedAnswer = ScriptedResponse | Exception | Callable[[SubRequest], ScriptedResponse | Exception]

_Query = tuple[tuple[str, str], ...]


class ScriptedDispatcher:
    """Answers from a script of `path` or `path?query` → answer; a path without a query matches any query.

    An answer is a body (text, bytes, or JSON; None is an empty one), `(status, body)`, `(status, body, headers)`, an
    exception in place of a response (`UpstreamTimeout("…")`; one that is not of restgql is a crash), or a function of
    the request that returns one of these, and may block. A path that the script lacks is NOT_ALLOWED, and no hit.
    """

    def __init__(self, routes: Mapping[str, ScriptedAnswer]) -> None:
        parsed = ((target.parse(path), answer) for path, answer in routes.items())
        self._script = {_key(at): (at, answer) for at, answer in parsed}
        self._lock = threading.Lock()
        self._requests: list[SubRequest] = []
        """Guarded by `_lock`."""

    @property
    def requests(self) -> list[SubRequest]:
        """The requests, in order of arrival."""
        with self._lock:
            return list(self._requests)

    @property
    def hits(self) -> list[str]:
        """The requested paths, in order of arrival."""
        return [str(request.target) for request in self.requests]

    @property
    def paths(self) -> list[str]:
        """The paths of the script, without their queries."""
        return sorted({at.path for at, _ in self._script.values()})

    def route(self, request: SubRequest) -> object:
        """Return the path: the latency of each path is observed by itself."""
        return request.target.path

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the script's answer. Raises NotAllowed and BadPath."""
        answer = self._find(request.target)
        with self._lock:
            self._requests.append(request)
        try:
            result = answer(request) if callable(answer) else answer
        except RestgqlError as exc:  # raised or returned, it replaces the response
            result = exc
        if not isinstance(result, Exception):
            return _reply(str(request.target), *(result if isinstance(result, tuple) else (200, result)))
        if isinstance(result, ClientError) or not isinstance(result, RestgqlError):
            raise result
        return SubResponse.failed(str(request.target), result)

    def _find(self, target: Target) -> ScriptedAnswer:
        exact, any_query = _key(target), (unquote(target.path), None)
        entry = self._script.get(exact) or self._script.get(any_query)
        if entry is None:
            raise NotAllowed("No route matches this path.")
        at, answer = entry
        if target.has_encoded_slash and not at.has_encoded_slash:  # like a converter that takes no slash
            raise BadPath("The path has an encoded slash or backslash in a segment.")
        return answer


def _key(at: Target) -> tuple[str, _Query | None]:
    """Return a target as a route sees it: decoded."""
    query = None if at.query is None else tuple(parse_qsl(at.query, keep_blank_values=True))
    return unquote(at.path), query


def _reply(url: str, status: int, body: ScriptedBody, headers: HeaderFields = ()) -> SubResponse:
    fields: Headers = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    content, media_type = _encoded(body)
    if media_type and not any(name.lower() == "content-type" for name, _ in fields):
        fields = (("Content-Type", media_type), *fields)
    cookies = tuple(value for name, value in fields if name.lower() == "set-cookie")
    shown = tuple(field for field in fields if field[0].lower() != "set-cookie")
    return SubResponse(url=url, status=status, fields=shown, body=content, cookies=cookies)


def _encoded(body: ScriptedBody) -> tuple[bytes, str]:
    match body:
        case None:
            return b"", ""
        case bytes():
            return body, "application/octet-stream"
        case str():
            return body.encode(), "text/plain; charset=utf-8"
        case _:
            return encode(body), "application/json"
