"""The latency of routes: a route whose requests wait gains from running them beside each other."""

import time

THRESHOLD = 0.001
"""Seconds of waiting from which a thread of its own, about 50 µs, is worth it."""
LONG_SECONDS = 0.02
"""A wait that makes a route unknown again."""
HANG_SECONDS = 1.0
"""A wait after which a route is not run in the server's thread for `DEMOTED_SECONDS`."""
DEMOTED_SECONDS = 300.0
_RECENT = 8
_MANY = 32
_MOST_WAITS = 4
"""The waits among `_MANY` that threads which take turns may cause."""
_MAX_ROUTES = 1_000


class _History:
    """The last observations of a route, the newest in the lowest bit, set if it waited."""

    __slots__ = ("count", "demoted_until", "waits")

    def __init__(self) -> None:
        self.waits = 0
        self.count = 0
        self.demoted_until = 0.0


class RouteLatency:
    """What is known of routes: whether their requests wait. A race may lose an observation, never more.

    The number of routes is bounded, as a dispatcher may use paths as keys: over it, all observations are dropped.
    """

    def __init__(self) -> None:
        self._by_route: dict[object, _History] = {}

    def observe(self, route: object, took: float, computed: float, process: float) -> None:
        """Record a request to `route` that took so many seconds, in which its thread computed, and the whole process.

        A thread that is ready may wait for others of the process, which take turns (the GIL). So a request that
        computes for longer than `THRESHOLD` waits only while no thread computes. A shorter one has its turn already.
        """
        history = self._by_route.get(route)
        if history is None:
            if len(self._by_route) >= _MAX_ROUTES:
                self._by_route.clear()
            history = self._by_route[route] = _History()
        idle = took - process
        waited = took - computed if computed < THRESHOLD else idle
        history.waits = (history.waits << 1 | (waited > THRESHOLD)) & ((1 << _MANY) - 1)
        history.count = min(_MANY, history.count + 1)
        if idle >= LONG_SECONDS:
            history.waits, history.count = 1, 1
        if idle >= HANG_SECONDS:
            history.demoted_until = time.monotonic() + DEMOTED_SECONDS

    def waits(self, route: object) -> bool:
        """Return True if the next request to `route` is expected to wait, as most of the last ones."""
        history = self._by_route.get(route)
        if history is None:
            return False
        recent = min(history.count, _RECENT)
        return 2 * (history.waits & ((1 << recent) - 1)).bit_count() > recent

    def never_waits(self, route: object) -> bool:
        """Return True if many requests to `route` were observed, and none waited."""
        history = self._by_route.get(route)
        if history is None or history.count < _MANY or history.waits.bit_count() > _MOST_WAITS:
            return False
        return not history.demoted_until or time.monotonic() >= history.demoted_until
