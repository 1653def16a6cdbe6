"""The Flask extension: the gateway on a blueprint, its configuration, and its calls in Python."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack, cast

import msgspec
from flask import Flask, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.testing import EnvironBuilder
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import SecurityError

from restgql import config as configuration
from restgql.documents.documents import InvalidRequest
from restgql.errors import BadRequest, ConfigError, RestgqlError, UpstreamError, UpstreamInvalid
from restgql.formats import headers
from restgql.formats import json as json_format
from restgql.formats import select as select_format
from restgql.formats.file import File, files_in
from restgql.http import endpoints, stored_operation
from restgql.http.blueprint import GatewayBlueprint, check_app, check_graphene_type, check_name
from restgql.model import GraphQLRequest
from restgql.options import Options
from restgql.plan.arguments import compile_arguments
from restgql.plan.nodes import NodeKind, PlanNode
from restgql.respond import answer as graphql_answer
from restgql.state import EXTENSION, GatewayState
from restgql.sub_response import SubResponse, decoded
from restgql.upstream import Upstream, join_current_operation
from restgql.upstream.contexts import current_request_context
from restgql.upstream.gateways import Gateways
from restgql.upstream.outer_request import OuterRequest, entered_by, install_mixins
from restgql.upstream.wsgi import WsgiApp

if TYPE_CHECKING:
    from restgql.cache.cache import Cache


class Gateway:
    """A GraphQL gateway over the routes of a Flask app.

    Add it with `Gateway(app)`. In an app factory, write `gateway = Gateway()`, and then `gateway.init_app(app)` or
    `app.register_blueprint(gateway.blueprint, url_prefix=…)`. Keyword arguments are the `RESTGQL_*` keys in lower case,
    and override `app.config`. `query` and `mutation` are graphene object types: the gateway adds their fields to its
    own. `name` tells several gateways of one app apart. Raises ConfigError for an unknown key or a wrong value.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        name: str = EXTENSION,
        query: type | None = None,
        mutation: type | None = None,
        **arguments: Unpack[Options],
    ) -> None:
        check_name(name)
        self.name = name
        for key, graphene_type in (("query", query), ("mutation", mutation)):
            check_graphene_type(key, graphene_type)
        self._user_types = (query, mutation)
        self._arguments = arguments
        self._app: Flask | None = None
        self._application: WsgiApp | None = None
        self._states: list[GatewayState] = []
        self.blueprint = GatewayBlueprint(name, __name__)
        self.blueprint.record(self._mount)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Add the gateway to an app. Raises ConfigError."""
        self._check_name(app)
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
        """Run a GraphQL operation, and return its response map: `data`, and `errors` if there are any.

        Within a request, the operation runs as its client. Outside a request, it runs as a client that sends `headers`.
        A variable of the type Upload is a FileStorage of Werkzeug.
        """
        state = self._state()
        try:
            values = _variables(variables or {})
            uploads = frozenset(name for name, value in values.items() if any(files_in(value)))
            params = GraphQLRequest(query=query, operation_name=operation_name, variables=values, uploads=uploads)
            pipeline = state.trusted_pipeline
            with _session_of_view(state):
                result = pipeline.run(pipeline.read(params), partial(_caller, state, headers)).response_map
        except InvalidRequest as exc:
            result = graphql_answer.refused(exc.errors)
        except RestgqlError as exc:
            result = graphql_answer.refused(exc)
        try:
            response_map: dict[str, Any] = decoded(result)
        except UpstreamInvalid as exc:
            response_map = graphql_answer.refused(exc)
        return response_map

    def run(
        self, name: str, variables: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Run a stored operation, as the same client as `execute`. Return the value that its `# result:` selects.

        Without a `# result:`, return the response map. Raises ClientError for an invalid request and, if the operation
        has a `# result:`, its first error.
        """
        state = self._state()
        operation = state.operation(name, debug=True, suggestions=True)
        with _session_of_view(state):
            result = stored_operation.run(
                state.trusted_pipeline, operation, _json(variables), partial(_caller, state, headers)
            )
        return decoded(result)

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        select: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON value of the response to GET `path`, or the part that the JMESPath `select` selects.

        `params` has values for names in braces in the path. Raises UpstreamStatus for a status of 400 or more,
        another UpstreamError without a valid response, and ClientError for an invalid request.
        """
        if select is not None:
            select_format.check(select)
        response = self._response(NodeKind.GET, {"path": path, "params": params, "headers": headers})
        try:
            return decoded(response.data(select))
        except UpstreamError as exc:
            exc.extensions = _json(exc.extensions)
            raise

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> SubResponse:
        """Return the response to GET `path`, whatever its status. Raises ClientError for an invalid request.

        `params` has values for names in braces in the path. With `follow_redirects=False`, a redirect is the response.
        """
        arguments = {"path": path, "params": params, "headers": headers, "follow_redirects": follow_redirects}
        return self._response(NodeKind.FETCH, arguments)

    @property
    def application(self) -> WsgiApp | None:
        """The outermost WSGI callable, if middleware wraps the app object: sub-requests pass through it, too.

        For a server that is told to serve `application = Guard(app)`, set `gateway.application = application`. The
        middleware gets the environ that it has changed for the request to the gateway.
        """
        return self._application

    @application.setter
    def application(self, application: WsgiApp | None) -> None:
        self._application = application
        for state in self._states:
            state.application = application

    @property
    def cache(self) -> "Cache":
        """The cache of RESTGQL_CACHE, for `clear()`. Raises ConfigError if that is not set."""
        cache = self._state().cache
        if cache is None:
            raise ConfigError("There is no cache: RESTGQL_CACHE turns it on.")
        return cache

    def _response(self, kind: NodeKind, arguments: dict[str, Any]) -> SubResponse:
        state = self._state()
        arguments["params"] = _json(arguments["params"])
        headers = (arguments["headers"] or {}).items()
        arguments["headers"] = [{"name": name, "value": value} for name, value in headers]
        pipeline = state.trusted_pipeline
        compiled = compile_arguments(kind, arguments, pipeline.added_headers)
        node = PlanNode(key="", kind=kind, arguments=compiled)
        with _session_of_view(state):
            result = pipeline.start_node(node, _caller(state, None)).finish().results[""]
        if result.error is not None:
            raise result.error
        assert result.response is not None
        return result.response

    def _mount(self, setup: BlueprintSetupState) -> None:
        app = cast(Flask, setup.app)
        self._check_name(app)
        config = configuration.load(self._arguments, app.config)
        install_mixins(app, hooks=config.hooks)
        state = GatewayState(app, config, f"{setup.name_prefix}.{setup.name}".lstrip("."), *self._user_types)
        states = app.extensions.setdefault(EXTENSION, {})
        states[self.name] = state
        try:
            state.start()
        except ConfigError:
            del states[self.name]
            raise
        state.application = self._application
        self._states.append(state)
        Gateways.on(app).add(self.blueprint, state.endpoints, hooks=config.hooks)
        endpoints.add(setup, state)
        self._app = app

    def _check_name(self, app: Flask) -> None:
        check_app(app)
        if self.name in app.extensions.get(EXTENSION, {}):
            raise ConfigError(f"The app has a gateway named {self.name!r}; a second one takes another name=.")

    def _state(self) -> GatewayState:
        app = current_app._get_current_object() if current_app else self._app  # type: ignore[attr-defined]
        state: GatewayState | None = app.extensions.get(EXTENSION, {}).get(self.name) if app is not None else None
        if state is None:
            raise ConfigError("The gateway is on no app yet: call init_app(app) first.")
        return state


def _json(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a mapping as a JSON object; dates and UUIDs, for example, become strings. Raises BadRequest."""
    try:
        members: dict[str, Any] = json_format.value(json_format.encode(dict(value or {})))
    except json_format.NotJson as exc:
        raise BadRequest(f"The parameters or variables are not JSON: {exc}.") from exc
    return members


