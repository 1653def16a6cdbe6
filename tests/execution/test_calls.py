"""Calls in the thread that waits for an operation: in order, beside the sub-requests, and never after its end."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from restgql.errors import LimitExceeded, Unavailable
from restgql.execution.latency import RouteLatency
from restgql.execution.scheduler import JobAnswer, Scheduler, SchedulerSettings
from restgql.execution.thread_pool import ThreadPool
from restgql.formats import target
from restgql.model import SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream.scripted import ScriptedDispatcher
from tests.metering import meter
from tests.turnstile import PATIENCE, becomes


class Operation:
    """A scheduler over a script, and the events of its operation in order."""

    def __init__(
        self, script: dict[str, Any], *, threads: int = 4, deadline: float = PATIENCE, **settings: Any
    ) -> None:
        self.pool = ThreadPool(threads)
        self.dispatcher = ScriptedDispatcher(script)
        self.events: list[str] = []
        self.statuses: dict[str, int] = {}
        self.codes: dict[str, str] = {}
        self.scheduler = Scheduler(
            self.dispatcher,
            SchedulerSettings(
                **{
                    "subrequest_timeout": PATIENCE,
                    "in_flight": 4,
                    "max_replies": 1_000_000,
                    "max_wait": 0.1,
                    "max_waiting": 4,
                    **settings,
                }
            ),
            pool=self.pool,
            meter=meter(time.monotonic() + deadline, max_subrequests=100, max_typed_subrequests=100),
            latency=RouteLatency(),
        )

    def get(self, path: str, *, method: str = "GET", then: Callable[[], None] = lambda: None, **fields: Any) -> None:
        later = fields.pop("later", False)
        request = SubRequest(target=target.parse(path), method=method, **fields)

        def listener(answer: JobAnswer) -> None:
            assert isinstance(answer, SubResponse)
            self.events.append(path)
            self.statuses[path] = answer.status
            if answer.failure is not None:
                self.codes[path] = answer.failure.code
            then()

        self.scheduler.reserve([request])
        self.scheduler.submit(request, listener, later=later)

    def call(self, name: str, run: Callable[[], object] = lambda: None, *, later: bool = False) -> None:
        self.scheduler.submit_call(Call(self, name, run), later=later)


class Call:
    """A call by name that notes that it ran, and where, or that it was cancelled."""

    def __init__(self, operation: Operation, name: str, run: Callable[[], object]) -> None:
        self.operation, self.name, self.work = operation, name, run
        self.caller = threading.get_ident()

    def run(self) -> None:
        assert threading.get_ident() == self.caller
        self.operation.events.append(self.name)
        self.work()

    def cancel(self) -> None:
        self.operation.events.append(f"no {self.name}")


INLINE = pytest.mark.parametrize("inline", [False, True], ids=["threads", "inline"])


@INLINE
def test_calls_run_in_the_thread_that_waits_in_order_and_those_for_later_last(inline: bool) -> None:
    operation = Operation({"/a": {}, "/b": {}}, inline=inline)
    operation.call("later 1", later=True)
    operation.get("/a", then=lambda: operation.events.append("after /a"))
    operation.get("/b", later=True)
    for name in ("one", "two", "three"):
        operation.call(name)
    operation.call("later 2", later=True)
    operation.scheduler.run()
    calls = [event for event in operation.events if not event.startswith(("/", "after"))]
    assert calls == ["one", "two", "three", "later 1", "later 2"]
    assert operation.events.index("after /a") < operation.events.index("later 1")
    assert sorted(operation.statuses) == ["/a", "/b"]


@INLINE
def test_a_call_may_ask_and_call_for_more(inline: bool) -> None:
    operation = Operation({"/a": {}, "/b": {}}, inline=inline)

    def ask() -> None:
        operation.get("/b", then=lambda: operation.events.append("done"))
        operation.call("second")

    operation.get("/a")
    operation.call("first", ask)
    operation.scheduler.run()
    assert {"/a", "/b", "done", "first", "second"} == set(operation.events)
    assert operation.events.index("first") < operation.events.index("second")


def test_calls_alone_need_no_thread() -> None:
    operation = Operation({}, threads=1)
    released = threading.Event()
    assert operation.pool.start(lambda ticket: bool(released.wait(PATIENCE)))
    operation.call("one")
    operation.scheduler.run()
    assert operation.events == ["one"]
    released.set()


def test_a_slow_call_keeps_no_sub_request_waiting() -> None:
    barrier = threading.Barrier(4, timeout=PATIENCE)

    def meet(request: SubRequest) -> dict[str, Any]:
        barrier.wait()
        return {}

    operation = Operation({"/a": meet, "/b": meet, "/c": meet, "/first": {}})
    operation.get("/first", then=lambda: [operation.get(f"/{name}") for name in "abc"] and None)
    operation.call("slow", barrier.wait)
    operation.scheduler.run()
    assert operation.statuses == {"/first": 200, "/a": 200, "/b": 200, "/c": 200}


@INLINE
def test_at_the_deadline_calls_that_have_not_begun_are_cancelled(inline: bool) -> None:
    operation = Operation({"/a": {}}, deadline=0.3, inline=inline)
    operation.call("slow", lambda: time.sleep(0.4))
    operation.call("second")
    operation.call("third", later=True)
    operation.scheduler.run()
    assert operation.events == ["slow", "no second", "no third"]
    operation.call("fourth")
    operation.scheduler.run()
    assert operation.events[-1] == "no fourth"


def test_late_jobs_are_given_up_right_after_a_call() -> None:
    released = threading.Event()
    operation = Operation({"/a": lambda request: {"released": released.wait(PATIENCE)}}, subrequest_timeout=0.2)
    operation.get("/a")
    operation.call("slow", lambda: time.sleep(0.4))
    operation.scheduler.run()
    assert operation.codes == {"/a": "TIMEOUT"}
    released.set()


@INLINE
def test_a_client_that_goes_away_ends_calls_and_requests(inline: bool) -> None:
    operation = Operation({"/a": {}}, inline=inline)
    operation.scheduler.notify_each = True
    operation.call("one")
    operation.call("two")
    operation.get("/a", later=True)
    events = operation.scheduler.events()
    while "one" not in operation.events:
        next(events)
    events.close()  # type: ignore[attr-defined]
    assert "no two" in operation.events or "two" in operation.events
    assert "/a" in operation.events


@INLINE
def test_a_call_that_fails_ends_nothing_else(inline: bool, caplog: pytest.LogCaptureFixture) -> None:
    operation = Operation({"/a": {}}, inline=inline)
    operation.call("fails", lambda: [][0])
    operation.call("second")
    operation.get("/a")
    operation.scheduler.run()
    assert sorted(operation.events) == ["/a", "fails", "second"]
    assert "IndexError" in caplog.text


# Identical requests -------------------------------------------------------------------------------------------------


@INLINE
def test_q1_what_was_read_before_is_not_given_after_it_is_forgotten(inline: bool) -> None:
    operation = Operation({"/a": {}}, inline=inline)
    for _ in range(2):
        operation.get("/a")
    operation.scheduler.run()
    assert operation.dispatcher.hits == ["/a"]
    operation.scheduler.forget()
    operation.get("/a")
    operation.scheduler.run()
    assert operation.dispatcher.hits == ["/a", "/a"]
    assert operation.events == ["/a"] * 3
    assert len(operation.scheduler.timings()) == 3


def test_what_is_forgotten_costs_again() -> None:
    operation = Operation({"/a": {}})
    for _ in range(100):
        operation.get("/a")
        operation.scheduler.run()
        operation.scheduler.forget()
    with pytest.raises(LimitExceeded):
        operation.get("/a")


def test_requests_with_different_timeouts_are_different() -> None:
    operation = Operation({"/a": {}})
    for timeout in (None, 1.0, 2.0, 1.0):
        operation.get("/a", timeout=timeout)
    operation.scheduler.run()
    assert [request.timeout for request in operation.dispatcher.requests] == [None, 1.0, 2.0]


# Without a thread ---------------------------------------------------------------------------------------------------


def occupied(operation: Operation) -> threading.Event:
    """Take all threads of its pool until the event is set."""
    released = threading.Event()
    while operation.pool.start(lambda ticket: bool(released.wait(PATIENCE))):
        pass
    return released


def test_q2_without_a_thread_before_anything_was_sent_the_operation_is_refused() -> None:
    operation = Operation({"/a": {}})
    released = occupied(operation)
    operation.get("/a")
    with pytest.raises(Unavailable):
        operation.scheduler.run()
    assert not operation.dispatcher.hits
    released.set()


@pytest.mark.parametrize("first", ["request", "call"])
def test_q2_without_a_thread_after_something_was_sent_the_rest_is_unavailable_at_its_place(first: str) -> None:
    operation = Operation({"/a": {}, "/b": {}})
    if first == "call":
        operation.call("one")
    else:
        operation.get("/a", method="POST")
    operation.scheduler.run()
    released = occupied(operation)
    for _ in range(2):
        operation.get("/b", method="POST")
        operation.scheduler.run()
        assert operation.codes == {"/b": "UNAVAILABLE"}
    assert operation.dispatcher.hits.count("/b") == 0
    released.set()
    assert becomes(lambda: not operation.pool.busy)
    operation.get("/b", method="POST")
    operation.scheduler.run()
    assert operation.statuses["/b"] == 200


def test_m5_with_as_many_waiting_as_may_the_next_is_refused_at_once() -> None:
    operation = Operation({"/a": {}}, max_wait=PATIENCE, max_waiting=0)
    released = occupied(operation)
    operation.get("/a")
    with pytest.raises(Unavailable):
        operation.scheduler.run()
    released.set()


# What is kept -------------------------------------------------------------------------------------------------------


class Large:
    """Something that a listener refers to."""


@pytest.mark.parametrize("ends", ["its time", "the deadline", "the client"])
def test_m3_a_thread_that_hangs_keeps_nothing_of_its_operation_but_its_request(ends: str) -> None:
    released = threading.Event()
    seconds = {"its time": {"subrequest_timeout": 0.05}, "the deadline": {"deadline": 0.05}}.get(ends, {})
    operation = Operation(
        {"/hang": lambda request: {"released": released.wait(PATIENCE)}, "/large": b"x" * 100_000, "/forbidden": {}},
        **seconds,
    )
    pool, dispatcher, large = operation.pool, operation.dispatcher, Large()
    kept = [weakref.ref(large), weakref.ref(operation.scheduler), weakref.ref(operation)]
    operation.get("/large", then=lambda large=large: None)  # type: ignore[misc]
    operation.get("/hang", then=lambda large=large: None)  # type: ignore[misc]
    operation.scheduler.notify_each = True
    events = operation.scheduler.events()
    while "/large" not in operation.events:
        next(events)
    if ends == "the client":
        assert becomes(lambda: "/hang" in dispatcher.hits)
        operation.scheduler.cancel()
    for _ in events:
        pass
    assert operation.codes == {"/hang": "TIMEOUT"}
    assert pool.stuck == 1
    del operation, large, events
    gc.collect()
    assert becomes(lambda: [one() for one in kept] == [None] * 3)
    released.set()
    assert becomes(lambda: not pool.stuck)


def test_m3_the_error_of_a_refused_request_keeps_no_frames() -> None:
    operation = Operation({})
    answers: list[JobAnswer] = []
    request = SubRequest(target=target.parse("/none"))
    operation.scheduler.reserve([request])
    operation.scheduler.submit(request, answers.append)
    operation.scheduler.run()
    error: Any = answers[0]
    assert error.code == "NOT_ALLOWED"
    assert error.__traceback__ is None
    assert error.__context__ is None
