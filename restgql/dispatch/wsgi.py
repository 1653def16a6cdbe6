"""Sub-requests to a WSGI callable in this process, indistinguishable from requests over a socket."""

import contextvars
import logging
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from restgql.dispatch.environ import Environ, build
from restgql.errors import LimitExceeded, RestgqlError, UpstreamInvalid
from restgql.formats.headers import HOP_BY_HOP
from restgql.model import Headers, Reply, SubRequest

WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]

_DROPPED = HOP_BY_HOP | {"date"}


class Refusal(BaseException):
    """Carries a refusal out of the app, past its error handlers, to the dispatcher that sent the sub-request."""

    def __init__(self, error: RestgqlError) -> None:
        super().__init__(error.message)
        self.error = error


class _Oversize(Exception):
    """The body went over the limit; what it had is not read on."""


class WsgiDispatcher:
    """A dispatcher into `app`. `shared` is the environ that all its sub-requests begin with."""

    def __init__(self, app: WsgiApp, shared: Environ, *, max_reply: int, logger: logging.Logger) -> None:
        self._app = app
        self._shared = shared
        self._max_reply = max_reply
        self._logger = logger

    def __call__(self, request: SubRequest, extra: Environ | None = None) -> Reply:
        """The app's response; a crash or an oversized body is a reply with a failure. Raises a refusal."""
        environ = build(self._shared, request)
        if extra:
            environ.update(extra)
        started = time.perf_counter()
        # An empty context: in the caller's, a nested Flask request would share and overwrite its `g`.
        response = contextvars.Context().run(self._exchange, environ, str(request.target))
        seconds = time.perf_counter() - started
        if isinstance(response, RestgqlError):
            return Reply(url=str(request.target), status=response.status, failure=response, seconds=seconds)
        status, headers, body = response
        return Reply(
            url=str(request.target),
            status=status,
            headers=tuple((k, v) for k, v in headers if k.lower() not in _DROPPED),
            body=body,
            cookies=tuple(v for k, v in headers if k.lower() == "set-cookie"),
            seconds=seconds,
        )

    def _exchange(self, environ: Environ, path: str) -> tuple[int, Headers, bytes] | RestgqlError:
        try:
            return _read(self._app, environ, self._max_reply)
        except Refusal as exc:
            raise exc.error from None
        except _Oversize:
            return LimitExceeded(
                f"The response is over {self._max_reply} bytes.",
                limit="RESTGQL_MAX_REPLY",
                allowed=self._max_reply,
                status=502,
            )
        except Exception:
            self._logger.exception("Exception on %s [GET], a sub-request of the gateway", path)
            return UpstreamInvalid("The route crashed.", status=500)


def _read(app: WsgiApp, environ: Environ, limit: int) -> tuple[int, Headers, bytes]:
    """Run the app to the end of its response (PEP 3333). Raises what it raises, and _Oversize."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = bytearray()

    def write(data: bytes) -> None:
        if len(body) + len(data) > limit:
            raise _Oversize
        body.extend(data)

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        if exc_info and body:
            raise exc_info[1].with_traceback(exc_info[2])
        started[:] = [(status, headers)]
        return write

    chunks = app(environ, start_response)
    try:
        for chunk in chunks:
            write(chunk)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    if not started:
        raise RuntimeError("the app did not call start_response")
    status, headers = started[0]
    return int(status[:3]), tuple(headers), bytes(body)
