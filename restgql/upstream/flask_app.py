"""A Flask app as the upstream: what entered it, where it is, and the dispatcher into it."""

import math
import os
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec
from flask import Flask, Request
from flask.ctx import RequestContext
from flask.globals import request_ctx
from werkzeug.datastructures import Headers
from werkzeug.routing import MapAdapter

from restgql.config import Config
from restgql.errors import NestedRequest, RestgqlError
from restgql.formats import cookies
from restgql.formats.headers import NO_STORE
from restgql.formats.target import Site
from restgql.meter import Limits, Meter
from restgql.model import RouteKey, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher, Upstream, environ
from restgql.upstream.client_context import ClientContext
from restgql.upstream.environ import DEADLINE
from restgql.upstream.fast_path.context import Matched, MatchedContext
from restgql.upstream.fast_path.dispatch import MATCHED, PlainApp, full_dispatch
from restgql.upstream.fast_path.eligibility import has_plain_core, is_unwrapped
from restgql.upstream.fast_path.match_cache import CORE, MatchCache, MatchKey, is_kept
from restgql.upstream.remote import PrefixRouter, UpstreamPool
from restgql.upstream.routes import Routes
from restgql.upstream.single_flight import Flights, SingleFlight
from restgql.upstream.wsgi import Refusal, WsgiDispatcher, through

ENTERED = "restgql.entered"
GATE = "restgql.gate"
DEPTH = "restgql.depth"
METER = "restgql.meter"
MAX_DEPTH = 2
_REQUEST_ID = re.compile(r"[\w.:=+/@-]{1,128}\Z", re.ASCII)

Gate = Callable[[], None]


class OuterRequest(msgspec.Struct):
    """The environ as it entered the app, before any middleware, and the Set-Cookie values to add on the way out.

    Not `called` is where the server called `wsgi_app` directly: then the environ is as the view sees it. `answered` is
    whether the response is a gateway's, `no_store` whether it is one that no cache may keep.
    """

    app: Flask
    environ: environ.Environ
    called: bool
    cookies: list[str] = []
    answered: bool = False
    no_store: bool = False

    def outward(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The header fields that a response leaves with, its cookies before the parts': an outer session must not undo
        a part's login.

        What the parts said of caching does not hold for a response that sets a cookie, whoever sets it; and a hook that
        says one thing of all responses does not open to caches what is of no use to another. Vary is one
        line: of several, nginx before 1.23 heeds the last, and gives one user what is another's.
        """
        if not self.answered:
            return fields
        replaced: dict[str, list[str]] = {"set-cookie": [], "vary": [], "cache-control": []}
        rest = []
        for field in fields:
            values = replaced.get(field[0].lower())
            if values is None:
                rest.append(field)
            else:
                values.append(field[1])
        set_cookie = [("Set-Cookie", value) for value in cookies.merged(replaced["set-cookie"], self.cookies)]
        caching = [("Cache-Control", value) for value in replaced["cache-control"]]
        vary = [("Vary", ", ".join(replaced["vary"]))] if replaced["vary"] else []
        return [*rest, *vary, *(NO_STORE if set_cookie or self.no_store else caching), *set_cookie]


class GatewayMixin:
    """Mixed into the app's own class: the one place that no middleware can come before, however late it is added."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered = OuterRequest(cast(Flask, self), environ.copy(), called=True)
        environ[ENTERED] = entered

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, entered.outward(headers), *([exc_info] if exc_info else []))

        result: Iterable[bytes] = super().__call__(environ, start)  # type: ignore[misc]
        return result

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        """Past all middleware: here a sub-request that was matched before takes the cheap way."""
        core: MatchCache | None = environ.get(CORE)
        if core is None or not core.is_of(self):
            context: RequestContext = super().request_context(environ)  # type: ignore[misc]
            return context
        at = core.at(environ)
        matched = core.matched(at)
        if matched is not None:
            return MatchedContext(core.app, environ, matched)
        context = super().request_context(environ)  # type: ignore[misc]
        vars(context)[CORE] = core, at
        return context

    def full_dispatch_request(self) -> Any:
        """Routing is done, no hook has run: here a sub-request is held to RESTGQL_ROUTES, whatever led it here."""
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]
        environ = context.request.environ
        if type(context) is MatchedContext and context.is_as_matched:  # which only what has passed the gate is
            response = full_dispatch(context)
        else:
            gate: Gate | None = environ.get(GATE)
            if gate is not None:
                try:
                    gate()
                except RestgqlError as exc:
                    raise Refusal(exc) from exc
            new: tuple[MatchCache, MatchKey] | None = vars(context).pop(
                CORE, None
            )  # once: a view may lead its request elsewhere
            if new is not None:
                core, at = new
                core.learn(at, context.request)
            response = super().full_dispatch_request()  # type: ignore[misc]
        entered = environ.get(ENTERED)
        if isinstance(entered, OuterRequest) and not entered.called:
            response.headers = Headers(entered.outward(list(response.headers)))
        return response


