"""The server's own thread runs what never waits, where no code of the app has run in it for the outer request."""

import threading
import time
from typing import Any

import pytest
from flask import Flask, session

from restgql import Gateway

OWN = threading.get_ident
PATIENCE = 30.0


class Shop:
    """An app that records the thread of each route; `/slow` waits, `/moody` does so once `is_slow` is set."""

    def __init__(self, *, hook: bool = False, **settings: Any) -> None:
        self.app = app = Flask("shop")
        self.threads: dict[str, set[int]] = {}
        self.is_slow = False
        self.meeting = threading.Barrier(1)
        """Where all requests to `/slow` are at once."""
        app.secret_key = "secret"
        if hook:
            app.before_request(lambda: None)
        app.add_url_rule("/quick/<int:id>", "quick", self.quick)
        app.add_url_rule("/slow/<int:id>", "slow", self.slow)
        app.add_url_rule("/moody", "moody", self.moody)
        app.add_url_rule("/crash", "crash", lambda: 1 / 0)
        app.add_url_rule("/login", "login", self.login)
        Gateway(app, routes=["*"], profile="open", **settings)

    def note(self, name: str) -> None:
        self.threads.setdefault(name, set()).add(threading.get_ident())

    def quick(self, id: int) -> Any:
        self.note("quick")
        return {"id": id}

    def slow(self, id: int) -> Any:
        self.note("slow")
        self.meeting.wait(PATIENCE)
        return {"id": id}

    def moody(self) -> Any:
        self.note("moody")
        time.sleep(0.1 if self.is_slow else 0)
        return {"is_slow": self.is_slow}

    def login(self) -> Any:
        session["user"] = 7
        return {}

    def ask(self, *paths: str) -> Any:
        self.threads.clear()
        return self.app.test_client().post("/aggregate", json=list(paths)).json

    def learn(self, path: str, name: str) -> None:
        """Ask until the route is known never to wait; on a machine with other work that takes longer."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for _ in range(32):
                self.ask(path)
            if self.threads[name] == {OWN()}:
                return
        pytest.fail(f"{path} is not known never to wait")

    def ask_in_own_thread(self, path: str, name: str) -> Any:
        """Return the answer to a path that has been learned, and is run by this thread.

        On a machine with other work the last request may have waited for the CPU, so that it must be learned again.
        """
        for _ in range(20):
            self.is_slow = False
            self.learn(path, name)
            self.is_slow = True
            answer = self.ask(path)
            if self.threads[name] == {OWN()}:
                return answer
        pytest.fail(f"{path} is not run by this thread")


@pytest.mark.parametrize("settings", [{"hooks": False}, {}, {"hook": True, "hooks": False}], ids=repr)
def test_a_route_that_never_waits_runs_in_the_servers_thread(settings: dict[str, Any]) -> None:
    shop = Shop(**settings)
    assert shop.ask("/quick/1", "/quick/2") == {"/quick/1": {"id": 1}, "/quick/2": {"id": 2}}
    assert OWN() not in shop.threads["quick"]
    shop.learn("/quick/1", "quick")
    assert shop.ask("/quick/1", "/quick/2") == {"/quick/1": {"id": 1}, "/quick/2": {"id": 2}}
    assert shop.threads["quick"] == {OWN()}


def middleware(shop: Shop) -> None:
    inner = shop.app.wsgi_app
    shop.app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", ["hook", "sequential", "middleware"])
def test_it_does_not_where_code_of_the_app_has_run_in_it(kind: str) -> None:
    shop = Shop(hook=kind == "hook", **({"sequential": True} if kind == "sequential" else {}))
    if kind == "middleware":
        middleware(shop)
    for _ in range(100):
        shop.ask("/quick/1")
        assert OWN() not in shop.threads["quick"]


def test_what_waits_begins_first_and_runs_beside() -> None:
    shop = Shop(hooks=False)
    shop.learn("/quick/1", "quick")
    shop.meeting = threading.Barrier(4)
    paths = ["/quick/1", *(f"/slow/{n}" for n in range(4)), "/quick/2"]
    answer = shop.ask(*paths)
    assert list(answer) == paths
    assert [answer[f"/slow/{n}"] for n in range(4)] == [{"id": n} for n in range(4)]
    assert shop.threads["quick"] == {OWN()}
    assert OWN() not in shop.threads["slow"]


def test_a_route_that_begins_to_wait_goes_back_to_the_pool() -> None:
    shop = Shop(hooks=False)
    assert shop.ask_in_own_thread("/moody", "moody") == {"/moody": {"is_slow": True}}
    shop.ask("/moody")
    assert OWN() not in shop.threads["moody"]


def test_crashes_dependent_requests_and_cookies_are_the_same_there() -> None:
    shop = Shop(hooks=False)
    query = """{ bad: get(path: "/crash") in: fetch(path: "/login") { status }
      first: fetch(path: "/quick/1") { getEach(over: "[id, id]", path: "/quick/{item}") } }"""
    answers = []
    for _ in range(45):
        response = shop.app.test_client().post("/graphql", json={"query": query})
        answers.append((response.json, bool(response.headers.get("Set-Cookie"))))
    assert answers[0][0]["data"] == {"bad": None, "in": {"status": 200}, "first": {"getEach": [{"id": 1}] * 2}}
    assert all(answer == answers[0] for answer in answers)


def test_one_that_waits_leaves_the_others_of_its_operation_to_the_pool() -> None:
    shop = Shop(hooks=False)
    shop.learn("/moody", "moody")
    shop.is_slow = True
    answer = shop.ask(*(f"/moody?n={n}" for n in range(12)))
    assert list(answer.values()) == [{"is_slow": True}] * 12
    assert OWN() in shop.threads["moody"]
    assert len(shop.threads["moody"]) > 2
