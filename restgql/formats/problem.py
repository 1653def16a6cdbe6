"""Problem details for HTTP APIs (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from restgql.errors import RestgqlError
from restgql.formats.json import encode

MEDIA_TYPE = "application/problem+json"

_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
"""The reason phrases of RFC 9110 section 15 that Python has since 3.13."""


def of_status(status: int, detail: str = "") -> bytes:
    """Return the problem details of a status, without a `detail` if that is empty."""
    members: dict[str, Any] = {"type": "about:blank", "title": title(status), "status": status}
    return encode(members | {"detail": detail} if detail else members)


def of_error(error: RestgqlError) -> bytes:
    """Return the problem details of an error of restgql, with its code."""
    members: dict[str, Any] = {"type": "about:blank", "title": title(error.status), "status": error.status}
    return encode(members | {"detail": error.message} | error.extensions)


def title(status: int) -> str:
    """Return the reason phrase of a status."""
    try:
        return _RENAMED.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"
