"""A request for a stored operation, stage by stage: its variables, its run, and its response."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLSchema

from restgql.errors import BadRequest, BadSelect, LimitExceeded, UpstreamInvalid
from restgql.formats import json, problem, select
from restgql.formats.headers import NO_STORE
from restgql.http import graphql_request, multipart, problem_from_errors, timings
from restgql.http.cache_control import shared_status
from restgql.http.responses import caching_headers, problem_response, server_timing
from restgql.model import GraphQLRequest, Headers, HttpRequest, HttpResponse
from restgql.operations import openapi, parameters
from restgql.operations.stored import Operations, StoredOperation, sha256
from restgql.pipeline import Connect, OperationResult, Pipeline
from restgql.respond.answer import refused


def answer(pipeline: Pipeline, stored: StoredOperation, request: HttpRequest, connect: Connect) -> HttpResponse:
    """Answer a request for a stored operation. Raises the error that rejects the request."""
    by_get = () if pipeline.profile.get == "off" else ("GET", "HEAD")
    allowed = ("POST", "QUERY", *by_get) if stored.is_query else ("POST",)
    if request.method not in allowed:
        kind = "This query" if stored.is_query else "A mutation"
        error = BadRequest(f"{kind} must be requested with {' or '.join(allowed)}.", status=405)
        return problem_response(error, (("Allow", ", ".join(allowed)),))
    if multipart.is_upload(request):
        raise BadRequest(
            f"Files go to the GraphQL endpoint, with documentId sha256:{sha256(stored.text)} in operations.", status=415
        )
    media_type = graphql_request.JSON if stored.result else graphql_request.accepted(request.accept).whole
    suggestions, others = pipeline.profile.suggestions, pipeline.forwarded
    variables = parameters.read(stored.variables, request, suggestions=suggestions, others=others)
    result = _run(pipeline, stored, variables, connect)
    if stored.result is None:
        return _response_map(result, request, media_type)
    if result.causes:
        return _failure(result, request, result.causes, result.response_map["errors"])
    try:
        body = json.encode(_shaped(result, stored.result))
    except (BadSelect, LimitExceeded) as exc:
        return _failure(result, request, [exc], refused(exc)["errors"])
    return _response(result, request, 200, media_type, body, caching_headers(result, has_timings=False))


def run(pipeline: Pipeline, stored: StoredOperation, variables: dict[str, Any], connect: Connect) -> Any:
    """Return the answer of a stored operation as a value. Raises the error that rejects it or leaves no result."""
    parameters.check(stored.variables, variables, {})
    result = _run(pipeline, stored, variables, connect)
    if stored.result is None:
        return result.response_map
    if result.causes:
        raise result.causes[0] or UpstreamInvalid(result.response_map["errors"][0]["message"])
    return _shaped(result, stored.result)


def _run(pipeline: Pipeline, stored: StoredOperation, variables: dict[str, Any], connect: Connect) -> OperationResult:
    operation = pipeline.read(GraphQLRequest(query=stored.text, variables=variables), stored=True)
    return pipeline.run(operation, connect, name=stored.name)


def document(operations: Operations, schema: GraphQLSchema, *, title: str, server: str) -> HttpResponse:
    """Return the OpenAPI document; caches revalidate it for each use."""
    body = json.encode(openapi.describe(operations, schema, title=title, server=server))
    return HttpResponse(
        status=200, content_type=graphql_request.JSON, body=body, headers=(("Cache-Control", "no-cache"),)
    )


def _shaped(result: OperationResult, expression: str) -> Any:
    """Return the value that `# result:` selects from the data. Raises BadSelect and LimitExceeded."""
    try:
        data = json.value(json.encode(result.response_map["data"]))
    except json.NotJson as exc:  # a number that is valid JSON, but out of a float's range
        raise BadSelect("The data has a number that is out of range.") from exc
    return select.search(expression, data, result.execution.upstream.meter.for_shaping().charge_elements)


def _response_map(result: OperationResult, request: HttpRequest, media_type: str) -> HttpResponse:
    """Return the GraphQL response, with 401 or 429 if every part has that status."""
    execution = result.execution
    has_errors = any(leaf.error for leaf in execution.leaves())
    status, headers = (200, ()) if has_errors else shared_status(execution.responses())
    shown = {"extensions": timings.extension(execution.timings())} if request.wants_timings else {}
    caching = caching_headers(result, "Accept", has_timings=bool(shown))
    body = json.encode(result.response_map | shown)
    return _response(result, request, status, media_type, body, (*caching, *headers))


def _failure(
    result: OperationResult,
    request: HttpRequest,
    causes: Sequence[Exception | None],
    errors: list[dict[str, Any]],
) -> HttpResponse:
    """Return problem details: incomplete data must not look complete."""
    status = problem_from_errors.status_of(causes)
    _, headers = shared_status([part for part in result.execution.responses() if part.status == status])
    retry: Headers = (("Retry-After", "1"),) if status == 503 else ()
    body = problem_from_errors.problem_of(status, errors)
    return _response(result, request, status, problem.MEDIA_TYPE, body, (*NO_STORE, *headers, *retry))


def _response(
    result: OperationResult, request: HttpRequest, status: int, content_type: str, body: bytes, headers: Headers
) -> HttpResponse:
    return HttpResponse(
        status=status,
        content_type=content_type,
        body=body,
        headers=(*headers, *server_timing(request, result.execution)),
        cookies=result.execution.cookies(),
    )
