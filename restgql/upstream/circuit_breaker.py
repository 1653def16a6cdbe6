"""A circuit breaker (M. Nygard, Release It!): an upstream that fails repeatedly gets no requests for a while."""

import threading
import time

FAILURES = 5
"""Consecutive failures after which the breaker opens."""
SECONDS = 5.0
"""Seconds that the breaker stays open, before one request tries."""


class CircuitBreaker:
    """The breaker of one upstream. Open, it passes no request; half open, one at a time. `_lock` guards its state."""

    def __init__(self, failures: int = FAILURES, seconds: float = SECONDS) -> None:
        self._allowed = failures
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at = 0.0
        self._is_trying = False

    def passes(self) -> bool:
        """Return True if a request may be sent; its caller then calls `worked` or `failed`."""
        with self._lock:
            if self._failures < self._allowed:
                return True
            if self._is_trying or time.monotonic() < self._opened_at + self._seconds:
                return False
            self._is_trying = True
            return True

    def worked(self) -> None:
        """Record that the upstream answered, with any status."""
        with self._lock:
            self._failures = 0
            self._is_trying = False

    def failed(self) -> None:
        """Record that the upstream did not answer in time."""
        with self._lock:
            self._failures += 1
            self._is_trying = False
            self._opened_at = time.monotonic()
