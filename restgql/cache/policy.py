"""The rules of caching: storing responses, and serving stored ones (RFC 9111, by the states of hishel, and RFC 5861).

hishel decides. This module adds the decisions that hishel leaves to its user, and corrects those that cache-tests
contradict; each cites its section.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from email.utils import formatdate
from uuid import UUID

import msgspec
from hishel import (
    AnyState,
    CacheMiss,
    CacheOptions,
    CouldNotBeStored,
    FromCache,
    IdleClient,
    InvalidateEntries,
    NeedRevalidation,
    NeedToBeUpdated,
    Request,
    Response,
    StoreAndUse,
)
from hishel import Entry as Pair
from hishel import Headers as Fields
from hishel._core._headers import CacheControl, parse_cache_control
from hishel._core._spec import get_freshness_lifetime, refresh_response_headers
from hishel._utils import parse_date

from restgql.cache.entry import Entry, Varied
from restgql.formats import headers
from restgql.model import Headers
from restgql.sub_response import SubResponse

WEEK = 604_800.0
VALIDATED_FOR = 86_400.0
"""Seconds beyond its freshness for which a response with a validator is kept."""
# RFC 5861 section 4: "an error is any situation that would result in a 500, 502, 503, or 504"
ERRORS = frozenset({500, 502, 503, 504})
_OPTIONS = {shared: CacheOptions(shared=shared, supported_methods=["GET"]) for shared in (False, True)}
_CONDITIONS = ("if-none-match", "if-modified-since")
_AGE = re.compile(r"\s*([0-9]+)\s*(?:,|\Z)")
_AGE_DIGITS = 10
# RFC 9110 section 5.6.7: the current format, and the two obsolete ones
_TIME, _MONTH = r"[0-2]\d:[0-5]\d:[0-6]\d", "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_HTTP_DATE = re.compile(
    rf"(?:mon|tue|wed|thu|fri|sat|sun), \d\d {_MONTH} \d{{4}} {_TIME} gmt"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day, \d\d-{_MONTH}-\d\d {_TIME} gmt"
    rf"|(?:mon|tue|wed|thu|fri|sat|sun) {_MONTH} [ \d]\d {_TIME} \d{{4}}",
    re.IGNORECASE,
)
# RFC 6585 sections 3 to 6: each "MUST NOT be stored by a cache", whatever its Cache-Control
_NEVER_STORED = frozenset({428, 429, 431, 511})
_ANY = Request("GET", "")
# Age is computed anew (RFC 9111 section 5.1); a cookie is for one client (section 7.3)
_FIELDS_NOT_STORED = frozenset({"age", "set-cookie", "set-cookie2"})


class ServeStored(msgspec.Struct, frozen=True):
    """Serve the stored response; `refreshing`, if set, is the request to make in the background."""

    entry: Entry
    refreshing: "Forward | None" = None


class Forward(msgspec.Struct, frozen=True, kw_only=True):
    """Send the request to the app, with the header fields `conditions` added.

    `state` is hishel's, and decides what becomes of `entries`, which are from the shared scope if `shared`. `otherwise`
    may be served if the app fails.
    """

    state: CacheMiss | NeedRevalidation
    entries: tuple[Entry, ...] = ()
    shared: bool = False
    conditions: Headers = ()
    otherwise: Entry | None = None


Decision = ServeStored | Forward


class Received(msgspec.Struct, frozen=True):
    """A reply received at `at`, to a request sent at `sent_at`; `varied(headers)` returns the request's values of the
    header fields that Vary names."""

    reply: SubResponse
    sent_at: float
    at: float
    varied: Callable[[Headers], Varied]


class StoreDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The entries to store after a reply: they replace those of the scope `shared`; None leaves them, () deletes them.

    `validated` is the entry that a 304 confirmed. `again` is set if a 304 confirmed none: send the request again
    without conditions.
    """

    entries: tuple[Entry, ...] | None = None
    shared: bool = False
    validated: Entry | None = None
    again: Forward | None = None


