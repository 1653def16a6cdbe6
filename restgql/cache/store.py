"""The stores of responses: their interface, and a wrapper that turns failures into misses."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from restgql.cache.entry import Entry
from restgql.cache.keys import CacheKey
from restgql.log import logger
from restgql.upstream.circuit_breaker import CircuitBreaker

T = TypeVar("T")
Entries = tuple[Entry, ...]
Token = object
"""The state of a URI at some moment. A write with a token is dropped if the URI has been invalidated since."""

MAX_OWED = 1_000


def _breaker() -> CircuitBreaker:
    return CircuitBreaker(failures=3)


class StoredEntries(msgspec.Struct, frozen=True):
    """The entries of a request, in its own scope and in the one for everyone.

    `token` is None if nothing can be stored.
    """

    token: Token | None = None
    private: Entries = ()
    shared: Entries = ()


class Store(Protocol):
    """A store of responses; called from several threads at once. Each method raises one of `failures`, if any."""

    failures: tuple[type[Exception], ...]

    def read(self, key: CacheKey) -> StoredEntries:
        """Return the stored entries of a key."""

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace the entries in a scope of a URI."""

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all entries of these URIs, in any scope, and all writes that are under way."""

    def clear(self) -> None:
        """Drop everything."""

    def close(self) -> None:
        """Close the connections; the next use opens others."""


class FaultTolerantStore:
    """A store that turns failures into misses.

    After repeated failures it is not used for a moment, reads and writes apart. URIs that it could not invalidate, in
    `_owed`, are invalidated before the next read. `_lock` guards `_owed`.
    """

    failures: tuple[type[Exception], ...] = ()

    def __init__(self, store: Store, name: str, make: Callable[[], CircuitBreaker] = _breaker) -> None:
        self._store = store
        self._name = name
        self._reads, self._writes = make(), make()
        self._lock = threading.Lock()
        self._owed: set[str] = set()
        self._is_logged = False

    def read(self, key: CacheKey) -> StoredEntries:
        """Return the stored entries of a key, or none after a failure."""
        if self._owed:
            self._try(self._writes, self._drop_owed)
        stored = None if self._owed else self._try(self._reads, lambda: self._store.read(key))
        return StoredEntries() if stored is None else stored

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace the entries in a scope of a URI, unless the store fails."""
        self._try(self._writes, lambda: self._write(uri, scope, entries, token))

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all entries of these URIs, now or before the next read."""
        with self._lock:
            if len(self._owed) <= MAX_OWED:  # over the limit, everything is dropped
                self._owed.update(uris)
        self._try(self._writes, self._drop_owed)

    def clear(self) -> None:
        """Drop everything. Raises one of the store's failures."""
        self._store.clear()

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def _write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        self._store.write(uri, scope, entries, token)
        self._is_logged = False

    def _drop_owed(self) -> None:
        with self._lock:
            owed = list(self._owed)
        if len(owed) > MAX_OWED:
            self._store.clear()
        else:
            self._store.invalidate(owed)
        with self._lock:
            self._owed.difference_update(owed)

    def _try(self, breaker: CircuitBreaker, do: Callable[[], T]) -> T | None:
        if not breaker.passes():
            return None
        try:
            done = do()
        except BaseException as exc:
            breaker.failed()  # every attempt is recorded, even if it crashes
            if not isinstance(exc, self._store.failures):
                raise
            if not self._is_logged:
                self._is_logged = True
                name = type(exc).__name__
                logger.warning("The cache (%s) fails, and is not used for now: %s: %s", self._name, name, exc)
            return None
        breaker.worked()
        return done
