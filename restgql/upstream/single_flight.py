"""Single flight: identical requests of one caller share one exchange, if configured."""

import threading
import time
from collections.abc import Hashable

import msgspec

from restgql.errors import LATE, UpstreamTimeout
from restgql.formats import headers
from restgql.model import SAFE_METHODS, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher
from restgql.upstream.environ import DEADLINE, Environ
from restgql.upstream.identity import Identity

# The keys that identify the app. Vary names the other header fields that a response depends on.
_APP = ("HTTP_HOST", "SCRIPT_NAME", "SERVER_NAME", "wsgi.url_scheme")

FlightKey = tuple[object, ...]


class Flight:
    """A request in flight, sent with the header fields of `environ`; `landed` is set after its reply or failure."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.landed = threading.Event()
        self.reply: SubResponse | None = None


class Flights:
    """The requests of one gateway in flight; `lock` guards `by_key` and `writes`.

    `writes` counts unsafe requests that have ended: no request joins one that was sent before a write.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.lock = threading.Lock()
        self.by_key: dict[FlightKey, Flight] = {}
        self.writes = 0

    def wrote(self) -> None:
        """Count an unsafe request that has ended, whatever its response."""
        with self.lock:
            self.writes += 1


class SingleFlight:
    """The dispatcher of one operation whose safe requests join identical ones in flight of the same caller, `who`.

    A follower uses the leader's reply, unless it sets a cookie, must not be stored, or varies with a header field in
    which the two requests differ (RFC 9111 section 4.1); then it dispatches its own request. With `shares=False` it
    always does, after the leader has its reply: the cache below usually has the reply by then.
    """

    def __init__(
        self,
        dispatch: Dispatcher,
        flights: Flights,
        shared: Environ,
        who: Hashable,
        *,
        seconds: float,
        shares: bool = True,
    ) -> None:
        self._dispatch = dispatch
        self._flights = flights
        self._shared = shared
        self._seconds = seconds
        self._shares = shares
        self._identity = (who, *(shared.get(key) for key in _APP))

    def route(self, request: SubRequest) -> object:
        """Return the key of the route, as the wrapped dispatcher does."""
        return self._dispatch.route(request)

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the response, of this request or of the one in flight. Raises the errors of the dispatcher."""
        if request.method not in SAFE_METHODS:
            try:
                return self._dispatch(request)
            finally:
                self._flights.wrote()
        with self._flights.lock:
            key = (*self._identity, request.identity, self._flights.writes)
            flight = self._flights.by_key.get(key)
            if flight is None:
                own = self._flights.by_key[key] = Flight(self._shared)
        if flight is None:
            return self._lead(key, own, request)
        until = min(self._shared[DEADLINE], time.monotonic() + (request.timeout or self._seconds))
        if not flight.landed.wait(until - time.monotonic()):
            return SubResponse.failed(str(request.target), UpstreamTimeout(LATE))
        reply = flight.reply
        if reply is None or not self._may_share(reply, flight.environ):
            return self._dispatch(request)
        return msgspec.structs.replace(reply, source="deduplicated")

    def _lead(self, key: FlightKey, flight: Flight, request: SubRequest) -> SubResponse:
        try:
            flight.reply = self._dispatch(request)
            return flight.reply
        finally:
            with self._flights.lock:
                del self._flights.by_key[key]
            flight.landed.set()

    def _may_share(self, reply: SubResponse, sent: Environ) -> bool:
        if not self._shares or reply.cookies or "no-store" in (reply.header("cache-control") or "").lower():
            return False
        names = headers.listed(reply.header("vary") or "")
        return "*" not in names and all(_field(sent, name) == _field(self._shared, name) for name in names)


def _field(environ: Environ, name: str) -> str | None:
    value: str | None = environ.get("HTTP_" + name.upper().replace("-", "_"))
    return value
