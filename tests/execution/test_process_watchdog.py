"""The thread that looks after operations: it comes back after a failure, keeps nothing, and ends when it rests."""

import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from restgql.execution import process_watchdog
from restgql.execution.process_watchdog import BUSY_SHARE, LATE_SECONDS, REST_SECONDS, ProcessWatchdog


class Operation:
    """An operation that counts the looks at it, or fails at each."""

    def __init__(self, *, fails: bool = False) -> None:
        self.looks = 0
        self.found_idle: list[bool] = []
        self._fails = fails

    def look(self, *, is_idle: bool) -> None:
        self.looks += 1
        self.found_idle.append(is_idle)
        if self._fails:
            raise RuntimeError("a fault of ours")


def until(is_true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not is_true() and time.monotonic() < end:
        time.sleep(0.005)
    return is_true()


def threads() -> int:
    return sum(thread.name == "restgql-watchdog" for thread in threading.enumerate())


def test_an_operation_is_looked_after_until_it_leaves() -> None:
    watchdog, operation = ProcessWatchdog(), Operation()
    watchdog.watch(operation)
    assert until(lambda: operation.looks > 1)
    watchdog.leave(operation)
    assert until(lambda: not watchdog._watched)


def test_nothing_of_an_operation_is_kept_after_it_left() -> None:
    watchdog, operations = ProcessWatchdog(), [Operation()]
    watchdog.watch(operations[0])
    assert until(lambda: operations[0].looks > 1)
    reference = weakref.ref(operations[0])
    watchdog.leave(operations.pop())
    assert until(lambda: gc.collect() >= 0 and reference() is None, REST_SECONDS / 4)


def test_the_thread_ends_when_it_rests_and_another_one_begins() -> None:
    watchdog, before = ProcessWatchdog(), threads()
    first = Operation()
    watchdog.watch(first)
    watchdog.leave(first)
    assert until(lambda: threads() <= before)
    second = Operation()
    watchdog.watch(second)
    assert until(lambda: second.looks > 0)
    watchdog.leave(second)


def test_a_failure_costs_no_other_operation_its_watch(caplog: pytest.LogCaptureFixture) -> None:
    watchdog, bad, good = ProcessWatchdog(), Operation(fails=True), Operation()
    watchdog.watch(bad)
    watchdog.watch(good)
    assert until(lambda: bad.looks > 1 and good.looks > 1)
    watchdog.leave(bad)
    watchdog.leave(good)
    assert "Exception in the watchdog of operations" in caplog.messages


class Clock:
    """A clock whose sleeps end late by some seconds, while the process computes for a share of the time."""

    def __init__(self, *sleeps: tuple[float, float]) -> None:
        self._sleeps = iter(sleeps)
        self._now = self._computed = 0.0

    def perf_counter(self) -> float:
        return self._now

    def process_time(self) -> float:
        return self._computed

    def sleep(self, seconds: float) -> None:
        late, share = next(self._sleeps, (REST_SECONDS, 0.0))
        self._now += seconds + late
        self._computed += share * (seconds + late)


IDLE, LATE, BUSY = (0.0, 0.1), (2 * LATE_SECONDS, 0.1), (0.0, BUSY_SHARE)
CHECKS: dict[str, tuple[list[tuple[float, float]], list[bool]]] = {
    "idle": ([IDLE, IDLE, IDLE], [False, True, True]),
    "busy": ([BUSY, BUSY, BUSY], [False, False, False]),
    "ready, but without a core": ([BUSY, LATE, LATE, LATE], [False] * 4),
    "a timer that is always late": ([LATE, LATE, LATE], [False, True, True]),
    "a moment without work": ([BUSY, IDLE, LATE, IDLE, BUSY], [False] * 5),
    "idle again": ([IDLE, IDLE, LATE, IDLE, IDLE], [False, True, False, False, True]),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_process_is_idle_if_no_thread_is_ready(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps, found = CHECKS[name]
    watchdog, operation = ProcessWatchdog(), Operation()
    watchdog._watched.add(operation)
    clock = Clock(*sleeps)
    monkeypatch.setattr(process_watchdog, "time", clock)

    def look(*, is_idle: bool) -> None:
        Operation.look(operation, is_idle=is_idle)
        if len(operation.found_idle) == len(found):
            watchdog.leave(operation)

    monkeypatch.setattr(operation, "look", look)
    watchdog._run()
    assert operation.found_idle == found
