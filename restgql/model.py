"""The values that stages exchange, in the words of HTTP and GraphQL."""

import enum
from collections.abc import Iterator
from typing import Any

import msgspec

from restgql.formats.target import Target

Headers = tuple[tuple[str, str], ...]

SAFE_METHODS = frozenset({"GET", "HEAD", "QUERY"})
"""RFC 9110 section 9.2.1, and QUERY, which is GET with a body."""

WITH_BODY = frozenset({"POST", "QUERY"})
"""The methods whose requests to the gateway have their parameters in the body."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP request to one of the gateway's endpoints.

    `wants_timings` is True if the client may see timings; `preflighted` if an upload has a header field that a browser
    sends across origins only after a preflight.
    """

    method: str
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    accept: str = ""
    body: bytes = b""
    wants_timings: bool = False
    preflighted: bool = False


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP response of the gateway: its body as a whole, in pieces, or in pieces that arrive one by one.

    `cookies` are the Set-Cookie values of its parts. `keeps_context` is True if its pieces need the context of the
    request.
    """

    status: int
    content_type: str
    body: bytes | list[bytes] | Iterator[bytes]
    headers: Headers = ()
    cookies: tuple[str, ...] = ()
    keeps_context: bool = False


class GraphQLRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A GraphQL request (GraphQL over HTTP, section Request Parameters). `document_id` names a persisted document; with
    `query`, it is the id under which the client registers `query`. `uploads` are the variables with files."""

    query: str = ""
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    uploads: frozenset[str] = frozenset()


class Streaming(enum.Enum):
    """The format of an aggregate that is sent part by part: a media type of its own, or the map itself."""

    NDJSON = "application/x-ndjson"
    EVENTS = "text/event-stream"
    MAP = "application/json"


class AggregateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A list of paths, each with the key that its value has in the map."""

    paths: dict[str, str]
    envelope: bool = False
    streaming: Streaming | None = None


class Follow(enum.Enum):
    """The rule for a redirect to the same app: follow it or not."""

    NEVER = "never"
    ALWAYS = "always"
    UNLESS_HTML = "unless-html"
    """Return a redirect itself if it ends in HTML, such as a login page."""


class SubRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the app. `headers` have names in lower case; `cookie` replaces the caller's.

    `opens` is the shape of the template whose rule is allowed despite RESTGQL_ROUTES, because a typed field owns it;
    empty if RESTGQL_ROUTES applies to every rule. `timeout` is in seconds, if it has its own.
    """

    target: Target
    method: str = "GET"
    headers: Headers = ()
    cookie: str | None = None
    follow: Follow = Follow.UNLESS_HTML
    body: bytes = b""
    content_type: str = ""
    opens: str = ""
    typed: bool = False
    timeout: float | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """The key by which safe sub-requests of one operation are deduplicated."""
        return (self.method, self.target, self.headers, self.cookie, self.opens, self.timeout)


class RouteKey(msgspec.Struct, frozen=True, eq=False):
    """The key of a route, for all requests that it answers, whatever path values and query a client sends.

    Keys are equal if they are the same object; `name` is for the log. `timeout` is in seconds, if the route has one.
    """

    name: str
    timeout: float | None = None

    def __str__(self) -> str:
        return self.name


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The timing of one sub-request. Times are in seconds: `start` since the operation began, `duration` in all, and
    `waiting` off the CPU.

    `source` is that of its response, or `deduplicated` if it shared another sub-request's response.
    """

    path: str
    start: float
    duration: float
    waiting: float
    status: int
    source: str
    thread: str
