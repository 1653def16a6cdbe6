"""K1, K5: RFC 9111 rule by rule, with RFC 5861. Answers of a route, requests one after the other, and where each was
answered.

A response is made older than it is by `Age`. What `benchmarks/cache_tests.py` shows with a server is here by its rules.
"""

import time
from email.utils import formatdate
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restgql.cache.entry import Entry
from tests.cache.asking import Asking, Fields, nothing_new, ok

NEW, OLD, HELD = "dispatched", "cached", "revalidated"
AN_HOUR_AGO, IN_AN_HOUR = (formatdate(time.time() + seconds, usegmt=True) for seconds in (-3600, 3600))
PUBLIC = "public, "


class Rule(NamedTuple):
    id: str
    section: str
    answers: list[Any]
    expected: list[str]
    callers: tuple[Fields, ...] = ()

    def __repr__(self) -> str:
        return f"{self.id} ({self.section})"


A, B = {"Authorization": "Bearer a"}, {"Authorization": "Bearer b"}
EN, DE = {"Accept-Language": "en"}, {"Accept-Language": "de"}
ETAG = {"ETag": '"1"'}


def asks(cache_control: str) -> Fields:
    return {"Cache-Control": cache_control}


RULES = [
    # Freshness (4.2)
    Rule("max-age", "5.2.2.1", [ok("max-age=60")], [NEW, OLD, OLD]),
    Rule("max-age is as it is spelled", "5.2", [ok("Max-Age=60")], [NEW, OLD]),
    Rule("max-age of nothing", "5.2.2.1", [ok("max-age=0")], [NEW, NEW]),
    Rule("max-age that is no number", "4.2.1", [ok("max-age=abc")], [NEW, NEW]),
    Rule("max-age beyond 31 bits", "1.2.2", [ok("max-age=99999999999")], [NEW, OLD]),
    Rule("max-age wins over Expires", "5.3", [ok("max-age=60", Expires=AN_HOUR_AGO)], [NEW, OLD]),
    Rule("Expires", "5.3", [ok(Expires=IN_AN_HOUR)], [NEW, OLD]),
    Rule("Expires in the past", "5.3", [ok(Expires=AN_HOUR_AGO)], [NEW, NEW]),
    Rule("Expires that is no date", "5.3", [ok(Expires="0")], [NEW, NEW]),
    Rule("Expires of another zone", "5.3", [ok(Expires=IN_AN_HOUR.replace("GMT", "AEST"))], [NEW, NEW]),
    Rule("Expires counts from Date", "4.2.1", [ok(Expires=AN_HOUR_AGO, Date=AN_HOUR_AGO)], [NEW, NEW]),
    Rule("s-maxage", "5.2.2.10", [ok("s-maxage=60, max-age=0")], [NEW, OLD]),
    Rule("s-maxage of nothing", "5.2.2.10", [ok("s-maxage=0, max-age=60")], [NEW, NEW]),
    Rule("nothing is guessed", "4.2.2", [ok(Last_Modified=AN_HOUR_AGO), nothing_new()], [NEW, HELD]),
    Rule("nothing is said", "4.2.2", [ok()], [NEW, NEW]),
    # Age (4.2.3)
    Rule("a response older than its freshness", "4.2.3", [ok("max-age=60", Age="60")], [NEW, NEW]),
    Rule("a response that has some left", "4.2.3", [ok("max-age=60", Age="30")], [NEW, OLD]),
    Rule("an Age that is no number", "5.1", [ok("max-age=60", Age="abc")], [NEW, OLD]),
    Rule("an Age below zero", "5.1", [ok("max-age=60", Age="-100")], [NEW, OLD]),
    Rule("an Age of several", "5.1", [ok("max-age=60", Age="100, 0")], [NEW, NEW]),
    Rule("a Date long ago", "4.2.3", [ok("max-age=60", Date=AN_HOUR_AGO)], [NEW, NEW]),
    # What is stored (3)
    Rule("no-store", "5.2.2.5", [ok("no-store, max-age=60")], [NEW, NEW]),
    Rule("no-store in capitals", "5.2", [ok("No-Store, max-age=60")], [NEW, NEW]),
    Rule("a cookie is set", "7.3", [ok("max-age=60", Set_Cookie="a=1")], [NEW, NEW]),
    Rule("a cookie is set for all", "7.3", [ok(PUBLIC + "max-age=60", Set_Cookie="a=1")], [NEW, NEW]),
    Rule("a part", "3.3", [ok("max-age=60", 206)], [NEW, NEW]),
    Rule("not modified", "3.3", [nothing_new("max-age=60")], [NEW, NEW]),
    Rule("a 404 that says so", "3", [ok("max-age=60", 404)], [NEW, OLD]),
    Rule("a 404 that says nothing", "3", [ok("", 404)], [NEW, NEW]),
    Rule("a redirect that says so", "3", [ok("max-age=60", 301, Location="/other")], [NEW, OLD]),
    Rule("an error that says nothing", "3", [ok("", 500)], [NEW, NEW]),
    Rule("a status that nobody knows", "3", [ok("max-age=60", 299)], [NEW, OLD]),
    # For whom (3.5, 5.2.2.7, 5.2.2.9)
    Rule("private to one", "5.2.2.7", [ok("private, max-age=60")], [NEW, OLD, NEW, OLD], [A, A, B, B]),
    Rule("one's own by default", "3.5", [ok("max-age=60")], [NEW, NEW, OLD], [A, B, A]),
    Rule("one's own where it is checked", "3.5", [ok("max-age=60, must-revalidate")], [NEW, NEW], [A, B]),
    Rule("public", "5.2.2.9", [ok("public, max-age=60")], [NEW, OLD, OLD], [A, B, {}]),
    Rule("s-maxage is for all", "3.5", [ok("s-maxage=60")], [NEW, OLD], [A, B]),
    Rule("public and private", "5.2.2.7", [ok("public, private, max-age=60")], [NEW, NEW], [A, B]),
    Rule("a cookie says who", "3.5", [ok("max-age=60")], [NEW, NEW], [{"Cookie": "a=1"}, {"Cookie": "a=2"}]),
    Rule("a key says who", "3.5", [ok("max-age=60")], [NEW, NEW], [{"X-Api-Key": "1"}, {"X-Api-Key": "2"}]),
    Rule("a browser does not", "3.5", [ok("max-age=60")], [NEW, OLD], [{"User-Agent": "1"}, {"User-Agent": "2"}]),
    # Vary (4.1)
    Rule("it varies", "4.1", [ok("max-age=60", Vary="Accept-Language")], [NEW, NEW, OLD, OLD], [EN, DE, EN, DE]),
    Rule("it varies with what is absent", "4.1", [ok("max-age=60", Vary="X-A")], [NEW, NEW], [{}, {"X-A": ""}]),
    Rule("it varies with one of two", "4.1", [ok("max-age=60", Vary="X-A, accept-language")], [NEW, NEW], [EN, DE]),
    Rule("it varies with all", "4.1", [ok("max-age=60", Vary="*")], [NEW, NEW]),
    Rule("it varies with all, among others", "4.1", [ok("max-age=60", Vary="X-A, *")], [NEW, NEW]),
    Rule("it varies for all", "4.1", [ok("s-maxage=60", Vary="Cookie")], [NEW, NEW],
         [{"Cookie": "a"}, {"Cookie": "b"}]),
    Rule("it varies not", "4.1", [ok("max-age=60")], [NEW, OLD], [EN, DE]),
    # Validation (4.3)
    Rule("no-cache", "5.2.2.4", [ok("no-cache", **ETAG), nothing_new(**ETAG)], [NEW, HELD, HELD]),
    Rule("no-cache without a validator", "5.2.2.4", [ok("no-cache")], [NEW, NEW]),
    Rule("stale with a validator", "4.3.1", [ok("max-age=9", Age="9", **ETAG), nothing_new(**ETAG)], [NEW, HELD]),
    Rule("freshened", "4.3.4", [ok("max-age=9", Age="9", **ETAG), nothing_new("max-age=60", **ETAG)], [NEW, HELD, OLD]),
    Rule("replaced", "4.3.3", [ok("no-cache", **ETAG), ok("max-age=60", ETag='"2"')], [NEW, NEW, OLD]),
    Rule("gone", "4.3.3", [ok("no-cache", **ETAG), ok("no-store"), nothing_new(**ETAG)], [NEW, NEW, NEW]),
    Rule("of another", "4.3.4", [ok("no-cache", **ETAG), nothing_new(ETag='"2"'), ok("max-age=60")], [NEW, NEW, OLD]),
    Rule("by date", "4.3.1", [ok("no-cache", Last_Modified=AN_HOUR_AGO), nothing_new()], [NEW, HELD]),
    Rule("failed", "4.3.3", [ok("no-cache", **ETAG), ok("", 503), nothing_new(**ETAG)], [NEW, NEW, HELD]),
    # What the client says (5.2.1)
    Rule("no-cache is asked", "5.2.1.4", [ok("max-age=60")], [NEW, NEW, OLD], [{}, asks("no-cache"), {}]),
    Rule("Pragma", "5.4", [ok("max-age=60")], [NEW, NEW], [{}, {"Pragma": "no-cache"}]),
    Rule("a reload", "5.2.1.1", [ok("max-age=60", **ETAG), nothing_new(**ETAG)], [NEW, HELD], [{}, asks("max-age=0")]),
    Rule("max-age is asked", "5.2.1.1", [ok("max-age=60", Age="20")], [NEW, OLD, NEW],
         [{}, asks("max-age=30"), asks("max-age=10")]),
    Rule("min-fresh is asked", "5.2.1.3", [ok("max-age=60", Age="20")], [NEW, OLD, NEW],
         [{}, asks("min-fresh=30"), asks("min-fresh=50")]),
    Rule("max-stale is asked", "5.2.1.2", [ok("max-age=9", Age="20", **ETAG), nothing_new(**ETAG)], [NEW, OLD, HELD],
         [{}, asks("max-stale=30"), asks("max-stale=5")]),
    Rule("max-stale is refused", "5.2.2.2", [ok("max-age=9, must-revalidate", Age="20", **ETAG), nothing_new(**ETAG)],
         [NEW, HELD], [{}, asks("max-stale=30")]),
    Rule("no-store is asked", "5.2.1.5", [ok("max-age=60")], [NEW, NEW, OLD], [asks("no-store"), {}, {}]),
    Rule("a nonsense is asked", "5.2.3", [ok("max-age=60")], [NEW, OLD], [{}, asks("nothing-to-see-here")]),
    # RFC 5861
    Rule("stale-if-error", "RFC 5861 4", [ok("max-age=9, stale-if-error=60", Age="20"), ok("", 503)], [NEW, OLD, OLD]),
    Rule("stale-if-error is over", "RFC 5861 4", [ok("max-age=9, stale-if-error=5", Age="20"), ok("", 503)],
         [NEW, NEW]),
    Rule("stale-if-error is no 404", "RFC 5861 4", [ok("max-age=9, stale-if-error=60", Age="20"), ok("", 404)],
         [NEW, NEW]),
    Rule("stale-if-error is not to be", "4.2.4",
         [ok("max-age=9, stale-if-error=60, must-revalidate", Age="20"), ok("", 503)], [NEW, NEW]),
    Rule("an error behind the scenes changes nothing", "RFC 5861 4",
         [ok("max-age=9, stale-while-revalidate=60, stale-if-error=60", Age="20"), ok("max-age=60", 503)],
         [NEW, OLD, OLD]),
    Rule("an error that is stored stays away", "RFC 5861 4",
         [ok("max-age=9, stale-if-error=60", Age="20"), ok("max-age=60", 503)], [NEW, OLD, OLD]),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_k1_a_rule_holds(rule: Rule) -> None:
    asking = Asking(*rule.answers)
    callers = rule.callers or ({},) * len(rule.expected)
    assert asking.sources(*callers) == rule.expected
    hits = len([source for source in rule.expected if source != OLD])
    assert asking.hits >= hits


def test_no_rule_is_there_twice() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    "status", [200, 203, 204, 300, 301, 302, 307, 308, 400, 404, 405, 410, 414, 499, 500, 501, 599]
)
def test_any_final_status_that_says_how_long_is_stored(status: int) -> None:
    asking = Asking(ok("max-age=60", status))
    assert asking.sources({}, {}) == [NEW, OLD]
    assert asking.ask().status == status


