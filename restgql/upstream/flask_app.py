"""A Flask app as the upstream: the outer request, the app's site, and the dispatcher into the app."""

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
from restgql.upstream.fast_path.match_cache import MATCH_CACHE, MatchCache, MatchKey, is_kept
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
    """The outer request: its environ before any middleware, and the Set-Cookie values to add to its response.

    `before_middleware` is False if the server called `app.wsgi_app` instead of `app`; `environ` is then the one that
    the view sees. `answered` is True if the response is a gateway's, `no_store` if no cache may store it.
    """

    app: Flask
    environ: environ.Environ
    before_middleware: bool
    cookies: list[str] = []
    answered: bool = False
    no_store: bool = False

    def outward(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the header fields to send, with the cookies of sub-requests after the outer request's own.

        An after_request hook cannot weaken `no-store`, and a response that sets a cookie has it, too. Vary is sent as a
        single line: nginx before 1.23 reads only the last one, and would serve one user's response to another.
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
    """Mixed into the app's own class: the one place that runs before all middleware, however late that is added."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered = OuterRequest(cast(Flask, self), environ.copy(), before_middleware=True)
        environ[ENTERED] = entered

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, entered.outward(headers), *([exc_info] if exc_info else []))

        result: Iterable[bytes] = super().__call__(environ, start)  # type: ignore[misc]
        return result

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        """Return a context with the cached match of a sub-request, if there is one. It runs after all middleware."""
        cache: MatchCache | None = environ.get(MATCH_CACHE)
        if cache is None or not cache.is_of(self):
            context: RequestContext = super().request_context(environ)  # type: ignore[misc]
            return context
        key = cache.key_of(environ)
        matched = cache.get(key)
        if matched is not None:
            return MatchedContext(cache.app, environ, matched)
        context = super().request_context(environ)  # type: ignore[misc]
        vars(context)[MATCH_CACHE] = cache, key
        return context

    def full_dispatch_request(self) -> Any:
        """Enforce RESTGQL_ROUTES on a sub-request, after routing and before any hook, whatever its middleware did."""
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
            # Once: a view may lead its request elsewhere.
            unmatched: tuple[MatchCache, MatchKey] | None = vars(context).pop(MATCH_CACHE, None)
            if unmatched is not None:
                cache, key = unmatched
                cache.learn(key, context.request)
            response = super().full_dispatch_request()  # type: ignore[misc]
        entered = environ.get(ENTERED)
        if isinstance(entered, OuterRequest) and not entered.before_middleware:
            response.headers = Headers(entered.outward(list(response.headers)))
        return response


def install_mixin(app: Flask) -> None:
    """Mix GatewayMixin into the app's class, once."""
    cls = type(app)
    if not issubclass(cls, GatewayMixin):
        app.__class__ = type(cls.__name__, (GatewayMixin, cls), {"__module__": cls.__module__, "__doc__": cls.__doc__})


def entered_by(app: Flask, request: Request) -> OuterRequest:
    """Return the outer request of this request."""
    entered = request.environ.get(ENTERED)
    if isinstance(entered, OuterRequest) and entered.app is app:
        return entered
    entered = request.environ[ENTERED] = OuterRequest(app, request.environ.copy(), before_middleware=False)
    return entered


def site_of(entered: environ.Environ, request: Request) -> Site:
    """Return the app's site: `entered` is the environ before all middleware, `request` the same request after it."""
    inside, outside = environ.decoded(request.environ, "PATH_INFO"), environ.decoded(entered, "PATH_INFO")
    return Site(
        origins=frozenset({f"{request.scheme}://{request.host}".lower()}),
        root=request.script_root,
        mount=outside.removesuffix(inside) if inside and outside.endswith(inside) else "",
    )


class InProcess:
    """The dispatcher of one operation into `app`: each sub-request is matched, checked, and sent through `wsgi`.

    It caches matches if the `core` of the app is plain: all of the app, or its part after the middleware.
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
        self._route_cache = routes.route_cache() if core else None
        self._matches = {} if self._route_cache is None else self._route_cache.by_client_path
        """Matches of this operation, or of all operations where they depend on path and method alone."""
        self._last: tuple[SubRequest | None, Matched | None] = None, None
        """The last request that was matched in any thread."""

    def route(self, request: SubRequest) -> RouteKey:
        """Return the key of the endpoint that the path matches; all paths that match none have one key."""
        try:
            matched = self._match(request)
        except Exception:  # asking for it raises this again
            matched = None
        return self._routes.key_of(None if matched is None else matched[0])

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the app's response. Raises NotAllowed, NestedRequest and BadPath."""
        last, matched = self._last
        if last is not request:  # a thread asks for the route of a request before its response
            matched = self._match(request)
        if self._plain and matched is not None:  # it is judged, and nothing can lead it elsewhere
            return self._wsgi(request, {MATCHED: matched, GATE: None})
        extra: environ.Environ = {GATE: _gate(self._routes, opened=True)} if request.opened else {}
        if self._route_cache is not None:
            extra[MATCH_CACHE] = MatchCache(self._app, self._route_cache.by_app_path, opened=request.opened)
        return self._wsgi(request, extra)

    def _match(self, request: SubRequest) -> Matched | None:
        key = request.method, request.target.path, request.opened, self._site.mount
        matched = self._matches.get(key)
        if matched is None:
            judge = self._routes.judge
            matched = judge(self._adapter, self._site, request.target, request.method, opened=request.opened)
            if matched is not None and is_kept(key):  # where a redirect leads may depend on more
                self._matches[key] = matched
        self._last = request, matched
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
    """Return the upstream of one operation: the app and its remote upstreams.

    `here` is the outer request after all middleware. An operation within a sub-request shares its
    budget and its deadline. Raises NestedRequest.
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
    """Return the dispatcher into the app, by the cheapest path with the same effects as the full one."""
    app = entered.app
    if adapter.websocket:  # what the view of a WebSocket asks for is HTTP
        http = app.create_url_adapter(app.request_class(shared.copy()))
        assert http is not None
        adapter = http
    core = has_plain_core(app)
    plain = core and is_unwrapped(app)
    exchange = PlainApp(app, adapter).exchange if plain else through(app if entered.before_middleware else app.wsgi_app)
    wsgi = WsgiDispatcher(
        exchange, shared, seconds=config.subrequest_timeout, max_reply=config.max_reply, logger=app.logger
    )
    return InProcess(app, wsgi, routes, adapter, site, core=core, plain=plain)


def _client(outer: environ.Environ, here: Request, site: Site) -> ClientContext:
    idempotency_key = outer.get("HTTP_IDEMPOTENCY_KEY") or None
    return ClientContext(site, f"https://{here.host}", outer.get("HTTP_COOKIE", ""), idempotency_key)


def _gate(routes: Routes, *, opened: bool = False) -> Gate:
    """Return a check of the rule that a sub-request matched in the app."""

    def gate() -> None:
        if request_ctx.request.url_rule is not None:
            routes.judge_rule(request_ctx.request.url_rule, opened=opened)

    return gate


def _request_id(entered: environ.Environ) -> str:
    """Return the caller's X-Request-Id if it is safe to log, else a new one."""
    request_id = entered.get("HTTP_X_REQUEST_ID", "")
    return request_id if _REQUEST_ID.match(request_id) else os.urandom(6).hex()
