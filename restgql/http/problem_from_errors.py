"""The status and the problem details (RFC 9457) of a stored operation that has errors instead of a result."""

from collections.abc import Iterable
from typing import Any

from restgql.errors import BadSelect, Cancelled, RestgqlError, UpstreamStatus
from restgql.formats import problem
from restgql.formats.json import encode


def status_of(causes: Iterable[Exception | None]) -> int:
    """Return the status that all errors have in common; otherwise 400 if the client is to blame for all, else 502."""
    statuses = set(map(_status, causes))
    if len(statuses) == 1:
        return statuses.pop()
    return 400 if all(status < 500 for status in statuses) else 502


def problem_of(status: int, errors: list[dict[str, Any]]) -> bytes:
    """Return the problem details, with all errors in GraphQL's form."""
    first = errors[0]
    members = {"type": "about:blank", "title": problem.title(status), "status": status, "detail": first["message"]}
    return encode(members | {"code": first["extensions"]["code"], "errors": errors})


def _status(cause: Exception | None) -> int:
    match cause:
        case None:  # the value does not fit its type
            return 502
        case Cancelled() if isinstance(cause.__cause__, RestgqlError):
            return _status(cause.__cause__)
        case UpstreamStatus():
            status: int = cause.extensions["http"]["status"]
            return status if 400 <= status < 500 else 502
        case BadSelect():  # the stored expression does not fit the route's response
            return 502
        case RestgqlError():
            return cause.status
        case _:
            return 500
