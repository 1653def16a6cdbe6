"""Where stored responses are: the interface, and the guard that makes what fails a miss."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from restgql.cache.entry import Entry
from restgql.cache.keys import Key
from restgql.upstream.circuit_breaker import CircuitBreaker

T = TypeVar("T")
Entries = tuple[Entry, ...]
Token = object
"""Of a URI at some moment. What is written with a token is dropped if the URI has been invalidated since."""

MAX_OWED = 1_000


def _breaker() -> CircuitBreaker:
    return CircuitBreaker(failures=3)


class Found(msgspec.Struct, frozen=True):
    """What is stored for a request, in its own scope and in the one for all; `token` is None where nothing can be."""

    token: Token | None = None
    private: Entries = ()
    shared: Entries = ()


class Store(Protocol):
    """Called from several threads at once. Each method raises one of `failures` where it cannot do it."""

    failures: tuple[type[Exception], ...]

    def read(self, key: Key) -> Found:
        """What is stored."""

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace what is stored in a scope of a URI."""

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all that is stored for these, in any scope, and what is about to be written."""

    def clear(self) -> None:
        """Drop everything."""

    def close(self) -> None:
        """Close what is open; it opens again when it is used."""


class FaultTolerantStore:
    """A store that may fail: what it cannot do is a miss. One that fails again and again is left alone for a moment, to
    write to it, say, while it still can be read.

    What it could not drop it drops before it is read again. `_lock` guards `_owed`.
    """

    failures: tuple[type[Exception], ...] = ()

    def __init__(
        self, store: Store, name: str, logger: logging.Logger, make: Callable[[], CircuitBreaker] = _breaker
    ) -> None:
        self._store = store
        self._name = name
        self._logger = logger
        self._reads, self._writes = make(), make()
        self._lock = threading.Lock()
        self._owed: set[str] = set()
        self._is_said = False

    def read(self, key: Key) -> Found:
        """What is stored, nothing where it cannot be told."""
        if self._owed:
            self._try(self._writes, self._drop_owed)
        found = None if self._owed else self._try(self._reads, lambda: self._store.read(key))
        return Found() if found is None else found

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace what is stored in a scope of a URI, if it can be done."""
        self._try(self._writes, lambda: self._written(uri, scope, entries, token))

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all that is stored for these, now or before anything is read."""
        with self._lock:
            if len(self._owed) <= MAX_OWED:  # beyond that everything goes
                self._owed.update(uris)
        self._try(self._writes, self._drop_owed)

    def clear(self) -> None:
        """Drop everything. Raises one of the store's failures."""
        self._store.clear()

    def close(self) -> None:
        """Close what is open."""
        self._store.close()

    def _written(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        self._store.write(uri, scope, entries, token)
        self._is_said = False

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
            breaker.failed()  # whoever passes has to say what came of it
            if not isinstance(exc, self._store.failures):
                raise
            if not self._is_said:
                self._is_said = True
                name = type(exc).__name__
                self._logger.warning("The cache (%s) fails, and is done without: %s: %s", self._name, name, exc)
            return None
        breaker.worked()
        return done
