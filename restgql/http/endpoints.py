"""The endpoints of a gateway: their rules, and the view of each."""

from collections.abc import Callable
from functools import partial
from hashlib import sha1
from typing import Any

from flask import Flask, Request, abort, current_app, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from restgql import graphiql
from restgql.config import Config
from restgql.errors import NESTED, BadRequest, ConfigError, NestedRequest, RestgqlError
from restgql.formats.headers import NO_STORE
from restgql.formats.remote_upstream import is_below
from restgql.http import aggregate, cache_invalidation, graphql, graphql_request, stored_operation
from restgql.http.flask_response import flask_response
from restgql.http.request import read
from restgql.http.responses import problem_response
from restgql.model import HttpRequest, HttpResponse
from restgql.operations.stored import Operations
from restgql.pipeline import Connect
from restgql.state import GatewayState, is_gateway
from restgql.upstream.contexts import current_request_context
from restgql.upstream.flask_app import DEPTH
from restgql.upstream.outer_request import entered_by

ViewFunction = Callable[..., ResponseReturnValue]

METHODS = ("GET", "POST", "QUERY")
_NO_PAGE = (
    "GraphiQL is off: RESTGQL_GRAPHIQL = True turns it on, as debug mode does. The endpoint works without it: "
    'POST {"query": "{ … }"} as application/json.'
)
NOSNIFF = ("X-Content-Type-Options", "nosniff")


def add(setup: BlueprintSetupState, state: GatewayState) -> None:
    """Add the endpoints of a gateway to its blueprint. Raises ConfigError if another gateway has one of their paths."""
    config, views = state.config, Views(state)
    add_rule = partial(_add_rule, setup, state.app)
    if config.graphql_path is not None:
        add_rule(config.graphql_path, "graphql", views.graphql, methods=METHODS)
        add_rule(f"{config.graphql_path}/static/<path:filename>", "asset", views.asset)
        add_rule(f"{config.graphql_path}/health", "health", views.health)
        if config.operations is not None:
            add_rule(f"{config.graphql_path}/<name>", "operation", views.operation, methods=METHODS)
            add_rule(f"{config.graphql_path}/openapi.json", "openapi", views.openapi)
    if config.aggregate_path is not None and config.untyped:
        add_rule(config.aggregate_path, "aggregate", views.aggregate, methods=METHODS)
    if state.keeps_responses:
        state.app.after_request(partial(cache_invalidation.invalidate, state))
    _check_places(state)


def _add_rule(setup: BlueprintSetupState, app: Flask, path: str, name: str, view: ViewFunction, **options: Any) -> None:
    """Add a rule for every host. If the app matches hosts, a rule without a host would match none."""
    if not app.url_map.host_matching or "host" in setup.options:
        setup.add_url_rule(path, name, view, **options)
        return

    def of_any_host(restgql_host: str = "", **arguments: Any) -> ResponseReturnValue:
        return view(**arguments)

    setup.add_url_rule(path, name, of_any_host, host="<restgql_host>", **options)


def _check_places(state: GatewayState) -> None:
    places: dict[tuple[str, ...], str] = {}
    for rule in state.app.url_map.iter_rules():
        first = places.setdefault((rule.host or "", rule.subdomain or "", rule.rule), rule.endpoint)
        if first != rule.endpoint and rule.endpoint in state.endpoints:
            key = "aggregate_path" if rule.endpoint.endswith(".aggregate") else "graphql_path"
            if first in state.endpoints:
                raise ConfigError(f"graphql_path and aggregate_path are both {rule.rule}: set another path for one.")
            whose = f"another gateway's ({first})" if is_gateway(state.app, first) else f"the app's own ({first})"
            raise ConfigError(f"{rule.rule} is {whose}: {key}= takes another path.")
    own = [rule for (_, _, rule), endpoint in places.items() if is_gateway(state.app, endpoint)]
    for prefix in (remote.prefix or "/" for remote in (state.remotes.table if state.remotes else ())):
        if any(is_below(prefix, rule.partition("/<")[0]) for rule in own):
            raise ConfigError(f"upstreams = {{{prefix!r}: …}}: these paths are the gateway's own.")


