"""A request for /aggregate: the map of its paths, whole or part by part."""

import time
from collections.abc import Generator, Iterator

from restgql.errors import RestgqlError
from restgql.execution.run import Run
from restgql.http import aggregate_request as intake
from restgql.http import cache_control as merged
from restgql.http import responses as outbound
from restgql.http.cache_control import NO_STORE
from restgql.http.framing import FRAMINGS
from restgql.model import AggregateRequest, HttpRequest, HttpResponse, NodeKind, PlanNode, Streaming
from restgql.pipeline import Connect, Pipeline
from restgql.plan.collect import parts
from restgql.respond.aggregate import Map

NAME = "aggregate"
JSON = "application/json"


def answer(pipeline: Pipeline, inbound: HttpRequest, connect: Connect) -> HttpResponse:
    """The map, or problem details (RFC 9457)."""
    started = time.perf_counter()
    try:
        params = intake.read(inbound, pipeline.config.max_subrequests)
        pipeline.persisted.admit_unlisted(f"operation={NAME}")
        run = pipeline.begin((PlanNode(key=NAME, field=NodeKind.AGGREGATE, steps=parts(params.paths)),), connect())
        if (refused := run.outcomes[NAME].refused) is not None:
            raise refused
        if params.streaming is not None:
            return _in_parts(pipeline, params, params.streaming, run, started)
        run.finish()
    except RestgqlError as exc:
        return outbound.refusal(exc)
    body = _map(pipeline, run, envelope=params.envelope).text()
    pipeline.log(run, NAME, "-", started)
    is_refused = any(leaf.refused for leaf in run.leaves())
    status, shown = (200, ()) if is_refused else merged.shared_status(run.responses())
    caching = NO_STORE if is_refused else merged.caching(run.parts(), varies=pipeline.varies)
    return HttpResponse(
        status=status,
        content_type=JSON,
        body=body,
        headers=(*caching, *shown, *outbound.server_timing(inbound, run)),
        cookies=run.cookies(),
    )


def _in_parts(
    pipeline: Pipeline, params: AggregateRequest, streaming: Streaming, run: Run, started: float
) -> HttpResponse:
    framing = FRAMINGS.get(streaming.value)
    envelope = params.envelope or framing is not None

    def pieces() -> Generator[bytes]:
        members = _map(pipeline, run, envelope=envelope)
        opening = b"" if framing else b"{"
        try:
            for _ in _and_once_more(run.pulses()):
                for member in members.fresh(in_order=framing is None):
                    yield framing.frame(b"{" + member + b"}") if framing else opening + member
                    opening = b"" if framing else b","
            yield framing.end if framing else b"}" if members.sent else b"{}"
        finally:
            pipeline.log(run, NAME, "-", started)

    return outbound.streamed(framing.content_type if framing else JSON, pieces(), run)


def _map(pipeline: Pipeline, run: Run, *, envelope: bool) -> Map:
    return Map(run.outcomes[NAME].parts or {}, pipeline.weight(), envelope=envelope)


def _and_once_more(pulses: Iterator[None]) -> Iterator[None]:
    yield from pulses
    yield None
