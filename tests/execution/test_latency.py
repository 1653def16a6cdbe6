"""What is learnt of routes, and that clients cannot make it grow."""

import gc
import tracemalloc
from uuid import uuid4

from flask import Flask

from restgql import Gateway
from restgql.execution.latency import THRESHOLD, RouteLatency


def test_a_route_is_expected_to_do_as_it_did() -> None:
    waits = RouteLatency()
    assert not waits.waits("unknown")
    waits.observe("slow", 10 * THRESHOLD)
    waits.observe("quick", THRESHOLD / 10)
    assert waits.waits("slow")
    assert not waits.waits("quick")


def test_a_route_that_changes_is_learnt_anew() -> None:
    waits = RouteLatency()
    for before, after in ((10 * THRESHOLD, 0.0), (0.0, 10 * THRESHOLD)):
        for seconds in (before, after):
            for _ in range(50):
                waits.observe("route", seconds)
        assert waits.waits("route") is (after > THRESHOLD)


def test_paths_that_clients_think_up_do_not_fill_the_memory() -> None:
    app = Flask(__name__)
    app.add_url_rule("/<path:anything>", "anything", lambda anything: {})
    Gateway(app, routes=["*"])
    client = app.test_client()

    def ask() -> None:
        paths = [f"/{uuid4()}{'a' * 3_900}/{end}" for _ in range(25) for end in ("found", "found/too")]
        assert client.post("/aggregate", json=paths).status_code == 200

    def held() -> int:
        for _ in range(60):
            ask()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        full = held()  # all that is bounded
        assert held() - full < 6_000_000, "the next 3,000 paths alone are 12 MB"
    finally:
        tracemalloc.stop()
