"""How many sub-requests one operation may still make, with all that nests in it."""

import threading

from restgql.errors import LimitExceeded


class Budget:
    """A count that only goes down; `_lock` guards `_left`."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._left = allowed
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Take `count`, all or none. Raises LimitExceeded."""
        with self._lock:
            if count > self._left:
                raise LimitExceeded(
                    f"{count} more sub-requests would be over the {self.allowed} of an operation.",
                    limit="RESTGQL_MAX_SUBREQUESTS",
                    allowed=self.allowed,
                )
            self._left -= count
