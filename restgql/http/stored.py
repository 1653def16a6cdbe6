"""A request for a stored operation, stage by stage: its variables, its run, and the body that its file asks for."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLSchema

from restgql.errors import BadRequest, BadSelect, UpstreamInvalid
from restgql.formats import json, problem, select
from restgql.http import cache_control as merged
from restgql.http import graphql_request as graphql_intake
from restgql.http import multipart, timings
from restgql.http import problem_from_errors as failed
from restgql.http.cache_control import NO_STORE
from restgql.http.responses import refusal, server_timing
from restgql.model import GraphQLRequest, Headers, HttpRequest, HttpResponse
from restgql.operations import openapi, parameters
from restgql.operations.stored import Operations, StoredOperation, sha256
from restgql.pipeline import Connect, Done, Pipeline
from restgql.respond import answer as graphql_answer


def answer(pipeline: Pipeline, stored: StoredOperation, inbound: HttpRequest, connect: Connect) -> HttpResponse:
    """The answer to a request for a stored operation. Raises what refuses it whole."""
    by_get = () if pipeline.profile.get == "off" else ("GET", "HEAD")
    allowed = ("POST", "QUERY", *by_get) if stored.is_query else ("POST",)
    if inbound.method not in allowed:
        what = "This query" if stored.is_query else "A mutation"
        error = BadRequest(f"{what} is asked for by {' or '.join(allowed)}.", status=405)
        return refusal(error, (("Allow", ", ".join(allowed)),))
    if multipart.is_upload(inbound):
        raise BadRequest(
            f"Files go to the GraphQL endpoint, with documentId sha256:{sha256(stored.text)} in operations.", status=415
        )
    media_type = graphql_intake.JSON if stored.result else graphql_intake.accepted(inbound.accept).whole
    given = parameters.read(stored.variables, inbound, suggestions=pipeline.profile.suggestions)
    params = GraphQLRequest(query=stored.text, variables=given)
    done = pipeline.run(params, connect, name=stored.name)
    if stored.result is None:
        return _response_map(done, inbound, media_type)
    if done.causes:
        return _failure(done, inbound, done.causes, done.result["errors"])
    try:
        body = json.encode(_shaped(done, stored.result))
    except BadSelect as exc:
        return _failure(done, inbound, [exc], graphql_answer.refused(exc)["errors"])
    return _outbound(done, inbound, 200, media_type, body, done.caching(told=False))


def run(pipeline: Pipeline, stored: StoredOperation, given: dict[str, Any], connect: Connect) -> Any:
    """What a stored operation answers with, as a value. Raises what refuses it, and an error that leaves no result."""
    parameters.check(stored.variables, given, {})
    done = pipeline.run(GraphQLRequest(query=stored.text, variables=given), connect, name=stored.name)
    if stored.result is None:
        return done.result
    if done.causes:
        raise done.causes[0] or UpstreamInvalid(done.result["errors"][0]["message"])
    return _shaped(done, stored.result)


def document(operations: Operations, schema: GraphQLSchema, *, title: str, server: str) -> HttpResponse:
    """The OpenAPI document, to be asked for again whenever it is used."""
    body = json.encode(openapi.describe(operations, schema, title=title, server=server))
    return HttpResponse(
        status=200, content_type=graphql_intake.JSON, body=body, headers=(("Cache-Control", "no-cache"),)
    )


def _shaped(done: Done, expression: str) -> Any:
    """What `# result:` selects of the data. Raises BadSelect."""
    try:
        data = json.value(json.encode(done.result["data"]))
    except json.NotJson as exc:  # a number that JSON allows and no reader can hold
        raise BadSelect("The data has a number that is out of range.") from exc
    return select.search(expression, data)


def _response_map(done: Done, inbound: HttpRequest, media_type: str) -> HttpResponse:
    """The GraphQL response, with 401 or 429 where that is what every part is."""
    parts, is_refused = done.run.responses(), any(leaf.refused for leaf in done.run.leaves())
    status, shown = (200, ()) if is_refused else merged.shared_status(parts)
    told = {"extensions": timings.extension(done.run.timings())} if inbound.timings else {}
    caching = done.caching("Accept", told=bool(told))
    return _outbound(done, inbound, status, media_type, json.encode(done.result | told), (*caching, *shown))


def _failure(
    done: Done, inbound: HttpRequest, causes: Sequence[Exception | None], errors: list[dict[str, Any]]
) -> HttpResponse:
    """Problem details: a part of the data must not look like all of it."""
    status = failed.status_of(causes)
    _, shown = merged.shared_status([part for part in done.run.responses() if part.status == status])
    retry: Headers = (("Retry-After", "1"),) if status == 503 else ()
    body = failed.problem_of(status, errors)
    return _outbound(done, inbound, status, problem.MEDIA_TYPE, body, (*NO_STORE, *shown, *retry))


def _outbound(
    done: Done, inbound: HttpRequest, status: int, content_type: str, body: bytes, headers: Headers
) -> HttpResponse:
    return HttpResponse(
        status=status,
        content_type=content_type,
        body=body,
        headers=(*headers, *server_timing(inbound, done.run)),
        cookies=done.run.cookies(),
    )
