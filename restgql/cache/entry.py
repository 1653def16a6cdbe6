"""A stored response."""

import msgspec

from restgql.model import Headers
from restgql.sub_response import SubResponse

SKEW = 5.0
"""Seconds by which the clocks of those who share a store may differ; what is from later than that is from no clock."""

Varied = tuple[tuple[str, str | None], ...]
"""The header fields that a response varies with, in lower case, each with a digest of its value in the request."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A response as it was stored. Times are of `time.time()`, as processes share them.

    `born` is when the response was made, as far as is known (RFC 9111 section 4.2.3), and `received` when it came.
    It is fresh until `expires`; until `fresh` it may be used as it is, and until `kept` after it was validated. Neither
    Age nor Set-Cookie is in `headers`.
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
        """Whether it may be used as it is; not if a clock was put back behind its receipt."""
        return self.received - SKEW <= now < self.fresh

    def age(self, now: float) -> float:
        """Its current age in seconds (RFC 9111 section 4.2.3)."""
        return max(0.0, now - self.born)

    def reply(self, url: str, now: float, max_size: int, source: str = "cached") -> SubResponse:
        """Return the response to another request, with its Age (RFC 9111 section 5.1)."""
        fields = (*self.headers, ("Age", str(int(self.age(now)))))
        return SubResponse(url=url, status=self.status, fields=fields, body=self.body, source=source, max_size=max_size)

    @property
    def size(self) -> int:
        """About the bytes that it takes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + _OVERHEAD


_OVERHEAD = 512
