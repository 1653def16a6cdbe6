"""A Flask app of scripted answers, typed by a folder of SDL, that counts what it is asked for."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, request

from restgql import Gateway

Answer = Any
"""A JSON value, `(status, value)`, `(status, value, headers)`, or a function of the request that gives one."""


class World:
    """The app and its gateway. A key of `answers` is a path, or a method and a path; each may have a query."""

    def __init__(self, folder: Path, sdl: str | Mapping[str, str], answers: Mapping[str, Answer], **keys: Any) -> None:
        documents = {"types.graphql": sdl} if isinstance(sdl, str) else sdl
        write(folder / "schema", documents)
        self.answers = dict(answers)
        self.hits: list[str] = []
        """Method and path, in order of arrival."""
        self.requests: list[Request] = []
        self.app = Flask(__name__, root_path=str(folder))
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        self.app.add_url_rule("/<path:rest>", "any", self._view, methods=methods, provide_automatic_options=False)
        self.gateway = Gateway(self.app, schema="schema", **{"routes": [], "profile": "open", **keys})

    def _view(self, rest: str) -> Response:
        path = request.full_path.removesuffix("?")
        self.hits.append(path if request.method == "GET" else f"{request.method} {path}")
        request.get_data()  # so that it is there after the request
        self.requests.append(request._get_current_object())  # type: ignore[attr-defined]
        names = (f"{request.method} {path}", f"{request.method} {request.path}", path, request.path)
        found: Any = next((self.answers[name] for name in names if name in self.answers), (404, None))
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(request)
        if isinstance(found, Response):
            return found
        status, value, headers = (*found, {})[:3] if isinstance(found, tuple) else (200, found, {})
        return Response(json.dumps(value), status, headers, content_type="application/json")

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The response map, which is the same by POST /graphql and by `gateway.execute`, for the same requests."""
        posted = self.post(query, **variables)
        hits = self.hits
        executed = self.execute(query, **variables)
        assert executed == posted
        assert sorted(self.hits) == sorted(hits)
        return posted

    def post(self, query: str, **variables: Any) -> dict[str, Any]:
        self._forget()
        response = self.app.test_client().post("/graphql", json={"query": query, "variables": variables})
        found: dict[str, Any] = response.get_json()
        return found

    def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        self._forget()
        return self.gateway.execute(query, variables)

    def payloads(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        """What an answer in parts consists of."""
        self._forget()
        headers = {"Accept": "text/event-stream"}
        body = {"query": query, "variables": variables}
        with self.app.test_client().post("/graphql", json=body, headers=headers) as response:
            events = response.get_data(as_text=True).split("\n\n")
        return [json.loads(data) for event in events if (data := event.partition("data: ")[2])]

    def data(self, query: str, **variables: Any) -> Any:
        """The data of an operation without errors."""
        found = self.ask(query, **variables)
        assert "errors" not in found, found
        return found["data"]

    def _forget(self) -> None:
        self.hits, self.requests = [], []


def write(folder: Path, documents: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def errors(found: dict[str, Any]) -> dict[tuple[str | int, ...], str]:
    """The codes of the errors by their paths."""
    told = found.get("errors", [])
    codes = {tuple(error["path"]): error["extensions"]["code"] for error in told}
    assert len(codes) == len(told), "two errors of one path"
    return codes
