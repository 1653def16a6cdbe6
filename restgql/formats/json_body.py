"""A JSON request body: its media type, its charset, its shape."""

import re
from typing import Any

from restgql.errors import BadRequest
from restgql.formats import json, media
from restgql.formats.json import NotJson, value

_MISFIT = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<actual>[^`]*)`(?: - at `\$\.?(?P<place>[^`]*)`)?")
_KINDS = {
    "array": "an array",
    "bool": "a boolean",
    "float": "a number",
    "int": "a number",
    "null": "null",
    "object": "an object",
    "str": "a string",
}
_SOME_KEY = "[...]"
"""The place by which msgspec names a key of an object."""
_DOCUMENT = re.compile(rb"\s*(?:\{\s*[A-Za-z_]|(?:query|mutation|subscription|fragment)\b)")
_INVALID_BYTE = re.compile(r"invalid character \(byte (\d+)\)")
_BY_FILE = "Put it into a file, and send that by curl -d @FILE."
MAX_SHOWN = 60


def read(content_type: str, body: bytes, shape: Any, *, example: str = "") -> Any:
    """Return a request body as a `shape`. Raises BadRequest, with status 415 for another media type or charset; the
    message has the `example` of a body.

    A browser cannot send JSON across origins without a preflight, so this also protects against CSRF.
    """
    media_type = media.essence(content_type)
    if not media.is_json(media_type):
        actual = f"not {media_type[:MAX_SHOWN]!r}" if media_type else "and the request has none"
        raise BadRequest(f"Content-Type must be application/json, {actual}.{_send(example)}", status=415)
    if media.charset(content_type).lower() not in ("utf-8", "utf8"):
        raise BadRequest("JSON must be in UTF-8 (RFC 8259 section 8.1).", status=415)
    return parsed(body, shape, example=example)


def parsed(text: bytes, shape: Any, *, name: str = "request body", example: str = "") -> Any:
    """Return a JSON text as a `shape`; `name` is what the message calls it. Raises BadRequest."""
    try:
        return value(text, shape)
    except NotJson as exc:
        raise BadRequest(f"The {name} {_reason(str(exc), text)}.{_cure(str(exc), text) or _send(example)}") from exc


def _send(example: str) -> str:
    return f" Send {example}." if example else ""


def _reason(message: str, text: bytes) -> str:
    """Return the reason of an error of msgspec, in the words of JSON."""
    if not text.strip(json.WHITESPACE):
        return "is empty"
    match = _MISFIT.match(message)
    if match is None:
        reason = message.removeprefix("JSON is malformed: ").replace("Input data was truncated", "it ends too early")
        return f"is not valid JSON: {reason}"
    expected = " or ".join(_KINDS.get(each, each) for each in match["expected"].split(" | "))
    place = match["place"]
    if place == _SOME_KEY:
        place = _key_of_misfit(text)
    at = f" at {place}" if place else ""
    return f"does not fit{at}: expected {expected}, got {_KINDS.get(match['actual'], match['actual'])}"


def _key_of_misfit(text: bytes) -> str:
    """Return the first key of an object whose value is no string, empty if the object cannot be read."""
    try:
        members: dict[str, Any] = value(text)
    except NotJson:  # it nests too deep
        return ""
    return next((key[:MAX_SHOWN] for key, item in members.items() if not isinstance(item, str)), "")


def _cure(message: str, text: bytes) -> str:
    """Return the cure for what is no JSON, but a language that looks like it."""
    if _DOCUMENT.match(text):
        return ' A GraphQL document is the value of the key query: send {"query": "{ … }"}.'
    start = text.lstrip(json.WHITESPACE)
    if start[:2] in (b"{'", b"['"):
        return " Strings in JSON have double quotes."
    if start[:1] == b"'":
        return f" The body begins with a single quote, which cmd.exe does not remove. {_BY_FILE}"
    if start[:2] == b"{\\":
        return f" The body has backslashes before its quotes, which the shell did not remove. {_BY_FILE}"
    match = _INVALID_BYTE.search(message)
    if match is not None and text[int(match[1]) : int(match[1]) + 1] in (b"\n", b"\r", b"\t"):
        return r" A line break within a string of JSON is written \n, and a tab \t."
    return ""
