"""Sub-requests in, responses out: the only room that does I/O."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import msgspec

from restgql.debug_log import DebugLog
from restgql.meter import Meter
from restgql.model import SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream.client_context import ClientContext, CookieHistory
from restgql.upstream.environ import Environ
from restgql.upstream.outer_session import OuterSession
from restgql.upstream.threads import Threads

_REQUEST_ID = re.compile(r"[\w.:=+/@-]{1,128}\Z", re.ASCII)


class Dispatcher(Protocol):
    """Answers sub-requests; called from several threads at once."""

    def __call__(self, request: SubRequest, /) -> SubResponse:
        """Return the response, or one that contains the failure. Raises ClientError for a rejected request."""

    def route(self, request: SubRequest, /) -> object:
        """Return the key of the route that answers a request; clients cannot choose its value."""


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """The app and its remote upstreams, as the sub-requests of one operation reach them on behalf of `client`.

    `meter` limits the operation. `nested` is True for an operation within a sub-request of another, or within a
    resolver of the user's own. `threads` are the threads for its sub-requests; with `uses_own_thread` the caller's
    thread may run those that never wait. `environ` is the WSGI environ that they share. `session` is the outer
    request's, if it must be saved before them. `cookie_history` are the mutations before it, whose cookies a browser
    would send by now. `debug_log` is None outside debug. Errors name similar keys if it `suggests`.
    """

    dispatch: Dispatcher
    client: ClientContext
    meter: Meter
    nested: bool
    threads: Threads = Threads.MANY
    uses_own_thread: bool = False
    environ: Environ = {}
    session: OuterSession | None = None
    cookie_history: CookieHistory = ()
    debug_log: DebugLog | None = None
    suggests: bool = False

    def request_id(self) -> str:
        """Return the caller's X-Request-Id if it is safe to log, else a new one."""
        request_id = self.environ.get("HTTP_X_REQUEST_ID", "")
        return request_id if _REQUEST_ID.match(request_id) else os.urandom(6).hex()


_CURRENT: ContextVar[Upstream] = ContextVar("restgql.current_operation")


@contextmanager
def current_operation(upstream: Upstream) -> Iterator[None]:
    """Make the requests of a resolver, by `gateway.get` for example, part of the operation of `upstream`.

    The resolver sees the session as earlier sub-requests have left it, and later ones see the resolver's changes.
    """
    token = _CURRENT.set(upstream)
    if upstream.session is not None:
        upstream.session.reopen(cookie for _, response in upstream.cookie_history for cookie in response.cookies)
    try:
        yield
    finally:
        if upstream.session is not None:
            upstream.session.save()
        _CURRENT.reset(token)


def join_current_operation(upstream: Upstream) -> Upstream:
    """Return an upstream with the meter and cookies of the operation whose resolver runs in this context, if any."""
    outer = _CURRENT.get(None)
    if outer is None:
        return upstream
    meter = outer.meter.until(upstream.meter.deadline)
    return msgspec.structs.replace(upstream, meter=meter, nested=True, cookie_history=outer.cookie_history)
