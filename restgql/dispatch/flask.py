"""A Flask app as the upstream: what entered it, where it is, and the dispatcher into it."""

import logging
import math
import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from flask import Flask, Request
from flask.globals import request_ctx
from werkzeug.routing import MapAdapter

from restgql.dispatch import Upstream, environ
from restgql.dispatch.budget import Budget
from restgql.dispatch.redirects import Caller
from restgql.dispatch.routes import Routes
from restgql.dispatch.wsgi import Refusal, WsgiDispatcher
from restgql.errors import NestedRequest, RestgqlError
from restgql.formats import cookies
from restgql.formats.target import Site
from restgql.model import Reply, SubRequest

ENTERED = "restgql.entered"
GATE = "restgql.gate"
DEPTH = "restgql.depth"
BUDGET = "restgql.budget"
DEADLINE = "restgql.deadline"
MAX_DEPTH = 2
_REQUEST_ID = re.compile(r"[\w.:=+/@-]{1,128}\Z", re.ASCII)

Gate = Callable[[], None]


class Entered(msgspec.Struct):
    """The environ as it entered the app, before any middleware, and the Set-Cookie values to add on the way out."""

    environ: environ.Environ
    cookies: list[str]


class Entrance:
    """Mixed into the app's own class: the one place that no middleware can come before, however late it is added."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered = Entered(environ.copy(), [])
        environ[ENTERED] = entered

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if entered.cookies:
                # After the outer response's own: an outer session must not undo a part's login.
                own = [value for name, value in headers if name.lower() == "set-cookie"]
                merged = cookies.last_of_each([*own, *entered.cookies])
                headers = [(k, v) for k, v in headers if k.lower() != "set-cookie"]
                headers += [("Set-Cookie", value) for value in merged]
            return start_response(status, headers, *exc_info)

        result: Iterable[bytes] = super().__call__(environ, start)  # type: ignore[misc]
        return result

    def full_dispatch_request(self) -> Any:
        """Routing is done, no hook has run: here a sub-request is held to RESTGQL_ROUTES, whatever led it here."""
        gate: Gate | None = request_ctx.request.environ.get(GATE)
        if gate is not None:
            try:
                gate()
            except RestgqlError as exc:
                raise Refusal(exc) from exc
        return super().full_dispatch_request()  # type: ignore[misc]


def install_entrance(app: Flask) -> None:
    """Give the app's class an Entrance, once."""
    cls = type(app)
    if not issubclass(cls, Entrance):
        app.__class__ = type(cls.__name__, (Entrance, cls), {"__module__": cls.__module__, "__doc__": cls.__doc__})


def entered_by(request: Request) -> Entered:
    """What entered the app for this request; as the view sees it, where the server called `wsgi_app` directly."""
    entered = request.environ.get(ENTERED)
    return entered if isinstance(entered, Entered) else Entered(request.environ.copy(), [])


def site_of(entered: environ.Environ, request: Request) -> Site:
    """Where the app is: `request` is the same request behind all middleware."""
    path = request.environ.get("PATH_INFO", "")
    outside = entered.get("PATH_INFO", "")
    return Site(
        origins=frozenset({request.host_url.rstrip("/").lower(), environ.origin(entered).lower()}),
        root=request.script_root,
        mount=outside.removesuffix(path) if path and outside.endswith(path) else "",
    )


class InProcess:
    """The dispatcher of one operation into `app`: each sub-request is matched, judged, and sent through `wsgi`."""

    def __init__(self, wsgi: WsgiDispatcher, routes: Routes, adapter: MapAdapter, site: Site) -> None:
        self._wsgi = wsgi
        self._routes = routes
        self._adapter = adapter
        self._site = site

    def route(self, request: SubRequest) -> object:
        """The path's shape: its first segment and their number, without the cost of a match."""
        path = request.target.path
        return path.split("/", 2)[1], path.count("/")

    def __call__(self, request: SubRequest) -> Reply:
        """The app's reply. Raises NotAllowed, NestedRequest and BadPath."""
        self._routes.judge(self._adapter, self._site, request.target, request.method)
        return self._wsgi(request)


def connect(
    app: Flask,
    entered: environ.Environ,
    here: Request,
    adapter: MapAdapter | None,
    *,
    routes: Routes,
    max_subrequests: int,
    seconds: float,
    max_reply: int,
    logger: logging.Logger,
) -> Upstream:
    """The app as the upstream of one operation. `here` is the request that `entered`, behind all middleware.

    An operation within a sub-request shares its budget, and has what is left of its time. Raises NestedRequest.
    """
    depth = entered.get(DEPTH, 0) + 1
    if depth > MAX_DEPTH:
        raise NestedRequest(f"A view that calls the gateway nests more than {MAX_DEPTH} deep.")

    def gate() -> None:
        if request_ctx.request.url_rule is not None:
            routes.judge_rule(request_ctx.request.url_rule)

    assert adapter is not None, "Flask has one for every request"
    site = site_of(entered, here)
    budget = entered.get(BUDGET) or Budget(max_subrequests)
    deadline = min(time.monotonic() + seconds, entered.get(DEADLINE, math.inf))
    shared = environ.template(entered) | {DEPTH: depth, BUDGET: budget, DEADLINE: deadline, GATE: gate}
    wsgi = WsgiDispatcher(app, shared, max_reply=max_reply, logger=logger)
    return Upstream(
        dispatch=InProcess(wsgi, routes, adapter, site),
        caller=Caller(site, environ.origin(entered), entered.get("HTTP_COOKIE", "")),
        budget=budget,
        deadline=deadline,
        nested=depth > 1,
        request_id=_request_id(entered),
    )


def _request_id(entered: environ.Environ) -> str:
    """The caller's X-Request-Id where it can stand in a log, else a new one."""
    given = entered.get("HTTP_X_REQUEST_ID", "")
    return given if _REQUEST_ID.match(given) else uuid.uuid4().hex[:12]
