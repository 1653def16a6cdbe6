"""An app that counts its sub-requests, and a check that a request is refused before any."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ENDPOINTS = ("/graphql", "/aggregate")
CPU_SECONDS = 5.0
"""More than anything here may cost, on any machine: what is bounded costs milliseconds."""
MAX_REPLIES = 100_000


class Target:
    """An app with a gateway; `dispatched` counts the sub-requests."""

    def __init__(self, **config: Any) -> None:
        self.dispatched = 0
        self.written = 0
        app = Flask(__name__)
        lock = threading.Lock()

        @app.before_request
        def count() -> None:
            if request.path not in ENDPOINTS:
                with lock:
                    self.dispatched += 1

        @app.post("/write")
        @app.put("/write")
        @app.delete("/write")
        def write() -> str:
            self.written += 1
            return "written"

        deep = b"[" * 900 + b"]" * 900
        app.add_url_rule("/item/<name>", "item", lambda name: {"item": name, "all": [1, 2], "none": None})
        app.add_url_rule("/big", "big", lambda: Response("b" * (MAX_REPLIES // 10), content_type="text/plain"))
        app.add_url_rule("/deep", "deep", lambda: Response(deep, content_type=JSON))
        app.add_url_rule("/numbers", "numbers", lambda: Response("[1e400, 1, -0.0]", content_type=JSON))
        Gateway(app, routes=["*"], **{"profile": "open", **config})
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def query(self, document: str, variables: Any = None, accept: str = GRAPHQL_JSON) -> TestResponse:
        return self.send(json.dumps({"query": document, "variables": variables}), accept)

    def send(self, body: str | bytes, accept: str = GRAPHQL_JSON, endpoint: str = "/graphql") -> TestResponse:
        return self.client.post(endpoint, data=body, content_type=JSON, headers={"Accept": accept})


def strict(answer: TestResponse) -> Any:
    """The JSON value of an answer that is no server error, and is strict JSON: RFC 8259, in UTF-8."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert answer.status_code < 500, answer.data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    value = json.loads(answer.data.decode(), parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate would not go
    return value


def assert_refused(target: Target, ask: Callable[[], TestResponse], statuses: tuple[int, ...] = (400,)) -> Any:
    """It is refused whole, at once, with a code and at most 5 errors, before any dispatch."""
    before, began = target.dispatched, time.process_time()
    answer = ask()
    assert time.process_time() - began < CPU_SECONDS
    value = strict(answer)
    assert answer.status_code in statuses
    assert target.dispatched == before
    errors = errors_of(value)
    assert "data" not in value
    assert 1 <= len(errors) <= 5
    for error in errors:
        assert error["message"]
        assert error["extensions"]["code"] in ("BAD_REQUEST", "LIMIT_EXCEEDED")
    return value


def errors_of(value: Any) -> list[Any]:
    """The errors of a request that is refused whole: of /graphql, or the problem details of /aggregate."""
    return value.get("errors") or [{"message": value["detail"], "extensions": value}]


def nested(depth: int, opening: str, inner: str, closing: str) -> str:
    return opening * depth + inner + closing * depth
