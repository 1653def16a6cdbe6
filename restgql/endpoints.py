"""A gateway on one app: its endpoints, and the app as what they ask."""

import hashlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, abort, current_app, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from graphql import GraphQLSchema
from werkzeug.routing import MapAdapter

from restgql import cache, graphiql, sources
from restgql.config import Config
from restgql.dispatch import Dispatcher, Upstream
from restgql.dispatch.budget import Budget
from restgql.dispatch.environ import asked
from restgql.dispatch.flask import DEPTH, Entered, connect, entered_by
from restgql.dispatch.flight import Flights
from restgql.dispatch.remote import Remotes
from restgql.dispatch.routes import Routes
from restgql.errors import BadPath, BadRequest, ConfigError, LimitExceeded, NestedRequest, RestgqlError
from restgql.formats import coding
from restgql.formats.remote import is_below
from restgql.gateway import Pipeline, logger, refusal
from restgql.graph.compile import calls
from restgql.graph.review import shape_of
from restgql.intake import graphql as graphql_intake
from restgql.model import Inbound
from restgql.sources import Typed

EXTENSION = "restgql"
METHODS = ("GET", "POST", "QUERY")
UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
NOSNIFF = ("X-Content-Type-Options", "nosniff")


class Mounted:
    """One gateway on one app: `app.extensions["restgql"][name]`."""

    def __init__(
        self,
        app: Flask,
        config: Config,
        endpoint_prefix: str,
        query: type | None = None,
        mutation: type | None = None,
    ) -> None:
        self.app = app
        self.config = config
        self._user_types = (query, mutation)
        self.endpoints = frozenset(f"{endpoint_prefix}.{name}" for name in ("graphql", "aggregate", "asset"))
        self.remotes = _remotes(config, app) if config.upstreams else None
        self.routes = Routes(
            app,
            config.routes,
            frozenset({"GET", *config.verbs}),
            lambda endpoint: is_gateway(app, endpoint),
            self.remotes.table if self.remotes else (),
        )
        self.cache = cache.made(config, Path(app.instance_path), app.logger)
        self._salt: tuple[object, bytes] = ((), b"")
        self._flights = Flights() if config.single_flight else None
        self._said = config.routes is not None
        if not sources.is_late(config):
            _ = self.pipeline  # so that what is wrong with a schema keeps the app from starting

    @cached_property
    def typed(self) -> Typed:
        """The schema with its sources. Raises SchemaError and ConfigError."""
        return sources.typed(self.config, self.app, self.routes, *self._user_types)

    @property
    def schema(self) -> GraphQLSchema:
        """The schema that clients see."""
        return self.typed.schema

    @cached_property
    def pipeline(self) -> Pipeline:
        """The stages of a request."""
        self.routes.typed = frozenset((call.method, shape_of(call.template.text)) for _, _, call in calls(self.schema))
        return Pipeline(self.schema, self.config, self.routes, self.app.logger)

    @property
    def has_page(self) -> bool:
        """Whether GraphiQL is on: as configured, else in debug."""
        return self.app.debug if self.config.graphiql is None else self.config.graphiql

    def connect(self, entered: Entered, here: Request, adapter: MapAdapter | None) -> Upstream:
        """The app as the upstream of one request, which is `here` behind all middleware."""
        self._say_reach()
        upstream = self._connected(entered, here, adapter)
        if self.cache is None:
            return upstream

        def again() -> Dispatcher:
            """A dispatcher that has time of its own, for what nobody waits for."""
            return self._connected(entered, here, adapter).dispatch

        alone = upstream.nested or self.config.sequential
        return self.cache.around(upstream, self._cache_salt(), None if alone else again)

    def _connected(self, entered: Entered, here: Request, adapter: MapAdapter | None) -> Upstream:
        return connect(
            self.app,
            entered,
            here,
            adapter,
            routes=self.routes,
            remotes=self.remotes,
            flights=self._flights,
            budget=Budget(self.config.max_subrequests, self.config.max_typed_subrequests),
            seconds=self.config.deadline,
            subrequest_seconds=self.config.subrequest_timeout,
            max_reply=self.config.max_reply,
            logger=self.app.logger,
        )

    def _cache_salt(self) -> bytes:
        """What keeps the responses in a store apart from those of another app, or of other rules about the same."""
        config = self.config
        rules = (config.upstreams, config.upstream_headers, config.cache_identity, config.max_reply)
        of = (self.app.secret_key, self.routes.fingerprint(), rules)
        if self._salt[0] != of:
            self._salt = (of, hashlib.blake2b(repr(of).encode(), digest_size=32).digest())
        return self._salt[1]

    def notice(self, response: Response) -> Response:
        """Drop what is stored of what a client has just changed by itself (RFC 9111 section 4.4)."""
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]
        here: Request = context.request
        if self.cache is None or here.method in UNCHANGING or is_gateway(self.app, here.endpoint or ""):
            return response
        entered = entered_by(self.app, here).environ
        if response.status_code < 400 and not entered.get(DEPTH):  # of sub-requests, the cache itself knows
            with suppress(BadPath):
                self.cache.changed(entered, asked(entered))
        return response

    @property
    def tells_timings(self) -> bool:
        """Whether the current request is told what became of each sub-request: as configured, else in debug."""
        configured = self.config.timings
        if isinstance(configured, str):
            return configured in request.headers
        return self.app.debug if configured is None else configured

    def add_endpoints(self, state: BlueprintSetupState) -> None:
        """Put the endpoints on the blueprint that `state` is of. Raises ConfigError where another gateway has them."""
        config = self.config
        if config.graphql_path is not None:
            state.add_url_rule(config.graphql_path, "graphql", self._graphql, methods=METHODS)
            state.add_url_rule(f"{config.graphql_path}/static/<path:filename>", "asset", self._asset)
        if config.aggregate_path is not None:
            state.add_url_rule(config.aggregate_path, "aggregate", self._aggregate, methods=METHODS)
        if self.cache is not None:
            self.app.after_request(self.notice)
        places: dict[tuple[str, ...], str] = {}
        for rule in self.app.url_map.iter_rules():
            if is_gateway(self.app, rule.endpoint):
                first = places.setdefault((rule.host or "", rule.subdomain or "", rule.rule), rule.endpoint)
                if first != rule.endpoint:
                    raise ConfigError(f"{rule.rule} is another gateway's ({first}): graphql_path= takes another path.")

        for prefix in config.upstreams:
            if any(is_below(prefix, rule.partition("/<")[0]) for _, _, rule in places):
                raise ConfigError(f"upstreams = {{{prefix!r}: …}}: these paths are the gateway's own.")

    def _graphql(self) -> ResponseReturnValue:
        if self.has_page and graphql_intake.wants_page(_inbound(request, b"")):
            return _page(self.config)
        return _answer(self, self.pipeline.graphql)

    def _aggregate(self) -> ResponseReturnValue:
        return _answer(self, self.pipeline.aggregate)

    def _asset(self, filename: str) -> ResponseReturnValue:
        if not self.has_page or filename == graphiql.TEMPLATE:
            abort(404)
        response = send_from_directory(graphiql.STATIC, filename, max_age=31_536_000)
        response.headers.add(*NOSNIFF)
        return response

    def _say_reach(self) -> None:
        """Once, outside debug, where nobody chose RESTGQL_ROUTES: how much that opens."""
        if self._said:
            return
        self._said = True
        if not self.app.debug:
            logger.warning(
                "RESTGQL_ROUTES is not set: %d routes can be asked for through the gateway. Rules that a proxy keeps "
                "by path (deny, rate limits) do not see these requests. Set RESTGQL_ROUTES to choose.",
                sum(1 for _ in self.routes),
            )