def decide(uri: str, fields: dict[str, str], entries: Sequence[Entry], now: float, *, shared: bool) -> Decision:
    """Decide on a GET request from the entries of one scope, all of which match the request's header fields."""
    request = Request("GET", uri, Fields(fields))
    directives = parse_cache_control(request.headers.get("cache-control"))
    newest = max(entries, key=lambda entry: entry.received, default=None)
    is_asked = newest is not None and _asks_for_more(directives, newest, now)
    if newest is not None and newest.is_fresh(now) and not is_asked:
        return ServeStored(newest)
    if is_asked:
        request = Request("GET", uri, Fields(fields | {"cache-control": "no-cache"}))
    pairs = [_pair(request, entry, at, shared=shared) for at, entry in enumerate(entries)]
    state = IdleClient(_OPTIONS[shared]).next(request, pairs)
    if isinstance(state, FromCache):
        return ServeStored(entries[state.entry.id.int])
    if newest is None or isinstance(state, CacheMiss):
        return Forward(state=state)
    conditions = tuple((name, state.request.headers[name]) for name in _CONDITIONS if name in state.request.headers)
    ask = Forward(state=state, entries=tuple(entries), shared=shared, conditions=conditions)
    return ask if is_asked else _unless_stale_will_do(ask, directives, newest, now)


def settle(ask: Forward, received: Received, *, shared: bool | None) -> StoreDecision:
    """Decide on the entries to store after a reply: for everyone if the response allows it, unless `shared` is set."""
    reply = received.reply
    if reply.status in _NEVER_STORED:
        return StoreDecision()
    is_shared = ask.shared if reply.status == 304 and ask.entries else _is_shared(reply, shared)
    state: AnyState = replace(ask.state, options=_OPTIONS[is_shared]).next(_response(reply, received.at))
    removed: set[int] = set()
    freshened: dict[int, Entry] = {}
    while True:
        match state:
            case InvalidateEntries():
                removed |= {id.int for id in state.entry_ids}
                state = state.next()
            case NeedToBeUpdated():
                for pair in state.updating_entries:
                    old = ask.entries[pair.id.int]
                    freshened[pair.id.int] = _freshened(old, received, shared=is_shared)
                state = state.next()
            case FromCache():
                held = [freshened.get(at, old) for at, old in enumerate(ask.entries) if at not in removed]
                return StoreDecision(entries=tuple(held), shared=is_shared, validated=freshened[state.entry.id.int])
            case CacheMiss():  # 304 for a response that is not stored here (RFC 9111 section 4.3.3)
                return StoreDecision(entries=(), shared=is_shared, again=Forward(state=state))
            case StoreAndUse():
                fields = tuple(field for field in reply.fields if field[0].lower() in state.response.headers)
                entry = _entry(reply.status, fields, reply.body, received, shared=is_shared)
                # Vary: * matches no request (RFC 9111 section 4.1)
                is_of_use = entry.kept > received.at and "*" not in headers.listed(_value(entry.headers, "vary") or "")
                return StoreDecision(entries=(entry,) if is_of_use else (), shared=is_shared)
            case CouldNotBeStored():  # what is stored has been replaced, unless it failed (RFC 9111 section 4.3.3)
                return StoreDecision(entries=None if reply.status >= 500 else (), shared=is_shared)
            case _:
                raise AssertionError(state)


def _is_shared(reply: SubResponse, shared: bool | None) -> bool:
    """Return True if a response is stored for everyone: if its header fields allow that."""
    if shared is not None:
        return shared
    directives = parse_cache_control(reply.header("cache-control"))
    return (directives.public or directives.s_maxage is not None) and not directives.private


def _asks_for_more(directives: CacheControl, entry: Entry, now: float) -> bool:
    """Return True if a request asks for a fresher response (RFC 9111 sections 5.2.1.1, 5.2.1.3, 5.2.1.4)."""
    return (
        directives.no_cache is True
        or (directives.max_age is not None and entry.age(now) > directives.max_age)
        or (directives.min_fresh is not None and entry.expires - now < directives.min_fresh)
    )


def _unless_stale_will_do(ask: Forward, directives: CacheControl, entry: Entry, now: float) -> Decision:
    """Serve a stale response if that is allowed (RFC 9111 sections 4.2.4 and 5.2.1.2, RFC 5861)."""
    response_directives = parse_cache_control(_value(entry.headers, "cache-control"))
    # s-maxage implies proxy-revalidate (section 5.2.2.10), but a directive of RFC 5861 in the same response is an
    # explicit permission to serve it stale (section 4.2.4).
    if (
        response_directives.no_cache is True
        or response_directives.must_revalidate
        or (ask.shared and response_directives.proxy_revalidate)
    ):
        return ask
    stale = now - entry.expires
    if stale <= max(response_directives.stale_if_error or 0, directives.stale_if_error or 0):
        ask = msgspec.structs.replace(ask, otherwise=entry)
    if stale <= (response_directives.stale_while_revalidate or 0):
        return ServeStored(entry, ask)
    if (
        directives.max_stale is not None
        and stale <= directives.max_stale
        and not (ask.shared and response_directives.s_maxage is not None)
    ):
        return ServeStored(entry)
    return ask


