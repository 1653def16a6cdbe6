"""A Flask app as the upstream of one operation."""

import math
import time
from threading import get_ident

import msgspec
from flask import Flask, Request
from werkzeug.routing import MapAdapter

from restgql.config import Config
from restgql.formats.target import Site
from restgql.meter import Limits, Meter
from restgql.upstream import Dispatcher, Upstream, environ, fast_path
from restgql.upstream.client_context import ClientContext
from restgql.upstream.environ import DEADLINE
from restgql.upstream.in_process import InProcess, gate_of
from restgql.upstream.outer_request import CONTEXT, GATE, SHARED_THREAD, OuterRequest
from restgql.upstream.prefix_router import PrefixRouter, UpstreamPool
from restgql.upstream.routes import Routes
from restgql.upstream.single_flight import Flights, SingleFlight
from restgql.upstream.threads import Threads, is_free, threads_of
from restgql.upstream.wsgi import WsgiApp, WsgiDispatcher, through

DEPTH = "restgql.depth"
METER = "restgql.meter"


def site_of(entered: environ.Environ, request: Request) -> Site:
    """Return the app's site: `entered` is the environ before all middleware, `request` the same request after it."""
    inside, outside = environ.decoded(request.environ, "PATH_INFO"), environ.decoded(entered, "PATH_INFO")
    return Site(
        origins=frozenset({f"{request.scheme}://{request.host}".lower()}),
        root=request.script_root,
        mount=outside.removesuffix(inside) if inside and outside.endswith(inside) else "",
    )


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
    in_view: bool,
    suggests: bool = False,
    application: WsgiApp | None = None,
) -> Upstream:
    """Return the upstream of one operation: the app and its remote upstreams.

    `here` is the outer request after all middleware; `in_view` is True if its own view makes the request; `application`
    is the outermost WSGI callable, if that is not the app. With `suggests`, a path that no route answers gets a hint.
    An operation within a sub-request shares its budget and its deadline.
    """
    if entered.session is not None:
        entered.session.save()
    outer = entered.environ
    depth = outer.get(DEPTH, 0) + 1
    assert adapter is not None, "Flask has one for every request"
    site = site_of(outer, here)
    threads = threads_of(config.sequential, entered.app, entered.context, outer, in_view=in_view)
    if remotes is not None:
        site = msgspec.structs.replace(site, remotes=remotes.table, kept=routes.kept)
    deadline = min(time.monotonic() + config.deadline, outer.get(DEADLINE, math.inf))
    enclosing: Meter | None = outer.get(METER)
    meter = Meter(limits, deadline) if enclosing is None else enclosing.until(deadline)
    shared = environ.template(outer, config.accept)
    shared.update({DEPTH: depth, METER: meter, DEADLINE: deadline, GATE: gate_of(routes), CONTEXT: entered.context})
    if threads is Threads.SERVER and (config.hooks or in_view):
        shared[SHARED_THREAD] = get_ident()
    in_process = _in_process(entered, shared, adapter, site, routes, config, application, suggests=suggests)
    dispatch: Dispatcher = in_process
    if remotes is not None:
        dispatch = PrefixRouter(dispatch, remotes, site, shared, deadline)
    if flights is not None and depth == 1:  # nested operations could wait for each other
        dispatch = SingleFlight(
            dispatch, flights, shared, flights.identity.of(shared), seconds=config.subrequest_timeout
        )
    return Upstream(
        dispatch=dispatch,
        client=_client(outer, here, site),
        meter=meter,
        nested=depth > 1,
        threads=threads,
        uses_own_thread=threads is Threads.MANY
        and in_process.is_plain
        and not in_view
        and is_free(entered.app, here, hooks=config.hooks),
        environ=shared,
        session=entered.session,
        suggests=suggests,
    )


def _in_process(
    entered: OuterRequest,
    shared: environ.Environ,
    adapter: MapAdapter,
    site: Site,
    routes: Routes,
    config: Config,
    application: WsgiApp | None,
    *,
    suggests: bool,
) -> InProcess:
    """Return the dispatcher into the app, by the cheapest path with the same effects as the full one."""
    app = entered.app
    if adapter.websocket:  # a WebSocket's view makes HTTP requests
        http = app.create_url_adapter(app.request_class(shared.copy()))
        assert http is not None
        adapter = http
    caches_matches = entered.is_routed_by_path or fast_path.is_routed_by_path(app, adapter)
    exchange = fast_path.exchange_with(app, adapter) if caches_matches and application is None else None
    is_plain = exchange is not None
    whole = through(application or (app if entered.before_middleware else app.wsgi_app))
    exchange = exchange or whole
    if config.verify and caches_matches:
        exchange = fast_path.verifying(exchange, whole)
    wsgi = WsgiDispatcher(
        exchange,
        shared,
        entered.context,
        seconds=config.subrequest_timeout,
        max_reply=config.max_reply,
        reads_files=bool(app.config.get("USE_X_SENDFILE")),
    )
    return InProcess(
        app, wsgi, routes, adapter, site, caches_matches=caches_matches, is_plain=is_plain, suggests=suggests
    )


def _client(outer: environ.Environ, here: Request, site: Site) -> ClientContext:
    idempotency_key = outer.get("HTTP_IDEMPOTENCY_KEY") or None
    cookie, query = outer.get("HTTP_COOKIE", ""), outer.get("QUERY_STRING", "")
    return ClientContext(site, f"https://{here.host}", cookie, idempotency_key, query)
