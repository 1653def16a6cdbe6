"""Hostile requests, each test named after its row of the hardening table: B9, C4, C5, D1, D2, D4, D5, D6, D8, D9."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from graphql import get_introspection_query
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ENDPOINTS = ("/graphql", "/aggregate")
CPU_SECONDS = 5.0
"""More than anything here may cost, on any machine: what is bounded costs milliseconds."""
MAX_REPLIES = 100_000


class Target:
    """An app with a gateway; `dispatched` counts the sub-requests."""

    def __init__(self, **config: Any) -> None:
        self.dispatched = 0
        self.written = 0
        app = Flask(__name__)
        lock = threading.Lock()

        @app.before_request
        def count() -> None:
            if request.path not in ENDPOINTS:
                with lock:
                    self.dispatched += 1

        @app.post("/write")
        @app.put("/write")
        @app.delete("/write")
        def write() -> str:
            self.written += 1
            return "written"

        deep = b"[" * 900 + b"]" * 900
        app.add_url_rule("/item/<name>", "item", lambda name: {"item": name, "all": [1, 2], "none": None})
        app.add_url_rule("/big", "big", lambda: Response("b" * (MAX_REPLIES // 10), content_type="text/plain"))
        app.add_url_rule("/deep", "deep", lambda: Response(deep, content_type=JSON))
        app.add_url_rule("/numbers", "numbers", lambda: Response("[1e400, 1, -0.0]", content_type=JSON))
        Gateway(app, routes=["*"], **{"profile": "open", **config})
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def query(self, document: str, variables: Any = None, accept: str = GRAPHQL_JSON) -> TestResponse:
        return self.send(json.dumps({"query": document, "variables": variables}), accept)

    def send(self, body: str | bytes, accept: str = GRAPHQL_JSON, endpoint: str = "/graphql") -> TestResponse:
        return self.client.post(endpoint, data=body, content_type=JSON, headers={"Accept": accept})


@pytest.fixture(scope="module")
def target() -> Target:
    return Target()


def strict(answer: TestResponse) -> Any:
    """The JSON value of an answer that is no server error, and is strict JSON: RFC 8259, in UTF-8."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert answer.status_code < 500, answer.data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    value = json.loads(answer.data.decode(), parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate would not go
    return value


def assert_refused(target: Target, ask: Callable[[], TestResponse], statuses: tuple[int, ...] = (400,)) -> Any:
    """It is refused whole, at once, with a code and at most 5 errors, before any dispatch."""
    before, began = target.dispatched, time.process_time()
    answer = ask()
    assert time.process_time() - began < CPU_SECONDS
    value = strict(answer)
    assert answer.status_code in statuses
    assert target.dispatched == before
    errors = value.get("errors") or [{"message": value.get("detail"), "extensions": value}]
    assert "data" not in value
    assert 1 <= len(errors) <= 5
    for error in errors:
        assert error["message"]
        assert error["extensions"]["code"] in ("BAD_REQUEST", "LIMIT_EXCEEDED")
    return value


def limit_of(value: Any) -> tuple[str, int]:
    extensions = value["errors"][0]["extensions"]
    assert extensions["code"] == "LIMIT_EXCEEDED"
    return extensions["limit"], extensions["allowed"]


def many(count: int, form: str) -> str:
    """`form` so many times, `#` in it the number."""
    return " ".join(form.replace("#", str(number)) for number in range(count))


def nested(depth: int, opening: str, inner: str, closing: str) -> str:
    return opening * depth + inner + closing * depth


# C4, B9: how it is asked.


def test_c4_an_accept_that_takes_no_json_is_406(target: Target) -> None:
    assert_refused(target, lambda: target.query("{ __typename }", accept="image/png"), (406,))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PURGE"])
def test_c4_another_method_is_405_with_allow(target: Target, endpoint: str, method: str) -> None:
    before = target.dispatched
    answer = target.client.open(endpoint, method=method, json={"query": "{ __typename }"})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert target.dispatched == before


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
@pytest.mark.parametrize("says", [False, True], ids=["silent", "said"])
def test_c4_a_body_in_another_encoding_is_400_or_415(target: Target, endpoint: str, encoding: str, says: bool) -> None:
    text = '{"query": "{ get(path: \\"/item/é\\") }"}' if endpoint == "/graphql" else '["/item/é"]'
    content_type = f"{JSON}; charset={encoding}" if says else JSON
    body = text.replace("é", "+AOk-").encode("ascii") + b"\xe9" if encoding == "utf-7" else text.encode(encoding)
    assert_refused(target, lambda: target.client.post(endpoint, data=body, content_type=content_type), (400, 415))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_c4_no_content_type_is_415(target: Target, endpoint: str) -> None:
    assert_refused(target, lambda: target.client.post(endpoint, data=b'{"query": "{ __typename }"}'), (415,))


