"""Cache-Control and Vary of the outer response, derived from its sub-responses; and the status that all share."""

from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller

from werkzeug.http import parse_list_header, unquote_header_value

from restgql.bounded_cache import bounded_cache
from restgql.formats import headers
from restgql.formats.headers import NO_STORE
from restgql.model import Headers
from restgql.sub_response import SubResponse

IDENTITY = ("Authorization", "Cookie")

CacheDirectives = dict[str, int | None]
"""The directives by name in lower case, each with its seconds if it has any; for freshness, the remaining seconds."""

CachingFields = tuple[str | None, str | None, bool]
"""Cache-Control and Age of a part, and True if it has header fields for particular caches."""

UNSTATED: CacheDirectives = {"private": None, "no-cache": None}
"""The directives of a part without a readable Cache-Control: it may depend on the client and on the time."""


def _any(name: str, parts: Sequence[CacheDirectives]) -> bool:
    return any(name in part for part in parts)


def _all(name: str, parts: Sequence[CacheDirectives]) -> bool:
    return all(name in part for part in parts)


# RFC 9111 section 5.2.2, RFC 5861, RFC 8246: the strictest of the parts. Other directives are dropped.
_RULES: dict[str, Callable[[str, Sequence[CacheDirectives]], bool]] = {
    "public": _all,
    "private": _any,
    "no-cache": _any,
    "no-store": _any,
    "no-transform": _any,
    "must-revalidate": _any,
    "proxy-revalidate": _any,
    "max-age": _all,
    "s-maxage": _all,
    "immutable": _all,
    "stale-while-revalidate": _all,
    "stale-if-error": _all,
}
_FRESHNESS = frozenset({"max-age", "s-maxage"})
_SECONDS = _FRESHNESS | {"stale-while-revalidate", "stale-if-error"}
_STORING = _FRESHNESS | {"public", "private", "no-cache", "no-store"}
# Each allows a shared cache to store the response to a request with Authorization (RFC 9111 section 3.5).
_FOR_ANY_CLIENT = frozenset({"public", "s-maxage", "must-revalidate"})
_SHARED_ONLY = frozenset({"public", "s-maxage", "proxy-revalidate"})
# Header fields for one kind of cache, as in RFC 9213: the parts set them, not the outer response.
_is_targeted = methodcaller("endswith", ("-cache-control", "surrogate-control", "x-accel-expires"))
_MOST = 2**31  # seconds; RFC 9111 section 1.2.2


def merge_cache_control(
    parts: Sequence[SubResponse], *, varies: Iterable[str] = (), has_resolved: bool = False
) -> Headers:
    """Return Cache-Control and Vary of a response that is made of `parts`, and that itself `varies` with header
    fields.

    `has_resolved` is True if a resolver of the user's own returned one of its values.
    """
    field_maps = [part.field_map for part in parts if part.is_storable]
    if not field_maps or len(field_maps) < len(parts):
        return NO_STORE
    # most parts of an app have the same fields, also in later responses
    distinct = {(part.get("cache-control"), part.get("age"), any(map(_is_targeted, part))) for part in field_maps}
    varied = dict.fromkeys(part.get("vary", "") for part in field_maps)
    return _merged(frozenset(distinct), tuple(varied), tuple(varies), has_resolved)


@bounded_cache(entries=512, characters=2_048)
def _merged(
    distinct: frozenset[CachingFields], varied: tuple[str, ...], varies: tuple[str, ...], has_resolved: bool
) -> Headers:
    stated = [_stated(*fields) for fields in distinct] + [UNSTATED] * has_resolved
    merged = _strictest(stated)
    if "no-store" in merged:
        return NO_STORE
    names = {name.lower(): name for name in varies}
    for each in varied:
        names |= {name: name for name in sorted(headers.listed(each))}
    if not all(directives.keys() & {"public", "s-maxage"} and "private" not in directives for directives in stated):
        names |= {name.lower(): name for name in IDENTITY}
    vary = "*" if "*" in names else ", ".join(names.values())
    order = (name for name in _RULES if name in merged)
    text = ", ".join(name if (seconds := merged[name]) is None else f"{name}={seconds}" for name in order)
    return (("Cache-Control", text), *([("Vary", vary)] if vary else []))


