"""Upstreams on other servers, as dispatchers beside the one into the app."""

import os
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from restgql.errors import (
    ENDLESS,
    LATE,
    BadPath,
    LimitExceeded,
    RestgqlError,
    Unavailable,
    UpstreamInvalid,
    UpstreamTimeout,
)
from restgql.formats import coding, headers, media, remote_upstream
from restgql.formats.remote_upstream import RemoteUpstream
from restgql.formats.target import Site
from restgql.log import logger
from restgql.model import Headers, RouteKey, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher
from restgql.upstream.circuit_breaker import CircuitBreaker
from restgql.upstream.environ import Environ
from restgql.upstream.secrets import Secrets

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

    from restgql.upstream.http_client import HttpClient

CHUNK = 65_536
# A cookie of another server must not be set for the app's own origin, where it could replace one of the app's; and no
# caller has a jar to keep it in.
_DROPPED = headers.HOP_BY_HOP | {"date", "set-cookie", "set-cookie2"}
_CODED = frozenset({"content-encoding", "content-length"})  # they describe the body before it was decoded


class UpstreamAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The access to one upstream: the caller's header fields that are sent to it, the operator's secrets, and the
    seconds of one exchange. `timeout` is the upstream's own, if it has one.
    """

    remote: RemoteUpstream
    leaving: frozenset[str]
    secrets: Secrets
    seconds: float
    timeout: float | None = None


class UpstreamPool:
    """The upstreams of a gateway, and the client for them. `_lock` guards `_http_client`, of process `_pid`."""

    def __init__(
        self,
        accesses: Iterable[UpstreamAccess],
        *,
        max_reply: int,
        connections: int,
    ) -> None:
        self._accesses = {access.remote.prefix: access for access in accesses}
        self.table = remote_upstream.table(access.remote for access in self._accesses.values())
        self.max_reply = max_reply
        self.keys = {prefix: RouteKey(prefix or "/", access.timeout) for prefix, access in self._accesses.items()}
        self._breakers = {at.prefix: CircuitBreaker() for at in self.table}
        self._connections = connections
        self._lock = threading.Lock()
        self._http_client: HttpClient | None = None
        self._pid = 0

    def access(self, at: RemoteUpstream) -> UpstreamAccess:
        """Return the access to an upstream."""
        return self._accesses[at.prefix]

    @property
    def digest_parts(self) -> tuple[object, ...]:
        """Return the values that separate the stored responses of these accounts from others; only for a digest."""
        accesses = self._accesses.values()
        return tuple((each.remote, sorted(each.leaving), each.secrets.digest_parts) for each in accesses)

    def breaker(self, at: RemoteUpstream) -> CircuitBreaker:
        """Return the circuit breaker of an upstream."""
        return self._breakers[at.prefix]

    def http_client(self) -> "HttpClient":
        """Return the connections, opened at the first call: a fork must not share its parent's sockets."""
        with self._lock:
            if self._http_client is None or self._pid != os.getpid():
                from restgql.upstream.http_client import (
                    HttpClient,
                )  # importing requests costs more than importing Flask

                self._http_client, self._pid = HttpClient(len(self.table), self._connections), os.getpid()
            return self._http_client

    def close(self) -> None:
        """Close the idle connections; the next request opens others."""
        with self._lock:
            if self._http_client is not None:
                self._http_client.close()
                self._http_client = None


