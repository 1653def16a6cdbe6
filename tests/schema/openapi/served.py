"""An app whose routes are those of a document, with a gateway that is typed by it."""

import json
from typing import Any

from flask import Flask, Response, request
from graphql import print_ast

from restgql import Gateway
from restgql.sources import combined_sdl


class Served:
    """Answers each path by `answers`: a JSON value, or status, value and headers. `requests` are those that arrived."""

    def __init__(self, document: dict[str, Any], answers: dict[str, Any], **keys: Any) -> None:
        self._answers = answers
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.texts: list[str] = []
        self.headers: dict[str, str] = {}
        self.app = Flask(__name__)
        for path in document["paths"]:
            rule = path.replace("{", "<").replace("}", ">")
            self.app.add_url_rule(rule, path, self._view, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        Gateway(self.app, openapi=document, **{"profile": "open", **keys})

    def _view(self, **variables: str) -> Response:
        self.requests.append(f"{request.method} {request.full_path.removesuffix('?')}")
        self.texts.append(request.get_data(as_text=True))
        self.bodies.append(request.get_json(silent=True))
        self.headers = dict(request.headers)
        answer = self._answers.get(request.full_path.removesuffix("?"), self._answers.get(request.path))
        status, value, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        return Response(json.dumps(value), status, headers, content_type="application/json")

    def ask(self, query: str, **options: Any) -> dict[str, Any]:
        """Return the answer to an operation, and forget earlier requests."""
        self.requests, self.bodies, self.texts = [], [], []
        target = f"/graphql?{options.pop('query_string', '')}".removesuffix("?")
        body = {"query": query, "variables": options.pop("variables", {})}
        answer: dict[str, Any] = self.app.test_client().post(target, json=body, **options).get_json()
        return answer

    def data(self, query: str, **options: Any) -> Any:
        """Return the data of an operation without errors."""
        answer = self.ask(query, **options)
        assert "errors" not in answer, answer
        return answer["data"]

    @property
    def source(self) -> str:
        """The SDL with directives."""
        self.ask("{ __typename }")
        return print_ast(combined_sdl(self._state.compiled_schema))

    @property
    def reasons(self) -> dict[str, str]:
        """The reason of each operation, by its path."""
        self.ask("{ __typename }")
        return {row.path: row.reason for row in self._state.compiled_schema.rows}

    @property
    def _state(self) -> Any:
        return self.app.extensions["restgql"]["restgql"]
