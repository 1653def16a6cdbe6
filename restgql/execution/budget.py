"""How many sub-requests one operation may still make, with all that nests in it."""

import threading

from restgql.errors import LimitExceeded


class Budget:
    """Two counts that only go down: of all sub-requests, and of the untyped among them. `_lock` guards both."""

    def __init__(self, untyped: int, in_all: int) -> None:
        self._allowed = (untyped, max(untyped, in_all))
        self._left = list(self._allowed)
        self._lock = threading.Lock()

    def take(self, count: int, typed: int = 0) -> None:
        """Take `count` requests, of which `typed` are typed fields', all or none. Raises LimitExceeded."""
        with self._lock:
            for at, (key, wanted) in enumerate((("RESTGQL_MAX_SUBREQUESTS", count - typed), (_IN_ALL, count))):
                if wanted > self._left[at]:
                    raise LimitExceeded(
                        f"{wanted} more sub-requests would be over the {self._allowed[at]} of an operation.",
                        limit=key,
                        allowed=self._allowed[at],
                    )
            self._left[0] -= count - typed
            self._left[1] -= count


_IN_ALL = "RESTGQL_MAX_TYPED_SUBREQUESTS"
