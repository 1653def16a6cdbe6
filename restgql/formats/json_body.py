"""A JSON request body: its media type, its charset, its shape."""

from typing import Any

from restgql.errors import BadRequest
from restgql.formats import media
from restgql.formats.json import NotJson, value


def read(content_type: str, body: bytes, shape: Any) -> Any:
    """Return a request body as a `shape`. Raises BadRequest, with status 415 for another media type or charset.

    A browser cannot send JSON across origins without a preflight, so this also protects against CSRF.
    """
    if not media.is_json(media.essence(content_type)):
        raise BadRequest("Content-Type must be application/json.", status=415)
    if media.charset(content_type).lower() not in ("utf-8", "utf8"):
        raise BadRequest("JSON must be in UTF-8 (RFC 8259 section 8.1).", status=415)
    return parsed(body, shape)


def parsed(text: bytes, shape: Any) -> Any:
    """Return a JSON text as a `shape`. Raises BadRequest."""
    try:
        return value(text, shape)
    except NotJson as exc:
        raise BadRequest(f"The body is not as it must be: {exc}.") from exc
