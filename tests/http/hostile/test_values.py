"""D6 to D9: numbers, surrogates, sizes and batches."""

import json
import time
from typing import Any

import pytest

from tests.http.hostile.target import (
    CPU_SECONDS,
    ENDPOINTS,
    GRAPHQL_JSON,
    JSON,
    Target,
    assert_refused,
    errors_of,
    nested,
    strict,
)

# D6: numbers and surrogates.

HOSTILE_VALUES = {
    "long-number": "9" * 100_000,
    "long-fraction": "0." + "9" * 100_000 + "e99999999999",
    "1e999": "1e999",
    "-1e999": "-1e999",
    "nan": "NaN",
    "infinity": "-Infinity",
    "high-surrogate": '"\\ud800"',
    "low-surrogate": '"\\udfff"',
    "reversed-surrogates": '"\\udc00\\ud800"',
    "surrogate-key": '{"\\ud800": 1}',
}


@pytest.mark.parametrize("wrap", ["{}", '{{"a": {}}}', "[[{}]]"], ids=["bare", "object", "array"])
@pytest.mark.parametrize("name", HOSTILE_VALUES)
def test_d6_hostile_variables_are_400(target: Target, name: str, wrap: str) -> None:
    document = 'query ($v: JSON) { get(path: "/item/1{?a}", params: {a: $v}) }'
    variables = '{"v": ' + wrap.format(HOSTILE_VALUES[name]) + "}"
    body = f'{{"query": {json.dumps(document)}, "variables": {variables}}}'
    assert_refused(target, lambda: target.send(body))
    assert_refused(target, lambda: target.send(f'{{"query": {json.dumps(document)}, "extensions": {variables}}}'))
    if len(variables) < 10_000:
        query = {"query": document, "variables": variables}
        accept = {"Accept": GRAPHQL_JSON}
        assert_refused(target, lambda: target.client.get("/graphql", query_string=query, headers=accept))


@pytest.mark.parametrize(
    "literal",
    [
        *("9" * 60_000, "9" * 100_000, "1e999", "-1e999", "1.0e400", "NaN", "Infinity", "01", "1.", ".5", "0x1"),
        *('"\\uD800"', '"\\uDC00\\uD800"', '"\\u{D800}"', '"\\u{110000}"'),
    ],
    ids=lambda literal: literal[:12],
)
@pytest.mark.parametrize(
    "document",
    [
        '{ get(path: "/item/1{?a}", params: {a: %s}) }',
        '{ get(path: "/item/1{?a}", params: {a: [{b: %s}]}) }',
        'query ($v: JSON = %s) { get(path: "/item/1{?a}", params: {a: $v}) }',
        '{ fetch(path: "/item/1") { each(over: "all", limit: %s) { json } } }',
    ],
    ids=["object", "nested", "default", "int"],
)
def test_d6_hostile_literals_are_400(target: Target, literal: str, document: str) -> None:
    assert_refused(target, lambda: target.query(document % literal))


