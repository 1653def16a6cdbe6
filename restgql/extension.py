"""The Flask extension: endpoints on a blueprint, configuration, and the gateway's calls in Python."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from flask import Blueprint, Flask, Request, current_app, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from flask.globals import request_ctx
from flask.testing import EnvironBuilder
from flask.typing import ResponseReturnValue
from graphql import GraphQLSchema
from werkzeug.routing import MapAdapter

from restgql import config as configuration
from restgql import graphiql
from restgql.config import Config
from restgql.dispatch import Upstream
from restgql.dispatch.flask import (
    DEPTH,
    Entered,
    connect,
    entered_by,
    install_entrance,
)
from restgql.dispatch.routes import Routes
from restgql.errors import ConfigError, LimitExceeded, NestedRequest, RestgqlError
from restgql.formats import coding
from restgql.formats import json as json_format
from restgql.gateway import Pipeline, logger
from restgql.graph import core
from restgql.intake import graphql as graphql_intake
from restgql.model import Field, GraphQLParams, Inbound, Outbound
from restgql.plan.document import InvalidRequest
from restgql.respond import graphql as graphql_answer
from restgql.respond import problem
from restgql.respond.response import Response

EXTENSION = "restgql"


class Mounted:
    """One gateway on one app: `app.extensions["restgql"][name]`."""

    def __init__(self, app: Flask, config: Config, endpoint_prefix: str) -> None:
        self.app = app
        self.config = config
        self.schema: GraphQLSchema = core.build()
        self.endpoints = frozenset(f"{endpoint_prefix}.{name}" for name in ("graphql", "aggregate", "asset"))
        self.routes = Routes(app, config.routes, frozenset({"GET"}), lambda endpoint: is_gateway(app, endpoint))
        self.pipeline = Pipeline(self.schema, config, self.routes, app.logger)
        self._said = config.routes is not None

    @property
    def has_page(self) -> bool:
        """Whether GraphiQL is on: as configured, else in debug."""
        return self.app.debug if self.config.graphiql is None else self.config.graphiql

    def connect(self, entered: Entered, here: Request, adapter: MapAdapter | None) -> Upstream:
        """The app as the upstream of one request, which is `here` behind all middleware."""
        self._say_reach()
        return connect(
            self.app,
            entered,
            here,
            adapter,
            routes=self.routes,
            max_subrequests=self.config.max_subrequests,
            seconds=self.config.deadline,
            max_reply=self.config.max_reply,
            logger=self.app.logger,
        )

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


class Gateway:
    """A GraphQL gateway over the routes of a Flask app.

    `Gateway(app)`, or `gateway = Gateway()` and then `gateway.init_app(app)` or
    `app.register_blueprint(gateway.blueprint, url_prefix=…)`. Keyword arguments are the `RESTGQL_*` keys in lower
    case and win over `app.config`. Raises ConfigError for a key that is unknown or ill-typed.
    """

    def __init__(self, app: Flask | None = None, *, name: str = EXTENSION, **arguments: Any) -> None:
        self.name = name
        self._arguments = arguments
        self._app: Flask | None = None
        self.blueprint = Blueprint(name, __name__)
        self.blueprint.record(self._mount)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Add the gateway to an app. Raises ConfigError."""
        prefix = configuration.load(self._arguments, app.config).url_prefix
        app.register_blueprint(self.blueprint, **({} if prefix is None else {"url_prefix": prefix}))

    def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        operation_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The response map of a GraphQL operation: `data`, and `errors` where there are any.

        It runs as the current request's caller, or, outside of one, as a client that sends `headers`.
        """
        mounted = self._mounted()
        params = GraphQLParams(query=query, operation_name=operation_name, variables=dict(variables or {}))
        try:
            executed = mounted.pipeline.execute(params, lambda: _caller(mounted, headers), safe=False)
            result = executed.result
        except InvalidRequest as exc:
            result = graphql_answer.refused(exc.errors)
        except RestgqlError as exc:
            result = graphql_answer.refused(exc)
        decoded: dict[str, Any] = json_format.value(json_format.encode(result))
        return decoded

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        select: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON value of GET `path`. Raises UpstreamStatus for a status of 400 or more, and ClientErrors."""
        found = self._response(Field.GET, {"path": path, "params": params, "headers": headers}).data(select)
        return json_format.value(bytes(found)) if isinstance(found, msgspec.Raw) else found

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> Response:
        """The response to GET `path`, whatever its status. Raises ClientErrors for what cannot be asked."""
        given = {"path": path, "params": params, "headers": headers, "follow_redirects": follow_redirects}
        return self._response(Field.FETCH, given)

    def _response(self, field: Field, given: dict[str, Any]) -> Response:
        mounted = self._mounted()
        given["params"] = dict(given["params"] or {})
        given["headers"] = [{"name": name, "value": value} for name, value in (given["headers"] or {}).items()]
        step = mounted.pipeline.collector.step(field, "", given)
        outcome = mounted.pipeline.outcomes((step,), _caller(mounted, None))[""]
        if outcome.refused is not None:
            raise outcome.refused
        assert outcome.response is not None
        return outcome.response

    def _mount(self, state: BlueprintSetupState) -> None:
        app = cast(Flask, state.app)
        config = configuration.load(self._arguments, app.config)
        gateways: dict[str, Mounted] = app.extensions.setdefault(EXTENSION, {})
        if self.name in gateways:
            raise ConfigError(f"The app has a gateway named {self.name!r}; a second one takes another name=.")
        install_entrance(app)
        mounted = gateways[self.name] = Mounted(app, config, f"{state.name_prefix}.{state.name}".lstrip("."))
        self._app = app

        def graphql() -> ResponseReturnValue:
            if mounted.has_page and graphql_intake.wants_page(_inbound(b"")):
                return _page(config)
            return _answer(mounted, mounted.pipeline.graphql)

        def aggregate() -> ResponseReturnValue:
            return _answer(mounted, mounted.pipeline.aggregate)

        def asset(filename: str) -> ResponseReturnValue:
            return send_from_directory(graphiql.STATIC, filename, max_age=31_536_000)

        if config.graphql_path is not None:
            state.add_url_rule(config.graphql_path, "graphql", graphql, methods=["GET", "POST"])
            state.add_url_rule(f"{config.graphql_path}/static/<path:filename>", "asset", asset)
        if config.aggregate_path is not None:
            state.add_url_rule(config.aggregate_path, "aggregate", aggregate, methods=["GET", "POST"])

    def _mounted(self) -> Mounted:
        app = current_app._get_current_object() if current_app else self._app  # type: ignore[attr-defined]
        mounted: Mounted | None = app.extensions.get(EXTENSION, {}).get(self.name) if app is not None else None
        if mounted is None:
            raise ConfigError("The gateway is on no app yet: call init_app(app) first.")
        return mounted