def shared_status(parts: Sequence[SubResponse]) -> tuple[int, Headers]:
    """Return 401 or 429 with its header field if every part has that status, else 200."""
    statuses = {part.status for part in parts}
    status = statuses.pop() if len(statuses) == 1 else 200
    if status not in _SHARED:
        return 200, ()
    name, chosen = _SHARED[status]
    values = [value for part in parts if (value := part.header(name)) is not None]
    return status, ((name, chosen(values)),) if values else ()


def _each(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _longest(values: Iterable[str]) -> str:
    return max(values, key=lambda value: _seconds(value) or 0)


# Statuses that the outer response takes if every part has them: the header field, and the function that merges its
# values.
_SHARED: dict[int, tuple[str, Callable[[Iterable[str]], str]]] = {
    401: ("WWW-Authenticate", _each),
    429: ("Retry-After", _longest),
}


def _strictest(parts: Sequence[CacheDirectives]) -> CacheDirectives:
    is_for_any_client = all(part.keys() & _FOR_ANY_CLIENT for part in parts)
    if _any("s-maxage", parts):  # without s-maxage, a part is fresh in a shared cache for its max-age
        parts = [{"s-maxage": part["max-age"]} | part if "max-age" in part else part for part in parts]
    merged: CacheDirectives = {
        name: min(part[name] or 0 for part in parts) if name in _SECONDS else None
        for name, holds in _RULES.items()
        if holds(name, parts)
    }
    if not is_for_any_client and merged.keys() & _FOR_ANY_CLIENT:
        merged["private"] = None
    if "private" in merged:
        merged = {name: seconds for name, seconds in merged.items() if name not in _SHARED_ONLY}
    if _FRESHNESS.isdisjoint(merged):
        merged["no-cache"] = None
    return merged


def _stated(cache_control: str | None, age: str | None, targeted: bool) -> CacheDirectives:
    """Return the directives of a part; malformed ones count as UNSTATED."""
    text = (cache_control or "").lower()
    if "no-store" in text:  # even in a malformed field
        return {"no-store": None}
    directives: CacheDirectives = {}
    # Versions of Werkzeug differ in parsing an unclosed quote, and an empty item.
    is_closed = text.count('"') % 2 == 0
    for item in filter(None, parse_list_header(text) if is_closed else ()):
        name, _, value = (side.strip() for side in item.partition("="))
        seconds = _seconds(unquote_header_value(value)) if name in _SECONDS else None
        if not headers.is_token(name) or (name in _SECONDS and seconds is None):
            directives |= UNSTATED
        elif seconds is None:
            directives[name] = None
        else:
            directives[name] = min(directives.get(name, _MOST) or 0, seconds)
    if directives.keys().isdisjoint(_STORING):
        directives |= UNSTATED
    if targeted:
        directives["private"] = None
    return _remaining(directives, max(_seconds(member.strip()) or 0 for member in (age or "").split(",")))


def _remaining(directives: CacheDirectives, age: int) -> CacheDirectives:
    """Subtract a part's Age from its freshness, and the rest of the Age from its stale times."""
    if not age:
        return directives
    fresh = min((directives[name] or 0 for name in _FRESHNESS & directives.keys()), default=0)
    taken = {name: age if name in _FRESHNESS else max(0, age - fresh) for name in _SECONDS}
    return directives | {name: max(0, (directives[name] or 0) - taken[name]) for name in _SECONDS & directives.keys()}


def _seconds(text: str) -> int | None:
    """Return delta-seconds (RFC 9111 section 1.2.2), or None for a text that is not a number."""
    return min(int(text.lstrip("0")[:11] or "0"), _MOST) if text.isascii() and text.isdigit() else None