def test_d6_a_number_of_a_response_that_no_reader_can_represent_is_passed_on(target: Target) -> None:
    paths = {"all": "@", "second": "[1]", "first": "[0]", "sum": "sum(@)"}
    selects = " ".join(f'{key}: get(path: "/numbers", select: "{select}")' for key, select in paths.items())
    text = target.query(f'{{ unselected: get(path: "/numbers") {selects} }}').get_data(as_text=True)
    expected = '"unselected":[1e400, 1, -0.0],"all":[1e400,1,-0.0],"second":1,"first":1e400,"sum":null'
    assert f'"data":{{{expected}}}' in text
    (error,) = json.loads(text)["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["sum"], "BAD_SELECT")
    assert "value: 1e400, expected one of: ['array-number'], received: \"number out of range\"" in error["message"]
    found = target.query('{ fetch(path: "/numbers") { each(over: "@") { get(path: "/item/{item}") } } }')
    assert [each["get"]["item"] for each in strict(found)["data"]["fetch"]["each"]] == ["1e400", "1", "-0.0"]


# D8: size.

LARGE = {
    "commas": "{" + "," * 1_000_000 + "__typename}",
    "comment": "#" + "x" * 1_000_000 + "\n{__typename}",
    "comments": "#\n" * 500_000 + "{__typename}",
    "spaces": "{__typename}" + " " * 1_000_000,
    "byte-order-marks": "\ufeff" * 300_000 + "{__typename}",
    "string": '{get(path:"' + "x" * 1_000_000 + '")}',
    "block-string": '{get(path:"""' + "x\n" * 500_000 + '""")}',
    "name": "{" + "x" * 1_000_000 + "}",
    "at-the-limit-of-the-body": "{" + "," * 999_900 + "__typename}",
    "over-the-limit-of-a-document": "{" + "," * 65_536 + "__typename}",
    "over-it-in-bytes": '{get(path:"' + "é" * 32_768 + '")}',
}


@pytest.mark.parametrize("name", LARGE)
def test_d8_a_large_document_is_refused_before_parsing(target: Target, name: str) -> None:
    body = json.dumps({"query": LARGE[name]}, ensure_ascii=False).encode()
    assert_refused(target, lambda: target.send(body), (400, 413))


@pytest.mark.parametrize("name", ["variables", "extensions", "operationName", "unknown"])
def test_d8_a_megabyte_beside_the_document_is_413(target: Target, name: str) -> None:
    value: Any = "x" * 1_000_000
    body = {"query": "{ __typename }", name: value if name in ("operationName", "unknown") else {"a": value}}
    assert_refused(target, lambda: target.send(json.dumps(body)), (413,))


FORMS = {
    "body": "{}",
    "query": '{{"query": {}}}',
    "variables": '{{"query": "{{ __typename }}", "variables": {}}}',
    "variable": '{{"query": "{{ __typename }}", "variables": {{"a": {}}}}}',
    "extension": '{{"query": "{{ __typename }}", "extensions": {{"a": {}}}}}',
}


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_d8_json_nested_100_000_deep_is_refused(target: Target, opening: str, form: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = nested(100_000, opening, "1", closing)
    assert_refused(target, lambda: target.send(form.format(deep)))
    assert_refused(target, lambda: target.send(form.format(opening * 100_000)))


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_d8_an_unknown_member_nested_100_000_deep_is_passed_over_or_refused(target: Target, opening: str) -> None:
    """Python decides by the size of the stack, since 3.14 only where it ends."""
    closing = "]" if opening == "[" else "}"
    deep = nested(100_000, opening, "1", closing)
    answer = target.send(f'{{"query": "{{ __typename }}", "unknown": {deep}}}')
    assert answer.status_code == (400 if "errors" in strict(answer) else 200)


# D9: a batch array, which is off.


@pytest.mark.parametrize("count", [0, 1, 2, 1_000])
def test_d9_a_batch_array_is_refused(target: Target, count: int) -> None:
    body = json.dumps([{"query": '{ get(path: "/item/1") }'}] * count)
    for accept in (JSON, GRAPHQL_JSON):
        assert_refused(target, lambda accept=accept: target.send(body, accept))


PARSED = ["Accept", "Content-Encoding", "Content-Type", "If-None-Match", "If-Match"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", PARSED)
def test_d8_a_long_header_field_is_refused_before_it_is_parsed(target: Target, name: str, endpoint: str) -> None:
    value = ", ".join(f"a/b{number};q=0.5" for number in range(50_000))
    began, before = time.process_time(), target.dispatched
    response = target.client.post(endpoint, data=b"{}", headers={"Content-Type": JSON, name: value})
    assert time.process_time() - began < CPU_SECONDS
    assert response.status_code == 431
    [error] = errors_of(response.json)
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", name)
    assert target.dispatched == before


def test_d8_a_page_is_not_asked_for_by_a_long_accept(target: Target) -> None:
    response = target.client.get("/graphql", headers={"Accept": "text/html," + "a/b," * 3_000})
    assert response.status_code == 431


LONG = "x" * 60_000
QUOTED: dict[str, tuple[str, Any]] = {
    "field": (f"{{ {LONG} }}", None),
    "argument": (f'{{ get({LONG}: 1, path: "/item/1") }}', None),
    "directive": (f"{{ __typename @{LONG} }}", None),
    "unused variable": (f"query (${LONG}: Int) {{ __typename }}", None),
    "enum": (f"{{ get(path: {LONG}) }}", None),
    "key of an input": (
        'query ($h: [RestHeaderInput!]) { get(path: "/item/1", headers: $h) }',
        {"h": [{"name": "a", "value": "b", LONG: 1}]},
    ),
    "header name": (
        'query ($h: [RestHeaderInput!]) { a: get(path: "/item/1", headers: $h) b: get(path: "/item/2", headers: $h) }',
        {"h": [{"name": LONG, "value": "a"}]},
    ),
    "name of a header with a malformed value": (
        'query ($h: [RestHeaderInput!]) { get(path: "/item/1", headers: $h) }',
        {"h": [{"name": LONG[:8_000], "value": "\0"}]},
    ),
}


@pytest.mark.parametrize("name", QUOTED)
def test_m1_an_error_quotes_no_long_text_of_the_client(target: Target, name: str) -> None:
    errors = strict(target.query(*QUOTED[name]))["errors"]
    assert errors
    assert all(0 < len(error["message"]) <= 2_001 for error in errors)