def _remotes(config: Config, app: Flask) -> Remotes:
    return Remotes(
        config.upstreams,
        leaving=config.upstream_headers,
        seconds=config.subrequest_timeout,
        max_reply=config.max_reply,
        connections=config.threads,
        logger=app.logger,
    )


def is_gateway(app: Flask, endpoint: str) -> bool:
    """Whether an endpoint is one of a gateway's own."""
    return any(endpoint in mounted.endpoints for mounted in app.extensions[EXTENSION].values())


def _answer(mounted: Mounted, stage: Any) -> ResponseReturnValue:
    """One of the pipeline's answers to the current request."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    entered = entered_by(mounted.app, here)
    try:
        if entered.environ.get(DEPTH):
            raise NestedRequest("A gateway cannot be asked for through a gateway.")
        inbound = _inbound(here, _read_body(here, mounted.config.max_body), timings=mounted.tells_timings)
        outbound = stage(inbound, lambda: mounted.connect(entered, here, context.url_adapter))
    except RestgqlError as exc:
        outbound = refusal(exc)
    entered.cookies.extend(outbound.cookies)
    headers = [("Content-Type", outbound.content_type), *outbound.headers, NOSNIFF]
    response = mounted.app.response_class(outbound.body, outbound.status, headers)
    if here.method != "POST" and response.status_code == 200 and not response.cache_control.no_store:
        response.add_etag()
        # 304 where the client has it already (RFC 9110 section 13); to Werkzeug, QUERY is no safe method
        response.make_conditional({**here.environ, "REQUEST_METHOD": "GET"})
    return response


def _inbound(here: Request, body: bytes, *, timings: bool = False) -> Inbound:
    return Inbound(
        method=here.method,
        query=tuple(here.args.items(multi=True)),
        content_type=here.headers.get("Content-Type", ""),
        accept=here.headers.get("Accept", ""),
        body=body,
        timings=timings,
    )


def _read_body(here: Request, limit: int) -> bytes:
    """The request's body, its content coding undone. Raises LimitExceeded, status 413, and BadRequest."""
    if (here.content_length or 0) > limit or len(body := here.stream.read(limit + 1)) > limit:
        raise _too_large(limit)
    encoding = here.headers.get("Content-Encoding")
    if encoding is None:
        return body
    try:
        return coding.decode(body, encoding, limit)
    except coding.TooLarge:
        raise _too_large(limit) from None
    except coding.Unknown as exc:
        raise BadRequest(f"The body's {exc}.", status=415) from exc
    except coding.Undecodable as exc:
        raise BadRequest(f"The body is not coded as Content-Encoding says: {exc}.") from exc


def _too_large(limit: int) -> LimitExceeded:
    return LimitExceeded(f"The body is over {limit} bytes.", limit="RESTGQL_MAX_BODY", allowed=limit, status=413)


def _page(config: Config) -> ResponseReturnValue:
    """GraphiQL; its references are relative, so that they hold under any prefix."""
    endpoint = (config.graphql_path or "").rpartition("/")[2]
    html = graphiql.page(
        endpoint=endpoint, assets=f"{endpoint}/static", query=config.graphiql_query, title=config.graphiql_title
    )
    response = current_app.response_class(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = graphiql.CSP
    response.headers["Cache-Control"] = "no-cache"
    response.headers.add(*NOSNIFF)
    response.vary.add("Accept")
    return response
