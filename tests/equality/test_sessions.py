"""E1: a session that is kept in a store of the server is after an operation as after the same direct requests."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cachelib
import flask_session
import graphene
import pytest
import redis
from flask import Flask, flash, get_flashed_messages, request, session
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from werkzeug.test import Client

from restgql import Gateway
from tests.redis_server import RedisServer

FIELDS = "status headers { name } json"
Steps = list[tuple[str, str]]


def stores(tmp_path: Path) -> dict[str, dict[str, Any]]:
    files = {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cachelib.FileSystemCache(str(tmp_path / "sessions"))}
    simple = {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cachelib.SimpleCache()}
    return {
        "cookie": {},
        "files": files,
        "cachelib": simple,
        "without refresh": {**simple, "SESSION_REFRESH_EACH_REQUEST": False},
        "sqlalchemy": {"SESSION_TYPE": "sqlalchemy", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/s.db"},
    }


STORES = ("cookie", "files", "cachelib", "without refresh", "sqlalchemy")


def shop(config: dict[str, Any], hook: Callable[[], None] | None = None) -> Flask:
    app = Flask(__name__)
    app.secret_key = "secret"
    app.config.update(config)
    if config.get("SESSION_TYPE") == "sqlalchemy":
        app.config["SESSION_SQLALCHEMY"] = SQLAlchemy(app)
    if config:
        flask_session.Session(app)
    if hook is not None:
        app.before_request(hook)

    @app.route("/visit", methods=["GET", "POST"])
    def visit() -> Any:
        session["seen"] = session.get("seen", 0) + 1
        return {"seen": session["seen"]}

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Any:
        session["user"] = "ann"
        return {"user": "ann"}

    @app.route("/logout", methods=["GET", "POST"])
    def logout() -> Any:
        session.clear()
        return {"user": None}

    @app.route("/cart/<item>", methods=["GET", "POST"])
    def cart(item: str) -> Any:
        session.setdefault("cart", []).append(item)
        session.modified = True
        return {"cart": session["cart"]}

    @app.route("/flash", methods=["GET", "POST"])
    def flashed() -> Any:
        flash("saved")
        return {}

    @app.route("/token", methods=["GET", "POST"])
    def token() -> Any:
        return {"token": FlaskForm().csrf_token.current_token}

    @app.get("/me")
    def me() -> Any:
        return {**{key: session.get(key) for key in ("user", "seen", "cart")}, "flashes": get_flashed_messages()}

    class Mutation(graphene.ObjectType):
        own = graphene.String(key=graphene.String(required=True), value=graphene.String(required=True))

        @staticmethod
        def resolve_own(root: Any, info: Any, key: str, value: str) -> str:
            session[key] = value
            return value

    Gateway(app, routes=["*"], verbs=["GET", "POST"], mutation=Mutation)
    return app


def by_query(client: Any, paths: list[str]) -> None:
    fields = " ".join(f'f{n}: fetch(path: "{path}") {{ status }}' for n, path in enumerate(paths))
    assert "errors" not in client.post("/graphql", json={"query": f"{{ {fields} }}"}).json


def by_mutation(client: Any, paths: list[str]) -> None:
    fields = " ".join(f'f{n}: post(path: "{path}", body: {{}}) {{ status }}' for n, path in enumerate(paths))
    assert "errors" not in client.post("/graphql", json={"query": f"mutation {{ {fields} }}"}).json


def by_aggregate(client: Any, paths: list[str]) -> None:
    assert client.post("/aggregate", json=paths).status_code == 200


def in_parts(client: Any, paths: list[str]) -> None:
    fields = " ".join(f'... @defer {{ f{n}: fetch(path: "{path}") {{ status }} }}' for n, path in enumerate(paths))
    answer = client.post(
        "/graphql", json={"query": f"{{ __typename {fields} }}"}, headers={"Accept": "multipart/mixed"}
    )
    assert answer.get_data(as_text=True).count('"status":200') == len(paths)


WAYS = {"query": by_query, "mutation": by_mutation, "aggregate": by_aggregate, "in parts": in_parts}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("paths", [["/login"], ["/logout"], ["/cart/a"], ["/flash"], ["/visit"], ["/token"]], ids=str)
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("is_new", [False, True])
def test_e1_what_a_part_writes_is_there_afterwards(
    tmp_path: Path, store: str, paths: list[str], way: str, is_new: bool
) -> None:
    if way == "in parts" and (is_new or store == "cookie"):
        return  # the cookie of a part that comes after the first byte cannot be sent
    found = []
    for ask in (None, WAYS[way]):
        folder = tmp_path / str(ask is None)
        folder.mkdir()
        client = Client(shop(stores(folder)[store]))
        if not is_new:
            client.get("/visit")
            client.get("/cart/b")
            client.get("/login" if paths == ["/logout"] else "/visit")
        for path in paths if ask is None else ():
            client.get(path)
        if ask is not None:
            ask(client, paths)
        found.append([client.get("/me").json, client.get("/me").json])
    assert found[0] == found[1]


def test_e1_a_login_in_a_part_holds_in_redis(redis_server: RedisServer) -> None:
    config = {"SESSION_TYPE": "redis", "SESSION_REDIS": redis.Redis.from_url(redis_server.url)}
    for name, way in WAYS.items():
        client = Client(shop(config))
        client.get("/visit")
        # other parts than mutations have no order, so that one may undo what the other wrote into the session
        for paths in (["/login", "/cart/a"],) if name == "mutation" else (["/login"], ["/cart/a"]):
            way(client, paths)
        me = client.get("/me").json
        assert (me["user"], me["cart"]) == ("ann", ["a"])
        way(client, ["/logout"])
        assert client.get("/me").json["user"] is None


@pytest.mark.parametrize("store", STORES)
def test_e1_a_sequence_of_mutations_with_a_resolver_of_ones_own_keeps_every_write(tmp_path: Path, store: str) -> None:
    client = Client(shop(stores(tmp_path)[store]))
    client.get("/visit")
    query = """mutation {
      a: post(path: "/login", body: {}) { status }
      b: own(key: "cart", value: "x")
      c: post(path: "/visit", body: {}) { json }
      d: own(key: "seen", value: "9")
    }"""
    answer = client.post("/graphql", json={"query": query}).json
    assert answer["data"]["c"]["json"] == {"seen": 2}
    me = client.get("/me").json
    if store == "cookie":  # the cookies of parts follow the outer request's own
        assert (me["user"], me["seen"]) == ("ann", 2)
    else:
        assert me == {"user": "ann", "cart": "x", "seen": "9", "flashes": []}


@pytest.mark.parametrize("store", [store for store in STORES if store != "cookie"])
def test_e1_what_a_hook_of_the_outer_request_writes_is_kept_beside_it(tmp_path: Path, store: str) -> None:
    numbers = itertools.count(1)

    def count() -> None:
        if request.path != "/me":
            session[f"hook {request.path}"] = next(numbers)

    app = shop(stores(tmp_path)[store], count)
    app.add_url_rule("/all", "all", lambda: dict(sorted(session.items())))
    client = Client(app)
    client.get("/visit")
    client.post("/aggregate", json=["/login"])
    found = client.get("/all").json
    assert {key: found.get(key) for key in ("user", "hook /visit", "hook /aggregate")} == {
        "user": "ann",
        "hook /visit": 1,
        "hook /aggregate": 2,
    }


@pytest.mark.parametrize("store", [store for store in STORES if store != "cookie"])
def test_e1_a_view_that_asks_has_the_session_as_its_parts_have_left_it(tmp_path: Path, store: str) -> None:
    app = shop(stores(tmp_path)[store])
    gateway = Gateway(app, name="inner", graphql_path=None, aggregate_path=None, routes=["*"])

    def view() -> Any:
        session["before"] = 1
        gateway.get("/cart/z")
        session["after"] = 1
        return {key: session.get(key) for key in ("before", "cart", "after")}

    app.add_url_rule("/view", "view", view)
    client = Client(app)
    client.get("/visit")
    assert client.get("/view").json == {"before": 1, "cart": ["z"], "after": 1}
    assert client.get("/me").json["cart"] == ["z"]
