"""The HTTP responses that the endpoints have in common."""

from collections.abc import Generator
from typing import Any

from restgql.dispatch.run import Pieces, Run
from restgql.errors import RestgqlError, Unavailable
from restgql.formats.json import encode
from restgql.model import Headers, Inbound, Outbound
from restgql.plan.document import InvalidRequest
from restgql.respond import graphql as respond
from restgql.respond import problem, timings
from restgql.respond.merged import NO_STORE


def refusal(error: RestgqlError, headers: Headers = ()) -> Outbound:
    """The answer of a request that is refused as a whole, outside of GraphQL: problem details (RFC 9457)."""
    return Outbound(
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
) -> Outbound:
    """A JSON value, a GraphQL response say."""
    return Outbound(
        status=status,
        content_type=f"{media_type}; charset=utf-8",
        body=encode(value),
        headers=headers,
        cookies=cookies,
    )


def streamed(content_type: str, pieces: Generator[bytes], run: Run) -> Outbound:
    """A response in pieces. Its cookies are those that are there before its first byte. Raises Unavailable."""
    body = Pieces(pieces, run)
    # nginx would collect the pieces otherwise
    headers = (*NO_STORE, ("X-Accel-Buffering", "no"))
    return Outbound(status=200, content_type=content_type, body=body, headers=headers, cookies=run.cookies())


def server_timing(inbound: Inbound, run: Run) -> Headers:
    """Server-Timing, where the client may be told."""
    found = timings.server_timing(run.timings()) if inbound.timings else ""
    return (("Server-Timing", found),) if found else ()


def retry_after(error: RestgqlError) -> Headers:
    """Retry-After, where it helps to ask again."""
    return (("Retry-After", "1"),) if isinstance(error, Unavailable) else ()
