"""The values that go from stage to stage, in the words of HTTP and GraphQL."""

import enum
from collections.abc import Iterator
from typing import Any

import msgspec

from restgql.formats.target import Target

Headers = tuple[tuple[str, str], ...]

SAFE_METHODS = frozenset({"GET", "HEAD", "QUERY"})
"""RFC 9110 section 9.2.1, and QUERY, which is GET with a body."""

WITH_BODY = frozenset({"POST", "QUERY"})
"""The methods whose requests to the gateway say in their body what is asked for."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP request to one of the gateway's endpoints. `wants_timings` is True if the client may see them;
    `preflighted` if an upload has a header that a browser sends across origins only after a preflight."""

    method: str
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    accept: str = ""
    body: bytes = b""
    wants_timings: bool = False
    preflighted: bool = False


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP response of the gateway: its body as a whole, in pieces, or in pieces that come one by one.

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
    `query`, it is what the client registers that as. `uploads` are the variables with files."""

    query: str = ""
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    uploads: frozenset[str] = frozenset()


class Streaming(enum.Enum):
    """How the parts of an aggregate come one by one: in a media type of their own, or as the map itself."""

    NDJSON = "application/x-ndjson"
    EVENTS = "text/event-stream"
    MAP = "application/json"


class AggregateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A list of paths, each with the key that its value has in the map."""

    paths: dict[str, str]
    envelope: bool = False
    streaming: Streaming | None = None


class Follow(enum.Enum):
    """What becomes of a redirect to the same app."""

    NEVER = "never"
    ALWAYS = "always"
    UNLESS_HTML = "unless-html"
    """A redirect that ends in HTML, a login page say, is the redirect itself."""


class SubRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the app. `headers` have names in lower case; `cookie` stands in for the caller's. What is `opened`
    is a typed field's own route, whatever RESTGQL_ROUTES says; `timeout` is in seconds, if it has its own."""

    target: Target
    method: str = "GET"
    headers: Headers = ()
    cookie: str | None = None
    follow: Follow = Follow.UNLESS_HTML
    body: bytes = b""
    content_type: str = ""
    opened: bool = False
    typed: bool = False
    timeout: float | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Two safe sub-requests of one operation with the same identity are one, wherever they lead."""
        return (self.method, self.target, self.headers, self.cookie, self.opened, self.timeout)


class RouteKey(msgspec.Struct, frozen=True, eq=False):
    """The key of a route, for all requests that it answers, whatever path values and query a client sends.

    Keys are equal if they are the same object; `name` is for the log.
    """

    name: str

    def __str__(self) -> str:
        return self.name


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one sub-request. Times are in seconds: since the operation began, in all, and not computing.

    `source` is that of its reply, or `deduplicated` where it was another one's.
    """

    path: str
    start: float
    duration: float
    waiting: float
    status: int
    source: str
    thread: str