MUTATIONS = {
    "anonymous": 'mutation { post(path: "/write") { status } }',
    "typename": "mutation { __typename }",
    "named": 'query Q { __typename } mutation M { post(path: "/write") { status } }',
    "several": 'mutation M { a: post(path: "/write") { status } b: delete(path: "/write") { status } }',
    "subscription": "subscription M { __typename }",
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_b9_a_mutation_that_is_not_in_the_schema_is_refused(target: Target, name: str) -> None:
    body = json.dumps({"query": MUTATIONS[name], "operationName": "M" if "M {" in MUTATIONS[name] else None})
    assert_refused(target, lambda: target.send(body))
    assert target.written == 0


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
def test_b9_a_get_runs_no_mutation(target: Target, name: str, accept: str) -> None:
    query = {"query": MUTATIONS[name], "operationName": "M" if "M {" in MUTATIONS[name] else ""}
    before = target.dispatched
    answer = target.client.get("/graphql", query_string=query, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert strict(answer)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert (target.dispatched, target.written) == (before, 0)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "DELETE"}, {"X-Method-Override": "PUT"}],
    ids=lambda headers: next(iter(headers), "none"),
)
@pytest.mark.parametrize("path", ["/write", "/write?_method=POST", "/write?X-HTTP-Method-Override=DELETE"])
def test_b9_no_unsafe_verb_goes_through_get_or_aggregate(target: Target, path: str, headers: dict[str, str]) -> None:
    document = "query ($path: String!) { get(path: $path) fetch(path: $path) { status } aggregate(paths: [$path]) }"
    body = {"query": document, "variables": {"path": path}}
    found = strict(target.client.post("/graphql", json=body, headers=headers))
    assert found["data"]["get"] is None
    assert found["data"]["fetch"] == {"status": 405}
    assert found["data"]["aggregate"][path]["status"] == 405
    assert [error["extensions"]["http"]["status"] for error in found["errors"]] == [405]
    for answer in (
        target.client.post("/aggregate", json=[path], headers=headers),
        target.client.get("/aggregate", query_string={"path": path}, headers=headers),
    ):
        assert strict(answer)[path]["status"] == 405
    assert target.written == 0


# C5: anything at all.

ANYTHING = settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text() | st.sampled_from(
    ["/item/1", "/item/{a}", "/item/1{?a}", "{+a}", "/numbers", "/deep", "/big", "//a", "/graphql", "{ __typename }"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)
EXPRESSION_PARTS = (
    *"@&|!*[](){}.,:?-'`\"\\ 01a<",
    *("item", "all", "none", "==", "||", "&&", "[]", "[*]", "[?", "'a'", "`1`", "`[1]`", "`1e999`", "`NaN`"),
    *('`"\\ud800"`', '"\\ud800"', "split(", "to_number('nan')", "to_string(", "sort_by(", "map(&", "join(", "sum("),
    *("keys(", "reverse(", "not_null(", "max_by(@, &"),
)
EXPRESSIONS = st.text() | st.lists(st.sampled_from(EXPRESSION_PARTS), max_size=10).map("".join)
DOCUMENT_PARTS = (
    *'{}()[]:$!@#=|&,"1EF',
    *("...", "query", "mutation", "fragment", "on", "Query", "get", "fetch", "path", "params", "select", "JSON", "$v"),
    *("1.5e9", '"/item/1"', '"""a"""', "true", "null", "__schema", "__typename", "routes{path}", "\\uD800", "\ufeff"),
    *('{get(path:"/item/1")}', 'fetch(path:"/item/1"){ok}', 'aggregate(paths:["/item/1"])', "@skip(if:true)"),
    *("@include(if:$v)", "query Q($v:JSON)", "fragment F on Query"),
)
DOCUMENTS = st.text() | st.lists(st.sampled_from(DOCUMENT_PARTS), max_size=14).map(" ".join)


@ANYTHING
@given(VALUES)
@example({"query": None})
@example({"query": "{ __typename }", "variables": [], "operationName": 1})
@example({"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": ""}}})
@example([{"query": "{ __typename }"}])
@example({"": "", "__proto__": "/item/1"})
def test_c5_any_json_is_answered_with_strict_json(target: Target, value: Any) -> None:
    for endpoint in ENDPOINTS:
        strict(target.send(json.dumps(value), endpoint=endpoint))


@ANYTHING
@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "deflate", "br", "identity", "klingon"]))
@example(b"[1e999]", "")
@example(b"", "gzip")
def test_c5_any_bytes_are_answered_with_strict_json(target: Target, body: bytes, coding: str) -> None:
    for endpoint in ENDPOINTS:
        headers = {"Content-Encoding": coding} if coding else {}
        strict(target.client.post(endpoint, data=body, content_type=JSON, headers=headers))


