"""The GraphQL endpoint: its response (GraphQL over HTTP, section Response), whole or in parts."""

import time
from collections.abc import Generator, Iterator
from typing import Any

from restgql.documents.documents import InvalidRequest, Operation
from restgql.errors import (
    BadRequest,
    NotAllowed,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    RestgqlError,
    Unavailable,
)
from restgql.execution.execution import Execution
from restgql.formats.headers import MAX_HEADER_VALUE, NO_STORE
from restgql.formats.json import encode
from restgql.http import batch, graphql_request, responses, timings
from restgql.http.framing import FRAMINGS, Framing
from restgql.http.graphql_request import Accepted
from restgql.model import HttpRequest, HttpResponse
from restgql.pipeline import Connect, Pipeline
from restgql.plan.plan import Plan

# By the code of the error of an operation that GET may not run.
_ALLOWED = {BadRequest.code: "POST", NotAllowed.code: "POST, QUERY"}
_UNKNOWN = Accepted(graphql_request.JSON)
"""The media types for a client whose Accept is not readable, or excludes every media type of the endpoint."""

_OF_THE_DOCUMENT = (InvalidRequest, PersistedQueryNotFound, PersistedQueryNotSupported)


def answer(pipeline: Pipeline, request: HttpRequest, connect: Connect) -> HttpResponse:
    """Return the response to a GraphQL request."""
    started = time.perf_counter()
    accepted = _UNKNOWN
    try:
        accepted = graphql_request.accepted(request.accept)
        if graphql_request.is_batch(request, pipeline.config):
            return batch.answer(pipeline, request, accepted.whole, connect)
        operation = pipeline.admit(graphql_request.read(request, pipeline.config), request.method)
        incremental = accepted.parts is not None and operation.is_incremental
        plan = pipeline.plan(operation, incremental=incremental)
        execution = pipeline.start(plan, operation, connect(stored=operation.stored))
        if accepted.parts is not None and (incremental or accepted.only_parts):
            return _in_parts(pipeline, request, plan, operation, execution, FRAMINGS[accepted.parts], started)
        execution.finish()
    except RestgqlError as exc:
        return _refusal(exc, accepted)
    result = pipeline.result(plan, operation, execution)
    pipeline.log(execution, operation.name, operation.document.hash[:12], started)
    shown = {"extensions": timings.extension(execution.timings())} if request.wants_timings else {}
    headers = (
        *responses.caching_headers(result, *pipeline.varies, has_timings=bool(shown)),
        *responses.server_timing(request, execution),
    )
    return responses.json(200, accepted.whole, result.response_map | shown, headers, execution.cookies())


def unread(error: RestgqlError, accept: str) -> HttpResponse:
    """Return the response to a request that is rejected before it is read, in the media type that Accept prefers."""
    try:
        return _refusal(error, _UNKNOWN if len(accept) > MAX_HEADER_VALUE else graphql_request.accepted(accept))
    except BadRequest:
        return _refusal(error, _UNKNOWN)


def _refusal(error: RestgqlError, accepted: Accepted) -> HttpResponse:
    """Return the response to a request that is rejected as a whole."""
    response_map, is_document = responses.refused(error), isinstance(error, _OF_THE_DOCUMENT)
    if accepted.is_event_stream and (is_document or error.status == 400):
        # An EventSource has no access to the body of an error status, so the error is an event ("GraphQL over
        # Server-Sent Events Protocol", section Document validation).
        framing = FRAMINGS[graphql_request.EVENT_STREAM]
        return HttpResponse(
            status=200,
            content_type=framing.content_type,
            body=framing.frame(encode(response_map)) + framing.end,
            headers=NO_STORE,
        )
    if is_document:
        # Under application/json a well-formed request is 200, even if its document is invalid.
        status = 200 if accepted.whole == graphql_request.JSON else error.status
        return responses.json(status, accepted.whole, response_map)
    headers = (("Allow", _ALLOWED[error.code]),) if error.status == 405 else responses.retry_after(error)
    return responses.json(error.status, accepted.whole, response_map, (*NO_STORE, *headers))


def _in_parts(
    pipeline: Pipeline,
    request: HttpRequest,
    plan: Plan,
    operation: Operation,
    execution: Execution,
    framing: Framing,
    started: float,
) -> HttpResponse:
    delivery = pipeline.answer(plan, operation, execution).delivery()

    def payloads() -> Iterator[dict[str, Any]]:
        """Yield each payload as soon as it is ready; once no sub-request runs any longer, all others."""
        events = execution.events()
        is_running, has_begun = True, False
        while is_running and not plan.incremental:  # otherwise there is only one payload, with all results
            is_running = _wait(events, has_begun=False)
        while True:
            payload = delivery.next() if has_begun else delivery.initial()
            if payload is None:
                assert is_running, "every result is settled once nothing runs"
                is_running = _wait(events, has_begun=has_begun)
                continue
            is_last = not payload["hasNext"]
            if is_last and not has_begun:
                del payload["hasNext"]  # the response is complete
            has_begun = True
            if is_last and request.wants_timings:
                payload["extensions"] = timings.extension(execution.timings())
            yield payload
            if is_last:
                return

    def pieces() -> Generator[bytes]:
        opening = framing.begin
        try:
            for payload in payloads():
                yield opening + framing.frame(encode(payload))
                opening = b""
            yield framing.end
        finally:
            pipeline.log(execution, operation.name, operation.document.hash[:12], started)

    return responses.streamed(framing.content_type, pieces(), execution)


def _wait(events: Iterator[None], *, has_begun: bool) -> bool:
    """Wait for the next event; return False once no sub-request runs. Raises Unavailable."""
    try:
        return next(events, False) is None
    except Unavailable:
        if not has_begun:
            raise
        return False  # the status is sent: sub-requests that were not made become errors of their fields
