"""The latency of routes: threads pay off for a route whose requests wait."""

import time

THRESHOLD = 0.001
"""The seconds of waiting that are worth a thread of their own, which costs about 50 µs."""
LONG_SECONDS = 0.02
"""A wait in seconds after which a route counts as unknown again."""
HANG_SECONDS = 1.0
"""A wait in seconds after which a route is not run in the server's thread for `DEMOTED_SECONDS`."""
DEMOTED_SECONDS = 300.0
_RECENT = 8
_MANY = 32
_MOST_WAITS = 4
"""The most waits among `_MANY` that may be due to threads that take turns."""
_MAX_ROUTES = 1_000


class _History:
    """The last observations of a route, one bit each, the newest lowest; a bit is set if the request waited."""

    __slots__ = ("count", "demoted_until", "waits")

    def __init__(self) -> None:
        self.waits = 0
        self.count = 0
        self.demoted_until = 0.0


class RouteLatency:
    """The routes' history: whether their requests wait. A race loses an observation at most.

    The number of routes is bounded, because a dispatcher may use paths as keys: over the limit all observations are
    dropped.
    """

    def __init__(self) -> None:
        self._by_route: dict[object, _History] = {}

    def observe(self, route: object, took: float, computed: float, process: float) -> None:
        """Record a request to `route` that took `took` seconds, of which its thread computed `computed`, and the whole
        process `process`.

        A thread that is ready may still wait for others of the process, which take turns (the GIL). So a request that
        computes for longer than `THRESHOLD` waits only while no thread computes. A shorter one needs no second turn.
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
        """Return True if the next request to `route` is expected to wait, because most recent ones did."""
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
