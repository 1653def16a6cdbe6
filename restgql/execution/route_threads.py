"""The threads of each route: the most that it may use at once, and the most that may be lost to it."""

import enum
import logging
import time
from collections.abc import Callable

OVERDUE_SECONDS = 1.0
"""Seconds after which a thread that was given up early, with time left, counts as lost to its route."""

RouteQueue = Callable[[object], bool]
"""An operation that waits for its turn on a route. It is called with the route when its turn comes, and returns False
if it needs no thread of the route any longer."""


class Ticket:
    """Work that has a thread: `stuck` once no one waits for it any more, `done` when it has ended.

    It has used `route` since `begun`, in seconds of `time.perf_counter()`. It is `nested` if another thread of the pool
    waits for it.
    """

    __slots__ = ("begun", "done", "nested", "overdue", "route", "stuck")

    def __init__(self, *, nested: bool = False) -> None:
        self.nested = nested
        self.done = self.stuck = self.overdue = False
        self.route: object = None
        self.begun = 0.0


class Admission(enum.Enum):
    """The answer to a thread that is about to send a request to a route."""

    ENTERED = enum.auto()
    WAITING = enum.auto()
    """The route has all its threads; the operation is called when one is free."""
    FULL = enum.auto()
    """The same, and too many operations wait already."""
    CLOSED = enum.auto()
    """Too many threads are lost to the route."""


class _Route:
    """The threads of one route, and the operations that wait for one."""

    __slots__ = ("queue", "running", "stuck")

    def __init__(self) -> None:
        self.running = 0
        self.stuck: list[Ticket] = []
        self.queue: list[RouteQueue] = []
        """In order of arrival; there are few."""


class RouteThreads:
    """The routes that have threads of a pool of `size`, whose lock guards this.

    A route may use at most half of the threads that are not lost, minus an eighth of the pool. So other routes have
    threads even if every request to one of them hangs. With an eighth of the pool lost to it, a route is closed until
    one of these threads returns.
    """

    def __init__(self, size: int) -> None:
        self.queued = 0
        self._size = size
        self._reserve = size // 8
        self._most_lost = max(1, size // 8)
        self._by_route: dict[object, _Route] = {}
        self._last_notice: tuple[int, bool] = (0, False)
        """The number of closed routes, and whether the pool was depleted, in the last notice."""

    def enter(
        self, ticket: Ticket, route: object, lost: int, queue: RouteQueue | None = None, max_queued: int = 0
    ) -> Admission:
        """Count the thread of `ticket` for `route`; `lost` threads of the pool are stuck."""
        threads = self._by_route.get(route)
        if threads is None:
            threads = self._by_route[route] = _Route()
        elif threads.stuck and self._has_lost_too_many(threads):
            return Admission.CLOSED
        elif not ticket.nested and threads.running + len(threads.stuck) >= self._share(lost):
            if queue is None or queue in threads.queue:
                return Admission.WAITING
            if self.queued >= max_queued:
                return Admission.FULL
            threads.queue.append(queue)
            self.queued += 1
            return Admission.WAITING
        threads.running += 1
        ticket.route, ticket.begun = route, time.perf_counter()
        return Admission.ENTERED

    def is_closed(self, route: object) -> bool:
        """Return True if too many threads are lost to `route`."""
        threads = self._by_route.get(route)
        return threads is not None and self._has_lost_too_many(threads)

    def leave(self, ticket: Ticket) -> object:
        """Remove the thread of `ticket` from its route's count; return the route if an operation waits for a thread."""
        threads = None if ticket.route is None else self._by_route.get(ticket.route)
        if threads is None:
            return None
        if ticket.stuck:
            threads.stuck.remove(ticket)
        else:
            threads.running -= 1
        route, ticket.route = ticket.route, None
        if threads.queue:
            return route
        self._forget_unused(route)
        return None

    def wait_again(self, route: object, queue: RouteQueue) -> None:
        """Add an operation to the end of a route's queue, unless it is there already."""
        threads = self._by_route.setdefault(route, _Route())
        if queue not in threads.queue:
            threads.queue.append(queue)
            self.queued += 1

    def next_in_queue(self, route: object) -> RouteQueue | None:
        """Remove the first operation from the queue of `route`, and return it."""
        threads = self._by_route.get(route)
        if threads is None or not threads.queue:
            self._forget_unused(route)
            return None
        self.queued -= 1
        return threads.queue.pop(0)

    def give_up(self, ticket: Ticket) -> None:
        """Count the thread of `ticket` as lost to its route."""
        threads = None if ticket.route is None else self._by_route.get(ticket.route)
        if threads is not None:
            threads.running -= 1
            threads.stuck.append(ticket)

    def leave_queues(self, queue: RouteQueue) -> None:
        """Remove an operation from every route's queue."""
        for route, threads in list(self._by_route.items()):
            if queue in threads.queue:
                threads.queue.remove(queue)
                self.queued -= 1
                self._forget_unused(route)

    def notice(self, lost: int, most: int, *, depleted: bool) -> tuple[int, str] | None:
        """Return level and text for the log if a route was closed since the last notice, or the pool changed state."""
        before, was_depleted = self._last_notice
        closed = sum(self._has_lost_too_many(threads) for threads in self._by_route.values())
        if lost and (closed > before or depleted > was_depleted):
            self._last_notice = max(before, closed), depleted or was_depleted
            lost_to = sorted(
                ((len(threads.stuck), str(route)) for route, threads in self._by_route.items() if threads.stuck),
                reverse=True,
            )
            names = ", ".join(f"{name} ({count})" for count, name in lost_to[:5])
            text = f"{lost} of {most} threads are lost to routes that do not answer: {names}. New requests to a route "
            return logging.WARNING, f"{text}that has lost too many are refused until one of its threads returns."
        if not lost and self._last_notice != (0, False):
            self._last_notice = 0, False
            return logging.INFO, "No threads are lost any longer: all routes that did not answer have returned."
        return None

    def _forget_unused(self, route: object) -> None:
        threads = self._by_route.get(route)
        if threads is not None and not (threads.queue or threads.running or threads.stuck):
            del self._by_route[route]

    def _share(self, lost: int) -> int:
        return max(self._most_lost, (2 * self._size - lost) // 2 - self._reserve)

    def _has_lost_too_many(self, route: _Route) -> bool:
        if len(route.stuck) < self._most_lost:
            return False
        before = time.perf_counter() - OVERDUE_SECONDS
        return sum(ticket.overdue or ticket.begun < before for ticket in route.stuck) >= self._most_lost
