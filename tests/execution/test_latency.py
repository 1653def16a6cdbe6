"""What is learnt of routes, and that clients cannot make it grow."""

import gc
import time
import tracemalloc
from uuid import uuid4

import pytest
from flask import Flask

from restgql import Gateway
from restgql.execution import latency
from restgql.execution.clocks import Clocks
from restgql.execution.job import Job
from restgql.execution.latency import DEMOTED_SECONDS, HANG_SECONDS, LONG_SECONDS, THRESHOLD, RouteLatency
from restgql.formats import target
from restgql.model import SubRequest


def observe(routes: RouteLatency, route: str, waited: float, *, computed: float = 1e-4, others: float = 0.0) -> None:
    """Observe a request that waited: `others` are the seconds that other threads computed meanwhile."""
    routes.observe(route, waited + computed, computed, computed + others)


def test_a_route_is_expected_to_do_as_it_did() -> None:
    routes = RouteLatency()
    assert not routes.waits("unknown")
    observe(routes, "slow", 10 * THRESHOLD)
    observe(routes, "quick", THRESHOLD / 10)
    assert routes.waits("slow")
    assert not routes.waits("quick")


def test_a_route_that_changes_is_learnt_anew() -> None:
    routes = RouteLatency()
    for before, after in ((10 * THRESHOLD, 0.0), (0.0, 10 * THRESHOLD)):
        for seconds in (before, after):
            for _ in range(50):
                observe(routes, "route", seconds)
        assert routes.waits("route") is (after > THRESHOLD)


def test_one_request_that_waited_for_its_turn_makes_no_route_slow() -> None:
    routes = RouteLatency()
    for number in range(100):
        observe(routes, "route", 0.03 if number % 20 == 0 else 0.0, others=0.03 if number % 20 == 0 else 0.0)
    assert not routes.waits("route")
    assert routes.never_waits("route")


def test_a_route_that_computes_waits_for_others_of_its_process_and_not_for_itself() -> None:
    routes = RouteLatency()
    for _ in range(50):
        observe(routes, "busy", 0.05, computed=0.02, others=0.05)
        observe(routes, "idle", 0.05, computed=0.02)
    assert routes.never_waits("busy")
    assert routes.waits("idle")


def test_a_route_never_waits_after_many_requests_and_no_longer_after_a_long_wait() -> None:
    routes = RouteLatency()
    for _ in range(31):
        observe(routes, "route", 0.0)
        assert not routes.never_waits("route")
    observe(routes, "route", 0.0)
    assert routes.never_waits("route")
    observe(routes, "route", LONG_SECONDS + 0.001)
    assert not routes.never_waits("route")
    for _ in range(32):
        observe(routes, "route", 0.0)
    assert routes.never_waits("route")


def test_a_route_that_has_hung_is_left_to_the_pool_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    routes, now = RouteLatency(), time.monotonic()
    observe(routes, "route", HANG_SECONDS + 0.001)
    for _ in range(200):
        observe(routes, "route", 0.0)
    assert not routes.never_waits("route")
    monkeypatch.setattr(latency.time, "monotonic", lambda: now + DEMOTED_SECONDS + 1)
    assert routes.never_waits("route")


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


def job_on(route: str, ran: float) -> Job:
    """Return a job that has begun so many seconds ago."""
    job = Job(SubRequest(target=target.parse(route)), lambda answer: None)
    job.route, job.begun = route, time.perf_counter() - ran
    return job


def test_a_thread_that_another_process_has_displaced_did_not_wait() -> None:
    """A machine at work takes the CPU from a thread for a time in which it would have computed."""
    routes, clocks = RouteLatency(), Clocks()
    for _ in range(8):
        clocks.observe(job_on("/displaced", 10 * THRESHOLD), routes)
    assert not routes.waits("/displaced")


def test_a_thread_that_sleeps_waits() -> None:
    routes, clocks = RouteLatency(), Clocks()
    for _ in range(8):
        time.sleep(3 * THRESHOLD)
        clocks.observe(job_on("/asleep", 3 * THRESHOLD), routes)
    assert routes.waits("/asleep")
