"""Header fields of a request (RFC 9110): those inherited from the caller, and those that a field may set."""

import re
from collections.abc import Iterable

from restgql.errors import BadRequest, NotAllowed

NO_STORE: tuple[tuple[str, str], ...] = (("Cache-Control", "no-store"),)

# RFC 9110 section 7.6.1, and the hop-by-hop fields of RFC 2616 section 13.5.1
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
IDEMPOTENCY_KEY = "idempotency-key"
# Fields about the outer request's own body, representation or effect: no sub-request inherits them.
OUTER_ONLY = frozenset(["range", "expect", "accept", "accept-encoding", "x-http-method-override", IDEMPOTENCY_KEY])
OUTER_ONLY_PREFIXES = ("content-", "if-")
# Fields about the client and its connection: no Connection option removes one, and no field sets one.
IDENTITY = frozenset(["host", "cookie", "authorization", "forwarded", "x-real-ip", "via"])
IDENTITY_PREFIX = "x-forwarded-"
CREDENTIALS = frozenset(["cookie", "authorization"])

SETTABLE = frozenset(
    {
        "accept",
        "accept-language",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "prefer",
        "range",
        "x-csrftoken",
    }
)
# Fields that are sent to an upstream on another server: for language and tracing, none that identifies the client. Via
# is not among them (RFC 9110 section 7.6.3): the request is the gateway's own, made from a document, not a forwarded
# message.
LEAVING = frozenset(["accept-language", "user-agent", "x-request-id", "traceparent", "tracestate", "baggage"])
ACCEPT = "application/json, */*;q=0.5"
MAX_HEADER_VALUE = 8_192
MAX_HEADERS = 100

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.6.2
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")  # RFC 9110 section 5.5


def is_identity(name: str) -> bool:
    """Return True if a header field, in lower case, identifies the client."""
    return name in IDENTITY or name.startswith(IDENTITY_PREFIX)


def never_set(name: str) -> bool:
    """Return True if no configuration may allow a field to set this header."""
    lower = name.lower().replace("_", "-")
    return is_identity(lower) or lower in HOP_BY_HOP or lower in {"content-length", "content-type"}


def may_leave(name: str) -> bool:
    """Return True if the configuration may send this header field of the caller to an upstream on another server."""
    lower = name.lower()
    return bool(_TOKEN.match(name)) and carried(lower, frozenset()) and (lower in CREDENTIALS or not is_identity(lower))


def carried(name: str, connection_options: frozenset[str]) -> bool:
    """Return True if a sub-request inherits this header field (in lower case) from the caller."""
    if is_identity(name):
        return True
    return not (
        name in HOP_BY_HOP or name in connection_options or name in OUTER_ONLY or name.startswith(OUTER_ONLY_PREFIXES)
    )


def listed(value: str) -> frozenset[str]:
    """Return the field names that Connection or Vary lists, in lower case."""
    return frozenset(option.strip().lower() for option in value.split(",") if option.strip())


def is_token(text: str) -> bool:
    """Return True if a text can be the name of a field or directive (RFC 9110 section 5.6.2)."""
    return bool(_TOKEN.match(text))


def is_value(text: str) -> bool:
    """Return True if a text can be a field's value (RFC 9110 section 5.5): no control characters, Latin-1."""
    return bool(_FIELD_VALUE.match(text))


def _fault(value: str) -> str | None:
    """Return the reason why a field cannot have a value, or None."""
    if len(value) > MAX_HEADER_VALUE:
        return f"is over {MAX_HEADER_VALUE} bytes"
    if is_value(value):
        return None
    outside = next((character for character in value if character > "\xff"), None)
    if outside is None:
        return "has a control character, such as a line break"
    return f"has {outside!r}, and a header has Latin-1 characters only: percent-encode it if the route decodes it"


def well_formed(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return header fields with stripped values. Raises BadRequest for malformed fields, or too many."""
    fields: list[tuple[str, str]] = []
    for name, value in pairs:
        if len(fields) == MAX_HEADERS:
            raise BadRequest(f"A sub-request has more than {MAX_HEADERS} header fields of its own.")
        if len(name) > MAX_HEADER_VALUE or not is_token(name):
            raise BadRequest(f"{name[:80]!r} is not a header name.")
        if (fault := _fault(value)) is not None:
            raise BadRequest(f"The value of the header {name[:80]} {fault}.")
        fields.append((name, value.strip(" \t")))
    return fields


def settable(pairs: Iterable[tuple[str, str]], added: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Validate a field's `headers:`, and return them with names in lower case.

    Raises NotAllowed for a name that no field may set, BadRequest for a malformed name or value.
    """
    checked = []
    for name, value in well_formed(pairs):
        if (lower := name.lower()) not in SETTABLE and lower not in added:
            sent = "; send it with the request to the gateway" if lower in CREDENTIALS else ""
            hint = sent if never_set(name) else "; RESTGQL_SUBREQUEST_HEADERS adds names"
            raise NotAllowed(f"The header {name[:80]} cannot be set by a field{hint}.")
        checked.append((lower, value))
    return tuple(checked)
