"""E4: which paths a sub-request reaches: those of a middleware, of no rule, of a rule that a typed field names, of a
view that is hidden."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import restgql
from restgql import Gateway


def metrics(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"secret": 42}']


def mounted(*, catches_all: bool, **settings: Any) -> Flask:
    """An app with `/metrics` and `/admin` in front of it, and a page for its own 404."""
    admin = Flask("admin")
    admin.add_url_rule("/keys", "keys", lambda: {"secret": 42})
    app = Flask("app")
    app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id})
    app.register_error_handler(404, lambda exc: ({"error": "no such page"}, 404))
    if catches_all:
        app.add_url_rule("/<path:page>", "page", lambda page: f"<html>{page}")
    Gateway(app, **settings)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/metrics": metrics, "/admin": admin})  # type: ignore[method-assign]
    return app


PATHS = ["/users/1", "/nowhere", "/users/x", "/metrics", "/admin/keys", "/admin/none"]


@pytest.mark.parametrize("catches_all", [False, True])
def test_e4_by_default_a_path_without_a_rule_gets_the_apps_own_answer(catches_all: bool) -> None:
    client = mounted(catches_all=catches_all).test_client()
    for _ in range(2):
        parts = client.post("/aggregate?envelope=true", json=PATHS).json
        for path in PATHS:
            direct = client.get(path)
            assert parts is not None
            assert parts[path]["status"] == direct.status_code
            if direct.is_json or direct.status_code < 400:
                assert parts[path]["body"] == (direct.json if direct.is_json else direct.get_data(as_text=True))


@pytest.mark.parametrize(
    ("routes", "catches_all", "refused"),
    [
        (["*"], False, {"/nowhere", "/users/x", "/metrics", "/admin/keys", "/admin/none"}),
        (["*"], True, set()),
        (["*", "!/admin/*", "!/metrics*"], True, {"/metrics", "/admin/keys", "/admin/none"}),
        (["*", "!/admin/keys"], True, {"/admin/keys"}),
        (["*", "!/users/1"], True, {"/users/1"}),
        (["/users/*"], True, {"/nowhere", "/users/x", "/metrics", "/admin/keys", "/admin/none"}),
    ],
)
def test_e4_chosen_patterns_hold_for_what_a_middleware_answers(
    routes: list[str], catches_all: bool, refused: set[str]
) -> None:
    client = mounted(catches_all=catches_all, routes=routes).test_client()
    for _ in range(2):
        parts = client.post("/aggregate", json=PATHS).json
        assert parts is not None
        codes = {path for path, part in parts.items() if isinstance(part, dict) and part.get("code") == "NOT_ALLOWED"}
        assert codes == refused


# A typed field opens the rule that its template names ---------------------------------------------------------------


def typed(tmp_path: Path, sdl: str, **settings: Any) -> Any:
    (tmp_path / "s.graphql").write_text(sdl)
    app = Flask("app")
    for rule in (
        "/users/<int:id>",
        "/users/<name>",
        "/users/export",
        "/<section>/<page>",
        "/deep/<path:rest>",
        "/slash/<id>/",
        "/v<version>/word/<word>.json",
        "/nodes/<kind>:<key>",
    ):
        app.add_url_rule(rule, rule, lambda rule=rule, **values: {"rule": rule})
    Gateway(app, schema=str(tmp_path), untyped=False, **settings)
    client = app.test_client()

    def ask(query: str) -> Any:
        answer = client.post("/graphql", json={"query": query}).json
        assert answer is not None
        value = answer["data"]["at"]
        return value["rule"] if value else answer["errors"][0]["extensions"]["code"]

    return ask


@pytest.mark.parametrize(
    ("template", "value", "rule"),
    [
        ("/users/{id}", "1", "/users/<int:id>"),
        ("/users/{id}", "ada", "/users/<name>"),
        ("/users/{id}", "export", "NOT_ALLOWED"),
        ("/users/{id}?x=1", "export", "NOT_ALLOWED"),
        ("/users/export", "", "/users/export"),
        ("/users/export{?id}", "1", "/users/export"),
        ("/{id}/about", "users", "NOT_ALLOWED"),
        ("/{id}/about", "site", "/<section>/<page>"),
        ("/deep/{id}", "a", "/deep/<path:rest>"),
        ("/deep/a/{id}", "b", "/deep/<path:rest>"),
        ("/slash/{id}", "1", "/slash/<id>/"),
        ("/slash/{id}/", "1", "/slash/<id>/"),
        ("/v1/word/{id}.json", "good", "/v<version>/word/<word>.json"),
        ("/nodes/{id}", "post:2", "/nodes/<kind>:<key>"),
        ("/nodes/post:{id}", "2", "/nodes/<kind>:<key>"),
        ("/nodes/{id}", "2", "NOT_ALLOWED"),
        ("{+id}", "/users/export", "NOT_ALLOWED"),
    ],
)
def test_e4_a_typed_field_opens_the_rule_that_its_template_names(
    tmp_path: Path, template: str, value: str, rule: str
) -> None:
    sdl = f'type Query {{ at(id: String): JSON @get(path: "{template}") }}'
    ask = typed(tmp_path, sdl, routes=["!*"])
    for _ in range(2):
        assert ask(f'{{ at(id: "{value}") }}') == rule


def test_e4_a_field_with_a_join_and_a_batch_opens_the_rules_of_both(tmp_path: Path) -> None:
    (tmp_path / "s.graphql").write_text(
        """type Query { posts: [Post] @get(path: "/posts") }
        type Post { id: ID author: User
          @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]}) }
        type User { id: ID }"""
    )
    app = Flask("app")
    app.add_url_rule("/posts", "posts", lambda: [{"id": 1, "userId": 1}, {"id": 2, "userId": 2}])
    app.add_url_rule("/users", "users", lambda: [{"id": 1}])
    app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id})
    Gateway(app, schema=str(tmp_path), routes=["!*"])
    answer = app.test_client().post("/graphql", json={"query": "{ posts { author { id } } }"}).json
    assert answer == {"data": {"posts": [{"author": {"id": "1"}}, {"author": {"id": "2"}}]}}


# Hidden views ---------------------------------------------------------------------------------------------------------


def bare(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that passes nothing on."""

    def wrapper(*args: Any, **named: Any) -> Any:
        return view(*args, **named)

    return wrapper


