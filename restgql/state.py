"""One gateway on one app: its schema, its profile, its stores, and the app as the upstream of its operations."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from flask import Flask, Request, request
from graphql import GraphQLSchema
from werkzeug.routing import MapAdapter

from restgql import cache, graphql_core, remote_apis
from restgql.config import Config, limits_of
from restgql.configuration_checks import ConfigurationChecks
from restgql.debug_log import DebugLog
from restgql.documents import manifest
from restgql.documents.persisted import PersistedDocuments
from restgql.errors import ConfigError, RestgqlError
from restgql.execution.thread_pool import shared
from restgql.operations.operation_store import OperationStore
from restgql.operations.stored import NONE, Operations, StoredOperation
from restgql.pipeline import Pipeline
from restgql.profile import OPEN, Profile, profile_of
from restgql.remote_apis import RemoteApi
from restgql.schema.compile import calls
from restgql.schema.coverage import normalize_template, unrouted, unsent_arguments
from restgql.schema.type_source import SchemaError
from restgql.sources import CompiledSchema, Sources
from restgql.startup_log import StartupLog
from restgql.type_build import TypeBuild
from restgql.upstream import Dispatcher, Upstream
from restgql.upstream.environ import Environ
from restgql.upstream.flask_app import connect
from restgql.upstream.identity import Identity
from restgql.upstream.outer_request import OuterRequest
from restgql.upstream.prefix_router import UpstreamPool
from restgql.upstream.routes import Routes
from restgql.upstream.single_flight import Flights
from restgql.upstream.threads import Threads
from restgql.upstream.wsgi import WsgiApp

EXTENSION = "restgql"
ENDPOINTS = ("graphql", "aggregate", "asset", "health", "operation", "openapi")


class GatewayState:
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
        self.application: WsgiApp | None = None
        """The outermost WSGI callable, if sub-requests pass through the middleware around the app."""
        self.endpoints = frozenset(f"{endpoint_prefix}.{name}" for name in ENDPOINTS)
        apis = remote_apis.read(config, Path(app.root_path))
        self.remotes = _remotes(config, apis) if apis else None
        self.routes = self._routes()
        self._limits = limits_of(config)
        self._stored_limits = limits_of(config, stored=True)
        self._profiles = {debug: profile_of(config, debug=debug) for debug in (True, False)}
        self._pipelines: dict[tuple[Profile, int, bool], Pipeline] = {}
        self._store: tuple[CompiledSchema, OperationStore] | None = None
        self.cache = cache.create_cache(config, Path(app.instance_path))
        self._persisted = PersistedDocuments(
            config,
            cache.registry_of(config),
            manifest.read(app.root_path, config.persisted_documents),
            stored=lambda: self.operations.texts,
        )
        self._salt: tuple[object, bytes] = ((), b"")
        self._flights = Flights(Identity(config.cache_identity)) if config.single_flight else None
        self._debug_log = DebugLog()
        self._checks = ConfigurationChecks(app.config, config, self._debug_log)
        self._startup_log = StartupLog(config, self.routes)
        self._has_served = False
        self.sources = Sources(config, app, apis, query, mutation)
        self._build = TypeBuild(self.sources, self.routes)
        if not self.sources.needs_routes and self._operation_store is not None:
            self._operation_store.check()
        graphql_core.log_version()
        self._startup_log.profile(self.profile, debug=app.debug, is_serving=False)

    def start(self) -> None:
        """Raise SchemaError or ConfigError for errors in the types that are known at startup."""
        self._build.start(self._routes())  # a copy of the routes: the views may change before the first request

    def _routes(self) -> Routes:
        app, config = self.app, self.config
        methods = frozenset({"GET", *config.verbs})
        remotes = self.remotes.table if self.remotes else ()
        return Routes(app, config.routes, methods, lambda endpoint: is_gateway(app, endpoint), remotes)

    @property
    def compiled_schema(self) -> CompiledSchema:
        """The schema with its sources, and the reason if a source failed."""
        return self._build.compiled_schema

    @property
    def problem(self) -> str | None:
        """The reason why the gateway is not ready: the schema is incomplete, or too many threads are lost."""
        self._build.retry()
        if (failure := self._build.failure) is not None:
            return failure
        depleted = shared(self.config.threads).is_depleted
        return "Too many threads are lost to routes that do not answer." if depleted else None

    @property
    def lost_threads(self) -> int:
        """The number of the process's threads that are lost to routes that do not answer."""
        return shared(self.config.threads).stuck

    @property
    def profile(self) -> Profile:
        """The profile, which depends on the current `app.debug`: debug may be switched on after the gateway is made."""
        return self._profiles[self.app.debug]

    @property
    def _operation_store(self) -> OperationStore | None:
        if self.config.operations is None:
            return None
        compiled = self.compiled_schema
        if self._store is None or self._store[0] is not compiled:
            folder = Path(self.app.root_path) / self.config.operations
            store = OperationStore(folder, compiled.schema, self.trusted_pipeline.documents)
            if self.sources.needs_routes and compiled.failure is None:
                store.log_errors()
            self._store = compiled, store
            stored = store.operations(watch=False).by_name
            self.pipeline.compile_stored(operation.text for operation in stored.values())
        return self._store[1]

    @property
    def operations(self) -> Operations:
        """The stored operations; in debug, reloaded if their files have changed."""
        store = self._operation_store
        return NONE if store is None else store.operations(watch=self.app.debug)

    def operation(self, name: str, *, debug: bool, suggestions: bool) -> StoredOperation:
        """Return the stored operation of a name.

        Raises BadRequest and SchemaError, and SchemaUnavailable for one that does not fit an incomplete schema.
        """
        try:
            return self.operations.named(name, debug=debug, suggestions=suggestions)
        except SchemaError as exc:
            if self.compiled_schema.failure is None:
                raise
            raise self._missing() from exc

    def check_whole(self) -> None:
        """Raise SchemaUnavailable if a part of the schema could not be built."""
        if self.compiled_schema.failure is not None:
            raise self._missing()

    def _missing(self) -> RestgqlError:
        return self._build.missing(debug=self.app.debug)

    @property
    def pipeline(self) -> Pipeline:
        """The stages of a client's request."""
        compiled = self._build.compiled_schema
        return self._pipeline_of(self.profile, compiled, compiled.clients)

    @property
    def trusted_pipeline(self) -> Pipeline:
        """The stages of a request by the app's own code, which no profile restricts."""
        compiled = self._build.compiled_schema
        return self._pipeline_of(OPEN, compiled, compiled.schema)

    def _pipeline_of(self, profile: Profile, compiled: CompiledSchema, schema: GraphQLSchema) -> Pipeline:
        key = profile, id(schema), compiled.failure is None
        if key not in self._pipelines:
            if compiled.failure is None:  # pipelines of an incomplete schema are not needed any more
                self._pipelines = {each: pipeline for each, pipeline in self._pipelines.items() if each[2]}
            self.routes.typed = frozenset(
                (call.method, normalize_template(call.template.text)) for _, _, call in calls(schema)
            )
            self._pipelines[key] = Pipeline(
                schema,
                self.config,
                self.routes,
                profile=profile,
                persisted=self._persisted,
                own=compiled.schema,
                missing=None if compiled.failure is None else self._missing,
                float_variables=self.routes.templates.float_variables,
            )
        return self._pipelines[key]

    def connect(
        self,
        entered: OuterRequest,
        flask_request: Request,
        adapter: MapAdapter | None,
        *,
        stored: bool = False,
        in_view: bool = False,
        suggests: bool = False,
    ) -> Upstream:
        """Return the upstream of one operation; `flask_request` is Flask's current request, after the app's
        middleware.

        Operations that are `stored` may use the limit of typed sub-requests for untyped ones, too. `in_view` is True if
        a view of the app, or a resolver, makes the request. Errors suggest names in any profile if it `suggests`.
        """
        is_debug = self.app.debug
        self._startup_log.reach(debug=is_debug)
        if is_debug:
            self._check_configuration()
        upstream = self._connected(entered, flask_request, adapter, stored=stored, in_view=in_view, suggests=suggests)
        if is_debug:
            upstream = msgspec.structs.replace(upstream, debug_log=self._debug_log)
        is_multithreaded = entered.environ.get("wsgi.multithread", True)
        if self.config.sequential is None and not is_multithreaded and not self.app.testing:
            self._startup_log.single_thread()
        if self.cache is None:
            return upstream

        def again() -> Dispatcher:
            """Return a dispatcher with a deadline of its own, for revalidation in the background."""
            return self._connected(entered, flask_request, adapter).dispatch

        alone = upstream.nested or upstream.threads is not Threads.MANY
        return self.cache.around(upstream, self._cache_salt(), None if alone else again)

    def _connected(
        self,
        entered: OuterRequest,
        flask_request: Request,
        adapter: MapAdapter | None,
        *,
        stored: bool = False,
        in_view: bool = False,
        suggests: bool = False,
    ) -> Upstream:
        return connect(
            self.app,
            entered,
            flask_request,
            adapter,
            self.config,
            routes=self.routes,
            remotes=self.remotes,
            flights=self._flights,
            limits=self._stored_limits if stored else self._limits,
            in_view=in_view,
            suggests=suggests or self.profile.suggestions,
            application=self.application,
        )

    @property
    def keeps_responses(self) -> bool:
        """True if several requests may share a response."""
        return self.cache is not None or self._flights is not None

    def changed(self, environ: Environ, *, succeeded: bool) -> None:
        """Invalidate the responses from before an unsafe request to the app, whose environ this is."""
        if self._flights is not None:
            self._flights.wrote()
        if self.cache is not None and succeeded:
            self.cache.changed(environ)

    def _cache_salt(self) -> bytes:
        """Return a digest that separates the stored responses of this app and configuration from those of others."""
        config = self.config
        remotes = self.remotes.digest_parts if self.remotes else ()
        rules = (remotes, config.cache_identity, config.max_reply)
        parts = (self.app.secret_key, self.routes.fingerprint(), rules)
        if self._salt[0] != parts:
            self._salt = (parts, hashlib.blake2b(repr(parts).encode(), digest_size=32).digest())
        return self._salt[1]

    @property
    def wants_timings(self) -> bool:
        """True if the answer to the current request has the timings of its sub-requests."""
        timings = self.profile.timings
        return timings in request.headers if isinstance(timings, str) else timings

    def before_request(self) -> None:
        """Check the configuration at the first request, and log the profile again if debug was switched on or off."""
        if not self._has_served:
            self._has_served = True
            self._check_configuration()
        self._startup_log.profile(self.profile, debug=self.app.debug, is_serving=True)

    def _check_configuration(self) -> None:
        self._checks.check(
            [rule for rule in self.app.url_map.iter_rules() if not is_gateway(self.app, rule.endpoint)],
            lambda: (join.partition(":")[0] for join in self.compiled_schema.joins),
            self._unrouted,
            lambda: () if (types := self.compiled_schema).failure is not None else unsent_arguments(types.schema),
            has_middleware="wsgi_app" in vars(self.app) or self.application is not None,
        )

    def _unrouted(self) -> Iterable[tuple[str, str, str]]:
        return (
            ()
            if self.compiled_schema.failure is not None
            else unrouted(self.compiled_schema.schema, tuple(self.routes.everything()))
        )


def _remotes(config: Config, apis: tuple[RemoteApi, ...]) -> UpstreamPool:
    return UpstreamPool(
        remote_apis.accesses(config, apis),
        max_reply=config.max_reply,
        connections=config.threads,
    )


def is_gateway(app: Flask, endpoint: str) -> bool:
    """Return True if an endpoint belongs to a gateway."""
    return any(endpoint in state.endpoints for state in app.extensions[EXTENSION].values())
