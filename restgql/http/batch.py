"""A request with several operations in an array, as Apollo's BatchHttpLink sends them: an array of their responses."""

import time
from itertools import groupby

import msgspec

from restgql.documents.documents import Operation
from restgql.errors import RestgqlError
from restgql.execution.execution import Execution
from restgql.formats.headers import NO_STORE
from restgql.http import graphql_request, responses
from restgql.model import GraphQLRequest, HttpRequest, HttpResponse
from restgql.pipeline import Connect, Pipeline
from restgql.plan.plan import Plan
from restgql.respond.answer import ResponseMap
from restgql.upstream import Upstream


class Planned(msgspec.Struct, frozen=True):
    """An operation of the array that is ready to run."""

    plan: Plan
    operation: Operation


def answer(pipeline: Pipeline, request: HttpRequest, media_type: str, connect: Connect) -> HttpResponse:
    """Return the responses in order. One meter counts for all. Raises the error that rejects the whole array."""
    started = time.perf_counter()
    planned = [_plan(pipeline, each) for each in graphql_request.read_batch(request, pipeline.config)]
    # Only an array of stored operations has their larger budget.
    stored = all(each.operation.stored for each in planned if isinstance(each, Planned))
    upstream = connect(stored=stored)
    executions: list[Execution] = []
    response_maps: list[ResponseMap] = []
    # Consecutive queries run together; a mutation waits for the operations before it.
    for is_query, group in groupby(planned, _is_query):
        together = list(group)
        for some in [together] if is_query else [[each] for each in together]:
            response_maps += _run(pipeline, some, upstream, executions, started)
    cookies = tuple(cookie for execution in executions for cookie in execution.cookies())
    return responses.json(200, media_type, response_maps, NO_STORE, cookies)


def _plan(pipeline: Pipeline, request: GraphQLRequest | RestgqlError) -> Planned | ResponseMap:
    """Return one operation with its plan, or the response map of its error."""
    if isinstance(request, RestgqlError):
        return responses.refused(request)
    try:
        operation = pipeline.admit(request, "POST")
        return Planned(pipeline.plan(operation), operation)
    except RestgqlError as exc:
        return responses.refused(exc)


def _is_query(planned: Planned | ResponseMap) -> bool:
    return not isinstance(planned, Planned) or not planned.plan.is_mutation


def _run(
    pipeline: Pipeline,
    group: list[Planned | ResponseMap],
    upstream: Upstream,
    executions: list[Execution],
    started: float,
) -> list[ResponseMap]:
    """Run a mutation, or several queries together, with identical sub-requests made once.

    Raises Unavailable before anything was sent.
    """
    begun: list[Execution | ResponseMap] = []
    first: Execution | None = None
    for each in group:
        if not isinstance(each, Planned):
            begun.append(each)
            continue
        try:
            if first is None:
                first = execution = pipeline.start(each.plan, each.operation, upstream)
            else:
                execution = pipeline.start_with(first, each.plan, each.operation)
            begun.append(execution)
        except RestgqlError as exc:
            begun.append(responses.refused(exc))
    if first is not None:
        try:
            first.finish()
        except RestgqlError as exc:
            if not executions:
                raise
            return [responses.refused(exc) if isinstance(each, Execution) else each for each in begun]
    response_maps = []
    for planned, execution_or_map in zip(group, begun, strict=True):
        if isinstance(planned, Planned) and isinstance(execution_or_map, Execution):
            executions.append(execution_or_map)
            result = pipeline.result(planned.plan, planned.operation, execution_or_map)
            response_maps.append(result.response_map)
            name, digest = planned.operation.name, planned.operation.document.hash[:12]
            pipeline.log(execution_or_map, name, digest, started)
        else:
            assert isinstance(execution_or_map, dict)
            response_maps.append(execution_or_map)
    return response_maps
