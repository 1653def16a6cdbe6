"""Whatever the parts say, no cache may do with the whole what it may not do with each of them (RFC 9111, RFC 5861)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restgql.http.cache_control import merge_cache_control
from restgql.sub_response import SubResponse
from tests.memory import kept

PLAIN = (
    "public",
    "private",
    "no-cache",
    "no-store",
    "must-revalidate",
    "proxy-revalidate",
    "immutable",
    "no-transform",
)
SECONDS = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")

KNOWN = (*PLAIN, *SECONDS)

Said = dict[str, int | None]

said = st.dictionaries(st.sampled_from(PLAIN), st.none(), max_size=4).flatmap(
    lambda plain: st.dictionaries(st.sampled_from(SECONDS), st.integers(0, 99), max_size=4).map(
        lambda s: {**plain, **s}
    )
)
parts = st.lists(st.tuples(said, st.integers(0, 120)), min_size=1, max_size=4)


def spelled(directives: Said) -> str:
    return ", ".join(name if seconds is None else f"{name}={seconds}" for name, seconds in directives.items())


def parsed(text: str) -> Said:
    pairs = (item.partition("=") for item in text.split(", "))
    return {name: int(seconds) if seconds else None for name, _, seconds in pairs}


class Cache:
    """What a cache may do with a response: `authorised` is whether its request had an Authorization field."""

    def __init__(self, *, shared: bool, authorised: bool) -> None:
        self.shared = shared
        self.authorised = authorised

    def stores(self, of: Said) -> bool:
        if "no-store" in of or (self.shared and "private" in of):
            return False
        return not (self.shared and self.authorised) or bool(of.keys() & {"public", "s-maxage", "must-revalidate"})

    def fresh_for(self, of: Said, age: int = 0) -> int:
        """In seconds, below zero where it is stale; what says nothing is not fresh."""
        lifetime = of.get("s-maxage", of.get("max-age")) if self.shared else of.get("max-age")
        return -1 if lifetime is None or "no-cache" in of else lifetime - age

    def usable_for(self, of: Said, age: int, extension: str) -> int:
        """As long as it may be used, stale in the end."""
        revalidates = {"must-revalidate", *(("proxy-revalidate", "s-maxage") if self.shared else ())}
        fresh = self.fresh_for(of, age)
        return fresh if of.keys() & {*revalidates, "no-cache"} else fresh + (of.get(extension) or 0)


CACHES = [Cache(shared=shared, authorised=authorised) for shared, authorised in ((0, 0), (1, 0), (1, 1))]


@given(parts)
@settings(max_examples=1000)
def test_no_cache_may_do_more_with_the_whole_than_with_each_part(stated: list[tuple[Said, int]]) -> None:
    found = [reply(spelled(of), age) for of, age in stated]
    merged = parsed(dict(merge_cache_control(found))["Cache-Control"])
    for cache in CACHES:
        assert cache.stores(merged) <= all(cache.stores(of) for of, _ in stated)
        if not cache.stores(merged):
            continue
        for of, age in stated:
            assert cache.fresh_for(merged) <= max(0, cache.fresh_for(of, age))
            for extension in ("stale-while-revalidate", "stale-if-error"):
                assert cache.usable_for(merged, 0, extension) <= max(0, cache.usable_for(of, age, extension))
    for name in ("no-transform", "no-cache"):
        assert name in merged or "no-store" in merged or all(name not in of for of, _ in stated)


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])), st.text("0123456789,x -", max_size=9))
def test_what_cannot_be_read_is_read_strictly(cache_control: str, age: str) -> None:
    part = SubResponse(url="/", status=200, fields=(("Cache-Control", cache_control), ("Age", age)))
    merged = dict(merge_cache_control([part]))["Cache-Control"]
    assert merged in {"no-store", "private, no-cache"} or any(name in cache_control.lower() for name in KNOWN)


def test_several_lines_of_a_field_are_one() -> None:
    lines = (("Cache-Control", "public"), ("Cache-Control", "max-age=60"), ("cache-control", "no-cache"), ("Age", "9"))
    vary = (("Vary", "X-A"), ("Vary", "X-B"))
    found = dict(merge_cache_control([SubResponse(url="/", status=200, fields=(*lines, *vary))]))
    assert found == {"Cache-Control": "public, no-cache, max-age=51", "Vary": "x-a, x-b"}


@pytest.mark.parametrize("of", [{}, {"public": None, "max-age": 60}])
def test_one_part_says_what_it_says_alone(of: Any) -> None:
    text = dict(merge_cache_control([reply(spelled(of), 0)]))["Cache-Control"]
    assert text == (spelled(of) or "private, no-cache")


def reply(cache_control: str, age: int) -> SubResponse:
    fields = [("Cache-Control", cache_control)] * bool(cache_control) + [("Age", str(age))] * bool(age)
    return SubResponse(url="/", status=200, fields=tuple(fields))


def test_what_an_upstream_says_at_length_is_not_kept() -> None:
    def say(number: int) -> None:
        reply = SubResponse(url="/", status=200, fields=(("Vary", f"X-{number}-{'a' * 500_000}"),))
        assert merge_cache_control([reply])

    assert kept(say) < 1_000_000  # of 5 MB
