"""The thread that looks after operations: it comes back after a failure, keeps nothing, and ends when it rests."""

import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from restgql.execution.process_watchdog import REST_SECONDS, ProcessWatchdog


class Operation:
    """An operation that counts the looks at it, or fails at each."""

    def __init__(self, *, fails: bool = False) -> None:
        self.looks = 0
        self._fails = fails

    def look(self, *, is_idle: bool) -> None:
        self.looks += 1
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
