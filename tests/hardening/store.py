"""A store whose routes read and write, and the ways to send an operation to it."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request

from restgql import Gateway
from tests.hardening.client import ACCEPTS, ask, post

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
SDL = """
type Query { items: [String] @get(path: "/items") }
type Mutation {
  add(name: String): Written @post(path: "/items")
  replace(names: [String]): Written @put(path: "/items", body: "names")
  clear: Written @delete(path: "/items")
}
type Written { by: String, items: [String] @get(path: "/items") }
"""


class Store:
    """An app with one list, which `/items` reads and writes; `log` has each request as its method and path."""

    def __init__(self, folder: Path | None = None, *, headers: dict[str, str] | None = None, **settings: Any) -> None:
        self.items: list[str] = []
        self.log: list[str] = []
        self.app = app = Flask(__name__)
        if folder is not None:
            (folder / "types.graphql").write_text(SDL)
            settings["schema"] = str(folder / "types.graphql")

        @app.before_request
        def note() -> None:
            if request.path != "/graphql":
                self.log.append(f"{request.method} {request.path}")

        @app.get("/items")
        def read() -> Any:
            return jsonify(self.items), 200, headers or {}

        @app.route("/items", methods=["POST", "PUT", "PATCH", "DELETE"])
        @app.post("/elsewhere")
        def write() -> Any:
            body = request.get_json(silent=True)
            match request.method:
                case "POST":
                    self.items.append(str((body or {}).get("name")))
                case "PUT" | "PATCH":
                    self.items[:] = body
                case "DELETE":
                    self.items.clear()
            return {"by": request.method}

        self.gateway = Gateway(app, **{"routes": ["*"], "verbs": VERBS, "max_batch": 9, **settings})

    def data(self, query: str, **options: Any) -> Any:
        """The data of an operation that has no errors."""
        response = ask(self.app, query, **options).merged
        assert "errors" not in response
        return response["data"]

    def batch(self, *queries: str, multithread: bool = True) -> Any:
        """The data of each of a batch of operations that have no errors."""
        answer = post(self.app, "/graphql", [{"query": query} for query in queries], multithread=multithread)
        assert answer.status == 200
        assert all("errors" not in each for each in answer.json)
        return [each["data"] for each in answer.json]


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "single-flight": {"single_flight": True},
    "cache": {"cache": "memory"},
    "cache-of-fresh": {"cache": "memory", "headers": {"Cache-Control": "max-age=60"}},
    "cache-and-single-flight": {"cache": "memory", "single_flight": True, "headers": {"Cache-Control": "max-age=60"}},
}
settings = pytest.mark.parametrize("name", SETTINGS)
servers = pytest.mark.parametrize("multithread", [True, False], ids=["threads", "one-thread"])
accepts = pytest.mark.parametrize("accept", ACCEPTS)
