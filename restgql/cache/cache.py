"""The cache of one gateway: its store, and the caching dispatchers of its operations."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from restgql.cache.background import Background
from restgql.cache.dispatcher import Cached, CacheSettings, HitForPass
from restgql.cache.keys import CacheKeys, uri_of
from restgql.cache.memory import Memory
from restgql.cache.store import FaultTolerantStore, Store
from restgql.errors import ConfigError
from restgql.upstream import Dispatcher, Upstream
from restgql.upstream.environ import Environ
from restgql.upstream.identity import Identity
from restgql.upstream.single_flight import Flights, SingleFlight


class Cache:
    """The cache of one gateway: responses to sub-requests in a `store`, of at most `max_body` bytes each.

    `identity` lists header fields that identify the caller, or with `!` do not (see `Identity`). With `shared=True`
    every response is stored for everyone, as in a proxy's cache (an app's gateway never does this); with False, no
    response is.
    """

    def __init__(
        self,
        store: Store,
        *,
        max_body: int,
        seconds: float,
        identity: Iterable[str] = (),
        shared: bool | None = None,
    ) -> None:
        self._store = store
        self._background = Background(seconds)
        self._settings = CacheSettings(
            store=store,
            background=self._background,
            hit_for_pass=HitForPass(),
            max_body=max_body,
            seconds=seconds,
            shared=shared,
        )
        self._identity = Identity(identity)
        self._flights = Flights(self._identity)

    def around(self, upstream: Upstream, salt: bytes, again: Callable[[], Dispatcher] | None) -> Upstream:
        """Return an upstream that answers from the cache if it can. Operations with different `salt` share no
        responses.

        `again` returns the dispatcher of a background request; with None, no request is made in the background.
        """
        environ = upstream.environ
        keys = CacheKeys(environ, salt, self._identity, upstream.client.site)

        def joined(dispatch: Dispatcher) -> Dispatcher:
            return SingleFlight(
                dispatch, self._flights, environ, keys.who, seconds=self._settings.seconds, shares=False
            )

        dispatch = Cached(
            upstream.dispatch,
            keys,
            upstream.client.site,
            self._settings,
            until=upstream.meter.deadline,
            again=again,
            joined=None if upstream.nested else joined,  # nested operations could wait for each other
        )
        return msgspec.structs.replace(upstream, dispatch=dispatch)

    @property
    def revalidating(self) -> int:
        """The number of responses that are revalidated in the background now."""
        return self._background.running

    def changed(self, environ: Environ) -> None:
        """Delete the stored responses for the URI of this environ, after an unsafe request."""
        self._store.invalidate([uri_of(environ)])

    def clear(self) -> None:
        """Delete everything, in every process that shares the store. Raises the store's failures."""
        self._store.clear()

    def close(self) -> None:
        """Close the store's connections; the next request opens them again."""
        self._store.close()


def open_store(place: str, folder: Path, *, entries: int, size: int) -> Store:
    """Return the store that RESTGQL_CACHE names, not connected yet. Raises ConfigError if it can never work."""
    kind, _, rest = place.partition(":")
    if kind == "memory":
        return Memory(entries=entries, size=size)
    if kind == "sqlite":
        return FaultTolerantStore(_in_file(folder / rest, entries=entries, size=size), "sqlite")
    try:
        from restgql.cache.redis import Redis
    except ModuleNotFoundError as exc:
        raise ConfigError(f"RESTGQL_CACHE = {kind}://… needs {exc.name}: pip install 'restgql[cache,redis]'.") from exc
    try:
        return FaultTolerantStore(Redis(place), "redis")
    except ValueError as exc:
        raise ConfigError(f"RESTGQL_CACHE is not the URL of a Redis: {exc}.") from exc


def _in_file(path: Path, *, entries: int, size: int) -> Store:
    from restgql.cache.sqlite import Sqlite

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"RESTGQL_CACHE: the folder {path.parent} cannot be made: {exc.strerror}.") from exc
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"RESTGQL_CACHE: {path} is a folder, or in one that cannot be written to; name a file.")
    return Sqlite(path, entries=entries, size=size)