def is_gateway(app: Flask, endpoint: str) -> bool:
    """Whether an endpoint is one of a gateway's own."""
    return any(endpoint in mounted.endpoints for mounted in app.extensions[EXTENSION].values())


def _caller(mounted: Mounted, headers: Mapping[str, str] | None) -> Upstream:
    """The upstream as the current request's caller sees it, or as a client of its own outside of one."""
    app = mounted.app
    own = [(f"HTTP_{name.upper().replace('-', '_')}", value) for name, value in (headers or {}).items()]
    if request and current_app == app:
        entered = entered_by(app, request)
        asked = Entered(app, entered.environ | dict(own), entered.called)
        return mounted.connect(asked, request, request_ctx.url_adapter)
    builder = EnvironBuilder(app, mounted.config.graphql_path or "/")
    try:
        environ = builder.get_environ() | dict(own)
    finally:
        builder.close()
    here = app.request_class(environ)
    return mounted.connect(Entered(app, environ, called=True), here, app.create_url_adapter(here))


def _answer(mounted: Mounted, stage: Any) -> ResponseReturnValue:
    """One of the pipeline's answers to the current request."""
    entered = entered_by(mounted.app, request)
    try:
        if entered.environ.get(DEPTH):
            raise NestedRequest("A gateway cannot be asked for through a gateway.")
        inbound = _inbound(_read_body(mounted.config.max_body))
        outbound = stage(inbound, lambda: mounted.connect(entered, request, request_ctx.url_adapter))
    except RestgqlError as exc:
        outbound = Outbound(status=exc.status, content_type=problem.MEDIA_TYPE, body=problem.of_error(exc))
    entered.cookies.extend(outbound.cookies)
    response = current_app.response_class(outbound.body, outbound.status, content_type=outbound.content_type)
    response.headers.extend(outbound.headers)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _inbound(body: bytes) -> Inbound:
    return Inbound(
        method=request.method,
        query=tuple(request.args.items(multi=True)),
        content_type=request.headers.get("Content-Type", ""),
        accept=request.headers.get("Accept", ""),
        body=body,
    )


def _read_body(limit: int) -> bytes:
    """The request's body, its content coding undone. Raises LimitExceeded, status 413, and BadRequest."""
    too_large = LimitExceeded(f"The body is over {limit} bytes.", limit="RESTGQL_MAX_BODY", allowed=limit, status=413)
    if (request.content_length or 0) > limit:
        raise too_large
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise too_large
    try:
        return coding.decode(body, request.headers.get("Content-Encoding", ""), limit)
    except coding.TooLarge:
        raise too_large from None


def _page(config: Config) -> ResponseReturnValue:
    """GraphiQL; its references are relative, so that they hold under any prefix."""
    endpoint = (config.graphql_path or "").rpartition("/")[2]
    html = graphiql.page(
        endpoint=endpoint, assets=f"{endpoint}/static", query=config.graphiql_query, title=config.graphiql_title
    )
    response = current_app.response_class(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = graphiql.CSP
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept")
    return response
