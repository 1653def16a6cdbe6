"""A request for the GraphQL endpoint: its response (GraphQL over HTTP, section Response), whole or in parts."""

import time
from collections.abc import Generator, Iterator
from typing import Any

from graphql import OperationType

from restgql.documents.documents import InvalidRequest
from restgql.errors import (
    BadRequest,
    NotAllowed,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    RestgqlError,
    Unavailable,
)
from restgql.execution.run import Run
from restgql.formats.json import encode
from restgql.http import batch, timings
from restgql.http import graphql_request as intake
from restgql.http import responses as outbound
from restgql.http.cache_control import NO_STORE
from restgql.http.framing import FRAMINGS, Framing
from restgql.http.responses import refused
from restgql.model import HttpRequest, HttpResponse
from restgql.pipeline import Connect, Pipeline
from restgql.plan.plan import Plan
from restgql.upstream import answering

# Of what GET may not run: by what it may be.
_ALLOWED = {BadRequest.code: "POST", NotAllowed.code: "POST, QUERY"}
_OF_THE_DOCUMENT = (InvalidRequest, PersistedQueryNotFound, PersistedQueryNotSupported)


def answer(pipeline: Pipeline, inbound: HttpRequest, connect: Connect) -> HttpResponse:
    """The response to a GraphQL request."""
    started = time.perf_counter()
    media_type = intake.JSON
    try:
        accepted = intake.accepted(inbound.accept)
        media_type = accepted.whole
        if intake.is_batch(inbound, pipeline.config):
            return batch.answer(pipeline, inbound, media_type, connect)
        params, operation = pipeline.admitted(intake.read(inbound, pipeline.config), inbound.method)
        incremental = accepted.parts is not None and operation.incremental
        plan = pipeline.planned(params, operation, incremental=incremental)
        upstream = connect(stored=operation.stored)
        run = pipeline.begin(plan.steps, upstream, serial=operation.type is OperationType.MUTATION)
        if accepted.parts is not None and (incremental or accepted.only_parts):
            return _in_parts(pipeline, inbound, plan, run, FRAMINGS[accepted.parts], started)
        run.finish()
        with answering(upstream):
            done = pipeline.done(plan, run)
    except _OF_THE_DOCUMENT as exc:
        # Under application/json a well-formed request is 200, whatever becomes of its document.
        status = 200 if media_type == intake.JSON else exc.status
        return outbound.json(status, media_type, refused(exc))
    except RestgqlError as exc:
        headers = (("Allow", _ALLOWED[exc.code]),) if exc.status == 405 else outbound.retry_after(exc)
        return outbound.json(exc.status, media_type, refused(exc), (*NO_STORE, *headers))
    pipeline.log(run, operation.name, operation.hash[:12], started)
    told = {"extensions": timings.extension(run.timings())} if inbound.timings else {}
    headers = (*done.caching(*pipeline.varies, told=bool(told)), *outbound.server_timing(inbound, run))
    return outbound.json(200, media_type, done.result | told, headers, run.cookies())


def _in_parts(
    pipeline: Pipeline, inbound: HttpRequest, plan: Plan, run: Run, framing: Framing, started: float
) -> HttpResponse:
    delivery = pipeline.answer(plan, run).delivery()
    operation = plan.operation

    def payloads() -> Iterator[dict[str, Any]]:
        """Each as soon as it is there; once nothing runs any longer, all that there will be."""
        pulses = run.pulses()
        running, begun = True, False
        while True:
            payload = delivery.next() if begun else delivery.initial()
            if payload is None:
                assert running, "all is there when nothing runs"
                running = _goes_on(pulses, begun=begun)
                continue
            last = not payload["hasNext"]
            if last and not begun:
                del payload["hasNext"]  # it is whole
            begun = True
            if last and inbound.timings:
                payload["extensions"] = timings.extension(run.timings())
            yield payload
            if last:
                return

    def pieces() -> Generator[bytes]:
        opening = framing.begin
        try:
            for payload in payloads():
                yield opening + framing.frame(encode(payload))
                opening = b""
            yield framing.end
        finally:
            pipeline.log(run, operation.name, operation.hash[:12], started)

    return outbound.streamed(framing.content_type, pieces(), run)


def _goes_on(pulses: Iterator[None], *, begun: bool) -> bool:
    """Whether anything runs any longer, after waiting for what may have happened. Raises Unavailable."""
    try:
        return next(pulses, False) is None
    except Unavailable:
        if not begun:
            raise
        return False  # the status is sent: what is missing has timed out, each at its own place
