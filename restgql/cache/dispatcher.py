"""The dispatcher of one operation that answers from the store, and stores responses."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from restgql.cache import policy
from restgql.cache.background import Background
from restgql.cache.entry import Entry, Varied
from restgql.cache.keys import CacheKey, CacheKeys
from restgql.cache.policy import Forward, Received, ServeStored, StoreDecision
from restgql.cache.store import Entries, Store, StoredEntries
from restgql.errors import BadPath
from restgql.formats import target
from restgql.formats.target import Site, Target
from restgql.model import SAFE_METHODS, Headers, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

MAX_VARIANTS = 16
"""Stored variants (Vary) of one URI in one scope; the oldest is dropped."""
_MAX_PASSING = 10_000
_MARGIN = 0.1
"""The fraction of a request's time that is reserved for a stale response, if the app does not answer."""


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that all operations share. Bodies over `max_body` bytes are not stored; a request may take
    `seconds`.

    With `shared=True` every response is stored for everyone, as in a proxy's cache; with None, if its header fields
    allow it.
    """

    store: Store
    background: Background
    hit_for_pass: "HitForPass"
    max_body: int
    seconds: float
    shared: bool | None = None


class Cached:
    """Caches the responses of `dispatch`. `joined`, if set, coalesces identical misses.

    `again`, if set, returns a dispatcher for background revalidation, which outlives the operation. `until` is the
    operation's deadline, in seconds of `time.monotonic()`.
    """

    def __init__(
        self,
        dispatch: Dispatcher,
        keys: CacheKeys,
        site: Site,
        settings: CacheSettings,
        *,
        until: float,
        again: Callable[[], Dispatcher] | None,
        joined: Callable[[Dispatcher], Dispatcher] | None,
    ) -> None:
        self._dispatch = dispatch
        self._keys = keys
        self._site = site
        self._settings = settings
        self._store = settings.store
        self._until = until
        self._again = again
        self._joined = joined

    def route(self, request: SubRequest) -> object:
        """Return the key of the route, as the wrapped dispatcher does."""
        return self._dispatch.route(request)

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the response, stored or fresh. Raises the errors of the dispatcher."""
        if request.method != "GET":
            return self._dispatch(request) if request.method in SAFE_METHODS else self._unsafe(request)
        directives = self._keys.directives(request)
        key = None if "no-store" in directives else self._keys.key(request)
        if key is None:
            return self._dispatch(request)
        stored = self._store.read(key)
        now = time.time()
        if not directives:  # its freshness was decided when it was stored
            for entry in stored.private or stored.shared:
                if entry.is_fresh(now) and (not entry.varied or self._keys.matches(request, entry.varied)):
                    return entry.reply(str(request.target), now, self._settings.max_body)
        return self._considered(request, key, stored, now, joins=True)

    def missed(self, request: SubRequest) -> SubResponse:
        """Return the response after a miss; the store is read again."""
        key = self._keys.key(request)
        assert key is not None, "it was looked for"
        return self._considered(request, key, self._store.read(key), time.time(), joins=False)

    def _considered(
        self, request: SubRequest, key: CacheKey, stored: StoredEntries, now: float, *, joins: bool
    ) -> SubResponse:
        decision = self._decision(request, key, stored, now)
        if isinstance(decision, ServeStored):
            if decision.refreshing is None or self._refreshes(request, key, stored, decision.refreshing):
                return decision.entry.reply(str(request.target), now, self._settings.max_body)
            decision = decision.refreshing
        directives = self._keys.directives(request)
        if "only-if-cached" in directives:  # RFC 9111 section 5.2.1.7
            return SubResponse(url=str(request.target), status=504)
        if joins and self._joined is not None and key not in self._settings.hit_for_pass and not directives:
            return self._joined(_Miss(self))(request)
        if decision.otherwise is None:
            return self._request_fresh(self._dispatch, request, key, stored, decision)
        return self._request_or_stale(decision.otherwise, request, key, stored, decision)

    def _decision(self, request: SubRequest, key: CacheKey, stored: StoredEntries, now: float) -> policy.Decision:
        private = self._fitting(request, stored.private)
        entries = private or self._fitting(request, stored.shared)
        return policy.decide(key.uri, self._keys.fields(request), entries, now, shared=not private)

    def _fitting(self, request: SubRequest, entries: Entries) -> Entries:
        return tuple(entry for entry in entries if self._keys.matches(request, entry.varied))

    def _refreshes(self, request: SubRequest, key: CacheKey, stored: StoredEntries, ask: Forward) -> bool:
        """Revalidate a stale response in the background (RFC 5861 section 3); return False if it cannot be."""
        if self._again is None:
            return False
        again = self._again

        def refresh() -> SubResponse:
            return self._request_fresh(again(), request, key, stored, ask)

        self._settings.background.start((key, ask.entries[0].varied), self.route(request), refresh)
        return True

    def _request_or_stale(
        self, stale: Entry, request: SubRequest, key: CacheKey, stored: StoredEntries, ask: Forward
    ) -> SubResponse:
        """Return the app's response, or the stale one if the app fails or is too slow (RFC 5861 section 4)."""
        work = partial(self._request_fresh, self._dispatch, request, key, stored, ask)
        seconds = min(self._until - time.monotonic(), request.timeout or self._settings.seconds)
        if self._again is None:
            reply: SubResponse | None = work()
        else:
            route = self.route(request)
            reply = self._settings.background.within(seconds * (1 - _MARGIN), route, work)
        if reply is None or reply.failure is not None or reply.status in policy.ERRORS:
            return stale.reply(str(request.target), time.time(), self._settings.max_body)
        return reply

    def _request_fresh(
        self, dispatch: Dispatcher, request: SubRequest, key: CacheKey, stored: StoredEntries, ask: Forward
    ) -> SubResponse:
        """Return the app's response, and store it if that is allowed."""
        sent = request
        if ask.conditions:
            sent = msgspec.structs.replace(request, headers=(*request.headers, *ask.conditions))
        sent_at = time.time()
        reply = dispatch(sent)
        if reply.failure is not None or (ask.otherwise is not None and reply.status in policy.ERRORS):
            return reply
        received = Received(reply, sent_at, time.time(), partial(self._varied, request))
        settled = policy.settle(ask, received, shared=self._settings.shared)
        if settled.validated is None and (reply.cookies or len(reply.body) > self._settings.max_body):
            settled = msgspec.structs.replace(settled, entries=())
        self._keep(request, key, stored, ask, settled)
        if settled.again is not None:
            return self._request_fresh(dispatch, request, key, stored, settled.again)
        if settled.validated is None:
            return reply
        # The cookies of a 304 are for this client alone, and are not stored.
        answer = settled.validated.reply(str(request.target), received.at, self._settings.max_body, "revalidated")
        return msgspec.structs.replace(answer, cookies=reply.cookies, seconds=reply.seconds)

    def _varied(self, request: SubRequest, fields: Headers) -> Varied:
        return self._keys.varied(request, ", ".join(value for name, value in fields if name.lower() == "vary"))

    def _keep(
        self, request: SubRequest, key: CacheKey, stored: StoredEntries, ask: Forward, settled: StoreDecision
    ) -> None:
        """Replace the entries that match the request by those of the decision."""
        if settled.entries is None or stored.token is None:
            return
        if ask.entries and ask.shared != settled.shared:
            self._write(request, key, stored, (), shared=ask.shared)
        self._write(request, key, stored, settled.entries, shared=settled.shared)
        if any(entry.fresh for entry in settled.entries):
            self._settings.hit_for_pass.discard(key)
        else:
            self._settings.hit_for_pass.add(key)

    def _write(
        self, request: SubRequest, key: CacheKey, stored: StoredEntries, entries: Entries, *, shared: bool
    ) -> None:
        scope, entries_now = (key.shared, stored.shared) if shared else (key.private, stored.private)
        kept = tuple(entry for entry in entries_now if not self._keys.matches(request, entry.varied))
        if entries or len(kept) < len(entries_now):
            self._store.write(key.uri, scope, (*entries, *kept)[:MAX_VARIANTS], stored.token)

    def _unsafe(self, request: SubRequest) -> SubResponse:
        """Return the response to an unsafe request, and drop the entries of its URIs (RFC 9111 section 4.4)."""
        reply = self._dispatch(request)
        if reply.status < 400 or reply.failure is not None:  # a failed request may have had its effect
            self._store.invalidate([self._keys.uri(to) for to in self._touched(request, reply)])
        return reply

    def _touched(self, request: SubRequest, reply: SubResponse) -> Iterator[Target]:
        yield request.target
        for name in ("location", "content-location"):
            value = reply.header(name)
            try:
                path = None if value is None else target.resolve(self._site, request.target, value)
                if path is not None:
                    yield target.parse(path)
            except BadPath:
                continue


class _Miss:
    """The dispatcher for requests without an entry in `cached`."""

    def __init__(self, cached: Cached) -> None:
        self._cached = cached

    def route(self, request: SubRequest) -> object:
        return self._cached.route(request)

    def __call__(self, request: SubRequest) -> SubResponse:
        return self._cached.missed(request)


class HitForPass:
    """Keys whose last response could not be shared (hit-for-pass): concurrent misses are not coalesced.

    Unlocked; a race costs one wait. Clients choose the paths, so the number is bounded, and only hashes are stored.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def __contains__(self, key: CacheKey) -> bool:
        return hash(key) in self._hashes

    def add(self, key: CacheKey) -> None:
        """Record that a response could not be shared."""
        if len(self._hashes) >= _MAX_PASSING:
            self._hashes.clear()
        self._hashes.add(hash(key))

    def discard(self, key: CacheKey) -> None:
        """Record that a response could be shared."""
        self._hashes.discard(hash(key))