def passing(view: Callable[..., Any]) -> Callable[..., Any]:
    return functools.wraps(view)(bare(view))


def secret() -> Any:
    return {"secret": 42}


class Whole(MethodView):
    decorators: ClassVar = [restgql.hide]

    def get(self) -> Any:
        return {"secret": 42}


class OneMethod(MethodView):
    @restgql.hide
    def get(self) -> Any:
        return {"secret": 42}


@restgql.hide
class Marked(MethodView):
    def get(self) -> Any:
        return {"secret": 42}


def own(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda: function()


HIDDEN: dict[str, Callable[[], Any]] = {
    "a function": lambda: restgql.hide(own(secret)),
    "below a decorator": lambda: bare(restgql.hide(own(secret))),
    "below two": lambda: bare(passing(bare(restgql.hide(own(secret))))),
    "below one with wraps": lambda: passing(restgql.hide(own(secret))),
    "above a decorator": lambda: restgql.hide(bare(secret)),
    "decorators of a class": lambda: Whole.as_view("view"),
    "a method of a class": lambda: OneMethod.as_view("view"),
    "a class": lambda: Marked.as_view("view"),
    "a class below a decorator": lambda: bare(Marked.as_view("view")),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_e4_a_hidden_view_is_hidden_from_every_way_in(tmp_path: Path, kind: str) -> None:
    (tmp_path / "s.graphql").write_text('type Query { typed: JSON @get(path: "/secret") }')
    app = Flask("app")
    app.add_url_rule("/secret", "secret", HIDDEN[kind]())
    app.add_url_rule("/leads", "leads", lambda: ("", 302, {"Location": "/secret"}))
    Gateway(app, schema=str(tmp_path), routes=["*"])
    client = app.test_client()
    query = '{ typed get(path: "/secret") fetch(path: "/leads") { json } routes { path } }'
    for answer in (
        client.post("/aggregate", json=["/secret", "/leads"]),
        client.post("/graphql", json={"query": query}),
    ):
        assert b"42" not in answer.data
        assert b'"/secret"' not in answer.data.replace(b'"/secret":', b"")


def test_e4_a_view_that_calls_a_hidden_one_is_not_hidden() -> None:
    app = Flask("app")

    @app.get("/secret")
    @restgql.hide
    def hidden() -> Any:
        return {"secret": 42}

    app.add_url_rule("/open", "open", lambda: {"open": hidden()["secret"]})
    Gateway(app, routes=["*"])
    assert app.test_client().post("/aggregate", json=["/open"]).json == {"/open": {"open": 42}}