def install_mixin(app: Flask) -> None:
    """Give the app's class an GatewayMixin, once."""
    cls = type(app)
    if not issubclass(cls, GatewayMixin):
        app.__class__ = type(cls.__name__, (GatewayMixin, cls), {"__module__": cls.__module__, "__doc__": cls.__doc__})


def entered_by(app: Flask, request: Request) -> OuterRequest:
    """What entered the app for this request."""
    entered = request.environ.get(ENTERED)
    if isinstance(entered, OuterRequest) and entered.app is app:
        return entered
    entered = request.environ[ENTERED] = OuterRequest(app, request.environ.copy(), called=False)
    return entered


def site_of(entered: environ.Environ, request: Request) -> Site:
    """Where the app is: `request` is the same request behind all middleware."""
    inside, outside = environ.decoded(request.environ, "PATH_INFO"), environ.decoded(entered, "PATH_INFO")
    return Site(
        origins=frozenset({f"{request.scheme}://{request.host}".lower()}),
        root=request.script_root,
        mount=outside.removesuffix(inside) if inside and outside.endswith(inside) else "",
    )


class InProcess:
    """The dispatcher of one operation into `app`: each sub-request is matched, judged, and sent through `wsgi`.

    It remembers what it found where the `core` of the app is plain: all of the app, or what is behind its middleware.
    """

    def __init__(
        self,
        app: Flask,
        wsgi: WsgiDispatcher,
        routes: Routes,
        adapter: MapAdapter,
        site: Site,
        *,
        core: bool,
        plain: bool,
    ) -> None:
        self._app = app
        self._wsgi = wsgi
        self._routes = routes
        self._adapter = adapter
        self._site = site
        self._plain = plain
        self._known = routes.known() if core else None
        self._matches = {} if self._known is None else self._known.judged
        """Matches of this operation, or of all operations where they depend on path and method alone."""

    def route(self, request: SubRequest) -> RouteKey:
        """Return the key of the endpoint that the path matches; all paths that match none have one key."""
        try:
            matched = self._judged(request)
        except Exception:  # asking for it raises this again
            matched = None
        return self._routes.key_of(None if matched is None else matched[0])

    def __call__(self, request: SubRequest) -> SubResponse:
        """The app's reply. Raises NotAllowed, NestedRequest and BadPath."""
        matched = self._judged(request)
        if self._plain and matched is not None:  # it is judged, and nothing can lead it elsewhere
            return self._wsgi(request, {MATCHED: matched, GATE: None})
        extra: environ.Environ = {GATE: _gate(self._routes, opened=True)} if request.opened else {}
        if self._known is not None:
            extra[CORE] = MatchCache(self._app, self._known.behind, opened=request.opened)
        return self._wsgi(request, extra)

    def _judged(self, request: SubRequest) -> Matched | None:
        at = request.method, request.target.path, request.opened, self._site.mount
        known = self._matches.get(at)
        if known is not None:
            return known
        matched = self._routes.judge(self._adapter, self._site, request.target, request.method, opened=request.opened)
        if matched is not None and is_kept(at):  # where a redirect leads may depend on more
            self._matches[at] = matched
        return matched


