"""Every error of restgql, under one root and split by blame: the client, the upstream (the app's routes), the gateway.

Each has a stable `code` (`extensions.code` in GraphQL, `code` in problem details), the HTTP status of a response that
consists of it alone, and a message that is safe to show a client.
"""

from typing import Any, ClassVar


class RestgqlError(Exception):
    """The root of all errors. Clients see `extensions` beside the message."""

    code: ClassVar[str] = "INTERNAL"
    status: int = 500

    def __init__(self, message: str, /, *, status: int | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status
        self.extensions: dict[str, Any] = {"code": self.code, **extensions}


class ClientError(RestgqlError):
    """The request cannot be answered in this form: the client has to change it."""

    status = 400


class UpstreamError(RestgqlError):
    """A route answered with a failure, or with a response that contradicts itself."""

    status = 502


class GatewayError(RestgqlError):
    """The gateway has no capacity now, or is misconfigured."""


class BadRequest(ClientError):
    """The request, document, variables or body are malformed."""

    code = "BAD_REQUEST"


class BadPath(ClientError):
    """A path is not an origin-form target, or a template is malformed."""

    code = "BAD_PATH"


class MissingParameter(ClientError):
    """A template names a value that is absent or null."""

    code = "MISSING_PARAMETER"


class BadSelect(ClientError):
    """A JMESPath expression is malformed, fails, or produces too much."""

    code = "BAD_SELECT"


class NestedRequest(ClientError):
    """A sub-request leads to a gateway again."""

    code = "NESTED_REQUEST"


class NotAllowed(ClientError):
    """No allowed route matches the path, or the operation is not permitted."""

    code = "NOT_ALLOWED"
    status = 403


class PersistedQueryNotFound(ClientError):
    """No document has this id (any more). A client of APQ then sends the text as well, which registers it."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class PersistedQueryNotSupported(ClientError):
    """Clients cannot register documents here."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class LimitExceeded(ClientError):
    """A request or a response is over a limit; `limit` names its key, `allowed` its value."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, message: str, /, *, limit: str, allowed: int, status: int | None = None) -> None:
        super().__init__(message, status=status, limit=limit, allowed=allowed)


class UpstreamStatus(UpstreamError):
    """A route answered with a status of 400 or more, or a redirect that is not followed; `http` has the response."""

    code = "UPSTREAM_STATUS"


class UpstreamInvalid(UpstreamError):
    """A route crashed, or its body does not fit its Content-Type."""

    code = "UPSTREAM_INVALID"


CRASHED = "The route crashed. The log of the app has the reason."
NO_STATUS = "The route's status is not a number of three digits, such as 200."
LATE = "The route did not answer in time."
NESTED = "The path leads to a gateway, and a gateway cannot request one: request the routes themselves."
ENDLESS = "The response is a stream of events, not a JSON value: request it directly, not through the gateway."


class UpstreamTimeout(UpstreamError):
    """A route did not answer within the deadline."""

    code = "TIMEOUT"
    status = 504


class Unavailable(GatewayError):
    """The gateway has no capacity left; the client may retry after `Retry-After`."""

    code = "UNAVAILABLE"
    status = 503


class SchemaUnavailable(Unavailable):
    """A type that the operation may need could not be built; the rest of the schema works."""

    code = "SCHEMA_UNAVAILABLE"


class Cancelled(GatewayError):
    """A request was not made because the one that it depends on failed, whose response path is `parent`."""

    code = "CANCELLED"
    status = 424


class ConfigError(GatewayError):
    """A configuration key or argument is unknown or ill-typed; raised at start, never while serving."""

    code = "CONFIG"


def first_line(message: str) -> str:
    """Return the first line of a message. JMESPath's messages also draw the expression on further lines."""
    return message.partition("\n")[0].rstrip(": ")
