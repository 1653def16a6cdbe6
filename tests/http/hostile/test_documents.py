"""D1 to D5: aliases, repeated fields, depth, and documents that are invalid in many places."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.http.hostile.target import (
    CPU_SECONDS,
    GRAPHQL_JSON,
    JSON,
    MAX_REPLIES,
    Target,
    assert_refused,
    nested,
    strict,
)


def limit_of(value: Any) -> tuple[str, int]:
    extensions = value["errors"][0]["extensions"]
    assert extensions["code"] == "LIMIT_EXCEEDED"
    return extensions["limit"], extensions["allowed"]


def many(count: int, form: str) -> str:
    """`form` so many times, `#` in it the number."""
    return " ".join(form.replace("#", str(number)) for number in range(count))


# D1: aliases.

ALIASES = {
    "typename": "a#: __typename",
    "get": 'a#: get(path: "/item/#")',
    "nested": 'a#: fetch(path: "/item/1") { ok }',
}


@pytest.mark.parametrize("count", [101, 10_000])
@pytest.mark.parametrize("name", ALIASES)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
def test_d1_too_many_aliases_are_refused(target: Target, count: int, name: str, accept: str) -> None:
    document = "{ " + many(count, ALIASES[name]) + " }"
    value = assert_refused(target, lambda: target.query(document, accept=accept))
    assert limit_of(value) in (
        ("RESTGQL_MAX_ALIASES", 100),
        ("RESTGQL_MAX_TOKENS", 2_000),
        ("RESTGQL_MAX_DOCUMENT", 65_536),
    )


def test_d1_aliases_in_fragments_count_as_often_as_they_are_spread(target: Target) -> None:
    fragments = (
        "fragment A on Query { " + many(11, "a#: __typename") + " } fragment B on Query { ...A ...A ...A ...A ...A }"
    )
    value = assert_refused(target, lambda: target.query("{ ...B ...B } " + fragments))
    assert limit_of(value) == ("RESTGQL_MAX_ALIASES", 100)


def test_d1_a_hundred_aliases_are_answered(target: Target) -> None:
    answer = target.query("{ " + many(100, "a#: __typename") + " }")
    assert strict(answer)["data"] == {f"a{number}": "Query" for number in range(100)}


def test_d1_aliases_do_not_multiply_what_one_reply_may_weigh(target: Target) -> None:
    """RESTGQL_MAX_REPLIES counts across aliases and keys: one reply given a hundred times is a hundred replies."""
    bounded = Target(max_replies=MAX_REPLIES, max_output=MAX_REPLIES)
    for answer in (
        bounded.query("{ " + many(100, 'a#: get(path: "/big")') + " }"),
        bounded.query('{ fetch(path: "/big") { ' + many(100, "a#: text") + " } }"),
        bounded.send(json.dumps({str(key): "/big" for key in range(1_000)}), endpoint="/aggregate"),
    ):
        strict(answer)
        assert len(answer.data) < 2 * MAX_REPLIES


# D2: repeated fields. Some are small enough to be answered: that must be cheap as well.

REPEATED = {
    "field-1000": "{ " + "__typename " * 1_000 + "}",
    "field-100": "{ " + "__typename " * 100 + "}",
    "get-300": "{ " + 'get(path: "/item/1") ' * 300 + "}",
    "fetch-90": "{ " + 'fetch(path: "/item/1") { ok } ' * 90 + "}",
    "routes-400": "{ " + "routes { path } " * 400 + "}",
    "nested": "{ " + 'fetch(path: "/item/1") { headers { name } headers { name } } ' * 60 + "}",
    "spreads-300-of-one": "{ " + "...F " * 300 + "} fragment F on Query { __typename }",
    "spreads-300": "{ " + many(300, "...F#") + " } " + many(300, "fragment F# on Query { __typename }"),
    "spreads-200": "{ " + many(200, "...F#") + " } " + many(200, "fragment F# on Query { __typename }"),
    "spreads-100": "{ " + many(100, "...F#") + " } " + many(100, "fragment F# on Query { __typename }"),
    "inline-300": "{ " + "... { __typename } " * 300 + "}",
    "unused-field-1800": "{ __typename } fragment F on Query { " + "__typename " * 1_800 + "}",
    "unused-spreads": "{ __typename } fragment A on Query { "
    + (many(190, "...F#") + " } " + many(190, "fragment F# on Query { __typename }")),
    "doubling": '{ fetch(path: "/item/1") { ...F0 } } '
    + " ".join(
        f'fragment F{n} on RestResponse {{ fetch(path: "/item/1") {{ ...F{n + 1} ...G{n} }} }} '
        f"fragment G{n} on RestResponse {{ ...F{n + 1} ok }}"
        for n in range(9)
    )
    + " fragment F9 on RestResponse { ok }",
    "exponential": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
    + " fragment F30 on Query { __typename }",
    "arguments": "{ get(" + 'path: "/item/1" ' * 480 + ") }",
    "variables": "query (" + many(480, "$v#: Int") + ") { __typename }",
}


@pytest.mark.parametrize("name", REPEATED)
def test_d2_repeated_fields_are_refused_or_answered(target: Target, name: str) -> None:
    before, began = target.dispatched, time.process_time()
    answer = target.query(REPEATED[name])
    assert time.process_time() - began < CPU_SECONDS
    value = strict(answer)
    if answer.status_code == 200:
        assert "errors" not in value
        assert target.dispatched - before <= 1
    else:
        assert_refused(target, lambda: target.query(REPEATED[name]))


# D4: depth.

FETCH = 'fetch(path: "/item/1") { '


@pytest.mark.parametrize("depth", [13, 200, 1_000, 100_000])
@pytest.mark.parametrize("opening", [FETCH, "a{"], ids=["fetch", "unknown"])
def test_d4_deep_selections_are_refused(target: Target, depth: int, opening: str) -> None:
    document = "{ " + nested(depth - 1, opening, "ok", " }") + " }"
    value = assert_refused(target, lambda: target.query(document), (400, 413))
    limit = limit_of(value)[0].removeprefix("RESTGQL_MAX_")
    assert limit in ("DEPTH", "brackets", "DOCUMENT") or (limit, depth) == ("BODY", 100_000)


@pytest.mark.parametrize("depth", [101, 150, 1_000, 20_000])
def test_d4_deep_inline_fragments_are_refused(target: Target, depth: int) -> None:
    document = "{ " + nested(depth, "...{", "__typename", "}") + " }"
    value = assert_refused(target, lambda: target.query(document))
    assert limit_of(value)[0] in ("levels", "brackets", "RESTGQL_MAX_DOCUMENT")


def test_d4_depth_is_counted_through_fragments(target: Target) -> None:
    chain = many(12, 'fragment F# on RestResponse { fetch(path: "/item/1") { ...G# } }')
    for number in range(12):
        chain = chain.replace(f"...G{number} ", f"...F{number + 1} ")
    document = '{ fetch(path: "/item/1") { ...F0 } } ' + chain + " fragment F12 on RestResponse { ok }"
    assert limit_of(assert_refused(target, lambda: target.query(document))) == ("RESTGQL_MAX_DEPTH", 12)


def test_d4_a_depth_of_12_is_answered(target: Target) -> None:
    value = strict(target.query("{ " + nested(11, FETCH, "ok", " }") + " }"))
    assert "errors" not in value
    for _ in range(11):
        value = value.get("data", value)["fetch"]
    assert value == {"ok": True}


NESTED_DOCUMENTS: dict[str, Callable[[int], str]] = {
    "list": lambda depth: '{ get(path: "/item/1", params: {a: ' + nested(depth, "[", "1", "]") + "}) }",
    "object": lambda depth: '{ get(path: "/item/1", params: ' + nested(depth, "{a:", "1", "}") + ") }",
    "type": lambda depth: "query ($v: " + nested(depth, "[", "Int", "]") + ") { __typename }",
    "default": lambda depth: "query ($v: JSON = " + nested(depth, "[", "1", "]") + ") { get(path: $v) }",
    "unclosed": lambda depth: "{ get(path: " + "[" * depth,
    "parentheses": lambda depth: "{ get" + "(" * depth,
    "introspection": lambda depth: "{ __schema { types { " + nested(depth, "ofType {", "name", "}") + " } } }",
}


@pytest.mark.parametrize("depth", [201, 1_000, 100_000])
@pytest.mark.parametrize("name", NESTED_DOCUMENTS)
def test_d4_deep_literals_and_types_are_refused(target: Target, name: str, depth: int) -> None:
    assert_refused(target, lambda: target.query(NESTED_DOCUMENTS[name](depth)))


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 960, 970, 980, 990, 1_000])
def test_d4_deep_variables_and_bodies_are_never_a_server_error(target: Target, depth: int) -> None:
    document = 'query ($p: JSON) { get(path: "/item/{a}", params: $p) deep: get(path: "/deep", select: "[[@]]") }'
    body = f'{{"query": {json.dumps(document)}, "variables": {{"p": {{"a": {nested(depth, "[", "1", "]")}}}}}}}'
    strict(target.send(body))


@pytest.mark.parametrize(
    "options",
    [{}, {"specified_by_url": True, "directive_is_repeatable": True, "schema_description": True}],
    ids=["standard", "all"],
)
def test_d4_the_standard_introspection_query_works(target: Target, options: dict[str, bool]) -> None:
    answer = target.query(get_introspection_query(**options))
    value = strict(answer)
    assert (answer.status_code, "errors" in value) == (200, False)
    assert "RestResponse" in {kind["name"] for kind in value["data"]["__schema"]["types"]}


# D5: what validation would complain of for long.

INVALID = {
    "cycle": "{ ...F } fragment F on Query { ...F }",
    "cycle-of-2": "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "cycle-of-90": "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{(n + 1) % 90} }}" for n in range(90)),
    "cycles": "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ " + many(40, "...F#") + " }" for n in range(40)),
    "cycle-below": '{ fetch(path: "/item/1") { ...F } } fragment F on RestResponse { fetch(path: "/item/1") { ...F } }',
    "unused-cycle": "{ __typename } fragment F on Query { ...F }",
    "directives-1000": "{ __typename " + "@x " * 1_000 + "}",
    "directives-9": "{ __typename " + "@skip(if: false) " * 9 + "}",
    "directives-51": "{ " + many(51, "__typename @skip(if: false)") + " }",
    "directives-of-operations": "query Q " + "@x " * 9 + "{ __typename }",
    "directives-of-fragments": "{ ...F } fragment F on Query " + "@x " * 9 + "{ __typename }",
    "directives-of-variables": "query ($v: Int " + "@x " * 9 + ') { get(path: "/item/{a}", params: {a: $v}) }',
    "directives-of-many-variables": "query (" + many(51, "$v#: Int @x") + ") { __typename }",
    "directives-of-spreads": "{ ...F " + "@include(if: true) " * 9 + "} fragment F on Query { __typename }",
    "operations-2000": many(2_000, "query Q# { __typename }"),
    "operations-300": many(300, "query Q# { __typename }"),
    "same-operation": "query Q { __typename } " * 300,
    "anonymous-operations": "{ __typename } " * 300,
    "unknown-fields-2000": "{ " + many(2_000, "zz#") + " }",
    "unknown-fields-900": "{ " + many(900, "zz#") + " }",
    "unknown-arguments": "{ get(" + many(480, "a#: 1") + ") }",
    "unknown-types": "query (" + many(400, "$v#: T#") + ") { __typename }",
    "unknown-fragments": "{ " + many(600, "...F#") + " }",
    "unused-fragments": "{ __typename } " + many(250, "fragment F# on Query { __typename }"),
    "undefined-variables": "{ " + many(90, "a#: get(path: $v#)") + " }",
    "no-operation": "fragment F on Query { __typename }",
    "type-system": "type T { a: Int } " * 100,
}


@pytest.mark.parametrize("name", INVALID)
def test_d5_an_invalid_document_is_refused_with_few_errors(target: Target, name: str) -> None:
    assert_refused(target, lambda: target.query(INVALID[name]))


def test_d5_invalid_variables_are_refused_with_few_errors(target: Target) -> None:
    document = 'query ($v: [Int!]) { get(path: "/item/{a}", params: {a: $v}) }'
    assert_refused(target, lambda: target.query(document, {"v": ["x"] * 10_000}))