def connect(
    app: Flask,
    entered: OuterRequest,
    here: Request,
    adapter: MapAdapter | None,
    config: Config,
    *,
    routes: Routes,
    remotes: UpstreamPool | None,
    flights: Flights | None,
    limits: Limits,
) -> Upstream:
    """The app as the upstream of one operation, with what is mounted beside it. `here` is the request that `entered`,
    behind all middleware.

    An operation within a sub-request shares its budget, and has what is left of its time. Raises NestedRequest.
    """
    outer = entered.environ
    depth = outer.get(DEPTH, 0) + 1
    if depth > MAX_DEPTH:
        raise NestedRequest(f"A view that calls the gateway nests more than {MAX_DEPTH} deep.")
    assert adapter is not None, "Flask has one for every request"
    site = site_of(outer, here)
    if remotes is not None:
        site = msgspec.structs.replace(site, remotes=remotes.table, kept=routes.kept)
    deadline = min(time.monotonic() + config.deadline, outer.get(DEADLINE, math.inf))
    enclosing: Meter | None = outer.get(METER)
    meter = Meter(limits, deadline) if enclosing is None else enclosing.until(deadline)
    shared = environ.template(outer) | {DEPTH: depth, METER: meter, DEADLINE: deadline, GATE: _gate(routes)}
    dispatch: Dispatcher = _in_process(entered, shared, adapter, site, routes, config)
    if remotes is not None:
        dispatch = PrefixRouter(dispatch, remotes, site, shared, deadline)
    if flights is not None and depth == 1:  # two that nest could wait for each other
        dispatch = SingleFlight(
            dispatch, flights, shared, flights.identity.of(shared), seconds=config.subrequest_timeout
        )
    return Upstream(
        dispatch=dispatch,
        client=_client(outer, here, site),
        meter=meter,
        nested=depth > 1,
        request_id=_request_id(outer),
        environ=shared,
    )


def _in_process(
    entered: OuterRequest, shared: environ.Environ, adapter: MapAdapter, site: Site, routes: Routes, config: Config
) -> InProcess:
    """The way into the app: the cheapest that is the same as the whole one."""
    app = entered.app
    if adapter.websocket:  # what the view of a WebSocket asks for is HTTP
        http = app.create_url_adapter(app.request_class(shared.copy()))
        assert http is not None
        adapter = http
    core = has_plain_core(app)
    plain = core and is_unwrapped(app)
    exchange = PlainApp(app, adapter).exchange if plain else through(app if entered.called else app.wsgi_app)
    wsgi = WsgiDispatcher(
        exchange, shared, seconds=config.subrequest_timeout, max_reply=config.max_reply, logger=app.logger
    )
    return InProcess(app, wsgi, routes, adapter, site, core=core, plain=plain)


def _client(outer: environ.Environ, here: Request, site: Site) -> ClientContext:
    idempotency_key = outer.get("HTTP_IDEMPOTENCY_KEY") or None
    return ClientContext(site, f"https://{here.host}", outer.get("HTTP_COOKIE", ""), idempotency_key)


def _gate(routes: Routes, *, opened: bool = False) -> Gate:
    """Judges the rule that a sub-request came to in the app."""

    def gate() -> None:
        if request_ctx.request.url_rule is not None:
            routes.judge_rule(request_ctx.request.url_rule, opened=opened)

    return gate


def _request_id(entered: environ.Environ) -> str:
    """The caller's X-Request-Id where it can stand in a log, else a new one."""
    given = entered.get("HTTP_X_REQUEST_ID", "")
    return given if _REQUEST_ID.match(given) else os.urandom(6).hex()
