"""The latency of routes: a route whose requests wait gains from running them beside each other."""

THRESHOLD = 0.001
"""Seconds of waiting from which a thread of its own, about 50 µs, is worth it."""
_DECAY = 0.3
_MAX_ROUTES = 1_000


class RouteLatency:
    """The waiting time per route, in seconds, decayed. A race may lose an observation, never more.

    The number of routes is bounded, as a dispatcher may use paths as keys: over it, all observations are dropped.
    """

    def __init__(self) -> None:
        self._seconds: dict[object, float] = {}

    def observe(self, route: object, waited: float) -> None:
        """Record that a request to `route` took `waited` seconds more than its thread computed."""
        before = self._seconds.get(route)
        if before is None and len(self._seconds) >= _MAX_ROUTES:
            self._seconds.clear()
        self._seconds[route] = waited if before is None else before + _DECAY * (waited - before)

    def waits(self, route: object) -> bool:
        """Return True if the next request to `route` is expected to wait."""
        return self._seconds.get(route, 0.0) > THRESHOLD
