"""The current request of Flask as the gateway reads it: bounded, its content coding undone."""

from flask import Request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from restgql.config import Config
from restgql.errors import BadRequest, LimitExceeded
from restgql.formats import coding
from restgql.formats.body import Body
from restgql.formats.body import Written as Sent
from restgql.formats.file import File
from restgql.intake import multipart
from restgql.model import Inbound

CHUNK = 65_536


def read(here: Request, config: Config, *, timings: bool) -> Inbound:
    """The request to one of the endpoints. Raises BadRequest, and LimitExceeded with status 413."""
    body, content_type = _sent(here, config)
    return Inbound(
        method=here.method,
        query=_query(here),
        content_type=content_type,
        accept=here.headers.get("Accept", ""),
        body=body,
        timings=timings,
        preflighted=_is_preflighted(here),
    )


def _query(here: Request) -> tuple[tuple[str, str], ...]:
    """The parameters of the query string. Raises BadRequest."""
    try:
        return tuple(here.args.items(multi=True))
    except UnicodeDecodeError as exc:
        raise BadRequest("The query string holds bytes that are neither percent-encoded nor UTF-8.") from exc


def _is_preflighted(here: Request) -> bool:
    return any(here.headers.get(name, "").strip() for name in multipart.PREFLIGHT)


def _sent(here: Request, config: Config) -> Sent:
    """The request's body, its content coding undone, and its media type. Raises BadRequest, and LimitExceeded with
    status 413."""
    key = "max_upload" if here.mimetype == multipart.MEDIA_TYPE else "max_body"
    content_type = here.headers.get("Content-Type", "")
    if key == "max_upload" and not _is_preflighted(here):
        return b"", content_type  # it is refused, whatever it is
    limit = getattr(config, key)
    too_large = _too_large(limit, f"RESTGQL_{key.upper()}")
    if (here.content_length or 0) > limit:
        raise too_large
    body, content_type = _read(here, limit + 1)
    if len(body) > limit:
        raise too_large
    encoding = here.headers.get("Content-Encoding")
    if encoding is None:
        return body, content_type
    try:
        return coding.decode(body, encoding, limit), content_type
    except coding.TooLarge:
        raise too_large from None
    except coding.Unknown as exc:
        raise BadRequest(f"The body's {exc}.", status=415) from exc
    except coding.Undecodable as exc:
        raise BadRequest(f"The body is not coded as Content-Encoding says: {exc}.") from exc


def _too_large(limit: int, key: str) -> LimitExceeded:
    return LimitExceeded(f"The body is over {limit} bytes.", limit=key, allowed=limit, status=413)


def _read(here: Request, most: int) -> Sent:
    """So much of the body, and its media type, though a hook of the app has read it before. Raises BadRequest, and
    LimitExceeded with status 413."""
    try:
        body = bytearray()
        while len(body) < most and (chunk := here.stream.read(min(CHUNK, most - len(body)))):
            body += chunk
        if not body:
            body += here.get_data(cache=False)
        if not body and here.mimetype == multipart.MEDIA_TYPE:  # it is no longer there as it was sent
            return _again(here)
    except RequestEntityTooLarge as exc:
        raise _too_large(here.max_content_length or 0, "MAX_CONTENT_LENGTH") from exc
    except HTTPException as exc:  # it ends too early
        raise BadRequest(exc.description or "The body cannot be read.", status=exc.code) from exc
    return bytes(body), here.headers.get("Content-Type", "")


def _again(here: Request) -> Sent:
    """A form that was parsed already, as it may have been sent."""
    files = (
        (name, File(file.filename or "", file.content_type or "", file.read()))
        for name, file in here.files.items(multi=True)
    )
    return Body(value=here.form.to_dict(flat=False), encoding="MULTIPART", files=tuple(files)).written()
