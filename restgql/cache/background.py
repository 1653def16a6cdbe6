"""Revalidations that nobody waits for, or not for long: a few threads of their own, out of every caller's budget."""

import logging
import os
import threading
from collections.abc import Callable, Hashable

from restgql.execution.route_threads import Ticket
from restgql.execution.thread_pool import ThreadPool
from restgql.sub_response import SubResponse

SIZE = 4
"""Threads a process; where all are at work, a stale response stays as it is until there is one."""


class Background:
    """Work by key, one of a key at once. `_lock` guards `_running`; all of it is of process `_pid`."""

    def __init__(self, logger: logging.Logger, size: int = SIZE) -> None:
        self._logger = logger
        self._size = size
        self._reset()

    @property
    def running(self) -> int:
        """How many are at work."""
        return len(self._running)

    def start(self, key: Hashable, work: Callable[[], SubResponse]) -> None:
        """Have `work` done, unless one of the same key is at work, or no thread is free."""
        self._unless_forked()
        with self._lock:
            if key in self._running:
                return
            self._running.add(key)
        if not self._pool.start(lambda ticket: self._do(key, work)):
            self._ended(key)

    def within(self, seconds: float, work: Callable[[], SubResponse]) -> SubResponse | None:
        """What `work` gives, None where that takes longer; it goes on then. Raises what it raises."""
        self._unless_forked()
        done, outcome = threading.Event(), list[SubResponse | BaseException]()

        def run(ticket: Ticket) -> None:
            try:
                outcome.append(work())
            except BaseException as exc:
                outcome.append(exc)
            done.set()

        if not self._pool.start(run):
            return work()
        done.wait(seconds)
        found = outcome[0] if outcome else None
        if isinstance(found, BaseException):
            raise found
        return found

    def _do(self, key: Hashable, work: Callable[[], SubResponse]) -> None:
        try:
            work()
        except Exception:
            self._logger.exception("Exception in the background")
        finally:
            self._ended(key)

    def _ended(self, key: Hashable) -> None:
        with self._lock:
            self._running.discard(key)

    def _unless_forked(self) -> None:
        """A fork has the counts, and none of the threads."""
        if self._pid != os.getpid():
            self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pool = ThreadPool(self._size)
        self._running: set[Hashable] = set()