def _freshened(old: Entry, received: Received, *, shared: bool) -> Entry:
    """Return a stored response with the header fields of a 304 (RFC 9111 section 3.2)."""
    reply = received.reply
    stored = Response(old.status, Fields(_fields(old.headers)))
    updated = refresh_response_headers(stored, Response(304, Fields(_fields(reply.fields))), shared).headers
    spelled = {name.lower(): name for name, _ in (*old.headers, *reply.fields)}
    fields = tuple((spelled[name], value) for name in updated for value in updated.get_list(name) or ())
    return _entry(old.status, fields, old.body, received, shared=shared)


def _entry(status: int, fields: Headers, body: bytes, received: Received, *, shared: bool) -> Entry:
    now = received.at
    fields = tuple((name, value) for name, value in fields if name.lower() not in _FIELDS_NOT_STORED)
    born = _born(received)
    lifetime = _lifetime(fields, now, shared=shared)
    expires = max(0.0, min(born + lifetime, now + WEEK))
    directives = parse_cache_control(_value(fields, "cache-control"))
    has_validator = any(name.lower() in ("etag", "last-modified") for name, _ in fields)
    longer = max(
        directives.stale_while_revalidate or 0, directives.stale_if_error or 0, VALIDATED_FOR if has_validator else 0
    )
    entry = Entry(
        status=status,
        headers=fields,
        body=body,
        varied=received.varied(fields),
        born=born,
        received=now,
        expires=expires,
        fresh=expires,
        kept=min(max(expires, now) + longer, now + WEEK),
    )
    is_usable = isinstance(IdleClient(_OPTIONS[shared]).next(_ANY, [_pair(_ANY, entry, 0, shared=shared)]), FromCache)
    return entry if is_usable else msgspec.structs.replace(entry, fresh=0.0)


def _lifetime(fields: Headers, now: float, *, shared: bool) -> float:
    """Return the freshness lifetime in seconds (RFC 9111 section 4.2.1), or 0 without an explicit one."""
    if not _has_lifetime(fields, shared=shared):
        return 0.0
    dated = {"date": [formatdate(now, usegmt=True)]} | _fields(fields)
    expires = _value(fields, "expires")
    if expires is not None and not _HTTP_DATE.fullmatch(expires):  # hishel accepts other formats as dates (section 5.3)
        dated["expires"] = ["0"]
    return float(get_freshness_lifetime(Response(200, Fields(dated)), shared) or 0)


def _born(received: Received) -> float:
    """Return the estimated time when a response was generated (RFC 9111 section 4.2.3)."""
    reply, now = received.reply, received.at
    age = _AGE.match(reply.header("age") or "")  # the first of several (section 5.1)
    seconds = int(age[1].lstrip("0")[:_AGE_DIGITS] or "0") if age else 0
    corrected = seconds + now - received.sent_at if age else 0.0
    date = parse_date(reply.header("date") or "")
    return max(0.0, now - max(corrected, 0.0 if date is None else now - date))


def _pair(request: Request, entry: Entry, at: int, *, shared: bool) -> Pair:
    """Return a stored response as hishel's entry, without Vary: its values were compared before."""
    fields = _fields(entry.headers) | {"date": [formatdate(entry.born, usegmt=True)]}
    fields.pop("vary", None)
    if "expires" in fields:  # Expires counts from Date (section 4.2.1), which is corrected by Age here
        fields["expires"] = [formatdate(entry.expires, usegmt=True)]
    if not _has_lifetime(entry.headers, shared=shared):  # a cache may estimate it (section 4.2.2); this one does not
        fields["cache-control"] = [*fields.get("cache-control", ()), "no-cache"]
    return Pair(UUID(int=at), Request("GET", request.url), Response(entry.status, Fields(fields)))


def _has_lifetime(fields: Headers, *, shared: bool) -> bool:
    """Return True if there is an explicit freshness lifetime (RFC 9111 section 4.2.1)."""
    directives = parse_cache_control(_value(fields, "cache-control"))
    return (
        (shared and directives.s_maxage is not None)
        or directives.max_age is not None
        or _value(fields, "expires") is not None
    )


def _response(reply: SubResponse, now: float) -> Response:
    return Response(reply.status, Fields({"date": [formatdate(now, usegmt=True)]} | _fields(reply.fields)))


def _fields(fields: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)
    return values


def _value(fields: Headers, field: str) -> str | None:
    """Return a header field's values, joined with commas, or None if it is absent."""
    return ", ".join(value for name, value in fields if name.lower() == field) or None
