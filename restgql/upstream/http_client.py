"""HTTP/1.1 over pooled sockets, each exchange within one deadline. Imported at the first request to an upstream.

It is the adapter of `requests` without its Session, which reads the body of a redirect whole, sends the cookies of one
caller with the requests of the next, and trusts the environment's proxies and .netrc. A timeout of `requests` limits
each read, so a slow drip never ends; here every read, also of a head, is limited by the time left of the exchange.
"""

import functools
import http.client
import io
import logging
import os
import re
import socket
import time
from contextvars import ContextVar
from email.message import Message
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util import Timeout

from restgql.errors import UpstreamInvalid
from restgql.model import SAFE_METHODS

MAX_HEAD = 65_536
"""The most bytes of a response before its body, including interim responses."""
_FOLD = re.compile(r"\r?\n[ \t]+")
FAILURES = (requests.RequestException, HTTPError, http.client.HTTPException, OSError)


_in_exchange: ContextVar[bool] = ContextVar("restgql.in_exchange", default=False)


def _without_query(record: logging.LogRecord) -> bool:
    """Remove the query of URLs from urllib3's records of our own exchanges: it may contain the operator's secrets."""
    if _in_exchange.get() and isinstance(record.args, tuple):
        record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
    return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_without_query)


class HttpClient:
    """Connections to upstreams, kept for reuse: at most `connections` idle ones to each of `hosts` hosts."""

    def __init__(self, hosts: int, connections: int) -> None:
        self._adapter = _Adapter(pool_connections=hosts, pool_maxsize=connections, max_retries=0)
        # A bundle that the operator names replaces certifi's; verification is always on.
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or True

    def send(self, method: str, url: str, headers: dict[str, str], until: float, body: bytes = b"") -> HTTPResponse:
        """Return the response with its head read; the caller reads the body and closes it. Raises FAILURES."""
        request = requests.PreparedRequest()
        request.method, request.url, request.headers = method, url, CaseInsensitiveDict(headers)
        if body or method not in SAFE_METHODS:
            request.body = body
            request.headers["Content-Length"] = str(len(body))
        timeout = Timeout(total=max(0.001, until - time.monotonic()))
        token = _in_exchange.set(True)
        try:
            response = self._adapter.send(request, stream=True, timeout=timeout, verify=self._verify)  # type: ignore[arg-type]
        finally:
            _in_exchange.reset(token)
        raw: HTTPResponse = response.raw
        raw.enforce_content_length = True  # urllib3 1.26 accepts a truncated body
        return raw

    def close(self) -> None:
        """Close idle connections now, and the others after their exchange."""
        pools = self._adapter.poolmanager.pools  # clearing them alone leaves closing to the garbage collector
        for key in pools.keys():  # noqa: SIM118, as it is no mapping that can be iterated over
            pools[key].close()
        self._adapter.close()


def failure_of(exc: Exception) -> UpstreamInvalid:
    """Return the error that clients see for one of FAILURES: it names neither the host nor the host's message."""
    cause = getattr(exc.args[0], "reason", None) if exc.args else None
    if isinstance(exc, requests.exceptions.SSLError):
        return UpstreamInvalid("The upstream's TLS handshake or certificate is not valid.")
    if isinstance(cause, NewConnectionError):
        return UpstreamInvalid("The upstream could not be reached.")
    return UpstreamInvalid("The upstream's response was cut off, or is not valid HTTP.")


class _Source(io.RawIOBase):
    """The bytes that a socket receives until a point in time; `allowance` is the number left, None without a limit."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until
        self.allowance: int | None = MAX_HEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.allowance is not None and self.allowance <= 0:
            raise http.client.HTTPException(f"the head is over {MAX_HEAD} bytes")
        self._sock.settimeout(_left(self._until))
        count: int | None = self._raw.readinto(buffer)
        if self.allowance is not None:
            self.allowance -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _HttpResponse(http.client.HTTPResponse):
    """A response whose framing is unambiguous (RFC 9112 section 6.3), read from a `_Source`."""

    def __init__(self, sock: socket.socket, *args: Any, until: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._source = _Source(self.fp.detach(), sock, until)
        self.fp = io.BufferedReader(self._source)

    def begin(self) -> None:
        super().begin()
        self._source.allowance = None
        _unfold(self.headers)
        if self.headers.get_payload():
            raise http.client.HTTPException("a line of the head is not a header field")
        lengths = set(self.headers.get_all("content-length", ()))
        transfer = self.headers.get_all("transfer-encoding", [])
        if any(coding.strip().lower() != "chunked" for coding in transfer) or len(transfer) + len(lengths) > 1:
            raise http.client.HTTPException("the body's length is ambiguous, or in an unknown form")
        if not all(re.fullmatch(r"\s*[0-9]+\s*", length) for length in lengths):
            raise http.client.HTTPException("Content-Length is not a number")

    def _read_status(self) -> tuple[str, int, str]:
        """Skip the interim responses (RFC 9110 section 15.2), of which http.client knows only 100."""
        while True:
            status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if status[1] >= 200:
                return status
            if status[1] == 101:
                raise http.client.HTTPException("the server switched the protocol without a request")
            http.client.parse_headers(self.fp)

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:  # http.client would read to the end of the connection
            raise ValueError("the size of a chunk is negative")
        return size


class _Connection(HTTPConnection):
    """A connection that connects and exchanges within its `timeout` as a whole."""

    def connect(self) -> None:
        until = self._until()
        super().connect()
        self.timeout = _left(until)

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        super().request(*args, **options)

    def getresponse(self) -> Any:
        self.response_class = functools.partial(_HttpResponse, until=self._until())  # type: ignore[assignment]
        return super().getresponse()

    def _new_conn(self) -> socket.socket:
        """Return a socket to the first address that answers; each address gets a share of the time."""
        until = self._until()
        failed: OSError = OSError("the name has no address")
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            raise NewConnectionError(self, f"Failed to resolve {self.host}: {exc}") from exc
        for waiting, (family, kind, protocol, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                sock = socket.socket(family, kind, protocol)
                try:
                    sock.settimeout(_left(until) / waiting)
                    sock.connect(address)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    sock.settimeout(_left(until))
                    return sock
                except BaseException:
                    sock.close()
                    raise
            except OSError as exc:
                failed = exc
        raise NewConnectionError(self, str(failed)) from failed

    def _until(self) -> float:
        assert isinstance(self.timeout, int | float), "HttpClient.send gives each request its time"
        return time.monotonic() + self.timeout


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS; the time includes the handshake."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _unfold(fields: Message) -> None:
    """Replace obsolete line folding with a space (RFC 9112 section 5.2)."""
    pairs = fields.items()
    if any("\n" in value for _, value in pairs):
        for name, _ in pairs:
            del fields[name]
        for name, value in pairs:
            fields[name] = _FOLD.sub(" ", value)


def _left(until: float) -> float:
    """Return the seconds until `until`. Raises TimeoutError if it has passed."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
