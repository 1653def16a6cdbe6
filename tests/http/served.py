"""An app with its gateway, as the tests of POST /graphql send operations to it."""

import json
import threading
from typing import Any

from flask import Flask, Response, jsonify, redirect, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
MAX_REPLY = 20_000
RAW = ' {"b": 1.0,\n "a": [1e2, 123456789012345678901234567890, "\\u00e9\\/"], "b": 2 } \r\n'
LATIN = "Grüße".encode("latin-1")


class Served:
    """An app with a gateway; its slow route waits for `slow` to be set."""

    def __init__(self) -> None:
        self.slow = threading.Event()
        app = Flask(__name__)
        app.json.sort_keys = False  # type: ignore[attr-defined]
        self._add_echoes(app)
        self._add_answers(app)
        settings = {"subrequest_timeout": 0.2, "max_reply": MAX_REPLY, "graphiql": False}
        Gateway(app, routes=["*", "!hidden"], profile="open", **settings)
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def _add_echoes(self, app: Flask) -> None:
        def echo(**values: str) -> Any:
            """What was asked.

            Not shown.
            """
            return jsonify(path=request.path, query=request.query_string.decode(), values=values)

        app.add_url_rule("/echo", "echo", echo)
        app.add_url_rule("/echo/<value>", "echo_value", echo)
        app.add_url_rule("/echo/<path:rest>/all", "echo_path", echo)

        @app.get("/header/<name>")
        def header(name: str) -> Any:
            return jsonify(request.headers.get(name))

        @app.get("/range")
        def ranged() -> Response:
            response = Response("abcdef", content_type="text/plain")
            return response.make_conditional(request, accept_ranges=True, complete_length=6)

    def _add_answers(self, app: Flask) -> None:
        raw: dict[str, tuple[bytes | str, int, dict[str, str]]] = {
            "raw": (RAW, 200, {"Content-Type": JSON, "ETag": 'W/"e"', "X-A": "1"}),
            "latin": (LATIN, 200, {"Content-Type": "text/plain; charset=latin-1"}),
            "binary": (b"\x00\xff", 200, {"Content-Type": "application/octet-stream"}),
            "nothing": ("", 204, {}),
            "broken": ("{", 200, {"Content-Type": JSON}),
            "large": ("a" * (MAX_REPLY + 1), 200, {"Content-Type": "text/plain"}),
            "ids": (json.dumps([{"id": n, "next": f"/echo/{n}"} for n in range(3)]), 200, {"Content-Type": JSON}),
            "many": (json.dumps(list(range(60))), 200, {"Content-Type": JSON}),
            "teapot": ('{"short": true}', 418, {"Content-Type": "application/problem+json"}),
            "busy": ("busy", 503, {"Retry-After": "7", "X-Other": "1"}),
            "login": ("<p>Log in</p>", 200, {"Content-Type": "text/html"}),
        }
        for name, answer in raw.items():
            app.add_url_rule(f"/{name}", name, lambda answer=answer: answer)
        app.add_url_rule("/hidden", "hidden", lambda: "hidden")
        app.add_url_rule("/write", "write", lambda: "written", methods=["POST"])
        app.add_url_rule("/moved", "moved", lambda: redirect("/echo/moved"))
        app.add_url_rule("/to-login", "to_login", lambda: redirect("/login"))
        app.add_url_rule("/away", "away", lambda: redirect("http://other.example/"))

        @app.get("/guarded")
        def guarded() -> Response:
            return Response('"no"', 401, {"WWW-Authenticate": 'Basic realm="a"', "Content-Type": JSON})

        @app.get("/cookies")
        def cookies() -> Response:
            response = jsonify(1)
            response.set_cookie("a", "1")
            response.headers.add("X-Twice", "1")
            response.headers.add("X-Twice", "2")
            return response

        @app.get("/slow")
        def slow() -> str:
            self.slow.wait(10)
            return "slow"

        @app.get("/crash")
        def crash() -> str:
            raise ZeroDivisionError("the traceback")

    def ask(self, document: str, variables: Any = None, **parameters: Any) -> TestResponse:
        body = {"query": document, "variables": variables, **parameters}
        return self.client.post("/graphql", json=body, headers={"Accept": GRAPHQL_JSON})

    def query(self, document: str, variables: Any = None, **parameters: Any) -> dict[str, Any]:
        """The response map of a request that is well-formed."""
        answer = self.ask(document, variables, **parameters)
        assert (answer.status_code, answer.content_type) == (200, f"{GRAPHQL_JSON}; charset=utf-8"), answer.text
        found: dict[str, Any] = json.loads(answer.data)
        return found

    def data(self, document: str, variables: Any = None) -> Any:
        """The data of a request that has no errors."""
        found = self.query(document, variables)
        assert list(found) == ["data"], found
        return found["data"]
