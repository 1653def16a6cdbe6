"""The HTTP responses that the endpoints have in common."""

from collections.abc import Generator
from typing import Any

from restgql.documents.documents import InvalidRequest
from restgql.errors import RestgqlError, Unavailable
from restgql.execution.run import Pieces, Run
from restgql.formats import problem
from restgql.formats.json import encode
from restgql.http import timings
from restgql.http.cache_control import NO_STORE
from restgql.model import Headers, HttpRequest, HttpResponse
from restgql.respond import answer as respond


def refusal(error: RestgqlError, headers: Headers = ()) -> HttpResponse:
    """The answer of a request that is refused as a whole, outside of GraphQL: problem details (RFC 9457)."""
    return HttpResponse(
        status=error.status,
        content_type=problem.MEDIA_TYPE,
        body=problem.of_error(error),
        headers=(*NO_STORE, *retry_after(error), *headers),
    )


def refused(error: RestgqlError) -> dict[str, Any]:
    """The GraphQL response of a request error."""
    return respond.refused(error.errors if isinstance(error, InvalidRequest) else error)


def json(
    status: int, media_type: str, value: Any, headers: Headers = NO_STORE, cookies: tuple[str, ...] = ()
) -> HttpResponse:
    """A JSON value, a GraphQL response say."""
    return HttpResponse(
        status=status,
        content_type=f"{media_type}; charset=utf-8",
        body=encode(value),
        headers=headers,
        cookies=cookies,
    )


def streamed(content_type: str, pieces: Generator[bytes], run: Run) -> HttpResponse:
    """A response in pieces. Its cookies are those that are there before its first byte. Raises Unavailable."""
    body = Pieces(pieces, run)
    # nginx would collect the pieces otherwise
    headers = (*NO_STORE, ("X-Accel-Buffering", "no"))
    return HttpResponse(status=200, content_type=content_type, body=body, headers=headers, cookies=run.cookies())


def server_timing(inbound: HttpRequest, run: Run) -> Headers:
    """Server-Timing, where the client may be told."""
    found = timings.server_timing(run.timings()) if inbound.timings else ""
    return (("Server-Timing", found),) if found else ()


def retry_after(error: RestgqlError) -> Headers:
    """Retry-After, where it helps to ask again."""
    return (("Retry-After", "1"),) if isinstance(error, Unavailable) else ()
