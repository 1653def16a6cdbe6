"""RESTGQL_HOOKS = False: the gateway's own endpoints run without the app's hooks and session, their parts with them."""

import sqlite3
from collections import Counter
from pathlib import Path
from threading import get_ident
from typing import Any

import graphene
import pytest
from flask import Flask, abort, g, request, request_finished, request_started, session

from restgql import Gateway

QUERY = {"query": '{ a: get(path: "/a/1") b: get(path: "/a/2") }'}


class Hooked:
    """An app that counts its hooks by path."""

    def __init__(self, **settings: Any) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.app = app = Flask("app")
        app.secret_key = "secret"
        app.url_value_preprocessor(lambda endpoint, values: self.count("preprocessor"))
        app.before_request(lambda: self.count("before"))
        app.after_request(lambda response: self.count("after") or response)
        app.teardown_request(lambda exc: self.count("teardown"))
        app.register_error_handler(404, lambda exc: ({"error": "none"}, 404))

        @app.get("/a/<int:id>")
        def view(id: int) -> Any:
            session["seen"] = id
            return {"id": id}

        class Query(graphene.ObjectType):
            own = graphene.String()

            @staticmethod
            def resolve_own(root: Any, info: Any) -> str:
                return f"{request.path} {sorted(session)} {sorted(vars(g))}"

        self.gateway = Gateway(app, routes=["*"], query=Query, **settings)

    def count(self, name: str) -> None:
        self.calls[name, request.path] += 1

    def of(self, path: str) -> dict[str, int]:
        return {name: count for (name, at), count in self.calls.items() if at == path}


ALL = {"preprocessor": 1, "before": 1, "after": 1, "teardown": 1}


@pytest.mark.parametrize("sequential", [None, True, "server"])
def test_the_endpoint_runs_without_hooks_and_its_parts_with_them(sequential: Any) -> None:
    hooked = Hooked(hooks=False, sequential=sequential)
    client = hooked.app.test_client()
    assert client.post("/graphql", json=QUERY).json == {"data": {"a": {"id": 1}, "b": {"id": 2}}}
    assert hooked.of("/graphql") == {}
    assert hooked.of("/a/1") == hooked.of("/a/2") == ALL
    hooked.calls.clear()
    assert client.post("/aggregate", json=["/a/1", "/nowhere"]).json["/a/1"] == {"id": 1}
    assert (hooked.of("/aggregate"), hooked.of("/a/1")) == ({}, ALL)
    assert client.get("/graphql/health").status_code == 200
    assert hooked.of("/graphql/health") == {}
    hooked.calls.clear()
    client.get("/a/1")
    client.get("/nowhere")
    assert hooked.of("/a/1") == ALL
    assert hooked.of("/nowhere") == ALL


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "/graphql"),
        ({"url_prefix": "/v1/api"}, "/v1/api/graphql"),
        ({"url_prefix": "/ähnlich"}, "/ähnlich/graphql"),
    ],
    ids=["plain", "below a prefix", "not ASCII"],
)
def test_each_request_to_the_endpoint_is_without_hooks_wherever_it_is(settings: dict[str, Any], path: str) -> None:
    hooked = Hooked(hooks=False, **settings)
    client = hooked.app.test_client()
    for _ in range(3):
        assert client.post(path, json={"query": "{ __typename }"}).json == {"data": {"__typename": "Query"}}
        client.get("/a/3")
    assert hooked.of(path) == {}
    assert hooked.of("/a/3") == dict.fromkeys(ALL, 3)


def test_by_default_they_run() -> None:
    hooked = Hooked()
    hooked.app.test_client().post("/graphql", json=QUERY)
    assert hooked.of("/graphql") == ALL


def test_signals_are_sent_and_errors_are_answered_as_ever() -> None:
    hooked = Hooked(hooks=False)
    sent: list[str] = []

    def started(app: Flask, **_: Any) -> None:
        sent.append(f"started {request.path}")

    def finished(app: Flask, response: Any, **_: Any) -> None:
        sent.append(f"finished {request.path} {response.status_code}")

    with request_started.connected_to(started), request_finished.connected_to(finished):
        answer = hooked.app.test_client().get("/graphql/static/none.js")
    assert (answer.status_code, answer.json) == (404, {"error": "none"})
    assert sent == ["started /graphql/static/none.js", "finished /graphql/static/none.js 404"]


def test_a_resolver_of_ones_own_has_a_request_and_no_session() -> None:
    hooked = Hooked(hooks=False)
    client = hooked.app.test_client()
    client.get("/a/1")
    answer = client.post("/graphql", json={"query": "{ own }"}).json
    assert answer == {"data": {"own": "/graphql [] []"}}