class Views:
    """The views of the endpoints of one gateway."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state
        self._described: tuple[tuple[Operations, str] | None, HttpResponse | None] = None, None
        """The operations and server of the last OpenAPI document, and the document: a large one takes long to make."""

    def graphql(self) -> ResponseReturnValue:
        state, flask_request = self._state, current_request_context().request
        accept = flask_request.environ.get("HTTP_ACCEPT", "")
        if graphql_request.wants_page(flask_request.method, accept):
            if state.profile.graphiql:
                return _page(state.config)
            if not flask_request.query_string:
                return _answer(state, lambda request, connect: problem_response(BadRequest(_NO_PAGE)))
        return _answer(state, partial(graphql.answer, state.pipeline), lambda error: graphql.unread(error, accept))

    def aggregate(self) -> ResponseReturnValue:
        return _answer(self._state, partial(aggregate.answer, self._state.pipeline))

    def operation(self, name: str) -> ResponseReturnValue:
        state = self._state
        pipeline = state.pipeline

        def stage(request: HttpRequest, connect: Connect) -> HttpResponse:
            operation = state.operation(name, debug=state.app.debug, suggestions=pipeline.profile.suggestions)
            return stored_operation.answer(pipeline, operation, request, connect)

        return _answer(state, stage)

    def openapi(self) -> ResponseReturnValue:
        state = self._state
        server = request.script_root + request.path.rpartition("/")[0]
        title = f"Stored operations of {state.app.name}"
        source = state.operations, server
        described, document = self._described
        if described != source or document is None:
            document = stored_operation.document(source[0], state.compiled_schema.schema, title=title, server=server)
            self._described = source, document

        def stage(request: HttpRequest, connect: Connect) -> HttpResponse:
            state.check_whole()  # otherwise the list would lack operations
            return document

        return _answer(state, stage)

    def asset(self, filename: str) -> ResponseReturnValue:
        if not self._state.profile.graphiql or filename == graphiql.TEMPLATE:
            abort(404)
        response = send_from_directory(graphiql.STATIC, filename, max_age=31_536_000)
        response.headers.add(*NOSNIFF)
        return response

    def health(self) -> ResponseReturnValue:
        """Answer a probe of liveness, or of readiness with `?ready`, without waiting for a thread, however busy the
        gateway is.

        The words are those of draft-inadarei-api-health-check.
        """
        answer: dict[str, Any] = {"status": "pass"}
        if "ready" in request.args:
            problem, lost = self._state.problem, self._state.lost_threads
            if problem is not None:
                answer = {"status": "fail", "output": problem}
            if lost:
                check = {"status": "fail" if problem else "warn", "observedValue": lost, "observedUnit": "threads"}
                answer["checks"] = {"threads:lost": [check]}
        return answer, 503 if answer["status"] == "fail" else 200, [*NO_STORE, NOSNIFF]


def _answer(
    state: GatewayState, stage: Any, refused: Callable[[RestgqlError], HttpResponse] = problem_response
) -> ResponseReturnValue:
    """Answer the current request with a stage of the pipeline. `refused` is the response to one that is rejected."""
    context = current_request_context()
    flask_request: Request = context.request
    entered = entered_by(state.app, flask_request)
    state.before_request()
    try:
        if entered.environ.get(DEPTH):
            raise NestedRequest(NESTED)
        request = read(flask_request, state.config, wants_timings=state.wants_timings)
        answer = stage(request, partial(state.connect, entered, flask_request, context.url_adapter))
    except RestgqlError as exc:
        answer = refused(exc)
    if entered.session is not None:
        entered.session.reopen(answer.cookies)
    entered.answered = True
    entered.cookies.extend(answer.cookies)
    entered.no_store = NO_STORE[0] in answer.headers
    response = flask_response(state.app, answer, NOSNIFF, is_plain=entered.is_routed_by_path)
    if flask_request.method != "POST" and response.status_code == 200 and not response.cache_control.no_store:
        response.set_etag(_etag(answer))
        # 304 if the client has it already (RFC 9110 section 13); Werkzeug does not know QUERY as a safe method
        response.make_conditional({**flask_request.environ, "REQUEST_METHOD": "GET"})
        if response.status_code == 412:  # 412 is for this request alone
            entered.no_store = True
    return response


def _etag(response: HttpResponse) -> str:
    """Return the ETag of a body: its two media types are two representations (RFC 9110 section 8.8.1)."""
    digest = sha1(response.content_type.encode(), usedforsecurity=False)
    for piece in [response.body] if isinstance(response.body, bytes) else response.body:
        digest.update(piece)
    return digest.hexdigest()


def _page(config: Config) -> ResponseReturnValue:
    """Return GraphiQL. Its references are relative, so they work under any prefix."""
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
