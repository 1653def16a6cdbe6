"""A stored response."""

import msgspec

from restgql.model import Headers
from restgql.sub_response import SubResponse

SKEW = 5.0
"""Seconds by which the clocks of machines that share a store may differ. A time further in the future is not valid."""

Varied = tuple[tuple[str, str | None], ...]
"""The header fields that a response varies with, in lower case, each with a digest of its value in the request."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A stored response. Times are seconds of `time.time()`, because processes share them.

    `born` is the estimated time of its generation (RFC 9111 section 4.2.3), and `received` that of its receipt. It is
    fresh until `expires`; it may be served without validation until `fresh`, and after validation until `kept`.
    `headers` has neither Age nor Set-Cookie.
    """

    status: int
    headers: Headers
    body: bytes
    varied: Varied
    born: float
    received: float
    expires: float
    fresh: float
    kept: float

    def is_fresh(self, now: float) -> bool:
        """Return True if it may be served without validation; False if the clock was set back to before its receipt."""
        return self.received - SKEW <= now < self.fresh

    def age(self, now: float) -> float:
        """Return its current age in seconds (RFC 9111 section 4.2.3)."""
        return max(0.0, now - self.born)

    def reply(self, url: str, now: float, max_size: int, source: str = "cached") -> SubResponse:
        """Return the response to another request, with its Age (RFC 9111 section 5.1)."""
        fields = (*self.headers, ("Age", str(int(self.age(now)))))
        return SubResponse(url=url, status=self.status, fields=fields, body=self.body, source=source, max_size=max_size)

    @property
    def size(self) -> int:
        """Its approximate size in bytes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + _OVERHEAD


_OVERHEAD = 512
