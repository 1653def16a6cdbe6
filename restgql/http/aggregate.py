"""The aggregate endpoint: a list of paths in, the map of their JSON values out, whole or part by part."""

import time
from collections.abc import Generator, Iterator
from difflib import get_close_matches

from restgql.bounded_cache import bounded_cache
from restgql.errors import BadRequest, LimitExceeded, RestgqlError, Unavailable
from restgql.execution.execution import Execution
from restgql.formats import json_body, media
from restgql.formats.headers import ACCEPT, NO_STORE
from restgql.http import responses
from restgql.http.cache_control import merge_cache_control, shared_status
from restgql.http.framing import FRAMINGS
from restgql.model import WITH_BODY, AggregateRequest, Headers, HttpRequest, HttpResponse, Streaming
from restgql.pipeline import Connect, Pipeline
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.respond.aggregate_map import Map

NAME = "aggregate"
JSON = "application/json"
_ASKED_ANYWAY = media.HTML | media.ENDLESS | {JSON, Streaming.NDJSON.value}
_EXAMPLE = 'an array of paths, ["/users", "/users/1"], or an object of them, {"users": "/users"}'
_PARAMETERS = frozenset({"path", "stream", "envelope"})
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def answer(pipeline: Pipeline, request: HttpRequest, connect: Connect) -> HttpResponse:
    """Return the map, or problem details (RFC 9457)."""
    started = time.perf_counter()
    try:
        aggregate = read(request, pipeline.config.max_subrequests)
        pipeline.persisted.check_unlisted_allowed(f"operation={NAME}")
        headers = accept_of_parts(request.accept) if pipeline.config.accept == ACCEPT else ()
        arguments = NodeArguments(parts=tuple(aggregate.paths.items()), headers=headers)
        node = PlanNode(key=NAME, kind=NodeKind.AGGREGATE, arguments=arguments)
        execution = pipeline.start_node(node, connect())
        error = execution.results[NAME].error
        if isinstance(error, RestgqlError):
            raise error
        if aggregate.streaming is not None:
            return _in_parts(pipeline, aggregate, aggregate.streaming, execution, started)
        execution.finish()
    except RestgqlError as exc:
        return responses.problem_response(exc)
    body = responses.joined(_map(execution, envelope=aggregate.envelope).pieces())
    pipeline.log(execution, NAME, "-", started)
    has_errors = any(leaf.error for leaf in execution.leaves())
    status, of_status = (200, ()) if has_errors else shared_status(execution.responses())
    caching = NO_STORE if has_errors else merge_cache_control(execution.parts(), varies=pipeline.varies)
    return HttpResponse(
        status=status,
        content_type=JSON,
        body=body,
        headers=(*caching, *of_status, *responses.server_timing(request, execution)),
        cookies=execution.cookies(),
    )


def read(request: HttpRequest, max_paths: int) -> AggregateRequest:
    """Return the paths by key, in the order sent. Raises BadRequest and LimitExceeded."""
    sent: list[str] | dict[str, str]
    if request.method in WITH_BODY:
        sent = json_body.read(request.content_type, request.body, list[str] | dict[str, str], example=_EXAMPLE)
        _check_no_document(sent)
    else:
        sent = [value for name, value in request.query if name == "path"]
        _check_parameters(request)
    paths = sent if isinstance(sent, dict) else {path: path for path in sent}
    if len(paths) > max_paths:
        raise LimitExceeded(f"More than {max_paths} paths.", limit="RESTGQL_MAX_SUBREQUESTS", allowed=max_paths)
    streaming = Streaming.MAP if _flag(request, "stream") else _streaming(request.accept)
    return AggregateRequest(paths=paths, envelope=_flag(request, "envelope"), streaming=streaming)


def _check_no_document(sent: list[str] | dict[str, str]) -> None:
    """Raise BadRequest for the body of a GraphQL request."""
    if isinstance(sent, dict) and sent.get("query", "/").lstrip()[:1] in ("{", "q", "m"):
        raise BadRequest(f"The request body is one of GraphQL, which goes to the GraphQL endpoint. Send {_EXAMPLE}.")


def _check_parameters(request: HttpRequest) -> None:
    """Raise BadRequest for a query without the parameter path, or with one that is nearly a known one."""
    names = {name for name, _ in request.query} - _PARAMETERS
    near = next((name for name in sorted(names) if get_close_matches(name.lower(), _PARAMETERS, 1, 0.8)), None)
    if near is not None or (names and all(name != "path" for name, _ in request.query)):
        name = near or min(names)
        raise BadRequest(
            f"{name[:40]!r} is not a parameter of this endpoint. Send ?path=/users&path=/users/1, a path for each "
            "value; stream and envelope are the others."
        )


@bounded_cache(entries=256, characters=256)
def _streaming(accept: str) -> Streaming | None:
    """Return the media type of the stream of parts that Accept asks for, or None if it prefers the whole map."""
    ranges = media.qualities(accept)
    best = max((Streaming.NDJSON, Streaming.EVENTS), key=lambda streaming: ranges.get(streaming.value, 0.0))
    return best if ranges.get(best.value, 0.0) > ranges.get(Streaming.MAP.value, 0.0) else None


@bounded_cache(entries=256, characters=256)
def accept_of_parts(accept: str) -> Headers:
    """Return the Accept that the parts inherit from the caller.

    It is omitted if it names JSON, which they accept anyway, a stream of parts, or a browser's HTML.
    """
    return () if _ASKED_ANYWAY.intersection(media.qualities(accept)) or not accept else (("accept", accept),)


def _flag(request: HttpRequest, name: str) -> bool:
    text = dict(request.query).get(name, "false")
    if text.lower() not in _BOOLEANS:
        raise BadRequest(f"{name} is true or false, not {text[:40]!r}.")
    return _BOOLEANS[text.lower()]


def _in_parts(
    pipeline: Pipeline, aggregate: AggregateRequest, streaming: Streaming, execution: Execution, started: float
) -> HttpResponse:
    framing = FRAMINGS.get(streaming.value)
    envelope = aggregate.envelope or framing is not None

    def pieces() -> Generator[bytes]:
        members = _map(execution, envelope=envelope)
        opening = b"" if framing else b"{"
        try:
            for _ in _and_once_more(execution.events(), members):
                for member in members.fresh(in_order=framing is None):
                    yield framing.frame(b"{" + member + b"}") if framing else opening + member
                    opening = b"" if framing else b","
            yield framing.end if framing else b"}" if members.sent else b"{}"
        finally:
            pipeline.log(execution, NAME, "-", started)

    return responses.streamed(framing.content_type if framing else JSON, pieces(), execution)


def _map(execution: Execution, *, envelope: bool) -> Map:
    return Map(execution.results[NAME].parts or {}, execution.upstream.meter.tally(), envelope=envelope)


def _and_once_more(events: Iterator[None], members: Map) -> Iterator[None]:
    """Yield for each event, and once more when nothing runs. Raises Unavailable before anything was sent."""
    try:
        yield from events
    except Unavailable:
        if not members.sent:
            raise
    yield None