@pytest.mark.parametrize("status", [428, 429, 431, 511])
def test_k5_a_status_that_no_cache_may_store_is_not_and_leaves_what_is_stored(status: int) -> None:
    """RFC 6585 sections 3 to 6."""
    assert Asking(ok("public, max-age=60", status)).sources({}, {}) == [NEW, NEW]
    asking = Asking(ok("no-cache", **ETAG), ok("max-age=60", status), nothing_new(**ETAG))
    assert asking.sources({}, {}, {}) == [NEW, NEW, HELD]


def test_a_cached_response_has_its_age_and_is_else_as_it_was() -> None:
    asking = Asking((200, {"a": 1}, {"Cache-Control": "max-age=600", "X-Own": "1", "Age": "100"}))
    first, second = asking.ask(), asking.ask()
    assert second.body == first.body
    assert second.header("x-own") == "1"
    assert 100 <= int(second.header("age") or 0) <= 101
    assert (second.source, second.seconds) == (OLD, 0)


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("007", 7), ("0", 0), (" 12 , 90", 12), ("x", 0), ("0" * 30_000 + "x", 0), ("0" * 30_000 + "5", 5)],
)
def test_an_age_of_any_length_is_read(age: str, seconds: int) -> None:
    asking = Asking((200, {"a": 1}, {"Cache-Control": "max-age=600", "Age": age}))
    asking.ask()
    assert seconds <= int(asking.ask().header("age") or 0) <= seconds + 1


