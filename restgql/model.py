"""The values that go from stage to stage, in the words of HTTP and GraphQL."""

import enum
from collections.abc import Iterator
from typing import Any

import msgspec

from restgql.bindings import Discriminator, RequestBinding, SelectBinding
from restgql.errors import RestgqlError
from restgql.formats.body import Body
from restgql.formats.target import Target
from restgql.formats.template import Template

Headers = tuple[tuple[str, str], ...]

SAFE_METHODS = frozenset({"GET", "HEAD", "QUERY"})
"""RFC 9110 section 9.2.1, and QUERY, which is GET with a body."""

WITH_BODY = frozenset({"POST", "QUERY"})
"""The methods whose requests to the gateway say in their body what is asked for."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP request to one of the gateway's endpoints; `timings` is whether it may be told them, `preflighted`
    whether an upload has a header that a browser sends across origins after a preflight only."""

    method: str
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    accept: str = ""
    body: bytes = b""
    timings: bool = False
    preflighted: bool = False


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP response of the gateway, whole or in pieces. `cookies` are the Set-Cookie values of its parts."""

    status: int
    content_type: str
    body: bytes | Iterator[bytes]
    headers: Headers = ()
    cookies: tuple[str, ...] = ()


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
        return (self.method, self.target, self.headers, self.cookie, self.opened)


class SubResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What a sub-request got: a response, or the failure to get one, which has a status, too.

    `body` is as the app sent it, its content coding included. `seconds` is the time it took. `source` is whether it
    was `dispatched` for this request, is another client's and so `deduplicated`, or comes from the cache: `cached`, or
    `revalidated`, where the app was asked only whether it still holds.
    """

    url: str
    status: int
    headers: Headers = ()
    body: bytes = b""
    redirected: bool = False
    failure: RestgqlError | None = None
    cookies: tuple[str, ...] = ()
    seconds: float = 0.0
    source: str = "dispatched"

    @classmethod
    def failed(cls, url: str, failure: RestgqlError, seconds: float = 0.0) -> "SubResponse":
        """The reply to a request that got no response, or none that can be used."""
        return cls(url=url, status=failure.status, failure=failure, seconds=seconds)

    def header(self, name: str) -> str | None:
        """A header's values, joined with commas (RFC 9110 section 5.3), None if absent."""
        lower = name.lower()
        values = [value for key, value in self.headers if key.lower() == lower]
        return ", ".join(values) if values else None


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


class NodeKind(enum.Enum):
    """The fields that make sub-requests: those of the core schema by name, a typed one, and one that has such below."""

    GET = "get"
    FETCH = "fetch"
    AGGREGATE = "aggregate"
    GET_EACH = "getEach"
    EACH = "each"
    CALL = "(call)"
    PICK = "(pick)"


class PlanNode(msgspec.Struct, frozen=True, kw_only=True):
    """A field that makes sub-requests, or why it makes none. `key` is its name in the response.

    It has a template, or a `path` as it is. A template's names that `declared` holds come from `params`, the others
    from the parent: those are its `needs`. `steps` are filled from this step's reply: they depend on it; those of
    AGGREGATE are its parts. `twin` is the response path of an earlier step that asks for the same. What is `deferred`
    may come later.

    A typed field has the binding `call` or `pick`, its arguments as `params`, and a type that is a list of so many
    `lists`. Where its value may be of several types, `cases` has the steps of each, which `discriminator` tells.
    """

    key: str
    field: NodeKind
    template: Template | None = None
    path: str = ""
    params: dict[str, Any] = {}
    declared: frozenset[str] = frozenset()
    headers: Headers = ()
    follow: Follow = Follow.UNLESS_HTML
    over: str = "@"
    limit: int | None = None
    steps: tuple["PlanNode", ...] = ()
    refused: RestgqlError | None = None
    needs: tuple[str, ...] = ()
    twin: str | None = None
    deferred: bool = False
    method: str = "GET"
    body: Body | None = None
    call: RequestBinding | None = None
    pick: SelectBinding | None = None
    cases: dict[str, tuple["PlanNode", ...]] = {}
    discriminator: Discriminator | None = None
    lists: int = 0

    def below(self) -> tuple["PlanNode", ...]:
        """The steps that depend on this one, of whatever type its value is."""
        return (*self.steps, *(step for steps in self.cases.values() for step in steps))

    def steps_of(self, value: Any) -> tuple["PlanNode", ...]:
        """The steps that a value of this step has."""
        if self.discriminator is None:
            return self.steps
        return self.cases.get(self.discriminator.type_of(value) or "", ())

    def is_declared(self, name: str) -> bool:
        """Whether a template's name comes from `params`, even if it is absent there."""
        declared = self.declared if self.call is None else self.call.arguments
        return name in declared or name.partition(".")[0] in declared
