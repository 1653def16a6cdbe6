"""The response to a sub-request: its status, header fields and body, and the JSON value that these represent."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

import msgspec

from restgql.errors import BadSelect, LimitExceeded, RestgqlError, UpstreamInvalid, UpstreamStatus
from restgql.formats import coding, media, problem, select
from restgql.formats import json as json_format
from restgql.formats.charge import UNMETERED, Charge
from restgql.formats.headers import HOP_BY_HOP
from restgql.model import Headers

LazyValue = TypeVar("LazyValue")

PARSED_BYTES = 500
"""An element of an expression costs as much as parsing this many bytes of JSON.

Parsed JSON takes ten times its bytes, so it is cached only if requests depend on it.
"""

_DROPPED = HOP_BY_HOP | {"date"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NULL = b"null"
_NO_CONTENT = frozenset({204, 205, 304})
_SHOWN_HEADERS = ("retry-after", "www-authenticate", "location")
_SHOWN_NAMES = {"retry-after": "Retry-After", "www-authenticate": "WWW-Authenticate", "location": "Location"}


class _Lazy(Generic[LazyValue]):
    """A property that is computed once; until Python 3.12 `functools.cached_property` takes a lock for that."""

    def __init__(self, function: Callable[[Any], LazyValue]) -> None:
        self._function = function

    def __get__(self, instance: Any, owner: type) -> LazyValue:
        value = vars(instance)[self._function.__name__] = self._function(instance)
        return value


class Header(msgspec.Struct, frozen=True):
    """A header field of a response."""

    name: str
    value: str


class SubResponse(msgspec.Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The response of a route, or the failure to get a response."""

    url: str
    """The path that answered, after redirects."""
    status: int
    """The status code. Without a response, it is 504, 502 or 500."""
    fields: Headers = ()
    """The header fields as the app sent them, without Set-Cookie."""
    body: bytes = b""
    """The body as the app sent it, with its content coding. Decoded, it has at most `max_size` bytes."""
    redirected: bool = False
    """True if a redirect was followed."""
    failure: RestgqlError | None = None
    """The error if there is no response."""
    cookies: tuple[str, ...] = ()
    """The values of Set-Cookie."""
    seconds: float = 0.0
    """The duration of the request."""
    source: str = "dispatched"
    """`dispatched`, `deduplicated` (another client's response), `cached`, or `revalidated` (the app confirmed a stored
    response)."""
    max_size: int = 5_000_000
    hint: str = ""
    """The reason if no route answers the path. It names the route that was probably meant."""

    @classmethod
    def received(
        cls, url: str, status: int, fields: "ReceivedFields", body: bytes, *, seconds: float, max_size: int
    ) -> "SubResponse":
        """Return the response that an app has sent."""
        kept, cookies, field_map = fields
        response = cls(
            url=url, status=status, fields=kept, body=body, cookies=cookies, seconds=seconds, max_size=max_size
        )
        vars(response)["field_map"] = field_map  # equal to the property's value
        return response

    @classmethod
    def failed(cls, url: str, failure: RestgqlError, seconds: float = 0.0) -> "SubResponse":
        """Return the response to a request that failed."""
        return cls(url=url, status=failure.status, failure=failure, seconds=seconds)

    @property
    def ok(self) -> bool:
        """True if the status is 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def headers(self) -> list[Header]:
        """The header fields, each with `name` and `value`, without Set-Cookie."""
        return [Header(name, value) for name, value in self.fields]

    @_Lazy
    def field_map(self) -> dict[str, str]:
        """Return the header fields by lower-case name. Values of one name are joined with commas."""
        texts: dict[str, str] = {}
        for name, text in self.fields:
            lower = name.lower()
            texts[lower] = f"{texts[lower]}, {text}" if lower in texts else text
        return texts

    def header_map(self) -> dict[str, str]:
        """Return the header fields by their names as sent; values of one name are joined with commas."""
        texts: dict[str, str] = {}
        for name, value in self.fields:
            texts[name] = f"{texts[name]}, {value}" if name in texts else value
        return texts

    def header(self, name: str) -> str | None:
        """Return the values of a header field, joined with commas (RFC 9110 section 5.3), or None if it is absent."""
        return self.field_map.get(name.lower())

    @property
    def content_type(self) -> str | None:
        """The header Content-Type, or None."""
        return self.header("content-type")

    @property
    def etag(self) -> str | None:
        """The header ETag, or None."""
        return self.header("etag")

    @property
    def size(self) -> int:
        """The size of the decoded body, in bytes."""
        return len(self._content.body)

    @property
    def text(self) -> str | None:
        """The body as text, or None if its charset cannot decode it. Raises the error of an unknown coding."""
        if self._content.undecodable is not None:
            raise self._content.undecodable
        return media.decode_text(self._content.body, self._content.content_type)

    @property
    def data_url(self) -> str | None:
        """The body as a data: URL (RFC 2397), or None without a response."""
        has_body = self.failure is None and self._content.undecodable is None
        return _data_url(self._content) if has_body else None

    @property
    def error(self) -> str | None:
        """The code of the error, such as TIMEOUT, if there is no response; otherwise None."""
        return None if self.failure is None else self.failure.code

    @property
    def problem(self) -> RestgqlError | None:
        """The failure to get a response, or the error of a body that cannot be read."""
        return self._content.problem

    @property
    def data_status(self) -> int:
        """The status of the response as data: that of `problem`, if it has one."""
        problem = self._content.problem
        return self.status if problem is None else problem.status

    @property
    def is_data(self) -> bool:
        """False if the value is an error: a status of 400 or more, a redirect, or no value at all."""
        return self._content.problem is None and self.status < 400 and self.status not in REDIRECTS

    @property
    def is_storable(self) -> bool:
        """True if an answer that contains this response may be cached as long as it."""
        problem = self._content.problem
        return not self.cookies and (self.status if problem is None else problem.status) < 400

    def value(self, expression: str | None = None, charge: Charge = UNMETERED) -> Any:
        """Return the JSON value: its text unchanged, or the value that a JMESPath expression selects.

        Raises BadSelect, and the error of a body that cannot be read.
        """
        problem = self._content.problem
        if problem is not None and problem is not self.failure:
            raise problem
        if expression is None:
            return msgspec.Raw(self.json_text)
        if "_parsed" in vars(self):  # a request depends on it
            return select.search(expression, self._parsed, charge)
        charge(len(self._content.body) // PARSED_BYTES)
        return select.search(expression, self._parse(), charge)

    def data(self, expression: str | None = None, charge: Charge = UNMETERED) -> Any:
        """Return `value` of a response that is data; raise its error otherwise."""
        self._check_data()
        return msgspec.Raw(self.json_text) if expression is None else self.value(expression, charge)

    def parsed(self) -> Any:
        """Return the decoded JSON value of a response that is data; raise its error otherwise."""
        self._check_data()
        return self._parsed

    def decode(self, decoder: "msgspec.json.Decoder[LazyValue]") -> LazyValue:
        """Return the JSON value of a response that is data, decoded to a type. Raises the decoder's errors."""
        fields, body = self.field_map, self.body
        is_plain = self.status == 200 and self.failure is None and fields.get("content-type") == "application/json"
        if not is_plain or "content-encoding" in fields or "_content" in vars(self) or not body.isascii():
            return decoder.decode(self.json_text)
        value = decoder.decode(body)
        text = body.strip(json_format.WHITESPACE)  # the decoder has validated all of it
        vars(self)["_content"] = _Content(body, "application/json", text, None, None)
        return value

    def read_as_json(self, *, structured: bool) -> "SubResponse":
        """Return this response as JSON, if its body is a JSON text under another media type; else itself.

        With `structured`, a text that is neither an array nor an object stays text.
        """
        content = self._content
        if not self.is_data or content.json is not None or not content.body:
            return self
        text = (media.decode_text(content.body, content.content_type) or "").encode()
        try:
            json_text = json_format.text(text)
        except json_format.NotJson:
            return self
        if not json_text or (structured and json_text[:1] not in (b"{", b"[")):
            return self
        response = msgspec.structs.replace(self)
        vars(response)["_content"] = msgspec.structs.replace(content, json=json_text)
        return response

    def json(self, select: str | None = None) -> Any:
        """Return the JSON value, decoded, or the value that a JMESPath expression selects.

        Raises BadSelect, and UpstreamInvalid for a number that is out of range.
        """
        return decoded(self.value(select))

    @property
    def json_text(self) -> bytes:
        """The JSON text of the value, by the first row of the table that matches."""
        content = self._content
        if content.json is not None and content.problem is None:  # the most common row
            return content.json
        return next(make(self, content) for fits, make in _TABLE if fits(self, content))

    @property
    def part_text(self) -> bytes:
        """The JSON text as part of a map, where the page of a redirect that was not followed is an error."""
        if self.status in REDIRECTS and self._content.json is None:
            return problem.of_status(self.status)
        return self.json_text

    def _check_data(self) -> None:
        if not self.is_data:
            raise self._error()

    def _error(self) -> RestgqlError:
        if self.problem is not None:
            return self.problem
        shown = {_SHOWN_NAMES[name]: self.field_map[name] for name in _SHOWN_HEADERS if name in self.field_map}
        http: dict[str, object] = {"status": self.status, "headers": shown}
        if self._content.json is not None:
            http["body"] = msgspec.Raw(self._content.json)
        status = f"{self.status} {problem.title(self.status)}"
        message = f"{self.hint} The app answered {status}." if self.hint else f"The route answered {status}."
        return UpstreamStatus(message, http=http)

    @_Lazy
    def _parsed(self) -> Any:
        return self._parse()

    def _parse(self) -> Any:
        try:
            return json_format.value_of_response(self.json_text)
        except json_format.NotJson as exc:
            raise BadSelect("The body nests too deep to be read.") from exc

    @_Lazy
    def _content(self) -> "_Content":
        return _decode(self)


