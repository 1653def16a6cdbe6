"""A gateway on one app: its endpoints, and the app as what they ask."""

import hashlib
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, abort, current_app, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from graphql import GraphQLSchema
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import generate_etag
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
from restgql.formats.body import Body
from restgql.formats.body import Written as Sent
from restgql.formats.file import File
from restgql.formats.remote import is_below
from restgql.gateway import aggregate, graphql, stored
from restgql.gateway.outbound import refusal
from restgql.gateway.pipeline import Connect, Pipeline, logger
from restgql.graph.compile import calls
from restgql.graph.review import shape_of
from restgql.intake import graphql as graphql_intake
from restgql.intake import multipart
from restgql.model import Inbound, Outbound
from restgql.operations.shelf import Shelf
from restgql.operations.stored import NONE, Operations
from restgql.persisted import manifest
from restgql.persisted.documents import PersistedDocuments
from restgql.persisted.registry import MemoryRegistry
from restgql.profile import OPEN, Profile, described, profile_of
from restgql.respond.merged import NO_STORE
from restgql.sources import Typed

EXTENSION = "restgql"
ENDPOINTS = ("graphql", "aggregate", "asset", "health", "operation", "openapi")
METHODS = ("GET", "POST", "QUERY")
CHUNK = 65_536
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
        if config.operations is not None and config.graphql_path is None:
            raise ConfigError(f"operations = {config.operations!r}: they are below graphql_path, and that is None.")
        self.app = app
        self.config = config
        self._user_types = (query, mutation)
        self.endpoints = frozenset(f"{endpoint_prefix}.{name}" for name in ENDPOINTS)
        self.remotes = _remotes(config, app) if config.upstreams else None
        self.routes = Routes(
            app,
            config.routes,
            frozenset({"GET", *config.verbs}),
            lambda endpoint: is_gateway(app, endpoint),
            self.remotes.table if self.remotes else (),
        )
        self._profiles = {debug: profile_of(config, debug=debug) for debug in (True, False)}
        self._pipelines: dict[tuple[Profile, int], Pipeline] = {}
        self._persisted = PersistedDocuments(
            config,
            MemoryRegistry(config.apq_entries, config.apq_bytes),
            manifest.read(app.root_path, config.persisted_documents),
            stored=lambda: self.operations.texts,
        )
        self.cache = cache.made(config, Path(app.instance_path), app.logger)
        self._salt: tuple[object, bytes] = ((), b"")
        self._flights = Flights() if config.single_flight else None
        self._said = config.routes is not None
        self._said_profile: Profile | None = None
        if not sources.is_late(config):
            _ = self.pipeline  # so that what is wrong with a schema keeps the app from starting
            if self._shelf is not None:
                self._shelf.check()
        self._say_profile()

    @cached_property
    def typed(self) -> Typed:
        """The schema with its sources. Raises SchemaError and ConfigError."""
        return sources.typed(self.config, self.app, self.routes, *self._user_types)

    @property
    def profile(self) -> Profile:
        """What is open to clients; an app may be put in debug after its gateway was made."""
        return self._profiles[self.app.debug]

    @cached_property
    def _shelf(self) -> Shelf | None:
        if self.config.operations is None:
            return None
        shelf = Shelf(Path(self.app.root_path) / self.config.operations, self.typed.schema, self.own_pipeline.documents)
        if sources.is_late(self.config):
            shelf.say()
        return shelf

    @property
    def operations(self) -> Operations:
        """The stored operations; in debug, as their files are now."""
        return NONE if self._shelf is None else self._shelf.operations(watch=self.app.debug)

    @property
    def pipeline(self) -> Pipeline:
        """The stages of a client's request. Raises SchemaError and ConfigError."""
        return self._pipeline_of(self.profile, self.typed.clients)

    @property
    def own_pipeline(self) -> Pipeline:
        """The stages of what the app's own code asks for, which no profile closes anything to."""
        return self._pipeline_of(OPEN, self.typed.schema)

    def _pipeline_of(self, profile: Profile, schema: GraphQLSchema) -> Pipeline:
        key = profile, id(schema)
        if key not in self._pipelines:
            self.routes.typed = frozenset((call.method, shape_of(call.template.text)) for _, _, call in calls(schema))
            self._pipelines[key] = Pipeline(
                schema, self.config, self.routes, self.app.logger, profile=profile, persisted=self._persisted
            )
        return self._pipelines[key]

    def connect(self, entered: Entered, here: Request, adapter: MapAdapter | None, *, stored: bool = False) -> Upstream:
        """The app as the upstream of one request, which is `here` behind all middleware; of one for a `stored`
        operation, the budget of typed fields is that of untyped ones, too."""
        self._say_profile()
        self._say_reach()
        upstream = self._connected(entered, here, adapter, stored=stored)
        if self.cache is None:
            return upstream

        def again() -> Dispatcher:
            """A dispatcher that has time of its own, for what nobody waits for."""
            return self._connected(entered, here, adapter).dispatch

        alone = upstream.nested or self.config.sequential
        return self.cache.around(upstream, self._cache_salt(), None if alone else again)

    def _connected(
        self, entered: Entered, here: Request, adapter: MapAdapter | None, *, stored: bool = False
    ) -> Upstream:
        in_all = self.config.max_typed_subrequests
        return connect(
            self.app,
            entered,
            here,
            adapter,
            routes=self.routes,
            remotes=self.remotes,
            flights=self._flights,
            budget=Budget(max(self.config.max_subrequests, in_all if stored else 0), in_all),
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
        """Whether the current request is told what became of each sub-request."""
        timings = self.profile.timings
        return timings in request.headers if isinstance(timings, str) else timings

    def add_endpoints(self, state: BlueprintSetupState) -> None:
        """Put the endpoints on the blueprint that `state` is of. Raises ConfigError where another gateway has them."""
        config = self.config
        if config.graphql_path is not None:
            state.add_url_rule(config.graphql_path, "graphql", self._graphql, methods=METHODS)
            state.add_url_rule(f"{config.graphql_path}/static/<path:filename>", "asset", self._asset)
            state.add_url_rule(f"{config.graphql_path}/health", "health", _health)
            if config.operations is not None:
                state.add_url_rule(f"{config.graphql_path}/<name>", "operation", self._operation, methods=METHODS)
                state.add_url_rule(f"{config.graphql_path}/openapi.json", "openapi", self._openapi)
        if config.aggregate_path is not None and config.untyped:
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
        if self.profile.graphiql and graphql_intake.wants_page(request.method, request.headers.get("Accept", "")):
            return _page(self.config)
        return _answer(self, partial(graphql.answer, self.pipeline))

    def _aggregate(self) -> ResponseReturnValue:
        return _answer(self, partial(aggregate.answer, self.pipeline))

    def _operation(self, name: str) -> ResponseReturnValue:
        pipeline, operations, by_get = self.own_pipeline, self.operations, self.profile.get != "off"

        def stage(inbound: Inbound, connect: Connect) -> Outbound:
            operation = operations.named(name, debug=self.app.debug)
            return stored.answer(pipeline, operation, inbound, connect, by_get=by_get)

        return _answer(self, stage, stored=True)

    def _openapi(self) -> ResponseReturnValue:
        server = request.script_root + request.path.rpartition("/")[0]
        title = f"Stored operations of {self.app.name}"
        outbound = stored.document(self.operations, self.typed.schema, title=title, server=server)
        return _answer(self, lambda inbound, connect: outbound)

    def _asset(self, filename: str) -> ResponseReturnValue:
        if not self.profile.graphiql or filename == graphiql.TEMPLATE:
            abort(404)
        response = send_from_directory(graphiql.STATIC, filename, max_age=31_536_000)
        response.headers.add(*NOSNIFF)
        return response

    def _say_profile(self) -> None:
        """At the start, and again where the app was put in debug after it."""
        profile = self.profile
        if profile is not self._said_profile:
            self._said_profile = profile
            logger.info("%s", described(profile, self.config))

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


def _health() -> ResponseReturnValue:
    """For who asks whether the process answers; it waits for nothing, however busy the gateway is."""
    return {"status": "pass"}, 200, [*NO_STORE, NOSNIFF]


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


def _answer(mounted: Mounted, stage: Any, *, stored: bool = False) -> ResponseReturnValue:
    """One of the pipeline's answers to the current request."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    entered = entered_by(mounted.app, here)
    try:
        if entered.environ.get(DEPTH):
            raise NestedRequest("A gateway cannot be asked for through a gateway.")
        inbound = _inbound(here, _sent(here, mounted.config), timings=mounted.tells_timings)
        outbound = stage(inbound, lambda: mounted.connect(entered, here, context.url_adapter, stored=stored))
    except RestgqlError as exc:
        outbound = refusal(exc)
    entered.answered = True
    entered.cookies.extend(outbound.cookies)
    headers = [("Content-Type", outbound.content_type), *outbound.headers, NOSNIFF]
    response = mounted.app.response_class(outbound.body, outbound.status, headers)
    if here.method != "POST" and response.status_code == 200 and not response.cache_control.no_store:
        # the two media types of one body are two representations (RFC 9110 section 8.8.1)
        response.set_etag(generate_etag(outbound.content_type.encode() + response.get_data()))
        # 304 where the client has it already (RFC 9110 section 13); to Werkzeug, QUERY is no safe method
        response.make_conditional({**here.environ, "REQUEST_METHOD": "GET"})
        if response.status_code == 412:  # it is this request's alone
            response.headers.update(NO_STORE)
    return response


def _inbound(here: Request, sent: Sent, *, timings: bool = False) -> Inbound:
    body, content_type = sent
    return Inbound(
        method=here.method,
        query=_query(here),
        content_type=content_type,
        accept=here.headers.get("Accept", ""),
        body=body,
        timings=timings,
        preflighted=_is_preflighted(here),
    )


def _query(here: Request) -> tuple[tuple[str, str], ...]:
    """The parameters of the query string. Raises BadRequest."""
    try:
        return tuple(here.args.items(multi=True))
    except UnicodeDecodeError as exc:
        raise BadRequest("The query string holds bytes that are neither percent-encoded nor UTF-8.") from exc


def _is_preflighted(here: Request) -> bool:
    return any(here.headers.get(name, "").strip() for name in multipart.PREFLIGHT)


def _sent(here: Request, config: Config) -> Sent:
    """The request's body, its content coding undone, and its media type. Raises BadRequest, and LimitExceeded with
    status 413."""
    key = "max_upload" if here.mimetype == multipart.MEDIA_TYPE else "max_body"
    content_type = here.headers.get("Content-Type", "")
    if key == "max_upload" and not _is_preflighted(here):
        return b"", content_type  # it is refused, whatever it is
    limit = getattr(config, key)
    too_large = _too_large(limit, f"RESTGQL_{key.upper()}")
    if (here.content_length or 0) > limit:
        raise too_large
    body, content_type = _read(here, limit + 1)
    if len(body) > limit:
        raise too_large
    encoding = here.headers.get("Content-Encoding")
    if encoding is None:
        return body, content_type
    try:
        return coding.decode(body, encoding, limit), content_type
    except coding.TooLarge:
        raise too_large from None
    except coding.Unknown as exc:
        raise BadRequest(f"The body's {exc}.", status=415) from exc
    except coding.Undecodable as exc:
        raise BadRequest(f"The body is not coded as Content-Encoding says: {exc}.") from exc


def _too_large(limit: int, key: str) -> LimitExceeded:
    return LimitExceeded(f"The body is over {limit} bytes.", limit=key, allowed=limit, status=413)


def _read(here: Request, most: int) -> Sent:
    """So much of the body, and its media type, though a hook of the app has read it before. Raises BadRequest, and
    LimitExceeded with status 413."""
    try:
        body = bytearray()
        while len(body) < most and (chunk := here.stream.read(min(CHUNK, most - len(body)))):
            body += chunk
        if not body:
            body += here.get_data(cache=False)
        if not body and here.mimetype == multipart.MEDIA_TYPE:  # it is no longer there as it was sent
            return _again(here)
    except RequestEntityTooLarge as exc:
        raise _too_large(here.max_content_length or 0, "MAX_CONTENT_LENGTH") from exc
    except HTTPException as exc:  # it ends too early
        raise BadRequest(exc.description or "The body cannot be read.", status=exc.code) from exc
    return bytes(body), here.headers.get("Content-Type", "")


def _again(here: Request) -> Sent:
    """A form that was parsed already, as it may have been sent."""
    files = (
        (name, File(file.filename or "", file.content_type or "", file.read()))
        for name, file in here.files.items(multi=True)
    )
    return Body(value=here.form.to_dict(flat=False), encoding="MULTIPART", files=tuple(files)).written()


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
