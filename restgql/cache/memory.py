"""A store in this process."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from restgql.cache.keys import CacheKey
from restgql.cache.store import Entries, StoredEntries, Token

Place = tuple[str, str]


class Memory:
    """Keeps the most recently used responses within `entries` and `size` bytes; `_lock` guards all of it.

    A token is the number of the invalidations before it. The last invalidations are remembered by URI; a write with an
    older token is dropped.
    """

    failures: tuple[type[Exception], ...] = ()

    def __init__(self, *, entries: int, size: int) -> None:
        self._max_entries = entries
        self._max_size = size
        self._lock = threading.Lock()
        self._places: OrderedDict[Place, Entries] = OrderedDict()
        self._scopes: dict[str, set[str]] = {}
        self._count = self._size = 0
        self._invalidations = self._forgotten = 0
        self._invalidated: OrderedDict[int, int] = OrderedDict()  # by a hash, as clients choose the URIs

    @property
    def count(self) -> int:
        """The number of stored responses."""
        return self._count

    @property
    def size(self) -> int:
        """Their approximate size in bytes."""
        return self._size

    def read(self, key: CacheKey) -> StoredEntries:
        """Return the stored entries of a key."""
        with self._lock:
            return StoredEntries(self._invalidations, self._at((key.uri, key.private)), self._at((key.uri, key.shared)))

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace the entries in a scope of a URI."""
        with self._lock:
            assert isinstance(token, int)
            if token < max(self._forgotten, self._invalidated.get(hash(uri), 0)):
                return
            self._drop((uri, scope))
            if not entries:
                return
            self._places[uri, scope] = entries
            self._scopes.setdefault(uri, set()).add(scope)
            self._count += len(entries)
            self._size += _size((uri, scope), entries)
            while self._count > self._max_entries or self._size > self._max_size:
                self._drop(next(iter(self._places)))

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all entries of these URIs, in any scope, and all writes that are under way."""
        with self._lock:
            for uri in uris:
                self._invalidations += 1
                self._invalidated[hash(uri)] = self._invalidations
                self._invalidated.move_to_end(hash(uri))
                for scope in list(self._scopes.get(uri, ())):
                    self._drop((uri, scope))
            while len(self._invalidated) > self._max_entries:
                self._forgotten = self._invalidated.popitem(last=False)[1]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._invalidations += 1
            self._forgotten = self._invalidations
            self._places.clear()
            self._scopes.clear()
            self._invalidated.clear()
            self._count = self._size = 0

    def close(self) -> None:
        """Do nothing: it has no connection."""

    def _at(self, place: Place) -> Entries:
        entries = self._places.get(place)
        if entries is None:
            return ()
        self._places.move_to_end(place)
        return entries

    def _drop(self, place: Place) -> None:
        entries = self._places.pop(place, ())
        if not entries:
            return
        self._count -= len(entries)
        self._size -= _size(place, entries)
        scopes = self._scopes[place[0]]
        scopes.discard(place[1])
        if not scopes:
            del self._scopes[place[0]]


def _size(place: Place, entries: Entries) -> int:
    return sum(map(len, place)) + sum(entry.size for entry in entries)
