"""C5: any request is answered with strict JSON."""

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.http.hostile.target import (
    ENDPOINTS,
    GRAPHQL_JSON,
    JSON,
    Target,
    errors_of,
    strict,
)

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


class MalformedChunk(Exception):
    """A class like those of gunicorn for malformed chunks, which are no OSError."""


class Broken(io.RawIOBase):
    """The stream of a server whose client breaks off after some bytes of the body."""

    def __init__(self, sent: bytes, error: Exception) -> None:
        self._sent = io.BytesIO(sent)
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if size := self._sent.readinto(into):
            return size
        raise self._error


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("error", [OSError("Missing chunk"), EOFError(), MalformedChunk("zz")], ids=repr)
@pytest.mark.parametrize("sent", [b"", b'{"query": "{ __typename }"}'], ids=["nothing", "something"])
@pytest.mark.parametrize("content_type", [JSON, "multipart/form-data; boundary=b"])
def test_c5_a_body_that_the_client_breaks_off_is_400(
    target: Target, endpoint: str, error: Exception, sent: bytes, content_type: str
) -> None:
    environ = {"wsgi.input": Broken(sent, error), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    headers = {"GraphQL-Preflight": "1"}
    answer = target.client.post(endpoint, environ_overrides=environ, content_type=content_type, headers=headers)
    assert answer.status_code == 400
    [error] = errors_of(strict(answer))
    assert error["message"] == "The body is incomplete: it ends too early, or its chunks are malformed."


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_c5_a_chunked_body_that_the_server_does_not_terminate_is_411(target: Target, endpoint: str) -> None:
    environ = {"wsgi.input": io.BytesIO(b'["/item/1"]'), "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = target.client.post(endpoint, environ_overrides=environ, content_type=JSON)
    assert answer.status_code == 411
    [error] = errors_of(strict(answer))
    assert error["message"].endswith("send a Content-Length.")
    assert (
        target.client.get(f"{endpoint}?path=/item/1&query={{a:__typename}}", environ_overrides=environ).status_code
        == 200
    )


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
