"""The endpoints of a gateway: their rules, and what each answers the current request with."""

from functools import partial
from hashlib import sha1
from typing import Any

from flask import Request, abort, current_app, request, send_from_directory, stream_with_context
from flask.blueprints import BlueprintSetupState
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from restgql import graphiql
from restgql.config import Config
from restgql.errors import BadRequest, ConfigError, NestedRequest, RestgqlError
from restgql.formats.headers import NO_STORE
from restgql.formats.remote import is_below
from restgql.http import aggregate, cache_invalidation, graphql, graphql_request, stored
from restgql.http.request import read
from restgql.http.responses import problem_response
from restgql.model import HttpRequest, HttpResponse
from restgql.operations.stored import Operations
from restgql.pipeline import Connect
from restgql.state import GatewayState, is_gateway
from restgql.upstream.flask_app import DEPTH, entered_by

METHODS = ("GET", "POST", "QUERY")
_NO_PAGE = "There is no GraphiQL here: outside debug it is off, and RESTGQL_GRAPHIQL turns it on."
NOSNIFF = ("X-Content-Type-Options", "nosniff")


def add(state: BlueprintSetupState, mounted: GatewayState) -> None:
    """Put the endpoints of a gateway on the blueprint that `state` is of. Raises ConfigError where another has them."""
    config, views = mounted.config, Views(mounted)
    if config.graphql_path is not None:
        state.add_url_rule(config.graphql_path, "graphql", views.graphql, methods=METHODS)
        state.add_url_rule(f"{config.graphql_path}/static/<path:filename>", "asset", views.asset)
        state.add_url_rule(f"{config.graphql_path}/health", "health", views.health)
        if config.operations is not None:
            state.add_url_rule(f"{config.graphql_path}/<name>", "operation", views.operation, methods=METHODS)
            state.add_url_rule(f"{config.graphql_path}/openapi.json", "openapi", views.openapi)
    if config.aggregate_path is not None and config.untyped:
        state.add_url_rule(config.aggregate_path, "aggregate", views.aggregate, methods=METHODS)
    if mounted.keeps_responses:
        mounted.app.after_request(partial(cache_invalidation.invalidate, mounted))
    _check_places(mounted)


def _check_places(mounted: GatewayState) -> None:
    places: dict[tuple[str, ...], str] = {}
    for rule in mounted.app.url_map.iter_rules():
        if is_gateway(mounted.app, rule.endpoint):
            first = places.setdefault((rule.host or "", rule.subdomain or "", rule.rule), rule.endpoint)
            if first != rule.endpoint:
                raise ConfigError(f"{rule.rule} is another gateway's ({first}): graphql_path= takes another path.")
    for prefix in mounted.config.upstreams:
        if any(is_below(prefix, rule.partition("/<")[0]) for _, _, rule in places):
            raise ConfigError(f"upstreams = {{{prefix!r}: …}}: these paths are the gateway's own.")


class Views:
    """What the endpoints of one gateway answer with."""

    def __init__(self, mounted: GatewayState) -> None:
        self._mounted = mounted
        self._described: tuple[tuple[Operations, str] | None, HttpResponse | None] = None, None
        """The OpenAPI document that was asked for last, and what it is of; hundreds of operations take a while."""

    def graphql(self) -> ResponseReturnValue:
        mounted, accept = self._mounted, request.headers.get("Accept", "")
        if graphql_request.wants_page(request.method, accept):
            if mounted.profile.graphiql:
                return _page(mounted.config)
            if not request.query_string:
                return _answer(mounted, lambda inbound, connect: problem_response(BadRequest(_NO_PAGE)))
        return _answer(mounted, partial(graphql.answer, mounted.pipeline))

    def aggregate(self) -> ResponseReturnValue:
        return _answer(self._mounted, partial(aggregate.answer, self._mounted.pipeline))

    def operation(self, name: str) -> ResponseReturnValue:
        mounted = self._mounted
        pipeline, operations = mounted.pipeline, mounted.operations

        def stage(inbound: HttpRequest, connect: Connect) -> HttpResponse:
            operation = operations.named(name, debug=mounted.app.debug, suggestions=pipeline.profile.suggestions)
            return stored.answer(pipeline, operation, inbound, connect)

        return _answer(mounted, stage)

    def openapi(self) -> ResponseReturnValue:
        mounted = self._mounted
        server = request.script_root + request.path.rpartition("/")[0]
        title = f"Stored operations of {mounted.app.name}"
        of = mounted.operations, server
        made, outbound = self._described
        if made != of or outbound is None:
            outbound = stored.document(of[0], mounted.typed.schema, title=title, server=server)
            self._described = of, outbound
        return _answer(mounted, lambda inbound, connect: outbound)

    def asset(self, filename: str) -> ResponseReturnValue:
        if not self._mounted.profile.graphiql or filename == graphiql.TEMPLATE:
            abort(404)
        response = send_from_directory(graphiql.STATIC, filename, max_age=31_536_000)
        response.headers.add(*NOSNIFF)
        return response

    def health(self) -> ResponseReturnValue:
        """Answer a probe of liveness, or of readiness by `?ready`; it waits for no thread, however busy the gateway is.

        The words are those of draft-inadarei-api-health-check.
        """
        answer: dict[str, Any] = {"status": "pass"}
        if "ready" in request.args:
            problem, lost = self._mounted.problem, self._mounted.lost_threads
            if problem is not None:
                answer = {"status": "fail", "output": problem}
            if lost:
                check = {"status": "fail" if problem else "warn", "observedValue": lost, "observedUnit": "threads"}
                answer["checks"] = {"threads:lost": [check]}
        return answer, 503 if answer["status"] == "fail" else 200, [*NO_STORE, NOSNIFF]


def _answer(mounted: GatewayState, stage: Any) -> ResponseReturnValue:
    """One of the pipeline's answers to the current request."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    entered = entered_by(mounted.app, here)
    mounted.log_profile()
    try:
        if entered.environ.get(DEPTH):
            raise NestedRequest("A gateway cannot be asked for through a gateway.")
        inbound = read(here, mounted.config, wants_timings=mounted.wants_timings)
        outbound = stage(inbound, partial(mounted.connect, entered, here, context.url_adapter))
    except RestgqlError as exc:
        outbound = problem_response(exc)
    entered.answered = True
    entered.cookies.extend(outbound.cookies)
    entered.no_store = NO_STORE[0] in outbound.headers
    headers = [("Content-Type", outbound.content_type), *outbound.headers, NOSNIFF]
    body: Any = outbound.body
    if outbound.keeps_context:  # a resolver of the user's own may be called for a part that comes later
        body = stream_with_context(body)
    elif isinstance(body, list):
        headers.append(("Content-Length", str(sum(map(len, body)))))
    response = mounted.app.response_class(body, outbound.status, headers)
    if here.method != "POST" and response.status_code == 200 and not response.cache_control.no_store:
        response.set_etag(_etag(outbound))
        # 304 where the client has it already (RFC 9110 section 13); to Werkzeug, QUERY is no safe method
        response.make_conditional({**here.environ, "REQUEST_METHOD": "GET"})
        if response.status_code == 412:  # it is this request's alone
            entered.no_store = True
    return response


def _etag(response: HttpResponse) -> str:
    """Return the tag of a body: its two media types are two representations (RFC 9110 section 8.8.1)."""
    digest = sha1(response.content_type.encode(), usedforsecurity=False)
    for piece in [response.body] if isinstance(response.body, bytes) else response.body:
        digest.update(piece)
    return digest.hexdigest()


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
