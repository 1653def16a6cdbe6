"""Revalidations in the background: a few threads of their own, outside every caller's budget."""

import os
import threading
import time
from collections.abc import Callable, Hashable

from restgql.execution.route_threads import Ticket
from restgql.execution.thread_pool import ThreadPool
from restgql.log import logger
from restgql.sub_response import SubResponse

SIZE = 4
"""Threads per process. While all of them work, a stale response is not revalidated."""


class Background:
    """Background work by key, at most one task per key. `_lock` guards `_running` and `_begun`; `_pid` is the process.

    A thread that works longer than `seconds` is abandoned: another one takes its place, and its route gets no further
    background request until it returns.
    """

    def __init__(self, seconds: float, size: int = SIZE) -> None:
        self._seconds = seconds
        self._size = size
        self._reset()

    @property
    def running(self) -> int:
        """The number of keys with running work."""
        return len(self._running)

    def start(self, key: Hashable, route: object, work: Callable[[], SubResponse]) -> None:
        """Start `work`, a request to `route`, unless work with the same key runs or no thread is free."""
        self._unless_forked()
        with self._lock:
            if key in self._running:
                return
            self._running.add(key)
        if not self._start(lambda: self._do(key, work), route):
            self._end(key)

    def within(self, seconds: float, route: object, work: Callable[[], SubResponse]) -> SubResponse | None:
        """Return the result of `work`, a request to `route`, or None if it takes longer; it continues then.

        Raises its errors. If no thread is free, the caller's thread runs it.
        """
        self._unless_forked()
        done = threading.Event()
        outcome: list[SubResponse | BaseException] = []

        def run() -> None:
            try:
                outcome.append(work())
            except BaseException as exc:
                outcome.append(exc)
            done.set()

        if not self._start(run, route):
            return work()
        done.wait(seconds)
        result = outcome[0] if outcome else None
        if isinstance(result, BaseException):
            raise result
        return result

    def _start(self, work: Callable[[], None], route: object) -> bool:
        self._give_up_late()

        def timed(ticket: Ticket) -> None:
            with self._lock:
                self._begun[ticket] = time.monotonic()
            try:
                work()
            finally:
                with self._lock:
                    del self._begun[ticket]

        return self._pool.start(timed, route=route)

    def _give_up_late(self) -> None:
        """Abandon the threads whose time is over. Every start does so, so no thread has to watch."""
        before = time.monotonic() - self._seconds
        with self._lock:
            late = [ticket for ticket, begun in self._begun.items() if begun < before]
        for ticket in late:
            self._pool.give_up(ticket)

    def _do(self, key: Hashable, work: Callable[[], SubResponse]) -> None:
        try:
            work()
        except Exception:
            logger.exception("Exception in the background")
        finally:
            self._end(key)

    def _end(self, key: Hashable) -> None:
        with self._lock:
            self._running.discard(key)

    def _unless_forked(self) -> None:
        """Reset the state in a fork, which has the counts without the threads."""
        if self._pid != os.getpid():
            self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pool = ThreadPool(self._size)
        self._running: set[Hashable] = set()
        self._begun: dict[Ticket, float] = {}