def test_the_cookies_of_parts_are_sent() -> None:
    hooked = Hooked(hooks=False)
    client = hooked.app.test_client()
    assert "session=" in client.post("/graphql", json=QUERY).headers["Set-Cookie"]


@pytest.mark.parametrize(("hooks", "status"), [(True, 500), (False, 200)])
def test_a_lock_that_outer_hooks_would_hold_is_free_for_the_parts(tmp_path: Path, hooks: bool, status: int) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table users(id integer primary key, name text, seen integer)")
        connection.execute("insert into users values (1, 'ada', 0)")
    app = Flask("app")

    @app.before_request
    def begin() -> None:
        g.db = sqlite3.connect(path, timeout=0.2)
        g.db.execute("update users set seen = seen + 1 where id = 1")

    @app.after_request
    def commit(response: Any) -> Any:
        g.db.commit()
        return response

    @app.teardown_request
    def close(exc: BaseException | None) -> None:
        g.db.close()

    def user(id: int) -> Any:
        row = g.db.execute("select name from users where id = ?", (id,)).fetchone()
        return {"name": row[0]} if row else abort(404)

    app.add_url_rule("/users/<int:id>", "user", user)
    Gateway(app, routes=["*"], hooks=hooks)
    part = app.test_client().post("/aggregate?envelope=true", json=["/users/1"]).json
    assert part is not None
    assert part["/users/1"]["status"] == status


@pytest.mark.one_thread
@pytest.mark.parametrize("hooks", [True, False])
def test_state_by_thread_under_a_server_of_one_thread(hooks: bool) -> None:
    opened: list[str] = []
    app = Flask("app")

    @app.before_request
    def connect() -> None:
        if opened:
            raise RuntimeError("Connection already opened.")
        opened.append(request.path)

    app.teardown_request(lambda exc: opened.clear())
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    Gateway(app, routes=["*"], hooks=hooks)
    part = app.test_client().post("/aggregate?envelope=true", json=["/a"]).json
    assert part is not None
    assert part["/a"]["status"] == (500 if hooks else 200)


def test_the_recipe_counts_its_parts_and_not_the_endpoint(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("app.db") as connection:
        connection.execute("create table visits(count integer)")
        connection.execute("insert into visits values (0)")
    client = recipe("Keep hooks off the gateway's endpoints").app.test_client()
    assert client.post("/aggregate", json=["/visits"]).json == {"/visits": {"visits": 1}}
    assert client.get("/visits").json == {"visits": 2}


class Connection:
    """A connection that is kept by thread, as peewee's: one cannot be opened twice."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def open(self) -> None:
        if get_ident() in self.threads:
            raise RuntimeError("Connection already opened.")
        self.threads.add(get_ident())

    def close(self, exc: BaseException | None) -> None:
        self.threads.discard(get_ident())


@pytest.mark.one_thread
@pytest.mark.parametrize(
    ("settings", "fails"), [({}, True), ({"hooks": False}, False), ({"sequential": True}, False)], ids=repr
)
def test_a_hook_that_keeps_state_by_thread_is_logged_with_the_keys(
    caplog: pytest.LogCaptureFixture, settings: dict[str, Any], fails: bool
) -> None:
    app, connection = Flask("app"), Connection()
    app.before_request(connection.open)
    app.teardown_request(connection.close)
    app.add_url_rule("/a/<int:id>", "a", lambda id: {"id": id})
    app.register_error_handler(RuntimeError, lambda exc: ({"error": str(exc)}, 500))
    Gateway(app, routes=["*"], **settings)
    for _ in range(2):
        answer = app.test_client().post("/graphql", json=QUERY).json
        assert answer is not None
        assert ("errors" in answer) is fails
    logged = [record.getMessage() for record in caplog.records if "before_request function failed" in record.message]
    assert logged == (
        [
            "A before_request function failed in the sub-request GET /a/1 (RuntimeError: Connection already opened.). "
            "The same functions had run in this thread for the request to the gateway. If one keeps a connection or a "
            "lock by thread, set RESTGQL_HOOKS = False or RESTGQL_SEQUENTIAL = True."
        ]
        if fails
        else []
    )


@pytest.mark.one_thread
def test_a_view_that_fails_and_a_hook_that_refuses_are_not_logged_so(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("app")
    app.before_request(lambda: abort(403) if request.path == "/a/2" else None)
    app.add_url_rule("/a/<int:id>", "a", lambda id: {"id": 1 / 0})
    Gateway(app, routes=["*"])
    app.test_client().post("/graphql", json=QUERY)
    assert "ZeroDivisionError" in caplog.text
    assert "before_request function failed" not in caplog.text
