"""The documents that clients register (APQ), stored in Redis for the processes of many machines."""

import hashlib
import time
from collections.abc import Callable
from typing import TypeVar

import redis

from restgql.cache.policy import WEEK
from restgql.cache.redis import create_client
from restgql.documents.registry import Registry
from restgql.log import logger
from restgql.upstream.circuit_breaker import CircuitBreaker

T = TypeVar("T")
_PREFIX = "restgql:documents:1:"
"""The prefix of all keys; the number is the version of their format."""
_USED = f"{_PREFIX}used"
"""The key of the last use of each document, by SHA-256."""


class RedisRegistry:
    """A registry in the Redis at `url`, of at most `entries` documents, behind the `near` one of this process.

    After failures Redis is not used for a moment; the process then has only its own documents. Raises ValueError if
    `url` is not a Redis URL.
    """

    def __init__(self, url: str, near: Registry, *, entries: int) -> None:
        self._client = create_client(url)
        self._near = near
        self._entries = entries
        self._breaker = CircuitBreaker(failures=3)

    def get(self, digest: str) -> str | None:
        """Return the document, or None if it is not registered, was dropped, or Redis fails."""
        document = self._near.get(digest)
        if document is not None:
            return document
        content = self._try(lambda: self._read(digest))
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            return None
        document = content.decode("utf-8", "surrogatepass")
        self._near.put(digest, document)
        return document

    def put(self, digest: str, document: str) -> None:
        """Register a document, and drop the least recently used ones."""
        self._near.put(digest, document)
        self._try(lambda: self._write(digest, document.encode("utf-8", "surrogatepass")))

    def _read(self, digest: str) -> bytes | None:
        with self._client.pipeline(transaction=False) as commands:
            commands.get(_place(digest))
            commands.zadd(_USED, {digest: time.time()}, xx=True)
            content: bytes | None = commands.execute()[0]
        return content

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
            self._breaker.failed()  # every attempt is recorded, even if it crashes
            if not isinstance(exc, redis.RedisError | OSError):
                raise
            logger.warning("The documents of clients cannot be shared: %s: %s", type(exc).__name__, exc)
            return None
        self._breaker.worked()
        return done


def _place(digest: str) -> str:
    return f"{_PREFIX}{digest}"
