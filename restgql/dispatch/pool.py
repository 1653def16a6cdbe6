"""Threads for sub-requests: few, lean, and never waited for by the work they do."""

import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from queue import Empty, SimpleQueue

IDLE_SECONDS = 30.0


class Ticket:
    """A piece of work that has a thread. `stuck` once nobody waits for it any more."""

    __slots__ = ("stuck",)

    def __init__(self) -> None:
        self.stuck = False


Work = Callable[[Ticket], None]


class Pool:
    """At most `size` threads at work at once; `_lock` guards the counts.

    A thread whose work hangs is given up: it no longer counts among the `size`, but among the stuck, which are
    bounded by `size` too.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # a fork has the counts and none of the threads

    def _reset(self) -> None:
        self._tasks: SimpleQueue[tuple[Work, Ticket]] = SimpleQueue()
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._busy = self._idle = self._stuck = 0

    @property
    def stuck(self) -> int:
        """How many threads hang in work that nobody waits for."""
        return self._stuck

    @property
    def busy(self) -> int:
        """How many threads are at work."""
        return self._busy

    def start(self, work: Work, wait: float = 0.0) -> bool:
        """Give `work` a thread, within `wait` seconds; whether it has got one."""
        ticket = Ticket()
        with self._lock:
            if self._busy >= self.size and not (wait and self._wait_for_one(wait)):
                return False
            self._busy += 1
            if self._idle:
                self._idle -= 1
                self._tasks.put((work, ticket))
                return True
        threading.Thread(target=self._loop, args=(work, ticket), name="restgql", daemon=True).start()
        return True

    def give_up(self, ticket: Ticket) -> None:
        """Wait no longer for what `ticket` stands for."""
        with self._lock:
            if not ticket.stuck:
                ticket.stuck = True
                self._busy -= 1
                self._stuck += 1
                self._freed.notify()

    def _wait_for_one(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self._busy >= self.size:
            left = until - time.monotonic()
            if left <= 0 or not self._freed.wait(left):
                return self._busy < self.size
        return True

    def _loop(self, work: Work, ticket: Ticket) -> None:
        while True:
            try:
                work(ticket)
            finally:
                del work
                with self._lock:
                    if ticket.stuck:
                        self._stuck -= 1
                    else:
                        self._busy -= 1
                        self._freed.notify()
                    self._idle += 1
            try:
                work, ticket = self._tasks.get(timeout=IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._tasks.empty():
                        self._idle -= 1
                        return
                work, ticket = self._tasks.get()  # it came in the moment between, and counts on this thread


@lru_cache
def shared(size: int) -> Pool:
    """The pool of this process with this size, made when it is first asked for."""
    return Pool(size)
