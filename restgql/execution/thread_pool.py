"""Threads for sub-requests: few, reused, and never blocked by waiting for their own work."""

import collections
import itertools
import os
import threading
from collections.abc import Callable

from restgql.execution.route_threads import Admission, RouteQueue, RouteThreads, Ticket
from restgql.log import logger

IDLE_SECONDS = 30.0

PoolTask = Callable[[Ticket], None]


class IdleThread:
    """A thread and its next work, which begins when `wake` is released; no reference to the work stays meanwhile."""

    __slots__ = ("next", "wake")

    def __init__(self) -> None:
        # Resolved now, not at import: gevent may have patched it since, and only gevent's lock does not block other
        # greenlets.
        self.wake = threading.Lock()
        self.wake.acquire()
        self.next: tuple[PoolTask, Ticket] | None = None


class Turn(threading.Condition):
    """An operation that waits for a thread. `has_room` is set by the one that makes room for it."""

    has_room = False


class ThreadPool:
    """At most `size` threads at work at once; `_lock` guards the counts, the parked threads and the routes.

    A thread whose work hangs is given up: it counts as `stuck`, and another one may take its place, as long as there
    are at most twice `size` threads in all. `RouteThreads` keeps one route from taking them all. Operations that wait
    get threads in the order in which they came, and before any that comes later.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self.busy = 0
        """The number of threads at work that somebody waits for, or about to be; `_lock` guards it, and `stuck`."""
        self.stuck = 0
        """The number of threads that hang in work that nobody waits for."""
        self._turns: collections.deque[Turn] = collections.deque()
        self._parked: list[IdleThread] = []
        self._routes = RouteThreads(size)
        self._numbers = itertools.count(1)

    @property
    def waiting(self) -> int:
        """The number of operations that wait for a thread, or for their turn on a route."""
        return len(self._turns) + self._routes.queued

    @property
    def is_depleted(self) -> bool:
        """True if the number of lost threads exceeds five eighths of the pool's size.

        With the defaults one operation cannot cause this: it runs half as many requests at once, and an eighth more
        until their route is closed. So no single request takes a process out of a load balancer.
        """
        return self.stuck > self.size // 2 + self.size // 8

    def start(
        self,
        work: PoolTask,
        wait: float = 0.0,
        *,
        max_waiting: int | None = None,
        route: object = None,
        nested: bool = False,
    ) -> bool:
        """Start `work` in a thread within `wait` seconds, for a request to `route` if it is known; return False if it
        cannot.

        Do not wait if `max_waiting` operations wait already, or if all threads are lost. Work that is `nested`, which a
        thread of the pool waits for, takes that thread's place: if it waited, too, all might wait forever.
        """
        ticket = Ticket(nested=nested)
        with self._lock:
            if not nested and not self._take_room(wait, max_waiting):
                return False
            if route is not None and self._routes.enter(ticket, route, self.stuck) is not Admission.ENTERED:
                if not nested:
                    self._give_back_room()
                return False
            if self._parked:  # the last one: its data is still in the CPU's caches, and the first may end
                parked = self._parked.pop()
                parked.next = work, ticket
                parked.wake.release()
                return True
        own = IdleThread()
        own.next = work, ticket
        try:
            name = f"restgql-{next(self._numbers)}"
            threading.Thread(target=self._loop, args=(own,), name=name, daemon=True).start()
        except RuntimeError:  # the system cannot start another thread
            self._end(ticket)
            return False
        return True

    def enter(
        self, ticket: Ticket, route: object, queue: RouteQueue | None = None, *, max_waiting: int = 0
    ) -> Admission:
        """Count the thread of `ticket` for `route`, to which it is about to send a request, and for no other route.

        `queue` is called when its turn comes, unless `max_waiting` operations wait already.
        """
        with self._lock:
            if ticket.stuck:  # it was given up meanwhile
                return Admission.CLOSED
            left, admission = None, Admission.ENTERED
            if ticket.route is not route or self._routes.is_closed(route):
                if ticket.route is not None:
                    left = self._routes.leave(ticket)
                admission = self._routes.enter(ticket, route, self.stuck, queue, max_waiting - len(self._turns))
            notice = self._notice() if admission is Admission.CLOSED else None
        if left is not None or notice is not None:
            self._announce(left, notice)
        return admission

    def wait_again(self, route: object, queue: RouteQueue) -> None:
        """Wait for one more thread of a route, after the others that wait."""
        with self._lock:
            self._routes.wait_again(route, queue)

    def leave_queues(self, queue: RouteQueue) -> None:
        """Remove an operation from every route's queue."""
        with self._lock:
            self._routes.leave_queues(queue)

    def give_up(self, ticket: Ticket, *, overdue: bool = True) -> None:
        """Stop waiting for the work of `ticket`; it is `overdue` if it used all the time of a sub-request."""
        with self._lock:
            if ticket.stuck or ticket.done:  # it may have ended meanwhile
                return
            ticket.stuck, ticket.overdue = True, overdue
            self.stuck += 1
            self._routes.give_up(ticket)
            if not ticket.nested:
                self._give_back_room()
            if self._all_lost():
                for turn in self._turns:
                    turn.notify()
            notice = self._notice()
        self._announce(None, notice)

    def _take_room(self, wait: float, max_waiting: int | None) -> bool:
        """Count one thread more at work, as soon as there is room and all who came before have theirs."""
        if not self._turns and self._has_room():
            self.busy += 1
            return True
        if not wait or (max_waiting is not None and self.waiting >= max_waiting):
            return False
        turn = Turn(self._lock)
        self._turns.append(turn)
        try:
            return turn.wait_for(lambda: turn.has_room or self._all_lost(), wait) and turn.has_room
        except BaseException:  # a server may end the waiting greenlet
            if turn.has_room:
                self._give_back_room()
            raise
        finally:
            if not turn.has_room:
                self._turns.remove(turn)

    def _give_back_room(self) -> None:
        self.busy -= 1
        self._hand_over_room()

    def _hand_over_room(self) -> None:
        """Give the room that there is to those who wait: at once, so that nobody who comes later takes it."""
        while self._turns and self._has_room():
            turn = self._turns.popleft()
            turn.has_room = True
            self.busy += 1
            turn.notify()

    def _has_room(self) -> bool:
        return self.busy < self.size and self.busy + self.stuck < 2 * self.size

    def _all_lost(self) -> bool:
        return self.stuck >= 2 * self.size

    def _end(self, ticket: Ticket, own: IdleThread | None = None) -> None:
        """Count the work of `ticket` as ended, and park its thread if that is `own`."""
        with self._lock:
            ticket.done = True
            if ticket.stuck:
                self.stuck -= 1
                self._hand_over_room()
            elif not ticket.nested:
                self._give_back_room()
            left = None if ticket.route is None else self._routes.leave(ticket)
            notice = self._notice() if ticket.stuck else None
            if own is not None:
                self._parked.append(own)
        if left is not None or notice is not None:
            self._announce(left, notice)

    def _notice(self) -> "tuple[int, str] | None":
        """Return the log record about lost threads, once for each change."""
        return self._routes.notice(self.stuck, 2 * self.size, depleted=self.is_depleted)

    def _announce(self, left: object, notice: "tuple[int, str] | None") -> None:
        """Call the first operation in the queue of the route `left` that still needs a thread, and log the notice; the
        caller does not hold the lock."""
        is_used = left is None
        while not is_used:
            with self._lock:
                queue = self._routes.next_in_queue(left)
            is_used = queue is None or queue(left)
        if notice is not None:
            logger.log(*notice)

    def _loop(self, own: IdleThread) -> None:
        while True:
            assert own.next is not None
            (work, ticket), own.next = own.next, None
            goes_on = False
            try:
                work(ticket)
                goes_on = True
            finally:
                del work
                self._end(ticket, own if goes_on else None)  # if the work raised, this ends the thread
                del ticket
            if not own.wake.acquire(timeout=IDLE_SECONDS):
                with self._lock:
                    if own in self._parked:
                        self._parked.remove(own)
                        return
                own.wake.acquire()  # new work was assigned in the meantime, and needs this thread


_SHARED: dict[int, ThreadPool] = {}
# A fork has the counts and none of the threads, and a server may replace threads by greenlets after it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.clear)


def shared(size: int) -> ThreadPool:
    """Return the pool of this process with this size; create it at the first call."""
    return _SHARED.get(size) or _SHARED.setdefault(
        size, ThreadPool(size)
    )  # two threads may each create one; both use the first