def _variables(value: Any) -> Any:
    """Return variables as JSON values, and their files as File. Raises BadRequest."""
    match value:
        case FileStorage():
            return File(value.filename or "", value.content_type or "", value.read())
        case Mapping():
            return {json_format.to_text(key): _variables(item) for key, item in value.items()}
        case list() | tuple():
            return [_variables(item) for item in value]
    return _json({"": value})[""]


@contextmanager
def _session_of_view(state: GatewayState) -> Iterator[None]:
    """Open the session again for the view that makes the request, once it is done."""
    entered = entered_by(state.app, request) if request and current_app == state.app else None
    try:
        yield
    finally:
        if entered is not None and entered.session is not None:
            entered.session.reopen()


def _caller(state: GatewayState, fields: Mapping[str, str] | None, *, stored: bool = False) -> Upstream:
    """Return the upstream of the current request's caller or, outside of a request, of a client that sends `fields`."""
    app = state.app
    own = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.well_formed((fields or {}).items())
    }
    if request and current_app == app:
        entered = entered_by(app, request)
        outer = msgspec.structs.replace(entered, environ=entered.environ | own, cookies=[])
        upstream = state.connect(outer, request, current_request_context().url_adapter, stored=stored, in_view=True)
        return join_current_operation(upstream)
    trusted = app.config.get("TRUSTED_HOSTS") or [None]
    base = None if app.config["SERVER_NAME"] or trusted[0] is None else f"http://{trusted[0].lstrip('.')}"
    # No server promises here that the app runs in one thread.
    builder = EnvironBuilder(app, state.config.graphql_path or "/", base_url=base, multithread=True)
    try:
        environ = builder.get_environ() | own
    finally:
        builder.close()
    flask_request = app.request_class(environ)
    try:
        adapter = app.create_url_adapter(flask_request)
    except SecurityError as exc:
        raise BadRequest(f"{exc.description} Set it by headers=.") from exc
    outer = OuterRequest(app, environ, True, copy_context())
    upstream = state.connect(outer, flask_request, adapter, stored=stored, suggests=True)  # no client sees the errors
    return join_current_operation(upstream)
