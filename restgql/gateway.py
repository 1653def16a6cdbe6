"""A request through the gateway, stage by stage: intake, plan, dispatch, respond."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.dispatch import Upstream, pool
from restgql.dispatch.flow import Flow
from restgql.dispatch.routes import Route
from restgql.dispatch.scheduler import Scheduler, Settings
from restgql.dispatch.waits import Waits
from restgql.errors import BadRequest, RestgqlError, Unavailable
from restgql.formats.json import encode
from restgql.intake import aggregate as aggregate_intake
from restgql.intake import graphql as graphql_intake
from restgql.model import Field, GraphQLParams, Inbound, Outbound, Step
from restgql.plan.collect import Collector, parts
from restgql.plan.document import Documents, InvalidRequest
from restgql.plan.limits import Limits, check_size
from restgql.respond import graphql as graphql_answer
from restgql.respond import problem
from restgql.respond.aggregate import map_text
from restgql.respond.outcome import Outcomes
from restgql.respond.weight import Weight

logger = logging.getLogger("restgql")

NO_STORE = ("Cache-Control", "no-store")


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """The response map of an operation, and what came of its steps."""

    result: dict[str, Any]
    outcomes: Outcomes


class Pipeline:
    """The stages, set up for one schema and configuration; it connects when nothing is left to refuse.

    `routes` are those that can be asked for, `logger` has the app's own tracebacks.
    """

    def __init__(
        self, schema: GraphQLSchema, config: Config, routes: Iterable[Route], app_logger: logging.Logger
    ) -> None:
        self._schema = schema
        self._config = config
        self._routes = routes
        self._app_logger = app_logger
        self._waits = Waits()
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
            headers = (("Allow", "POST"),) if exc.status == 405 else _retry_after(exc)
            return _json(exc.status, media_type, graphql_answer.refused(exc), headers)
        return _json(200, media_type, executed.result, cookies=_cookies(executed.outcomes))

    def aggregate(self, inbound: Inbound, connect: Callable[[], Upstream]) -> Outbound:
        """The answer of /aggregate: the map, or problem details (RFC 9457)."""
        started = time.perf_counter()
        try:
            params = aggregate_intake.read(inbound, self._config.max_subrequests)
            upstream = connect()
            step = Step(key="aggregate", field=Field.AGGREGATE, steps=parts(params.paths))
            outcomes = self.outcomes((step,), upstream)
            if (refused := outcomes["aggregate"].refused) is not None:
                raise refused
        except RestgqlError as exc:
            return refusal(exc)
        weight = Weight(self._config.max_replies)
        body = map_text(outcomes["aggregate"].parts or {}, weight, envelope=params.envelope)
        _log(upstream.request_id, "aggregate", "-", outcomes, started)
        return Outbound(
            status=200, content_type="application/json", body=body, headers=(NO_STORE,), cookies=_cookies(outcomes)
        )

    def execute(self, params: GraphQLParams, connect: Callable[[], Upstream], *, safe: bool) -> Executed:
        """The operation of `params`, executed. `safe` allows queries only. Raises the errors that refuse it whole."""
        started = time.perf_counter()
        operation = self._documents.operation(params)
        if safe and operation.type is not OperationType.QUERY:
            raise BadRequest("A GET request runs queries only; send the operation by POST.", status=405)
        steps = self.collector.steps(operation)
        check_size(steps, self._config.max_subrequests)
        upstream = connect()
        outcomes = self.outcomes(steps, upstream)
        weight = Weight(self._config.max_replies)
        shape = graphql_answer.Shape(lambda prefix: _with_prefix(self._routes, prefix), weight)
        result = graphql_answer.execute(
            self._schema, operation.document, shape, outcomes, operation.given, operation.name, logger
        )
        _log(upstream.request_id, operation.name, operation.hash[:12], outcomes, started)
        return Executed(result=result, outcomes=outcomes)

    def outcomes(self, steps: Iterable[Step], upstream: Upstream) -> Outcomes:
        """What came of the steps, when all of it is there or the deadline has passed. Raises Unavailable."""
        scheduler = Scheduler(
            upstream.dispatch,
            Settings(
                deadline=upstream.deadline,
                subrequest_timeout=self._config.subrequest_timeout,
                in_flight=self._config.in_flight,
                max_replies=self._config.max_replies,
                inline=upstream.nested or self._config.sequential,
            ),
            pool=pool.shared(self._config.threads),
            budget=upstream.budget,
            waits=self._waits,
            logger=self._app_logger,
        )
        outcomes = Flow(scheduler, upstream.caller, max_reply=self._config.max_reply).begin(steps)
        scheduler.run()
        return outcomes


def refusal(error: RestgqlError) -> Outbound:
    """The answer of a request that is refused as a whole, outside of GraphQL: problem details (RFC 9457)."""
    headers = (NO_STORE, *_retry_after(error))
    return Outbound(status=error.status, content_type=problem.MEDIA_TYPE, body=problem.of_error(error), headers=headers)


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


def _cookies(outcomes: Outcomes) -> tuple[str, ...]:
    """What the parts set, in document order."""
    leaves = [leaf for outcome in outcomes.values() for leaf in outcome.leaves()]
    return tuple(cookie for leaf in leaves if leaf.response for cookie in leaf.response.set_cookies)


def _retry_after(error: RestgqlError) -> tuple[tuple[str, str], ...]:
    return (("Retry-After", "1"),) if isinstance(error, Unavailable) else ()


def _log(request_id: str, name: str, document: str, outcomes: Outcomes, started: float) -> None:
    """One line an operation: what it was, and what came of each part."""
    if not logger.isEnabledFor(logging.INFO):
        return
    parts = [
        str(leaf.response.status) if leaf.response else leaf.refused.code if leaf.refused else "-"
        for outcome in outcomes.values()
        for leaf in outcome.leaves()
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
