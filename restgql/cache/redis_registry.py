"""The documents that clients register (APQ), kept in Redis for the processes of many machines."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis

from restgql.cache.policy import WEEK
from restgql.cache.redis import connected
from restgql.documents.registry import Registry
from restgql.upstream.circuit_breaker import CircuitBreaker

T = TypeVar("T")
_PREFIX = "restgql:documents:1:"
"""Of all keys; its number is that of their form."""
_USED = f"{_PREFIX}used"
"""When each was asked for last, by its SHA-256."""


class RedisRegistry:
    """A registry in the Redis at `url`, of at most so many `entries`, behind the `near` one of this process.

    A Redis that fails is left alone for a moment; this process has its own documents then. Raises ValueError for what
    is no URL of Redis.
    """

    def __init__(self, url: str, near: Registry, *, entries: int, logger: logging.Logger) -> None:
        self._client = connected(url)
        self._near = near
        self._entries = entries
        self._logger = logger
        self._breaker = CircuitBreaker(failures=3)

    def get(self, digest: str) -> str | None:
        """The document, None where it is not known, no longer, or not to be had."""
        known = self._near.get(digest)
        if known is not None:
            return known
        found = self._try(lambda: self._read(digest))
        if found is None or hashlib.sha256(found).hexdigest() != digest:
            return None
        document = found.decode("utf-8", "surrogatepass")
        self._near.put(digest, document)
        return document

    def put(self, digest: str, document: str) -> None:
        """Keep a document, and drop those that were not asked for the longest."""
        self._near.put(digest, document)
        self._try(lambda: self._write(digest, document.encode("utf-8", "surrogatepass")))

    def _read(self, digest: str) -> bytes | None:
        with self._client.pipeline(transaction=False) as commands:
            commands.get(_place(digest))
            commands.zadd(_USED, {digest: time.time()}, xx=True)
            found: bytes | None = commands.execute()[0]
        return found

    def _write(self, digest: str, document: bytes) -> None:
        with self._client.pipeline(transaction=False) as commands:
            commands.set(_place(digest), document, ex=int(WEEK))
            commands.zadd(_USED, {digest: time.time()})
            commands.expire(_USED, int(WEEK))
            commands.zcard(_USED)
            over = commands.execute()[3] - self._entries
        if over > 0:
            oldest = self._client.zpopmin(_USED, over)
            self._client.unlink(*(_place(name.decode()) for name, _ in oldest))

    def _try(self, do: Callable[[], T]) -> T | None:
        if not self._breaker.passes():
            return None
        try:
            done = do()
        except BaseException as exc:
            self._breaker.failed()  # whoever passes has to say what came of it
            if not isinstance(exc, redis.RedisError | OSError):
                raise
            self._logger.warning("The documents of clients cannot be shared: %s: %s", type(exc).__name__, exc)
            return None
        self._breaker.worked()
        return done


def _place(digest: str) -> str:
    return f"{_PREFIX}{digest}"
