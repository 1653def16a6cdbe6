"""The app on which mistakes are made, and what is said of them."""

from typing import Any

import pytest
from flask import Flask, jsonify

import restgql
from restgql import Gateway

USERS = [{"id": 1, "name": "Ada", "created_at": 1}, {"id": 2, "name": "Bob", "created_at": 2}]
CHOSEN = ["*", "!static", "!/admin/*"]


def shop(*, debug: bool = True, **options: Any) -> Flask:
    """Return an app with a few routes, and a gateway on it."""
    app = Flask("shop")
    app.debug = debug
    app.get("/users")(lambda: jsonify(USERS))
    app.get("/users/<int:id>", endpoint="user")(lambda id: {"id": id, "name": "Ada", "friend_id": 2})
    app.get("/users/<int:id>/orders", endpoint="orders")(lambda id: jsonify([{"id": 1}]))
    app.post("/orders", endpoint="order")(lambda: {})
    app.get("/api/v1/customers/<int:id>", endpoint="customer")(lambda id: {"id": id})
    app.get("/admin/secret", endpoint="secret")(lambda: {})
    app.get("/hidden", endpoint="hidden")(restgql.hide(lambda: {}))
    app.get("/hello", endpoint="hello")(lambda: "hi")
    app.get("/page", endpoint="page")(lambda: {"items": USERS, "total": 2})
    Gateway(app, sequential=True, **options)
    return app


def ask(document: str, variables: dict[str, Any] | None = None, **options: Any) -> str:
    """Return the messages of the errors of an operation."""
    sent = {"query": document, "variables": variables or {}}
    answer = shop(**options).test_client().post("/graphql", json=sent).json
    return "\n".join(error["message"] for error in answer.get("errors", ()))


def get(path: str, **options: Any) -> str:
    return ask("query($path: String!) { get(path: $path) }", {"path": path}, **options)


def messages_of(answer: Any) -> str:
    """Return the messages of an answer, of GraphQL or of problem details."""
    body = answer.json
    return "\n".join(error["message"] for error in body["errors"]) if "errors" in body else body["detail"]


def warnings_of(app: Flask, caplog: pytest.LogCaptureFixture) -> str:
    """Return what the first two requests log, without the lines about profile and reach."""
    caplog.clear()
    for _ in range(2):
        app.test_client().post("/graphql", json={"query": "{ __typename }"})
    lines = [record.getMessage() for record in caplog.records]
    return "\n".join(line for line in lines if not line.startswith(("The profile is", "RESTGQL_ROUTES is not set")))


everywhere = pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
