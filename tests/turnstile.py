"""Who is in a view: how many at once, how often, on which threads. Views meet in it instead of measuring time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 10.0
"""Seconds that are only waited out where a promise is broken."""


class Turnstile:
    """Counts who passes; `_changed` guards all of it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.inside = 0
        self.peak = 0
        self.passed: list[object] = []
        self.threads: list[int] = []

    @contextmanager
    def entered(self, name: object = None) -> Iterator[None]:
        """One more is inside for as long as this lasts."""
        with self._changed:
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            self.passed.append(name)
            self.threads.append(threading.get_ident())
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self.inside -= 1
                self._changed.notify_all()

    def met(self, count: int, seconds: float = PATIENCE) -> bool:
        """Whether `count` have ever been inside at once; waits for it."""
        with self._changed:
            return self._changed.wait_for(lambda: self.peak >= count, seconds)

    def left(self, seconds: float = PATIENCE) -> bool:
        """Whether nobody is inside; waits for it."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.inside, seconds)


def becomes(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether a condition comes true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
