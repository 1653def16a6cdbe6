"""A store in Redis, for the processes of many machines."""

import secrets
from collections.abc import Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from restgql.cache import packed
from restgql.cache.keys import CacheKey
from restgql.cache.policy import WEEK
from restgql.cache.store import Entries, StoredEntries, Token

PREFIX = "restgql:1:"
"""The prefix of all keys; the number is the version of their format."""
SECONDS = 0.2
"""The timeout of a connection, and of each reply; a timeout in the URL's query overrides it."""
_KEPT = int(WEEK) + 86_400


class Redis:
    """A store in the Redis at `url`, whose own `maxmemory` bounds it; every key expires.

    A token is the generation of a URI: a Redis key of its own, whose value an entry must match. Invalidating a URI sets
    another generation.
    """

    failures: tuple[type[Exception], ...] = (redis.RedisError, OSError)

    def __init__(self, url: str) -> None:
        """Prepare a client. Raises ValueError if `url` is not a Redis URL."""
        self._client = create_client(url)

    def read(self, key: CacheKey) -> StoredEntries:
        """Return the stored entries of a key."""
        names = (_generation_key(key.uri), _entries_key(key.uri, key.private), _entries_key(key.uri, key.shared))
        token, private, shared = self._client.mget(names)
        if token is None:
            with self._client.pipeline(transaction=False) as commands:
                commands.set(names[0], secrets.token_bytes(12), nx=True, ex=_KEPT)
                commands.get(names[0])
                token = commands.execute()[1]
        return StoredEntries(token, _entries_of(token, private), _entries_of(token, shared))

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace the entries in a scope of a URI."""
        assert isinstance(token, bytes)
        if not entries:
            self._client.delete(_entries_key(uri, scope))
            return
        seconds = max(entry.kept - entry.received for entry in entries)
        with self._client.pipeline(transaction=False) as commands:
            commands.set(_entries_key(uri, scope), token + packed.pack(entries), ex=min(int(seconds) + 1, int(WEEK)))
            commands.expire(_generation_key(uri), _KEPT)
            commands.execute()

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all entries of these URIs, in any scope, and all writes that are under way."""
        with self._client.pipeline(transaction=False) as commands:
            for uri in uris:
                commands.set(_generation_key(uri), secrets.token_bytes(12), ex=_KEPT)
            commands.execute()

    def clear(self) -> None:
        """Drop all keys with this module's prefix."""
        names: list[bytes] = []
        for name in self._client.scan_iter(match=f"{PREFIX}*", count=1_000):
            names.append(name)
            if len(names) >= 1_000:
                self._client.unlink(*names)
                names.clear()
        if names:
            self._client.unlink(*names)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._client.close()


def create_client(url: str) -> Any:
    """Return a client, which connects on first use. Raises ValueError if `url` is not a Redis URL."""
    # A retry would double the time lost to a Redis that does not answer.
    retry = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS, retry=retry)


def _entries_of(token: bytes | None, value: bytes | None) -> Entries:
    """Return the entries in a value, or none if they are from another generation."""
    if token is None or value is None or not value.startswith(token):
        return ()
    return packed.entries(value[len(token) :])


def _generation_key(uri: str) -> str:
    return f"{PREFIX}{packed.name_of(uri)}"


def _entries_key(uri: str, scope: str) -> str:
    return f"{PREFIX}{packed.name_of(uri)}:{scope}"
