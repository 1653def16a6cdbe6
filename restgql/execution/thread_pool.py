"""Threads for sub-requests: few, lean, and never waited for by the work they do."""

import itertools
import os
import threading
from collections.abc import Callable

IDLE_SECONDS = 30.0


class Ticket:
    """A piece of work that has a thread: `stuck` once nobody waits for it any more, `done` when it has ended."""

    __slots__ = ("done", "stuck")

    def __init__(self) -> None:
        self.done = self.stuck = False


Work = Callable[[Ticket], None]


class IdleThread:
    """A thread that waits to be `given` work; `wake` is its lock, held until then."""

    __slots__ = ("given", "wake")

    def __init__(self) -> None:
        # Looked up now, not at import: gevent may have replaced it since, and only its own does not block the rest.
        self.wake = threading.Lock()
        self.wake.acquire()
        self.given: tuple[Work, Ticket]


class ThreadPool:
    """At most `size` threads at work at once; `_lock` guards the counts and the parked ones.

    A thread whose work hangs is given up: it no longer counts among the `size`, but among the stuck. With `size` of
    these no work begins, so that there are never more than twice `size` threads.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._busy = self._stuck = 0
        self._parked: list[IdleThread] = []
        self._numbers = itertools.count(1)

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
            if wait and self._busy >= self.size:
                self._freed.wait_for(lambda: self._busy < self.size or self._stuck >= self.size, wait)
            if self._busy >= self.size or self._stuck >= self.size:
                return False
            self._busy += 1
            if self._parked:  # the last one: what it works with is still in the caches, and the first may end
                parked = self._parked.pop()
                parked.given = work, ticket
                parked.wake.release()
                return True
        try:
            name = f"restgql-{next(self._numbers)}"
            threading.Thread(target=self._loop, args=(work, ticket), name=name, daemon=True).start()
        except RuntimeError:  # the system has no thread to give
            with self._lock:
                self._busy -= 1
                self._freed.notify()
            return False
        return True

    def give_up(self, ticket: Ticket) -> None:
        """Wait no longer for what `ticket` stands for."""
        with self._lock:
            if not ticket.stuck and not ticket.done:  # it may have ended since it was found late
                ticket.stuck = True
                self._busy -= 1
                self._stuck += 1
                self._freed.notify_all()  # of the last, all who wait have to know

    def _loop(self, work: Work, ticket: Ticket) -> None:
        own = IdleThread()
        while True:
            goes_on = False
            try:
                work(ticket)
                goes_on = True
            finally:
                del work
                with self._lock:
                    ticket.done = True
                    if ticket.stuck:
                        self._stuck -= 1
                    else:
                        self._busy -= 1
                        self._freed.notify()
                    if goes_on:  # and not where it raised: that ends this thread
                        self._parked.append(own)
            if not own.wake.acquire(timeout=IDLE_SECONDS):
                with self._lock:
                    if own in self._parked:
                        self._parked.remove(own)
                        return
                own.wake.acquire()  # work came in the moment between, and counts on this thread
            work, ticket = own.given
            del own.given


_SHARED: dict[int, ThreadPool] = {}
# A fork has the counts and none of the threads; and a server may put greenlets in the place of threads after it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.clear)


def shared(size: int) -> ThreadPool:
    """The pool of this process with this size, made when it is first asked for."""
    return _SHARED.get(size) or _SHARED.setdefault(size, ThreadPool(size))  # of two made at once, one is ever used
