"""From a reply to a JSON value: the first row of a table that fits."""

from base64 import b64encode
from collections.abc import Callable, Mapping

import msgspec

from restgql.errors import LimitExceeded, RestgqlError, UpstreamInvalid, UpstreamStatus
from restgql.formats import coding, json, media, problem
from restgql.model import SubResponse

NULL = b"null"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_CONTENT = frozenset({204, 205, 304})
_SHOWN_HEADERS = ("Retry-After", "WWW-Authenticate", "Location")


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A reply with its content coding undone; `json` is its JSON text, where it has one and says so."""

    status: int
    content_type: str
    body: bytes
    failure: RestgqlError | None
    json: bytes | None

    @property
    def essence(self) -> str:
        return media.essence(self.content_type)


def content(reply: SubResponse, fields: Mapping[str, str], limit: int) -> Content:
    """The content of a reply, at most `limit` bytes of it; what cannot be decoded is a failure.

    `fields` are its header fields by their names in lower case.
    """
    body, failure, status = reply.body, reply.failure, reply.status
    encoding = fields.get("content-encoding")
    if encoding and body:
        try:
            body = coding.decode(body, encoding, limit)
        except coding.TooLarge:
            body, failure = (
                b"",
                LimitExceeded(
                    f"The response is over {limit} bytes.", limit="RESTGQL_MAX_REPLY", allowed=limit, status=502
                ),
            )
        except coding.Undecodable as exc:
            body, failure = b"", UpstreamInvalid(f"The response's {exc}.")
    content_type, text = fields.get("content-type", ""), None
    if failure is None and status not in _NO_CONTENT and media.is_json(media.essence(content_type)):
        try:
            text = json.text(body) or None
        except json.NotJson:
            failure = UpstreamInvalid("The response is no valid JSON, though its Content-Type says so.")
    if failure is not None:
        status = failure.status
    return Content(status=status, content_type=content_type, body=body, failure=failure, json=text)


def json_text(of: Content) -> bytes:
    """The JSON text of the value."""
    if of.json is not None and of.failure is None:  # the usual row, and none before it says otherwise
        return of.json
    return next(make(of) for fits, make in _TABLE if fits(of))


def is_error(reply: SubResponse | Content) -> bool:
    """Whether a value was not had: a status of 400 or more, or a redirect that leads out of the app's data."""
    return reply.status >= 400 or reply.status in REDIRECTS


def error_of(reply: SubResponse, of: Content) -> RestgqlError:
    """The error of a reply that `is_error`, with what a client may act on."""
    if of.failure is not None:
        return of.failure
    headers = {name: value for name in _SHOWN_HEADERS if (value := reply.header(name)) is not None}
    http: dict[str, object] = {"status": of.status, "headers": headers}
    if of.json is not None:
        http["body"] = msgspec.Raw(of.json)
    return UpstreamStatus(f"The route answered {of.status} {problem.title(of.status)}.", http=http)


def data_url(of: Content) -> str:
    """The body as a data: URL (RFC 2397)."""
    media_type = of.content_type.replace(" ", "") or "application/octet-stream"
    return f"data:{media_type};base64,{b64encode(of.body).decode()}"


def _text_or_data_url(of: Content) -> bytes:
    text = media.decode_text(of.body, of.content_type)
    return json.encode(data_url(of) if text is None else text)


_TABLE: tuple[tuple[Callable[[Content], bool], Callable[[Content], bytes]], ...] = (
    (lambda of: of.failure is not None, lambda of: problem.of_error(of.failure)),  # type: ignore[arg-type]
    (lambda of: of.status >= 400 and of.json is not None, lambda of: of.json or NULL),
    (lambda of: of.status >= 400, lambda of: problem.of_status(of.status)),
    (lambda of: of.status in _NO_CONTENT or not of.body, lambda of: NULL),
    (lambda of: of.json is not None, lambda of: of.json or NULL),
    (lambda of: media.is_json(of.essence), lambda of: NULL),  # nothing but white space
    (lambda of: media.is_text(of.essence), _text_or_data_url),
    (lambda of: True, lambda of: json.encode(data_url(of))),
)
