"""E2: what an app keeps by context or by thread holds in a sub-request, as in a direct request."""

import contextvars
import decimal
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.test import Client

from restgql import Gateway

CORRELATION: contextvars.ContextVar[str] = contextvars.ContextVar("correlation", default="none")
Ask = Callable[[Any, str], Any]


def by_aggregate(client: Any, path: str) -> Any:
    return client.post("/aggregate", json=[path]).json[path]


def by_query(client: Any, path: str) -> Any:
    return client.post("/graphql", json={"query": f'{{ get(path: "{path}") }}'}).json["data"]["get"]


def by_view(client: Any, path: str) -> Any:
    return client.get(f"/ask{path}").json


def by_nested_view(client: Any, path: str) -> Any:
    return by_aggregate(client, f"/ask{path}")


WAYS = [by_aggregate, by_query, by_view, by_nested_view]


def asking(app: Flask, **settings: Any) -> Gateway:
    gateway = Gateway(app, routes=["*"], **settings)
    app.add_url_rule("/ask/<path:path>", "ask", lambda path: gateway.get(f"/{path}"))
    return gateway


@pytest.mark.parametrize("ask", WAYS)
@pytest.mark.parametrize("sequential", [None, True, False, "server"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_e2_what_is_set_around_the_app_holds(ask: Ask, sequential: Any, wrapped: bool) -> None:
    app = Flask(__name__)
    app.add_url_rule("/who", "who", lambda: {"who": CORRELATION.get(), "third": str(decimal.Decimal(1) / 3)})
    asking(app, sequential=sequential)
    if wrapped:
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    numbers = itertools.count()

    def around(environ: Any, start_response: Any) -> Any:
        CORRELATION.set(f"c{next(numbers)}")
        return app(environ, start_response)

    with decimal.localcontext() as context:
        context.prec = 6
        client = Client(around)
        assert client.get("/who").json == {"who": "c0", "third": "0.333333"}
        for number in (1, 2, 3):
            assert ask(client, "/who") == {"who": f"c{number}", "third": "0.333333"}


def test_e2_what_the_outer_request_sets_after_it_was_entered_does_not_hold() -> None:
    app = Flask(__name__)
    app.add_url_rule("/who", "who", lambda: {"who": CORRELATION.get(), "g": sorted(vars(g))})

    @app.before_request
    def hook() -> None:
        CORRELATION.set(CORRELATION.get() + "+")
        g.mark = 1

    asking(app)
    client = app.test_client()
    token = CORRELATION.set("outer")
    try:
        assert by_aggregate(client, "/who") == {"who": "outer+", "g": ["mark"]}
    finally:
        CORRELATION.reset(token)


# A held app context -------------------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


class Rows:
    """An app with rows in a database, and one that is flushed and not committed."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.app = Flask(__name__)
        self.app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder}/t.db"
        self.db = db = SQLAlchemy()
        db.init_app(self.app)

        class User(db.Model):  # type: ignore[name-defined, misc]
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        self.user = User
        self.app.add_url_rule("/users", "users", lambda: [user.name for user in db.session.scalars(db.select(User))])
        self.app.add_url_rule("/g", "g", lambda: {"g": sorted(vars(g))})
        self.gateway = asking(self.app, **settings)

    @property
    def session(self) -> Session:
        return self.db.session  # type: ignore[return-value]


@pytest.fixture(params=[None, True, False, "server"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rows]:
    rows = Rows(tmp_path, sequential=request.param)
    with rows.app.app_context():
        rows.db.create_all()
        yield rows


@pytest.mark.parametrize("ask", WAYS)
def test_e2b_a_row_that_is_flushed_is_seen_in_a_test_that_holds_an_app_context(rows: Rows, ask: Ask) -> None:
    client = rows.app.test_client()
    rows.session.add(rows.user(name="ada"))
    rows.session.flush()
    for _ in range(2):
        assert client.get("/users").json == ["ada"]
        assert ask(client, "/users") == ["ada"]
    with rows.session.begin_nested():
        rows.session.add(rows.user(name="bob"))
        rows.session.flush()
        assert ask(client, "/users") == client.get("/users").json == ["ada", "bob"]
    rows.session.rollback()
    assert ask(client, "/users") == client.get("/users").json == []


def test_e2b_it_is_seen_without_a_client_and_within_a_request_context(rows: Rows) -> None:
    rows.session.add(rows.user(name="ada"))
    rows.session.flush()
    query = {"query": '{ get(path: "/users") }'}
    with rows.app.test_request_context("/x"):
        assert rows.app.test_client().get("/users").json == ["ada"]
        assert rows.gateway.get("/users") == ["ada"]
        assert rows.app.test_client().post("/graphql", json=query).json == {"data": {"get": ["ada"]}}
    assert rows.gateway.execute(**query) == {"data": {"get": ["ada"]}}


def test_e2b_g_is_shared_as_with_a_direct_request(rows: Rows) -> None:
    g.fixture = 1
    client = rows.app.test_client()
    assert by_aggregate(client, "/g") == client.get("/g").json


# State by thread ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [None, True, False])
@pytest.mark.parametrize("ask", WAYS)
def test_e2_a_connection_by_thread_is_open_in_one_request_alone(tmp_path: Path, ask: Ask, sequential: Any) -> None:
    db = peewee.SqliteDatabase(tmp_path / "a.db")

    class User(peewee.Model):
        name = peewee.CharField()

        class Meta:
            database = db

    with db:
        db.create_tables([User])
        User.create(name="ada")
    app = Flask(__name__)
    app.before_request(lambda: db.connect() and None)

    @app.teardown_request
    def close(exc: BaseException | None) -> None:
        if not db.is_closed():
            db.close()

    app.add_url_rule("/users/<int:id>", "user", lambda id: {"name": User.get_by_id(id).name})
    gateway = asking(app, sequential=sequential)

    def card(id: int) -> Any:
        return {"card": gateway.get(f"/users/{id}"), "of": User.select().count()}

    app.add_url_rule("/card/<int:id>", "card", card)
    client = app.test_client()
    for path in ("/users/1", "/card/1", "/users/1"):
        assert ask(client, path) == client.get(path).json


def test_e2_a_thread_local_of_the_view_that_asks_is_its_own() -> None:
    local = threading.local()
    app = Flask(__name__)

    def own(name: str) -> Any:
        local.name = name
        below = gateway.get(f"/own/{name[1:]}") if len(name) > 1 else {"seen": None}
        return {"seen": local.name, "below": below["seen"]}

    app.add_url_rule("/own/<name>", "own", own)
    gateway = Gateway(app, routes=["*"])
    assert by_aggregate(app.test_client(), "/own/abc") == {"seen": "abc", "below": "bc"}
    assert app.test_client().get("/own/abc").json == {"seen": "abc", "below": "bc"}
