"""Flask's current request, read as an HttpRequest: limited in size, its content coding decoded."""

import codecs
from inspect import signature
from itertools import repeat
from typing import IO, Any
from urllib.parse import parse_qsl, quote

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

from restgql.config import Config
from restgql.errors import BadRequest, LimitExceeded
from restgql.formats import coding, media
from restgql.formats.body import RequestBody
from restgql.formats.body import Written as Content
from restgql.formats.file import File
from restgql.formats.headers import MAX_HEADER_VALUE
from restgql.http import multipart
from restgql.model import WITH_BODY, HttpRequest

CHUNK = 65_536
_READ_FIELDS = {
    "Accept": "HTTP_ACCEPT",
    "Content-Encoding": "HTTP_CONTENT_ENCODING",
    "Content-Type": "CONTENT_TYPE",
    "If-Match": "HTTP_IF_MATCH",
    "If-Modified-Since": "HTTP_IF_MODIFIED_SINCE",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
    "If-Unmodified-Since": "HTTP_IF_UNMODIFIED_SINCE",
}
"""The header fields that the gateway parses, by name: their keys in the environ (PEP 3333)."""

_IS_STREAM_LIMITED = "max_content_length" in signature(get_input_stream).parameters
"""False if only forms are limited by MAX_CONTENT_LENGTH, as in Werkzeug 2.2."""

_STILL_ENCODED = "restgql.still_encoded"
"""The error handler for percent-encoded bytes that are not UTF-8. Werkzeug's own is unnamed before 2.3."""