def test_only_if_cached_asks_nobody() -> None:
    asking = Asking(ok("max-age=60"))
    assert asking.ask(asks("only-if-cached")).status == 504
    assert asking.sources({}, asks("only-if-cached")) == [NEW, OLD]
    assert asking.hits == 1


def test_a_304_updates_the_header_fields_but_those_of_the_body() -> None:
    stored = ok("no-cache", **ETAG, X_A="old", X_B="kept", Content_Language="en")
    asking = Asking(stored, nothing_new("max-age=60", **ETAG, X_A="new", Content_Type="text/plain", Content_Length="0"))
    asking.ask()
    for source in (HELD, OLD):
        reply = asking.ask()
        assert reply.source == source
        assert (reply.status, reply.body) == (200, b'{"status":200}')
        assert (reply.header("x-a"), reply.header("x-b"), reply.header("content-type")) == (
            "new",
            "kept",
            "application/json",
        )


def test_a_conditional_request_carries_what_was_stored() -> None:
    asking = Asking(ok("no-cache", ETag='W/"1"', Last_Modified=AN_HOUR_AGO), nothing_new(ETag='W/"1"'))
    asking.sources({}, {})
    assert asking.script.requests[1].headers == (("if-none-match", 'W/"1"'), ("if-modified-since", AN_HOUR_AGO))


