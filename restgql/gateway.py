"""A request through the gateway, stage by stage: intake, plan, dispatch, respond."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.dispatch import Dispatcher, scheduler
from restgql.dispatch.routes import Route
from restgql.errors import BadRequest, LimitExceeded, RestgqlError
from restgql.formats.json import encode
from restgql.intake import aggregate as aggregate_intake
from restgql.intake import graphql as graphql_intake
from restgql.model import GraphQLParams, Inbound, Outbound, Outcome, Outcomes, Step
from restgql.plan.collect import Collector, identities, paths
from restgql.plan.document import Documents, InvalidRequest
from restgql.plan.limits import Limits
from restgql.respond import graphql as graphql_answer
from restgql.respond import problem
from restgql.respond.aggregate import map_text

logger = logging.getLogger("restgql")

NO_STORE = ("Cache-Control", "no-store")


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """The app, as one request sees it: how to ask it, and what may be asked for."""

    dispatch: Dispatcher
    routes: Callable[[], Iterable[Route]]
    request_id: str


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """The response map of an operation, and what came of its steps."""

    result: dict[str, Any]
    outcomes: Outcomes


class Pipeline:
    """The stages, set up for one schema and configuration; it connects when nothing is left to refuse."""

    def __init__(self, schema: GraphQLSchema, config: Config) -> None:
        self._schema = schema
        self._config = config
        limits = Limits(
            max_depth=config.max_depth,
            max_aliases=config.max_aliases,
            max_directives=config.max_directives,
            max_fields=config.max_fields,
        )
        self._documents = Documents(schema, limits, max_document=config.max_document, max_tokens=config.max_tokens)
        self.collector = Collector(schema, frozenset(name.lower() for name in config.subrequest_headers))

    def graphql(self, inbound: Inbound, connect: Callable[[], Upstream]) -> Outbound:
        """The answer of the GraphQL endpoint (GraphQL over HTTP, section Response)."""
        media_type = graphql_intake.JSON
        try:
            media_type = graphql_intake.media_type(inbound.accept)
            params = graphql_intake.read(inbound)
            executed = self.execute(params, connect, safe=inbound.method != "POST")
        except InvalidRequest as exc:
            # Under application/json a well-formed request is 200, whatever becomes of its document.
            status = 200 if media_type == graphql_intake.JSON else exc.status
            return _json(status, media_type, graphql_answer.refused(exc.errors))
        except RestgqlError as exc:
            headers = (("Allow", "POST"),) if exc.status == 405 else ()
            return _json(exc.status, media_type, graphql_answer.refused(exc), headers)
        return _json(200, media_type, executed.result, cookies=_cookies(executed.outcomes.values()))

    def aggregate(self, inbound: Inbound, connect: Callable[[], Upstream]) -> Outbound:
        """The answer of /aggregate: the map, or problem details (RFC 9457)."""
        started = time.perf_counter()
        try:
            params = aggregate_intake.read(inbound, self._config.max_subrequests)
            upstream = connect()
            step = paths("aggregate", params.paths)
            outcome = scheduler.run((step,), upstream.dispatch, logger)["aggregate"]
        except RestgqlError as exc:
            body = problem.of_error(exc)
            return Outbound(status=exc.status, content_type=problem.MEDIA_TYPE, body=body, headers=(NO_STORE,))
        parts = outcome.parts or {}
        body = map_text(parts, envelope=params.envelope, max_size=self._config.max_reply)
        _log(upstream.request_id, "aggregate", "-", {"aggregate": outcome}, started)
        return Outbound(
            status=200,
            content_type="application/json",
            body=body,
            headers=(NO_STORE,),
            cookies=_cookies(parts.values()),
        )

    def execute(self, params: GraphQLParams, connect: Callable[[], Upstream], *, safe: bool) -> Executed:
        """The operation of `params`, executed. `safe` allows queries only. Raises the errors that refuse it whole."""
        started = time.perf_counter()
        operation = self._documents.operation(params)
        if safe and operation.type is not OperationType.QUERY:
            raise BadRequest("A GET request runs queries only; send the operation by POST.", status=405)
        steps = self.collector.steps(operation)
        self._check_size(steps)
        upstream = connect()
        outcomes = scheduler.run(steps, upstream.dispatch, logger)
        root = graphql_answer.Root(
            outcomes, lambda prefix: _with_prefix(upstream.routes(), prefix), self._config.max_reply
        )
        result = graphql_answer.execute(self._schema, operation.document, root, operation.given, operation.name, logger)
        _log(upstream.request_id, operation.name, operation.hash[:12], outcomes, started)
        return Executed(result=result, outcomes=outcomes)

    def _check_size(self, steps: Iterable[Step]) -> None:
        if len(identities(steps)) > (allowed := self._config.max_subrequests):
            raise LimitExceeded(f"More than {allowed} sub-requests.", limit="RESTGQL_MAX_SUBREQUESTS", allowed=allowed)


def _json(
    status: int,
    media_type: str,
    result: Mapping[str, Any],
    headers: tuple[tuple[str, str], ...] = (),
    cookies: tuple[str, ...] = (),
) -> Outbound:
    return Outbound(
        status=status,
        content_type=f"{media_type}; charset=utf-8",
        body=encode(result),
        headers=(NO_STORE, *headers),
        cookies=cookies,
    )


def _with_prefix(routes: Iterable[Route], prefix: str | None) -> list[Route]:
    return [route for route in routes if route.path.startswith(prefix or "")]


def _leaves(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    for outcome in outcomes:
        if outcome.parts is None:
            yield outcome
        else:
            yield from _leaves(outcome.parts.values())


def _cookies(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """What the parts set, in document order."""
    return tuple(cookie for leaf in _leaves(outcomes) if leaf.reply for cookie in leaf.reply.cookies)


def _log(request_id: str, name: str, document: str, outcomes: Outcomes, started: float) -> None:
    """One line an operation: what it was, and what came of each part."""
    if not logger.isEnabledFor(logging.INFO):
        return
    parts = [
        str(leaf.reply.status) if leaf.reply else leaf.refused.code if leaf.refused else "-"
        for leaf in _leaves(outcomes.values())
    ]
    milliseconds = (time.perf_counter() - started) * 1000
    logger.info(
        "request=%s operation=%s document=%s parts=%s ms=%.1f",
        request_id,
        name or "-",
        document,
        ",".join(parts) or "-",
        milliseconds,
    )
