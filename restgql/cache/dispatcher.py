"""The dispatcher of one operation that answers from what is stored, and stores what is answered."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from restgql.cache import policy
from restgql.cache.background import Background
from restgql.cache.entry import Entry, Varied
from restgql.cache.keys import CacheKeys, Key
from restgql.cache.policy import Forward, Received, ServeStored, StoreDecision
from restgql.cache.store import Entries, Found, Store
from restgql.errors import BadPath
from restgql.formats import target
from restgql.formats.target import Site, Target
from restgql.model import SAFE_METHODS, Headers, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

MAX_VARIANTS = 16
"""Of one URI in one scope, for the values that a response varies with; the oldest goes."""
_MAX_PASSING = 10_000
_MARGIN = 0.1
"""Of the time of a request: what is kept back for an answer where the app gives none."""


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever all operations share. Bodies over `max_body` bytes are not stored; a request has `seconds`. With
    `shared`, all that is stored is for everyone, as in a proxy's cache; else what a response says of it counts."""

    store: Store
    background: Background
    passing: "HitForPass"
    max_body: int
    seconds: float
    shared: bool | None = None


class Cached:
    """Around `dispatch`. `joined` is where identical misses are one, and `again` gives a dispatcher that outlives the
    operation; either is None where there is none. The operation has time `until` then, of `time.monotonic()`.
    """

    def __init__(
        self,
        dispatch: Dispatcher,
        caller: CacheKeys,
        site: Site,
        settings: CacheSettings,
        *,
        until: float,
        again: Callable[[], Dispatcher] | None,
        joined: Callable[[Dispatcher], Dispatcher] | None,
    ) -> None:
        self._dispatch = dispatch
        self._caller = caller
        self._site = site
        self._settings = settings
        self._store = settings.store
        self._until = until
        self._again = again
        self._joined = joined

    def route(self, request: SubRequest) -> object:
        """As where it is dispatched."""
        return self._dispatch.route(request)

    def __call__(self, request: SubRequest) -> SubResponse:
        """The reply, stored or fresh. Raises what the dispatcher raises."""
        if request.method != "GET":
            return self._dispatch(request) if request.method in SAFE_METHODS else self._unsafe(request)
        says = self._caller.directives(request)
        key = None if "no-store" in says else self._caller.key(request)
        if key is None:
            return self._dispatch(request)
        found = self._store.read(key)
        now = time.time()
        if not says:  # how long it is fresh is known: the states need not be asked again
            for entry in found.private or found.shared:
                if entry.is_fresh(now) and (not entry.varied or self._caller.matches(request, entry.varied)):
                    return entry.reply(str(request.target), now, self._settings.max_body)
        return self._considered(request, key, found, now, joins=True)

    def missed(self, request: SubRequest) -> SubResponse:
        """The reply after a miss, if it still is one."""
        key = self._caller.key(request)
        assert key is not None, "it was looked for"
        return self._considered(request, key, self._store.read(key), time.time(), joins=False)

    def _considered(self, request: SubRequest, key: Key, found: Found, now: float, *, joins: bool) -> SubResponse:
        decision = self._decision(request, key, found, now)
        if isinstance(decision, ServeStored):
            if decision.refreshing is None or self._refreshes(request, key, found, decision.refreshing):
                return decision.entry.reply(str(request.target), now, self._settings.max_body)
            decision = decision.refreshing
        says = self._caller.directives(request)
        if "only-if-cached" in says:  # RFC 9111 section 5.2.1.7
            return SubResponse(url=str(request.target), status=504)
        if joins and self._joined is not None and key not in self._settings.passing and not says:
            return self._joined(_Miss(self))(request)
        if decision.otherwise is None:
            return self._asked(self._dispatch, request, key, found, decision)
        return self._asked_or(decision.otherwise, request, key, found, decision)

    def _decision(self, request: SubRequest, key: Key, found: Found, now: float) -> policy.Decision:
        private = self._fitting(request, found.private)
        entries = private or self._fitting(request, found.shared)
        return policy.decide(key.uri, self._caller.fields(request), entries, now, shared=not private)

    def _fitting(self, request: SubRequest, entries: Entries) -> Entries:
        return tuple(entry for entry in entries if self._caller.matches(request, entry.varied))

    def _refreshes(self, request: SubRequest, key: Key, found: Found, ask: Forward) -> bool:
        """Whether a stale response is on its way to be replaced (RFC 5861 section 3)."""
        if self._again is None:
            return False
        again = self._again

        def refresh() -> SubResponse:
            return self._asked(again(), request, key, found, ask)

        self._settings.background.start((key, ask.entries[0].varied), self.route(request), refresh)
        return True

    def _asked_or(self, stale: Entry, request: SubRequest, key: Key, found: Found, ask: Forward) -> SubResponse:
        """The app's reply, or the stale one where that is an error or takes too long (RFC 5861 section 4)."""
        work = partial(self._asked, self._dispatch, request, key, found, ask)
        seconds = min(self._until - time.monotonic(), request.timeout or self._settings.seconds)
        if self._again is None:
            reply: SubResponse | None = work()
        else:
            route = self.route(request)
            reply = self._settings.background.within(seconds * (1 - _MARGIN), route, work)
        if reply is None or reply.failure is not None or reply.status in policy.ERRORS:
            return stale.reply(str(request.target), time.time(), self._settings.max_body)
        return reply

    def _asked(self, dispatch: Dispatcher, request: SubRequest, key: Key, found: Found, ask: Forward) -> SubResponse:
        """The app's reply, which is stored if it may be."""
        sent = request
        if ask.conditions:
            sent = msgspec.structs.replace(request, headers=(*request.headers, *ask.conditions))
        asked = time.time()
        reply = dispatch(sent)
        if reply.failure is not None or (ask.otherwise is not None and reply.status in policy.ERRORS):
            return reply
        received = Received(reply, asked, time.time(), partial(self._varied, request))
        settled = policy.settle(ask, received, shared=self._settings.shared)
        if settled.validated is None and (reply.cookies or len(reply.body) > self._settings.max_body):
            settled = msgspec.structs.replace(settled, entries=())
        self._keep(request, key, found, ask, settled)
        if settled.again is not None:
            return self._asked(dispatch, request, key, found, settled.again)
        if settled.validated is None:
            return reply
        # What a 304 says to this client alone goes to it, if not into the store.
        answer = settled.validated.reply(str(request.target), received.at, self._settings.max_body, "revalidated")
        return msgspec.structs.replace(answer, cookies=reply.cookies, seconds=reply.seconds)

    def _varied(self, request: SubRequest, fields: Headers) -> Varied:
        return self._caller.varied(request, ", ".join(value for name, value in fields if name.lower() == "vary"))

    def _keep(self, request: SubRequest, key: Key, found: Found, ask: Forward, settled: StoreDecision) -> None:
        """Put what holds from now on in the place of what would have answered the request before."""
        if settled.entries is None or found.token is None:
            return
        if ask.entries and ask.shared != settled.shared:
            self._write(request, key, found, (), shared=ask.shared)
        self._write(request, key, found, settled.entries, shared=settled.shared)
        if any(entry.fresh for entry in settled.entries):
            self._settings.passing.discard(key)
        else:
            self._settings.passing.add(key)

    def _write(self, request: SubRequest, key: Key, found: Found, entries: Entries, *, shared: bool) -> None:
        scope, there = (key.shared, found.shared) if shared else (key.private, found.private)
        kept = tuple(entry for entry in there if not self._caller.matches(request, entry.varied))
        if entries or len(kept) < len(there):
            self._store.write(key.uri, scope, (*entries, *kept)[:MAX_VARIANTS], found.token)

    def _unsafe(self, request: SubRequest) -> SubResponse:
        """The reply to a request that may change something: what is stored of it is dropped (RFC 9111 section 4.4)."""
        reply = self._dispatch(request)
        if reply.status < 400 or reply.failure is not None:  # of what failed nobody knows what it did
            self._store.invalidate([self._caller.uri(to) for to in self._touched(request, reply)])
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
    """The dispatcher of those that `cached` had nothing for."""

    def __init__(self, cached: Cached) -> None:
        self._cached = cached

    def route(self, request: SubRequest) -> object:
        return self._cached.route(request)

    def __call__(self, request: SubRequest) -> SubResponse:
        return self._cached.missed(request)


class HitForPass:
    """What was of no use to another the last time: who asks for it waits for nobody. Races lose a wait, never more.

    Clients choose the paths, so there is an end to them, and of each there is only a hash.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def __contains__(self, key: Key) -> bool:
        return hash(key) in self._hashes

    def add(self, key: Key) -> None:
        """A response was of no use to another."""
        if len(self._hashes) >= _MAX_PASSING:
            self._hashes.clear()
        self._hashes.add(hash(key))

    def discard(self, key: Key) -> None:
        """A response is of use to others."""
        self._hashes.discard(hash(key))