def decoded(value: Any) -> Any:
    """Return a value of a response for Python code. Raises UpstreamInvalid for a number that is out of range."""
    text = json_format.encode(value)
    try:
        return json_format.value(text)
    except json_format.NotJson as exc:
        raise UpstreamInvalid("The response has a number that is out of range.") from exc


ReceivedFields = tuple[Headers, tuple[str, ...], dict[str, str]]
"""The header fields that a response keeps, its Set-Cookie values, and the fields by their names in lower case."""


def sort_fields(fields: Iterable[tuple[str, str]]) -> ReceivedFields:
    """Return the header fields of a response, as an app sends them, sorted in one walk."""
    kept: list[tuple[str, str]] = []
    cookies: list[str] = []
    field_map: dict[str, str] = {}
    for field in fields:
        name = field[0].lower()
        if name == "set-cookie":
            cookies.append(field[1])
        elif name not in _DROPPED:
            kept.append(field)
            field_map[name] = f"{field_map[name]}, {field[1]}" if name in field_map else field[1]
    return tuple(kept), tuple(cookies), field_map


class _Content(msgspec.Struct, frozen=True):
    """A body after content decoding; `json` is its JSON text, if its media type is JSON.

    `undecodable` is the error of a coding that cannot be decoded. `problem` is the failure to get a response, or the
    error of a body that cannot be read.
    """

    body: bytes
    content_type: str
    json: bytes | None
    undecodable: RestgqlError | None
    problem: RestgqlError | None

    @property
    def essence(self) -> str:
        return media.essence(self.content_type)


