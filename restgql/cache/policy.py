"""What may be stored, and what a stored response may answer: the states of hishel (RFC 9111), and RFC 5861.

hishel decides. What stands here beside it is what it leaves to its user, or has otherwise than cache-tests show; each
with its section.
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
"""Seconds beyond its freshness for which a response is kept that can be validated."""
# RFC 5861 section 4: "an error is any situation that would result in a 500, 502, 503, or 504"
ERRORS = frozenset({500, 502, 503, 504})
_OPTIONS = {shared: CacheOptions(shared=shared, supported_methods=["GET"]) for shared in (False, True)}
_CONDITIONS = ("if-none-match", "if-modified-since")
_AGE = re.compile(r"\s*0*([0-9]{1,10})[0-9]*\s*(?:,|\Z)")
# RFC 9110 section 5.6.7: the form of today, and the two that are obsolete
_TIME, _MONTH = r"[0-2]\d:[0-5]\d:[0-6]\d", "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_HTTP_DATE = re.compile(
    rf"(?:mon|tue|wed|thu|fri|sat|sun), \d\d {_MONTH} \d{{4}} {_TIME} gmt"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day, \d\d-{_MONTH}-\d\d {_TIME} gmt"
    rf"|(?:mon|tue|wed|thu|fri|sat|sun) {_MONTH} [ \d]\d {_TIME} \d{{4}}",
    re.IGNORECASE,
)
# RFC 6585 sections 3 to 6: each "MUST NOT be stored by a cache", whatever it says of itself
_NEVER_STORED = frozenset({428, 429, 431, 511})
_ANY = Request("GET", "")
# Age is told anew (RFC 9111 section 5.1); what sets a cookie is for one client (section 7.3)
_FIELDS_NOT_STORED = frozenset({"age", "set-cookie", "set-cookie2"})


class ServeStored(msgspec.Struct, frozen=True):
    """The stored response is the answer; `refreshing` is what to ask in the background, if anything."""

    entry: Entry
    refreshing: "Forward | None" = None


class Forward(msgspec.Struct, frozen=True, kw_only=True):
    """The app has to be asked, with header fields `conditions` beside the request's own.

    `state` knows what the answer means to `entries`, which are of the scope `shared`. `otherwise` may be used where the
    answer is an error.
    """

    state: CacheMiss | NeedRevalidation
    entries: tuple[Entry, ...] = ()
    shared: bool = False
    conditions: Headers = ()
    otherwise: Entry | None = None


Decision = ServeStored | Forward


class Received(msgspec.Struct, frozen=True):
    """A reply that came `at` a time, to a request of the time `asked`; `varied` is what Vary, of some header fields,
    names of that request."""

    reply: SubResponse
    asked: float
    at: float
    varied: Callable[[Headers], Varied]


class StoreDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer came to: the entries that hold from now on in the scope `shared`, None where those that are there
    do; and the entry that answers where it was validated. None was where the request is to be made `again`.
    """

    entries: tuple[Entry, ...] | None = None
    shared: bool = False
    validated: Entry | None = None
    again: Forward | None = None


def decide(uri: str, fields: dict[str, str], entries: Sequence[Entry], now: float, *, shared: bool) -> Decision:
    """What to do about a GET request for which these are stored in a scope, all with the values that it varies with."""
    request = Request("GET", uri, Fields(fields))
    wanted = parse_cache_control(request.headers.get("cache-control"))
    newest = max(entries, key=lambda entry: entry.received, default=None)
    is_asked = newest is not None and _asks_for_more(wanted, newest, now)
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
    return ask if is_asked else _unless_stale_will_do(ask, wanted, newest, now)


def settle(ask: Forward, received: Received, *, shared: bool | None) -> StoreDecision:
    """What is stored after an answer: for all callers by what the response says, unless `shared` says it."""
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
            case CacheMiss():  # 304 for what is not stored here (RFC 9111 section 4.3.3)
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
    """Whether a response is stored for all: where it says so itself."""
    if shared is not None:
        return shared
    says = parse_cache_control(reply.header("cache-control"))
    return (says.public or says.s_maxage is not None) and not says.private


