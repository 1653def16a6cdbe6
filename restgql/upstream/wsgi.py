"""Sub-requests to a WSGI callable in this process, equal to requests over a socket."""

import contextvars
import time
from collections.abc import Callable, Iterable
from typing import Any

from restgql.errors import (
    CRASHED,
    ENDLESS,
    LATE,
    NO_STATUS,
    LimitExceeded,
    RestgqlError,
    UpstreamInvalid,
    UpstreamTimeout,
)
from restgql.formats import media
from restgql.log import logger
from restgql.model import SubRequest
from restgql.sub_response import ReceivedFields, SubResponse, sort_fields
from restgql.upstream import sendfile
from restgql.upstream.environ import DEADLINE, Environ, build

WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Refusal(BaseException):
    """Carries a rejection out of the app, past its error handlers, to the dispatcher that sent the sub-request."""

    def __init__(self, error: RestgqlError) -> None:
        super().__init__(error.message)
        self.error = error


class Oversize(Exception):
    """The body exceeds the limit; the rest is not read."""


class Overtime(Exception):
    """The body takes longer than its time; the rest is not read."""


class Endless(Exception):
    """The body is a stream of events by its Content-Type; it is not read."""


class NoStatus(Exception):
    """The status is not a number of three digits."""


Exchanged = tuple[int, ReceivedFields, bytes]


class WsgiDispatcher:
    """A dispatcher by `exchange`.

    All its sub-requests share the environ `shared`; each has `seconds`, and a copy of `context`, the context variables
    of the caller that entered the app.
    """

    def __init__(
        self,
        exchange: "Exchange",
        shared: Environ,
        context: contextvars.Context,
        *,
        seconds: float,
        max_reply: int,
        reads_files: bool = False,
    ) -> None:
        self._context = context
        self._reads_files = reads_files
        self._exchange = exchange
        self._shared = shared
        self._seconds = seconds
        self._max_reply = max_reply

    def __call__(self, request: SubRequest, extra: Environ | None = None) -> SubResponse:
        """Return the app's response; after a crash or an oversized body, one with a failure. Raises a rejection."""
        environ = build(self._shared, request)
        if extra:
            environ.update(extra)
        environ[DEADLINE] = min(self._shared[DEADLINE], time.monotonic() + (request.timeout or self._seconds))
        url = str(request.target)
        started = time.perf_counter()
        try:
            # A copy: in the context itself, a nested Flask request would share and overwrite the `g` of another.
            status, fields, body = self._context.copy().run(self._exchange, environ, self._max_reply)
            if not sendfile.NAMES.isdisjoint(fields[2]):
                fields, body = sendfile.read(fields, self._max_reply, reads_files=self._reads_files)
                if len(body) > self._max_reply:
                    raise Oversize
            if not 100 <= status <= 999:  # RFC 9110 section 15: no server can send another status
                raise NoStatus
        except Refusal as exc:
            raise exc.error from None
        except Oversize:
            failure: RestgqlError = LimitExceeded(
                f"The response is over {self._max_reply} bytes.",
                limit="RESTGQL_MAX_REPLY",
                allowed=self._max_reply,
                status=502,
            )
        except Overtime:
            failure = UpstreamTimeout(LATE)
        except Endless:
            failure = UpstreamInvalid(ENDLESS)
        except NoStatus:
            failure = UpstreamInvalid(NO_STATUS)
        except sendfile.UnreadableFile as exc:
            failure = exc.failure
        except Exception:
            logger.exception("Exception on %s [%s], a sub-request of the gateway", url, request.method)
            failure = UpstreamInvalid(CRASHED, status=500)
        else:
            return SubResponse.received(
                url, status, fields, body, seconds=time.perf_counter() - started, max_size=self._max_reply
            )
        return SubResponse.failed(url, failure, time.perf_counter() - started)


def close(body: Any) -> None:
    """Close a body that was read. An error is logged, because a client has the response by then, as over a socket."""
    try:
        if hasattr(body, "close"):
            body.close()
    except Exception:
        logger.exception("Exception while a response was closed")


class Collector:
    """The server's side of a WSGI exchange (PEP 3333): `start_response`, and the body, bounded in bytes and time."""

    def __init__(self, limit: int, until: float) -> None:
        self.limit = limit
        self._until = until
        self._started: tuple[str, list[tuple[str, str]]] | None = None
        self._body = bytearray()
        self._collecting = self._endless = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._body:
            raise exc_info[1].with_traceback(exc_info[2])
        self._started = (status, headers)
        self._endless = is_endless(headers)
        if self._collecting:  # the app may wait for an event before it yields a chunk
            self._refuse_endless()
        return self._write

    def collect(self, chunks: Iterable[bytes]) -> Exchanged:
        """Return the response, read to its end. Raises the app's errors, Oversize, Overtime, and Endless."""
        self._collecting = True
        try:
            self._refuse_endless()
            for chunk in chunks:
                self._write(chunk)
                if time.monotonic() > self._until:
                    raise Overtime
        finally:
            close(chunks)
        if self._started is None:
            raise RuntimeError("the app did not call start_response")
        status, headers = self._started
        code = status[:3]
        return int(code) if code.isdecimal() else 0, sort_fields(headers), bytes(self._body)

    def _refuse_endless(self) -> None:
        if self._endless:
            raise Endless

    def _write(self, data: bytes) -> None:
        self._refuse_endless()
        if len(self._body) + len(data) > self.limit:
            raise Oversize
        self._body.extend(data)


def is_endless(fields: Iterable[tuple[str, str]]) -> bool:
    """Return True if the Content-Type of these header fields is of a stream that never ends by itself."""
    return any(name.lower() == "content-type" and media.is_endless(value) for name, value in fields)


Exchange = Callable[[Environ, int], Exchanged]
"""From an environ, and the most bytes of a body, to status, header fields and body.

Raises the app's errors, Oversize, Overtime, and Endless.
"""


def through(app: WsgiApp) -> Exchange:
    """Return the exchange with a WSGI callable."""

    def exchange(environ: Environ, limit: int) -> Exchanged:
        collector = Collector(limit, environ[DEADLINE])
        return collector.collect(app(environ, collector.start_response))

    return exchange
