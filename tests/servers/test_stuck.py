"""M4: a route that never ends costs its own operation, never the pool; readiness tells, and the pool recovers."""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.server import OTHERS, SERVERS, Answer, Server
from tests.turnstile import becomes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs Unix")

HANG_SECONDS = 6
CLIENTS = 3
WITHIN = HANG_SECONDS - 1.0
"""Sooner than the first of the views that hang has ended."""


@pytest.fixture(params=[*SERVERS, *OTHERS])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    # In the one thread of gunicorn's default worker nothing could end a view that hangs but gunicorn itself.
    found = Server(request.param, tmp_path / "log", SUBREQUEST_TIMEOUT="1", AT_ONCE="1")
    yield found
    found.kill()


def timely(ask: Callable[[], Answer]) -> Answer:
    """Return the answer, which does not wait for the views that hang."""
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began < WITHIN
    return answer


def codes(answer: Answer) -> set[str]:
    """The codes of the parts, or of the whole."""
    return {answer.json["code"]} if answer.status == 503 else {part["code"] for part in answer.json.values()}


def test_m4_views_that_hang(server: Server, request: pytest.FixtureRequest) -> None:
    at_once = "sync" not in request.node.name  # of one thread, others go on once it has answered
    paths = [f"/hang/{number}?seconds={HANG_SECONDS}" for number in range(50)]
    with ThreadPoolExecutor(CLIENTS) as executor:
        hanging = [executor.submit(server.aggregate, paths) for _ in range(CLIENTS if at_once else 1)]
        while at_once and not all(client.done() for client in hanging):
            assert timely(lambda: server.aggregate(["/compute/1"], "other")).json["/compute/1"]["who"] == "other"
            time.sleep(0.05)
    assert {code for client in hanging for code in codes(client.result())} <= {"TIMEOUT", "UNAVAILABLE"}

    for who in "abc":
        assert timely(lambda: server.aggregate(["/compute/1"])).json["/compute/1"]["id"] == "1"
        assert timely(lambda who=who: server.query('{ get(path: "/wait/1?ms=5") }', who)).json["data"]["get"]["kept"]  # type: ignore[misc]
        assert codes(timely(lambda: server.aggregate(paths))) == {"UNAVAILABLE"}
    assert timely(lambda: server.get("/graphql/health")).json == {"status": "pass"}
    ready = timely(lambda: server.get("/graphql/health?ready"))
    (check,) = ready.json["checks"]["threads:lost"]
    assert check["observedValue"] >= 4
    assert (ready.status, ready.json["status"]) in ((200, "pass"), (503, "fail"))
    assert "threads are lost to routes that do not answer: /hang/<path:anything>" in server.log()

    assert becomes(lambda: server.get("/graphql/health?ready").json == {"status": "pass"}, HANG_SECONDS + 10)
    assert server.aggregate(["/hang/1?seconds=0"]).json["/hang/1?seconds=0"] == {"waited": False}


def test_m4_streams_of_events_cost_no_thread(server: Server) -> None:
    for _ in range(2):
        assert codes(timely(lambda: server.aggregate([f"/events?{n}" for n in range(50)]))) == {"UPSTREAM_INVALID"}
    assert server.get("/graphql/health?ready").json == {"status": "pass"}
    assert timely(lambda: server.aggregate(["/compute/1"])).json["/compute/1"]["id"] == "1"