def _still_encoded(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return quote(error.object[error.start : error.end]), error.end


codecs.register_error(_STILL_ENCODED, _still_encoded)


def read(flask_request: Request, config: Config, *, wants_timings: bool) -> HttpRequest:
    """Read a request to one of the endpoints. Raises BadRequest, and LimitExceeded with status 413 or 431."""
    environ = flask_request.environ
    if sum(map(len, map(environ.get, _READ_FIELDS.values(), repeat("")))) > MAX_HEADER_VALUE:
        _check_each_field(environ)
    is_upload = media.essence(_content_type(flask_request)) == multipart.MEDIA_TYPE
    preflighted = is_upload and _is_preflighted(flask_request)
    body, content_type = _content(flask_request, config, is_upload=is_upload, preflighted=preflighted)
    return HttpRequest(
        method=flask_request.method,
        query=_query(flask_request) if flask_request.query_string else (),  # a hook may replace it
        content_type=content_type,
        accept=environ.get("HTTP_ACCEPT", ""),
        body=body,
        wants_timings=wants_timings,
        preflighted=preflighted,
    )


def _check_each_field(environ: dict[str, Any]) -> None:
    """Raise LimitExceeded with status 431 if one of the header fields is too large."""
    for name, key in _READ_FIELDS.items():
        if len(environ.get(key, "")) > MAX_HEADER_VALUE:
            message = f"The header field {name} is over {MAX_HEADER_VALUE} bytes."
            raise LimitExceeded(message, limit=name, allowed=MAX_HEADER_VALUE, status=431)


def _content_type(flask_request: Request) -> str:
    content_type: str = flask_request.environ.get("CONTENT_TYPE", "")
    return content_type


def _query(flask_request: Request) -> tuple[tuple[str, str], ...]:
    """Return the parameters of the query string. Raises BadRequest."""
    try:
        text = flask_request.query_string.decode()
        return tuple(parse_qsl(text, keep_blank_values=True, errors=_STILL_ENCODED))
    except UnicodeDecodeError as exc:
        raise BadRequest("The query string contains bytes that are neither percent-encoded nor UTF-8.") from exc


def _is_preflighted(flask_request: Request) -> bool:
    return any(flask_request.headers.get(name, "").strip() for name in multipart.PREFLIGHT)


def _content(flask_request: Request, config: Config, *, is_upload: bool, preflighted: bool) -> Content:
    """Return the request's decoded body (content coding), and its media type.

    Raises BadRequest, and LimitExceeded with status 413.
    """
    if is_upload and not preflighted:
        return b"", _content_type(flask_request)  # it is rejected anyway
    key = "max_upload" if is_upload else "max_body"
    limit = getattr(config, key)
    length = get_content_length(flask_request.environ)
    if length is None and flask_request.method in WITH_BODY and _is_lost(flask_request.environ):
        raise BadRequest(
            "The body has no Content-Length, and the server does not pass on such a body: send a Content-Length.",
            status=411,
        )
    # a hook that opened the stream may have done so before another one limited it
    is_limited = _IS_STREAM_LIMITED and "stream" not in vars(flask_request)
    body, content_type = (b"", "") if (length or 0) > limit else _read(flask_request, length, limit + 1)
    if max(length or 0, len(body)) > limit:
        raise _too_large(limit, f"RESTGQL_{key.upper()}")
    if not is_limited:
        app_limit = flask_request.max_content_length
        if app_limit is not None and len(body) > app_limit:
            raise _too_large(app_limit, "MAX_CONTENT_LENGTH")
    encoding = flask_request.environ.get("HTTP_CONTENT_ENCODING")
    if encoding is None:
        return body, content_type
    try:
        return coding.decode(body, encoding, limit), content_type
    except coding.TooLarge:
        raise _too_large(limit, f"RESTGQL_{key.upper()}") from None
    except coding.Unknown as exc:
        raise BadRequest(f"The body's {exc}: send it in {coding.ACCEPTED} or no coding.", status=415) from exc
    except coding.Undecodable as exc:
        raise BadRequest(f"The body does not match its Content-Encoding: {exc}.") from exc


def _is_lost(environ: dict[str, Any]) -> bool:
    """Return True for chunks of which the server does not tell where they end: nobody can read them."""
    return "HTTP_TRANSFER_ENCODING" in environ and not environ.get("wsgi.input_terminated")


def _too_large(limit: int, key: str) -> LimitExceeded:
    return LimitExceeded(f"The body is over {limit} bytes.", limit=key, allowed=limit, status=413)


def _read(flask_request: Request, length: int | None, most: int) -> Content:
    """Read at most `most` bytes of the body, and its media type, even if a hook of the app has read it before.

    `length` is None if the request does not declare it. Raises BadRequest, and LimitExceeded with status 413.
    """
    try:
        body, stream = bytearray(), flask_request.stream
        while len(body) < most and (chunk := _chunk(stream, min(CHUNK, most - len(body)))):
            body += chunk
            if len(body) == length and not flask_request.environ.get(
                "wsgi.input_terminated"
            ):  # otherwise the stream itself ends
                break
        if not body:
            body += flask_request.get_data(cache=False)
        if not body and flask_request.mimetype == multipart.MEDIA_TYPE:  # the bytes are gone once the form was parsed
            return _form_again(flask_request)
    except RequestEntityTooLarge as exc:
        raise _too_large(flask_request.max_content_length or 0, "MAX_CONTENT_LENGTH") from exc
    return bytes(body), _content_type(flask_request)


def _chunk(stream: IO[bytes], size: int) -> bytes:
    """Read from the stream of the server, which may raise any error for a body that the client broke off.

    Raises BadRequest and RequestEntityTooLarge.
    """
    try:
        return stream.read(size)
    except RequestEntityTooLarge:
        raise
    except Exception as exc:
        raise BadRequest("The body is incomplete: it ends too early, or its chunks are malformed.") from exc


def _form_again(flask_request: Request) -> Content:
    """Write a form that Flask has already parsed, in its original encoding."""
    files = (
        (name, File(file.filename or "", file.content_type or "", file.read()))
        for name, file in flask_request.files.items(multi=True)
    )
    return RequestBody(value=flask_request.form.to_dict(flat=False), encoding="MULTIPART", files=tuple(files)).written()
