"""F5: an upstream that fails again and again is left alone for a while, and no other one is harmed."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request

from restgql import Gateway
from restgql.upstream import circuit_breaker as breaker
from restgql.upstream.circuit_breaker import CircuitBreaker

Serve = Callable[[Any], str]


class Silent:
    """A server that takes connections and says nothing; `taken` counts them."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.taken: list[socket.socket] = []
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def _take(self) -> None:
        try:
            while True:
                self.taken.append(self.socket.accept()[0])
        except OSError:
            return

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)
        for connection in self.taken:
            connection.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    found = Silent()
    yield found
    found.close()


def test_f5_a_breaker_opens_half_opens_and_closes() -> None:
    found = CircuitBreaker(failures=3, seconds=0)
    for _ in range(2):
        assert found.passes()
        found.failed()
    found.worked()
    for _ in range(3):
        assert found.passes(), "an answer in between makes the count begin anew"
        found.failed()
    assert found.passes(), "half open, after no time at all"
    assert not found.passes(), "only one tries"
    found.failed()
    assert found.passes()
    found.worked()
    assert found.passes()
    assert found.passes()


def test_f5_a_dead_upstream_is_left_alone_and_the_other_one_answers(silent: Silent, serve: Serve) -> None:
    alive = Flask("alive")
    alive.add_url_rule("/<path:path>", "any", lambda path: {"path": path, "sent": request.get_data(as_text=True)})
    app = Flask(__name__)
    gateway = Gateway(
        app,
        routes=[],
        upstreams={"/dead": silent.url, "/alive": serve(alive)},
        subrequest_timeout=0.2,
        sequential="server",
    )
    paths = [f"/dead/{number}" for number in range(breaker.FAILURES + 3)]
    document = "query ($paths: [String!]!) { aggregate(paths: $paths) }"
    answers = gateway.execute(document, {"paths": [*paths, "/alive/x"]})["data"]["aggregate"]
    codes = [answers[path]["code"] for path in paths]
    assert codes == ["TIMEOUT"] * breaker.FAILURES + ["UNAVAILABLE"] * 3
    assert answers["/dead/7"]["status"] == 503
    assert len(silent.taken) == breaker.FAILURES
    assert answers["/alive/x"] == {"path": "x", "sent": ""}


def test_a_mutation_sends_its_body_to_an_upstream(serve: Serve) -> None:
    alive = Flask("alive")

    @alive.post("/posts")
    def add() -> Any:
        return {"given": request.get_json(), "type": request.content_type}, 201

    gateway = Gateway(Flask(__name__), routes=[], upstreams={"/api": serve(alive)}, verbs=["POST"])
    found = gateway.execute('mutation { post(path: "/api/posts", body: {title: "x"}) { status json } }')
    assert found["data"]["post"] == {"status": 201, "json": {"given": {"title": "x"}, "type": "application/json"}}
