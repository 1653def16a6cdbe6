"""GraphQL over HTTP: GET and POST, malformed requests, and the media type of the answer."""

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from restgql import Gateway
from tests.http.served import GRAPHQL_JSON, JSON, Served

# Documents and variables that are refused whole: 400, or 200 under application/json.
REFUSED: dict[str, tuple[str, Any]] = {
    "syntax": ("{", None),
    "empty": ("  ", None),
    "unknown-field": ("{ nope }", None),
    "no-path": ("{ get }", None),
    "null-path": ("{ get(path: null) }", None),
    "number-as-path": ("{ get(path: 1) }", None),
    "selection-on-a-scalar": ('{ get(path: "/echo") { a } }', None),
    "no-selection": ('{ fetch(path: "/echo") }', None),
    "enum-in-json": ('{ get(path: "/echo", params: {a: RED}) }', None),
    "undeclared-variable": ('{ get(path: "/echo", params: {a: $v}) }', None),
    "unused-variable": ("query ($v: Int) { __typename }", None),
    "wrong-variable-type": ("query ($v: Int!) { get(path: $v) }", {"v": 1}),
    "missing-variable": ("query ($v: String!) { get(path: $v) }", {}),
    "null-variable": ("query ($v: String!) { get(path: $v) }", {"v": None}),
    "ill-typed-variable": ("query ($v: String!) { get(path: $v) }", {"v": 1}),
    "ill-typed-id": ('query ($v: ID) { get(path: "/echo{?v}", params: {v: $v}) }', {"v": 1.5}),
    "ill-typed-header": ('query ($v: [RestHeaderInput!]) { get(path: "/echo", headers: $v) }', {"v": [{"name": "a"}]}),
    "null-in-paths": ('{ aggregate(paths: ["/echo", null]) }', None),
    "several-operations": ("query A { __typename } query B { __typename }", None),
    "no-operation": ("fragment F on Query { __typename }", None),
    "conflict": ('{ get(path: "/echo") get(path: "/ids") }', None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_no_operation_is_refused(served: Served, name: str) -> None:
    document, variables = REFUSED[name]
    answer = served.ask(document, variables)
    assert (answer.status_code, list(answer.json)) == (400, ["errors"])
    assert {error["extensions"]["code"] for error in answer.json["errors"]} == {"BAD_REQUEST"}
    plain = served.client.post("/graphql", json={"query": document, "variables": variables})
    assert (plain.status_code, plain.json) == (200, answer.json)
    assert plain.content_type == f"{JSON}; charset=utf-8"


def get(served: Served, **parameters: str) -> TestResponse:
    return served.client.get(f"/graphql?{urlencode(parameters)}", headers={"Accept": GRAPHQL_JSON})


def test_a_get_takes_variables_and_an_operation_name(served: Served) -> None:
    document = 'query A($v: ID) { get(path: "/echo/{v}", params: {v: $v}, select: "path") } query B { b: __typename }'
    first = get(served, query=document, variables='{"v": "é/1"}', operationName="A")
    assert first.json["errors"][0]["extensions"]["code"] in ("NOT_ALLOWED", "BAD_PATH")
    second = get(served, query=document, variables=' {"v": "é 1"} ', operationName="A", extensions="{}")
    assert (second.status_code, second.json) == (200, {"data": {"get": "/echo/é 1"}})
    assert get(served, query=document, operationName="B", variables="").json == {"data": {"b": "Query"}}
    assert get(served, query=document, operationName="B", variables="null").json == {"data": {"b": "Query"}}
    assert get(served, query="{ __typename }", operationName="").json == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "variables": '"a"'},
        {"query": "{ __typename }", "variables": '{"a": NaN}'},
        {"query": "{ __typename }", "extensions": "1"},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "{ __typename }", "operationName": "B"},
    ],
)
def test_a_get_with_a_malformed_parameter_is_400(served: Served, parameters: dict[str, str]) -> None:
    answer = get(served, **parameters)
    assert (answer.status_code, list(answer.json)) == (400, ["errors"])
    assert answer.json["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": None},
        {"query": 1},
        {"query": ["{ __typename }"]},
        {"query": "{ __typename }", "variables": []},
        {"query": "{ __typename }", "variables": "{}"},
        {"query": "{ __typename }", "operationName": 1},
        {"query": "{ __typename }", "extensions": "a"},
        {"Query": "{ __typename }"},
        [],
        "{ __typename }",
        None,
    ],
    ids=json.dumps,
)
def test_a_post_with_a_malformed_parameter_is_400(served: Served, body: Any) -> None:
    for accept in (GRAPHQL_JSON, JSON):
        data = json.dumps(body)
        answer = served.client.post("/graphql", data=data, content_type=JSON, headers={"Accept": accept})
        assert (answer.status_code, list(answer.json)) == (400, ["errors"])
        assert answer.json["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
def test_a_mutation_by_get_is_405(served: Served, accept: str) -> None:
    query = urlencode({"query": "query Q { __typename } mutation M { __typename }", "operationName": "M"})
    answer = served.client.get(f"/graphql?{query}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert list(answer.json) == ["errors"]
    query = query.removesuffix("M") + "Q"
    assert served.client.get(f"/graphql?{query}", headers={"Accept": accept}).json == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8", GRAPHQL_JSON),
        (GRAPHQL_JSON.upper(), GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.9", JSON),
        (f"{GRAPHQL_JSON};q=0.5, {JSON};q=0.6", JSON),
        (f"{GRAPHQL_JSON};q=0.1, */*", GRAPHQL_JSON),
        (f"text/html, {JSON};q=0.1", JSON),
        ("text/html, */*;q=0.1", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{JSON};q=0, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
        (f"{GRAPHQL_JSON};q=0, {JSON};q=0, */*", None),
        ("application/*;q=0, */*", None),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON),
        ("*", JSON),
        (f"{JSON};q=.5, {GRAPHQL_JSON};q=.6", GRAPHQL_JSON),
        (f"{JSON};q=1., {GRAPHQL_JSON};q=0.", JSON),
        (f"{JSON}; Q = 0., */*", GRAPHQL_JSON),
        (f"{JSON};q=.", None),
        (f"{JSON};q=1.5", None),
        (f"{JSON};q=0", None),
        ("*/*;q=0", None),
        ("text/html", None),
        ("image/png, text/*", None),
        ("application/xml", None),
    ],
)
def test_the_answer_is_of_the_media_type_that_accept_prefers(
    served: Served, accept: str | None, expected: str | None
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    for answer in (
        served.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers),
        served.client.get("/graphql?query={__typename}", headers=headers),
    ):
        if expected is None:
            assert (answer.status_code, list(answer.json)) == (406, ["errors"])
            assert answer.json["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        else:
            assert (answer.status_code, answer.content_type) == (200, f"{expected}; charset=utf-8")
            assert answer.json == {"data": {"__typename": "Query"}}
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class Slow(io.RawIOBase):
    """A body that comes in pieces of a size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body, self._size = io.BytesIO(body), size

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        piece = self._body.read(min(self._size, len(into)))
        into[: len(piece)] = piece
        return len(piece)


def test_a_middleware_may_unpack_the_body_and_leave_its_length() -> None:
    app = Flask(__name__)
    Gateway(app)
    body = json.dumps({"query": "{ __typename }"}).encode()
    environ = {"wsgi.input": Slow(body, 10), "wsgi.input_terminated": True, "CONTENT_LENGTH": "10"}
    answer = app.test_client().post("/graphql", environ_overrides=environ, content_type="application/json")
    assert answer.json == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("read", ["get_json", "get_data", "json"])
def test_a_hook_may_read_the_body_first(read: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    seen = []

    @app.before_request
    def hook() -> None:
        if request.method == "POST":
            found = getattr(request, read)
            seen.append(found() if callable(found) else found)

    Gateway(app, routes=["*"], max_body=1_000)
    client = app.test_client()
    assert client.post("/graphql", json={"query": '{ get(path: "/a") }'}).json == {"data": {"get": {"a": 1}}}
    assert client.post("/aggregate", json=["/a"]).json == {"/a": {"a": 1}}
    assert client.post("/aggregate", json=["/a" * 1_000]).status_code == 413
    assert len(seen) == 3