def _asks_for_more(wanted: CacheControl, entry: Entry, now: float) -> bool:
    """Whether a request wants it validated, or fresher than it is (RFC 9111 sections 5.2.1.1, 5.2.1.3, 5.2.1.4)."""
    return (
        wanted.no_cache is True
        or (wanted.max_age is not None and entry.age(now) > wanted.max_age)
        or (wanted.min_fresh is not None and entry.expires - now < wanted.min_fresh)
    )


def _unless_stale_will_do(ask: Forward, wanted: CacheControl, entry: Entry, now: float) -> Decision:
    """RFC 9111 sections 4.2.4 and 5.2.1.2, RFC 5861."""
    says = parse_cache_control(_value(entry.headers, "cache-control"))
    # s-maxage is as proxy-revalidate, too (section 5.2.2.10), but where the same response has a directive of RFC 5861
    # that one is an explicit permission (section 4.2.4).
    if says.no_cache is True or says.must_revalidate or (ask.shared and says.proxy_revalidate):
        return ask
    stale = now - entry.expires
    if stale <= max(says.stale_if_error or 0, wanted.stale_if_error or 0):
        ask = msgspec.structs.replace(ask, otherwise=entry)
    if stale <= (says.stale_while_revalidate or 0):
        return ServeStored(entry, ask)
    if wanted.max_stale is not None and stale <= wanted.max_stale and not (ask.shared and says.s_maxage is not None):
        return ServeStored(entry)
    return ask


def _freshened(old: Entry, received: Received, *, shared: bool) -> Entry:
    """A stored response with the header fields of a 304 (RFC 9111 section 3.2)."""
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
    says = parse_cache_control(_value(fields, "cache-control"))
    has_validator = any(name.lower() in ("etag", "last-modified") for name, _ in fields)
    longer = max(says.stale_while_revalidate or 0, says.stale_if_error or 0, VALIDATED_FOR if has_validator else 0)
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
    """The freshness lifetime in seconds (RFC 9111 section 4.2.1); 0 where none is given."""
    if not _says_how_long(fields, shared=shared):
        return 0.0
    dated = {"date": [formatdate(now, usegmt=True)]} | _fields(fields)
    expires = _value(fields, "expires")
    if expires is not None and not _HTTP_DATE.fullmatch(expires):  # hishel takes more for a date (section 5.3)
        dated["expires"] = ["0"]
    return float(get_freshness_lifetime(Response(200, Fields(dated)), shared) or 0)


def _born(received: Received) -> float:
    """When a response was made, as far as is known (RFC 9111 section 4.2.3)."""
    reply, now = received.reply, received.at
    age = _AGE.match(reply.header("age") or "")  # of several, the first (section 5.1)
    corrected = int(age[1]) + now - received.asked if age else 0.0
    date = parse_date(reply.header("date") or "")
    return max(0.0, now - max(corrected, 0.0 if date is None else now - date))


def _pair(request: Request, entry: Entry, at: int, *, shared: bool) -> Pair:
    """A stored response as hishel has it. It varies with nothing any more: its values were compared before."""
    fields = _fields(entry.headers) | {"date": [formatdate(entry.born, usegmt=True)]}
    fields.pop("vary", None)
    if "expires" in fields:  # it counts from Date (section 4.2.1), which is corrected by Age here
        fields["expires"] = [formatdate(entry.expires, usegmt=True)]
    if not _says_how_long(entry.headers, shared=shared):  # a cache may guess (section 4.2.2); this one does not
        fields["cache-control"] = [*fields.get("cache-control", ()), "no-cache"]
    return Pair(UUID(int=at), Request("GET", request.url), Response(entry.status, Fields(fields)))


def _says_how_long(fields: Headers, *, shared: bool) -> bool:
    """Whether there is an explicit freshness lifetime (RFC 9111 section 4.2.1)."""
    says = parse_cache_control(_value(fields, "cache-control"))
    return (shared and says.s_maxage is not None) or says.max_age is not None or _value(fields, "expires") is not None


def _response(reply: SubResponse, now: float) -> Response:
    return Response(reply.status, Fields({"date": [formatdate(now, usegmt=True)]} | _fields(reply.fields)))


def _fields(fields: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return found


def _value(fields: Headers, wanted: str) -> str | None:
    """A header field's values, joined with commas, None if absent."""
    return ", ".join(value for name, value in fields if name.lower() == wanted) or None