def _decode(response: SubResponse) -> _Content:
    body, undecodable, invalid = response.body, cast(RestgqlError | None, None), None
    encoding = response.field_map.get("content-encoding")
    if encoding and body:
        try:
            body = coding.decode(body, encoding, response.max_size)
        except coding.TooLarge:
            limit = response.max_size
            message = f"The response is over {limit} bytes."
            body, undecodable = b"", LimitExceeded(message, limit="RESTGQL_MAX_REPLY", allowed=limit, status=502)
        except coding.Undecodable as exc:
            body, undecodable = b"", UpstreamInvalid(f"The response's {exc}.")
    content_type, text = response.field_map.get("content-type", ""), None
    has_content = response.failure is None and undecodable is None and response.status not in _NO_CONTENT
    if has_content and (content_type == "application/json" or media.is_json(media.essence(content_type))):
        try:
            text = json_format.text(body) or None
        except json_format.NotJson:
            invalid = UpstreamInvalid("The response is not valid JSON, although its Content-Type is JSON.")
    return _Content(body, content_type, text, undecodable, response.failure or undecodable or invalid)


def _data_url(content: _Content) -> str:
    media_type = content.content_type.replace(" ", "") or "application/octet-stream"
    return f"data:{media_type};base64,{b64encode(content.body).decode()}"


def _text_or_data_url(response: SubResponse, content: _Content) -> bytes:
    text = media.decode_text(content.body, content.content_type)
    return json_format.encode(_data_url(content) if text is None else text)


_TABLE: tuple[tuple[Callable[[SubResponse, _Content], bool], Callable[[SubResponse, _Content], bytes]], ...] = (
    (lambda of, _: of.problem is not None, lambda of, _: problem.of_error(of.problem)),  # type: ignore[arg-type]
    (lambda of, content: of.status >= 400 and content.json is not None, lambda _, content: content.json or _NULL),
    (lambda of, _: of.status >= 400, lambda of, _: problem.of_status(of.status, of.hint)),
    (lambda of, content: of.status in _NO_CONTENT or not content.body, lambda *_: _NULL),
    (lambda _, content: content.json is not None, lambda _, content: content.json or _NULL),
    (lambda _, content: media.is_json(content.essence), lambda *_: _NULL),  # only white space
    (lambda _, content: media.is_text(content.essence), _text_or_data_url),
    (lambda *_: True, lambda _, content: json_format.encode(_data_url(content))),
)
"""From a body to its JSON value (docs/rule.md): each row has a condition, and the function that makes the text."""
