"""The HTTP responses that the endpoints share."""

from collections.abc import Generator, Iterator
from typing import Any

from restgql.documents.documents import InvalidRequest
from restgql.errors import RestgqlError, Unavailable
from restgql.execution.execution import Execution
from restgql.formats import problem
from restgql.formats.headers import NO_STORE
from restgql.formats.json import encode_in_pieces
from restgql.http import timings
from restgql.http.cache_control import merge_cache_control
from restgql.model import Headers, HttpRequest, HttpResponse
from restgql.pipeline import OperationResult
from restgql.respond import answer

LARGE, SMALL = 1_000_000, 4_096
"""A body of more than LARGE bytes is not joined; a piece of fewer than SMALL bytes is joined with its neighbours."""


class Pieces:
    """A response body in pieces; closing it ends the execution. The first piece, with its errors, is made at once."""

    def __init__(self, pieces: Generator[bytes], execution: Execution) -> None:
        self._first: bytes | None = next(pieces, b"")
        self._pieces = pieces
        self._execution = execution

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._pieces)

    def close(self) -> None:
        """End the execution: the server calls this at the end, or when the client has gone (PEP 3333)."""
        self._execution.close()
        self._pieces.close()


def problem_response(error: RestgqlError, headers: Headers = ()) -> HttpResponse:
    """Return the response to a request that is rejected as a whole, outside of GraphQL: problem details (RFC 9457)."""
    return HttpResponse(
        status=error.status,
        content_type=problem.MEDIA_TYPE,
        body=problem.of_error(error),
        headers=(*NO_STORE, *retry_after(error), *headers),
    )


def refused(error: RestgqlError) -> dict[str, Any]:
    """Return the GraphQL response map of a request error."""
    return answer.refused(error.errors if isinstance(error, InvalidRequest) else error)


def json(
    status: int, media_type: str, value: Any, headers: Headers = NO_STORE, cookies: tuple[str, ...] = ()
) -> HttpResponse:
    """Return a response with a JSON value."""
    return HttpResponse(
        status=status,
        content_type=f"{media_type}; charset=utf-8",
        body=joined(encode_in_pieces(value)),
        headers=headers,
        cookies=cookies,
    )


def joined(pieces: list[bytes]) -> bytes | list[bytes]:
    """Return a body as one text, or in pieces if it is large, because joining copies them. No piece is small."""
    if sum(map(len, pieces)) <= LARGE:
        return b"".join(pieces)
    large: list[bytes] = []
    small: list[bytes] = []
    for piece in [*pieces, b""]:
        if 0 < len(piece) < SMALL:
            small.append(piece)
            continue
        if small:
            large.append(b"".join(small))
            small = []
        large.append(piece)
    return large[:-1]


def streamed(content_type: str, pieces: Generator[bytes], execution: Execution) -> HttpResponse:
    """Return a response in pieces. Its cookies are those that were set before its first byte. Raises Unavailable."""
    body = Pieces(pieces, execution)
    # otherwise nginx would buffer the pieces
    headers = (*NO_STORE, ("X-Accel-Buffering", "no"))
    return HttpResponse(
        status=200,
        content_type=content_type,
        body=body,
        headers=headers,
        cookies=execution.cookies(),
        keeps_context=execution.has_resolvers,
    )


def caching_headers(result: OperationResult, *varies: str, has_timings: bool) -> Headers:
    """Return Cache-Control and Vary of an operation's answer. Timings in it are for this client alone."""
    if result.causes or has_timings:
        return NO_STORE
    execution = result.execution
    return merge_cache_control(execution.parts(), varies=varies, has_resolved=execution.has_resolved)


def server_timing(request: HttpRequest, execution: Execution) -> Headers:
    """Return Server-Timing, if the client may see timings."""
    value = timings.server_timing(execution.timings()) if request.wants_timings else ""
    return (("Server-Timing", value),) if value else ()


def retry_after(error: RestgqlError) -> Headers:
    """Return Retry-After, if a retry may succeed."""
    return (("Retry-After", "1"),) if isinstance(error, Unavailable) else ()
