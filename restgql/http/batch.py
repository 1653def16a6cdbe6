"""A request with several operations in an array, as Apollo's BatchHttpLink sends them: an array of their responses."""

import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec
from graphql import OperationType

from restgql.errors import RestgqlError
from restgql.execution.run import Run
from restgql.http import graphql_request as intake
from restgql.http import responses as outbound
from restgql.http.cache_control import NO_STORE
from restgql.model import GraphQLRequest, HttpRequest, HttpResponse
from restgql.pipeline import Connect, Pipeline
from restgql.plan.plan import Plan
from restgql.respond.weight import Weight
from restgql.upstream import Upstream, answering

Response = dict[str, Any]


def answer(pipeline: Pipeline, inbound: HttpRequest, media_type: str, connect: Connect) -> HttpResponse:
    """The responses, in order: one budget and one deadline hold for all. Raises what refuses the whole."""
    started = time.perf_counter()
    plans = [_plan(pipeline, params) for params in intake.read_batch(inbound, pipeline.config)]
    # One budget holds for all: that of stored operations is for these alone.
    stored = all(plan.operation.stored for plan in plans if isinstance(plan, Plan))
    upstream, weight = connect(stored=stored), pipeline.weight()
    runs: list[Run] = []
    responses: list[Response] = []
    # Queries that follow each other run at once; a mutation waits for what stands before it.
    for is_query, group in groupby(plans, _is_query):
        together = list(group)
        for some in [together] if is_query else [[each] for each in together]:
            begun = _run(pipeline, [plan for plan in some if isinstance(plan, Plan)], upstream)
            runs += begun
            with answering(upstream):
                responses += _responses(pipeline, some, begun, weight, started)
    cookies = tuple(cookie for run in runs for cookie in run.cookies())
    return outbound.json(200, media_type, responses, NO_STORE, cookies)


def _plan(pipeline: Pipeline, params: GraphQLRequest) -> Plan | Response:
    """The plan of one operation, or the response of one that is refused."""
    try:
        params, operation = pipeline.admitted(params, "POST")
        return pipeline.planned(params, operation)
    except RestgqlError as exc:
        return outbound.refused(exc)


def _is_query(plan: Plan | Response) -> bool:
    return not isinstance(plan, Plan) or plan.operation.type is not OperationType.MUTATION


def _run(pipeline: Pipeline, plans: Sequence[Plan], upstream: Upstream) -> list[Run]:
    """What these operations ask for, identical requests once. Raises Unavailable."""
    if not plans:
        return []
    first, *others = plans
    run = pipeline.begin(first.steps, upstream, serial=not _is_query(first))
    runs = [run, *(msgspec.structs.replace(run, outcomes=run.flow.begin(plan.steps)) for plan in others)]
    run.finish()
    return runs


def _responses(
    pipeline: Pipeline, plans: Sequence[Plan | Response], runs: Sequence[Run], weight: Weight, started: float
) -> list[Response]:
    found, left = [], iter(runs)
    for plan in plans:
        if isinstance(plan, Plan):
            run = next(left)
            found.append(pipeline.done(plan, run, weight).result)
            pipeline.log(run, plan.operation.name, plan.operation.hash[:12], started)
        else:
            found.append(plan)
    return found