@ANYTHING
@given(DOCUMENTS, OBJECTS, st.none() | st.text(), OBJECTS)
def test_c5_any_document_is_answered_with_strict_json(
    target: Target, document: str, variables: Any, name: str | None, extensions: Any
) -> None:
    body = {"query": document, "variables": variables, "operationName": name, "extensions": extensions}
    strict(target.send(json.dumps(body)))
    strict(
        target.client.get(
            "/graphql", query_string={k: json.dumps(v) for k, v in body.items() if k != "query"} | {"query": document}
        )
    )


@ANYTHING
@given(TEXTS, VALUES, EXPRESSIONS, TEXTS)
@example("/numbers", None, "sum([`1e308`, `1e308`])", "")
@example("/item/1", {}, "&a", "")
@example("/item/1", {}, '[`{"a": "\\ud800"}`]', "")
@example("/deep", None, "[[[[[[[[[[[[[[[[[[[[@]]]]]]]]]]]]]]]]]]]]", "")
@example("/item/1", {}, "@`\\ud800`", "")
@example("{+a}", {"a": "http://["}, "@", "")
@example("{+a}", {"a": "//[::1]/item/1"}, "@", "")
def test_c5_any_arguments_are_answered_with_strict_json(
    target: Target, path: str, params: Any, select: str, value: str
) -> None:
    document = """
        query ($path: String!, $params: JSON, $select: String, $value: String!) {
          get(path: $path, params: $params, select: $select, headers: [{name: "Prefer", value: $value}])
          fetch(path: $path, params: $params) {
            url headers { name value } json(select: $select) text dataUrl header(name: $value)
            each(over: $select, limit: 3) { json(select: $select) get(path: $path, select: $select) }
            getEach(over: $select, path: $path, limit: 3, select: $select)
          }
          numbers: get(path: "/numbers", select: $select)
          item: fetch(path: "/item/1") { json(select: $select) get(path: $path, select: $select) }
          aggregate(paths: [$path])
        }"""
    variables = {"path": path, "params": params, "select": select, "value": value}
    answer = target.query(document, variables)
    assert answer.status_code == 200
    codes = {error["extensions"]["code"] for error in strict(answer).get("errors", [])}
    assert "INTERNAL" not in codes


LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=60)


@ANYTHING
@given(
    st.lists(
        st.tuples(st.sampled_from(["query", "variables", "path", "envelope", "a"]) | st.text(), TEXTS), max_size=4
    ),
    LATIN | st.sampled_from([JSON, GRAPHQL_JSON, f"{JSON};q=0", "*/*;q=x", ",,;", "application/*;q=0, */*"]),
    LATIN | st.sampled_from([f"{JSON};charset=", f"{JSON}; charset*=a''b", f'{JSON};charset="', "+json", "/"]),
)
def test_c5_any_query_string_and_headers_are_answered_with_strict_json(
    target: Target, query: list[tuple[str, str]], accept: str, content_type: str
) -> None:
    for endpoint in ENDPOINTS:
        strict(target.client.get(endpoint, query_string=MultiDict(query), headers={"Accept": accept}))
        body = b'["/item/1"]'
        strict(target.client.post(endpoint, data=body, headers={"Accept": accept, "Content-Type": content_type}))


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
    if "errors" in value:
        assert limit_of(value)[0].removeprefix("RESTGQL_MAX_") in ("DEPTH", "brackets", "DOCUMENT")
    else:
        assert (value["limit"], depth) == ("RESTGQL_MAX_BODY", 100_000)


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


def test_d6_a_body_that_holds_what_no_reader_can_is_passed_on_or_an_error(target: Target) -> None:
    found = strict(target.query('{ all: get(path: "/numbers") some: get(path: "/numbers", select: "[1]") }'))
    assert found["data"]["some"] is None
    assert found["errors"][0]["extensions"]["code"] == "BAD_SELECT"


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
    "unknown": '{{"query": "{{ __typename }}", "unknown": {}}}',
}


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_d8_json_nested_100_000_deep_is_refused(target: Target, opening: str, form: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = nested(100_000, opening, "1", closing)
    assert_refused(target, lambda: target.send(form.format(deep)))
    assert_refused(target, lambda: target.send(form.format(opening * 100_000)))


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
    assert response.json is not None
    assert (response.json["code"], response.json["limit"]) == ("LIMIT_EXCEEDED", name)
    assert target.dispatched == before


def test_d8_a_page_is_not_asked_for_by_a_long_accept(target: Target) -> None:
    response = target.client.get("/graphql", headers={"Accept": "text/html," + "a/b," * 3_000})
    assert response.status_code == 431