class PrefixRouter:
    """The dispatcher of one operation: to an upstream for paths below its prefix, else into the app."""

    def __init__(self, app: Dispatcher, remotes: UpstreamPool, site: Site, shared: Environ, deadline: float) -> None:
        self._app = app
        self._remotes = remotes
        self._site = site
        self._shared = shared
        self._deadline = deadline

    def route(self, request: SubRequest) -> object:
        """Return the key of the upstream, because all its requests wait, or of the app's route."""
        match = self._site.remote(request.target.path)
        return self._app.route(request) if match is None else self._remotes.keys[match[0].prefix]

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the response of the path's upstream. Raises the errors of the app's dispatcher, and BadPath."""
        match = self._site.remote(request.target.path)
        if match is None:
            return self._app(request)
        if request.target.has_encoded_slash:
            raise BadPath("The path has an encoded slash or backslash in a segment.")
        at, rest = match
        started = time.monotonic()
        access = self._remotes.access(at)
        until = min(self._deadline, started + (request.timeout or access.seconds))
        reply = self._exchange(request, access, at.url(rest, access.secrets.query(request.target.query)), until)
        return msgspec.structs.replace(reply, seconds=time.monotonic() - started)

    def _exchange(self, request: SubRequest, access: UpstreamAccess, url: str, until: float) -> SubResponse:
        path = str(request.target)
        sent = _leaving(self._shared, request, access)
        client, breaker = self._remotes.http_client(), self._remotes.breaker(access.remote)
        from restgql.upstream.http_client import FAILURES, failure_of

        failure: RestgqlError
        if not breaker.passes():
            failure = Unavailable("The upstream fails again and again, and is left alone for a moment.")
            return SubResponse.failed(path, failure)
        try:
            response = client.send(request.method, url, sent, until, request.body)
            try:
                reply = _reply(path, response, self._remotes.max_reply, access.secrets)
            finally:
                response.close()
            breaker.worked()
            return reply
        except RestgqlError as exc:  # the upstream answered, although with an unusable response
            breaker.worked()
            failure = exc
        except FAILURES as exc:
            breaker.failed()
            late = time.monotonic() >= until
            failure = UpstreamTimeout(LATE) if late else failure_of(exc)
            name = type(exc.__cause__ or exc.__context__ or exc).__name__
            place = (request.target.path, request.method, access.remote.host)
            logger.warning("%s on %s [%s], of the upstream %s", name, *place)
        return SubResponse.failed(path, failure)


def _leaving(shared: Environ, request: SubRequest, access: UpstreamAccess) -> dict[str, str]:
    """Return the header fields to send to an upstream. The HTTP client adds Host and the connection's own fields."""
    fields = {"accept": shared.get("HTTP_ACCEPT", headers.ACCEPT), "user-agent": "restgql"}
    for name in access.leaving:
        value = shared.get("HTTP_" + name.upper().replace("-", "_"))
        if name == "cookie" and request.cookie is not None:
            value = request.cookie
        if value and headers.is_value(value):
            fields[name] = value
    fields |= dict(request.headers)
    if request.content_type:
        fields["content-type"] = request.content_type
    fields = access.secrets.header_fields(fields)
    # A range counts encoded bytes (RFC 9110 section 14), and a part of an encoded body cannot be decoded.
    fields["accept-encoding"] = "identity" if "range" in fields else coding.ACCEPTED
    return fields


def _reply(path: str, response: "HTTPResponse", limit: int, secrets: Secrets) -> SubResponse:
    """Return the response with its body decoded.

    Raises LimitExceeded, UpstreamInvalid and FAILURES.
    """
    fields = tuple(response.headers.items())
    if not all(headers.is_value(value) for _, value in fields):
        raise UpstreamInvalid("The upstream's answer has a malformed header.")
    if media.is_endless(response.headers.get("content-type", "")):
        raise UpstreamInvalid(ENDLESS)
    options = headers.listed(response.headers.get("connection", ""))
    encoding = response.headers.get("content-encoding", "")
    too_large = LimitExceeded(
        f"The response is over {limit} bytes.", limit="RESTGQL_MAX_REPLY", allowed=limit, status=502
    )
    # Incompressible data grows a little when it is encoded.
    body = _read(response, limit + (limit // 100 + 1_024 if encoding else 0), too_large)
    if encoding and body:
        try:
            body = coding.decode(body, encoding, limit)
        except coding.TooLarge:
            raise too_large from None
        except coding.Undecodable as exc:
            raise UpstreamInvalid(f"The response's {exc}.") from exc
    if len(body) > limit:
        raise too_large
    dropped = _DROPPED | options | (_CODED if encoding else frozenset())
    kept, body = secrets.without(_without(fields, dropped), body)
    return SubResponse(url=path, status=response.status, fields=kept, body=body)


def _read(response: "HTTPResponse", limit: int, too_large: LimitExceeded) -> bytes:
    body = bytearray()
    while chunk := response.read(CHUNK, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _without(fields: Headers, dropped: frozenset[str]) -> Headers:
    return tuple((name, value) for name, value in fields if name.lower() not in dropped)