def test_a_cookie_that_a_304_sets_is_for_whoever_asked_and_is_not_stored() -> None:
    asking = Asking(ok("no-cache", **ETAG), nothing_new(**ETAG, Set_Cookie="a=1"), nothing_new("max-age=60", **ETAG))
    asking.ask()
    assert asking.ask().cookies == ("a=1",)
    for _ in range(2):
        reply = asking.ask()
        assert (reply.cookies, reply.header("set-cookie")) == ((), None)


def test_named_fields_of_no_cache_are_not_stored() -> None:
    asking = Asking(ok('max-age=60, no-cache="X-Own"', X_Own="1", X_Other="2"))
    asking.ask()
    reply = asking.ask()
    assert (reply.source, reply.header("x-own"), reply.header("x-other")) == (OLD, None, "2")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("range", "bytes=0-1", 206), ("if-none-match", '"1"', 304), ("if-modified-since", IN_AN_HOUR, 304)],
    ids=["range", "if-none-match", "if-modified-since"],  # not of the time, which differs between processes
)
def test_a_request_of_a_part_or_with_a_condition_of_its_own_gets_what_it_would_get(
    name: str, value: str, status: int
) -> None:
    def answer(request: Any) -> Any:
        return ok("max-age=60", status if dict(request.headers).get(name) else 200, **ETAG)

    asking = Asking(answer)
    assert [asking.ask().status, asking.ask(headers=((name, value),)).status, asking.ask().status] == [200, status, 200]
    assert asking.hits == 2
    assert asking.ask(headers=((name, value),)).status == status


