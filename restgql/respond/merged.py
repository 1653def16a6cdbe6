"""What the outer response says of its parts: Cache-Control, Vary, and a status that all of them have."""

from collections.abc import Callable, Iterable, Sequence

from werkzeug.http import parse_dict_header

from restgql.formats import headers
from restgql.model import Headers
from restgql.respond.response import Response

NO_STORE: Headers = (("Cache-Control", "no-store"),)
IDENTITY = ("Authorization", "Cookie")

Directives = dict[str, str | None]

UNSTATED: Directives = {"private": None, "no-cache": None}
"""A part that says nothing may depend on who asks, and on when."""


def _any(values: Sequence[bool | int | None]) -> bool | int | None:
    return True if any(value is not None for value in values) else None


def _all(values: Sequence[bool | int | None]) -> bool | int | None:
    return True if all(value is not None for value in values) else None


def _least(values: Sequence[bool | int | None]) -> bool | int | None:
    return None if any(value is None for value in values) else min(int(value or 0) for value in values)


# RFC 9111 section 5.2.2, RFC 5861, RFC 8246: the strictest of the parts. What is not here is left out.
_RULES: dict[str, Callable[[Sequence[bool | int | None]], bool | int | None]] = {
    "public": _all,
    "private": _any,
    "no-cache": _any,
    "no-store": _any,
    "no-transform": _any,
    "must-revalidate": _any,
    "proxy-revalidate": _any,
    "max-age": _least,
    "s-maxage": _least,
    "immutable": _all,
    "stale-while-revalidate": _least,
    "stale-if-error": _least,
}
_SECONDS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})
_FRESHNESS = frozenset({"max-age", "s-maxage"})
# A status that is the outer one where every part has it, and the header field that comes with it.
_SHARED = {401: "WWW-Authenticate", 429: "Retry-After"}


def caching(parts: Iterable[Response], *, varies: Iterable[str] = ()) -> Headers:
    """Cache-Control and Vary of a response that is made of `parts`, and that itself `varies` with header fields."""
    given = [(_directives(part), part) for part in parts]
    if not given or any(part.set_cookies or part.error or part.status >= 400 for _, part in given):
        return NO_STORE
    merged = {
        name: found
        for name, rule in _RULES.items()
        if (found := rule([_value(name, directives, part) for directives, part in given])) is not None
    }
    if "no-store" in merged:
        return NO_STORE
    if "private" in merged:
        merged.pop("public", None)
        merged.pop("s-maxage", None)
    if not _FRESHNESS & merged.keys():
        merged.setdefault("no-cache", True)
    names = {name.lower(): name for name in varies}
    for directives, part in given:
        names |= {name: name for name in sorted(headers.listed(part.header("vary") or ""))}
        if "public" not in directives and "s-maxage" not in directives:
            names |= {name.lower(): name for name in IDENTITY}
    vary = "*" if "*" in names else ", ".join(names.values())
    text = ", ".join(name if found is True else f"{name}={found}" for name, found in merged.items())
    return (("Cache-Control", text), *([("Vary", vary)] if vary else []))


def shared_status(parts: Sequence[Response]) -> tuple[int, Headers]:
    """401 or 429 where every part is that, with its header field; else 200."""
    statuses = {part.status for part in parts}
    status = statuses.pop() if len(statuses) == 1 else 200
    name = _SHARED.get(status)
    if name is None:
        return 200, ()
    value = next((found for part in parts if (found := part.header(name)) is not None), None)
    return status, ((name, value),) if value is not None else ()


def _directives(part: Response) -> Directives:
    text = part.header("cache-control")
    found: Directives = {name.lower(): value for name, value in parse_dict_header(text).items()} if text else {}
    return found or UNSTATED


def _value(name: str, directives: Directives, part: Response) -> bool | int | None:
    """A directive of a part, None where it has none: its seconds, of freshness those that remain."""
    if name not in directives:
        return None
    if name not in _SECONDS:
        return True
    age = part.header("age") or "0"
    taken = int(age) if name in _FRESHNESS and age.isdecimal() else 0
    text = directives[name] or ""
    return max(0, int(text) - taken) if text.isdecimal() and len(text) < 12 else 0
