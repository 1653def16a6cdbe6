"""Directives that are refused, or bounded."""

import pytest

from tests.http.incremental.gates import GRAPHQL_JSON, MULTIPART, Asked, Make
from tests.respond.gated import JSON

REFUSED = {
    "label-twice": '{ ... @defer(label: "l") { a: __typename } ... @defer(label: "l") { b: __typename } }',
    "label-of-both": '{ ... @defer(label: "l") { a: __typename } routes @stream(label: "l") { path } }',
    "label-variable": "query ($l: String) { ... @defer(label: $l) { a: __typename } }",
    "label-number": "{ ... @defer(label: 1) { a: __typename } }",
    "stream-of-an-object": '{ fetch(path: "/ids") @stream { status } }',
    "stream-of-json": '{ get(path: "/ids") @stream }',
    "stream-of-a-fragment": "{ ... @stream { __typename } }",
    "defer-of-a-field": '{ get(path: "/ids") @defer }',
    "defer-of-an-operation": "query @defer { __typename }",
    "defer-twice": "{ ... @defer @defer { __typename } }",
    "if-null": "{ ... @defer(if: null) { __typename } }",
    "if-string": '{ ... @defer(if: "true") { __typename } }',
    "count-of-no-number": '{ routes @stream(initialCount: "1") { path } }',
    "count-null": "{ routes @stream(initialCount: null) { path } }",
    "unknown-argument": "{ ... @defer(when: true) { __typename } }",
    "mutation": "mutation { ... @defer { __typename } }",
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("accept", [MULTIPART, GRAPHQL_JSON])
def test_a_wrong_directive_is_refused_whatever_is_accepted(gated: Asked, name: str, accept: str) -> None:
    answer = gated.ask(REFUSED[name], accept=accept)
    assert (answer.status_code, answer.mimetype) == (400, GRAPHQL_JSON), answer.text
    assert {error["extensions"]["code"] for error in answer.json["errors"]} == {"BAD_REQUEST"}


def test_a_variable_that_is_null_where_it_may_not_be_is_refused(gated: Asked) -> None:
    document = "query ($if: Boolean) { ... @defer(if: $if) { __typename } }"
    assert gated.ask(document, {"if": None}).status_code == 400
    assert [*gated.payloads(document, {"if": False})] == [{"data": {"__typename": "Query"}}]
    assert len([*gated.payloads(document)]) == 2  # absent, it is the default


def test_many_directives_are_refused(gated: Asked) -> None:
    nested = "{ " + "... @defer { " * 51 + "__typename" + " }" * 52
    beside = "{ " + " ".join(f"... @defer {{ a{n}: __typename }}" for n in range(51)) + " }"
    spread = (
        "{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query { ...C @defer ...C @defer }"
        " fragment C on Query { " + "... @defer { __typename } " * 7 + "}"
    )
    for document in (nested, beside, spread):
        answer = gated.ask(document)
        assert answer.status_code == 400
        assert [error["extensions"]["limit"] for error in answer.json["errors"]] == ["RESTGQL_MAX_DIRECTIVES"]


def test_as_many_as_are_allowed_are_answered(gated: Asked) -> None:
    nested = "{ " + "... @defer { " * 50 + "__typename" + " }" * 51
    assert gated.whole(nested).data == {"__typename": "Query"}


def test_what_comes_later_is_bounded_and_the_rest_comes_at_once(make: Make) -> None:
    gated = make(max_values=1_000_000)
    fragments = " ".join(f"... @defer {{ a{n}: json b{n}: __typename }}" for n in range(45))
    document = f'{{ fetch(path: "/many/500") {{ each {{ {fragments} }} }} }}'
    found = gated.whole(document)
    assert found.data == gated.ask(document, accept=JSON).json["data"]
    assert 1_000 < sum(len(payload.get("pending", ())) for payload in found.payloads) < 10_000