def test_header_fields_of_a_request_are_its_own() -> None:
    asking = Asking(ok("public, max-age=60"))
    french = (("accept-language", "fr"),)
    assert [asking.ask(headers=headers).source for headers in ((), french, (), french)] == [NEW, NEW, OLD, OLD]


def test_a_field_may_ask_for_a_fresh_one_for_all_that_come_after_it() -> None:
    """Where RESTGQL_SUBREQUEST_HEADERS lets it set Cache-Control."""
    asking = Asking(ok("max-age=60"))
    anew = (("cache-control", "no-cache"),)
    assert [asking.ask(headers=headers).source for headers in ((), anew, (), anew)] == [NEW, NEW, OLD, NEW]


def test_a_body_over_the_limit_is_not_stored() -> None:
    asking = Asking((200, "x" * 100, {"Cache-Control": "max-age=60"}), max_body=99)
    assert asking.sources({}, {}) == [NEW, NEW]


FIELD_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
NAMES = ["max-age", "s-maxage", "no-cache", "private", "public", "stale-if-error", "stale-while-revalidate", "no-store"]
VALUES = ["=", '="', "=5", "=-1", "=1e9", "=" + "9" * 5_000, ",", " ", '"', "\\"]
DIRECTIVES = st.lists(st.sampled_from(NAMES) | st.sampled_from(VALUES)).map("".join)
DATES = st.sampled_from(["0", "-1", AN_HOUR_AGO, "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "Cache-Control": DIRECTIVES | FIELD_TEXT,
            "Age": st.integers().map(str) | st.just("9" * 5_000) | FIELD_TEXT,
            "Expires": DATES | FIELD_TEXT,
            "Date": DATES | FIELD_TEXT,
            "Vary": FIELD_TEXT,
            "ETag": FIELD_TEXT,
            "Last-Modified": DATES | FIELD_TEXT,
        },
    ),
    DIRECTIVES | FIELD_TEXT,
    st.sampled_from([200, 204, 206, 301, 304, 404, 429, 503]),
)
@settings(max_examples=300)
def test_no_header_field_makes_it_fail(fields: dict[str, str], asked: str, status: int) -> None:
    asking = Asking((200, "a", fields), (status, "b", fields))
    for caller in ({}, asks(asked), {}):
        assert asking.ask(caller).status in (200, status, 504)


def test_what_is_from_the_future_is_not_believed() -> None:
    """A clock that was put back must not keep a response fresh for as long as that was."""
    entry = Entry(
        status=200, headers=(), body=b"", varied=(), born=1e6, received=1e6, expires=1e6 + 60, fresh=1e6 + 60, kept=2e6
    )
    assert entry.is_fresh(1e6 - 4)
    assert not entry.is_fresh(1e6 - 6)
    assert entry.age(1e6 - 6) == 0
