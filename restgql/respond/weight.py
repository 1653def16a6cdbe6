"""How much an answer may hold: a reply counts as often as it is spliced in."""

from restgql.errors import LimitExceeded


class Weight:
    """The bytes of values in one answer, at most `allowed` of them."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._taken = self._marked = 0

    def add(self, size: int) -> None:
        """Take `size` bytes more. Raises LimitExceeded."""
        if self._taken + size > self.allowed:
            message = f"The answer would be over {self.allowed} bytes."
            raise LimitExceeded(message, limit="RESTGQL_MAX_REPLIES", allowed=self.allowed, status=502)
        self._taken += size

    def mark(self) -> None:
        """What is taken from here on can be given back."""
        self._marked = self._taken

    def restore(self) -> None:
        """Give back what was taken since the mark."""
        self._taken = self._marked
