"""The GraphQL surface: every argument and field, every error, and GraphQL over HTTP beside the audits."""

import io
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, Response, jsonify, redirect, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
MAX_REPLY = 20_000
RAW = ' {"b": 1.0,\n "a": [1e2, 123456789012345678901234567890, "\\u00e9\\/"], "b": 2 } \r\n'
LATIN = "Grüße".encode("latin-1")


class Served:
    """An app with a gateway; its slow route waits for `slow` to be set."""

    def __init__(self) -> None:
        self.slow = threading.Event()
        app = Flask(__name__)
        app.json.sort_keys = False  # type: ignore[attr-defined]
        self._add_echoes(app)
        self._add_answers(app)
        settings = {"subrequest_timeout": 0.2, "max_reply": MAX_REPLY, "graphiql": False}
        Gateway(app, routes=["*", "!hidden"], profile="open", **settings)
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def _add_echoes(self, app: Flask) -> None:
        def echo(**values: str) -> Any:
            """What was asked.

            Not shown.
            """
            return jsonify(path=request.path, query=request.query_string.decode(), values=values)

        app.add_url_rule("/echo", "echo", echo)
        app.add_url_rule("/echo/<value>", "echo_value", echo)
        app.add_url_rule("/echo/<path:rest>/all", "echo_path", echo)

        @app.get("/header/<name>")
        def header(name: str) -> Any:
            return jsonify(request.headers.get(name))

        @app.get("/range")
        def ranged() -> Response:
            response = Response("abcdef", content_type="text/plain")
            return response.make_conditional(request, accept_ranges=True, complete_length=6)

    def _add_answers(self, app: Flask) -> None:
        raw: dict[str, tuple[bytes | str, int, dict[str, str]]] = {
            "raw": (RAW, 200, {"Content-Type": JSON, "ETag": 'W/"e"', "X-A": "1"}),
            "latin": (LATIN, 200, {"Content-Type": "text/plain; charset=latin-1"}),
            "binary": (b"\x00\xff", 200, {"Content-Type": "application/octet-stream"}),
            "nothing": ("", 204, {}),
            "broken": ("{", 200, {"Content-Type": JSON}),
            "large": ("a" * (MAX_REPLY + 1), 200, {"Content-Type": "text/plain"}),
            "ids": (json.dumps([{"id": n, "next": f"/echo/{n}"} for n in range(3)]), 200, {"Content-Type": JSON}),
            "many": (json.dumps(list(range(60))), 200, {"Content-Type": JSON}),
            "teapot": ('{"short": true}', 418, {"Content-Type": "application/problem+json"}),
            "busy": ("busy", 503, {"Retry-After": "7", "X-Other": "1"}),
            "login": ("<p>Log in</p>", 200, {"Content-Type": "text/html"}),
        }
        for name, answer in raw.items():
            app.add_url_rule(f"/{name}", name, lambda answer=answer: answer)
        app.add_url_rule("/hidden", "hidden", lambda: "hidden")
        app.add_url_rule("/write", "write", lambda: "written", methods=["POST"])
        app.add_url_rule("/moved", "moved", lambda: redirect("/echo/moved"))
        app.add_url_rule("/to-login", "to_login", lambda: redirect("/login"))
        app.add_url_rule("/away", "away", lambda: redirect("http://other.example/"))

        @app.get("/guarded")
        def guarded() -> Response:
            return Response('"no"', 401, {"WWW-Authenticate": 'Basic realm="a"', "Content-Type": JSON})

        @app.get("/cookies")
        def cookies() -> Response:
            response = jsonify(1)
            response.set_cookie("a", "1")
            response.headers.add("X-Twice", "1")
            response.headers.add("X-Twice", "2")
            return response

        @app.get("/slow")
        def slow() -> str:
            self.slow.wait(10)
            return "slow"

        @app.get("/crash")
        def crash() -> str:
            raise ZeroDivisionError("the traceback")

    def ask(self, document: str, variables: Any = None, **parameters: Any) -> TestResponse:
        body = {"query": document, "variables": variables, **parameters}
        return self.client.post("/graphql", json=body, headers={"Accept": GRAPHQL_JSON})

    def query(self, document: str, variables: Any = None, **parameters: Any) -> dict[str, Any]:
        """The response map of a request that is well-formed."""
        answer = self.ask(document, variables, **parameters)
        assert (answer.status_code, answer.content_type) == (200, f"{GRAPHQL_JSON}; charset=utf-8"), answer.text
        found: dict[str, Any] = json.loads(answer.data)
        return found

    def data(self, document: str, variables: Any = None) -> Any:
        """The data of a request that has no errors."""
        found = self.query(document, variables)
        assert list(found) == ["data"], found
        return found["data"]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.slow.set()


# Arguments.

# A path and its params, as literals; the URL that they make.
TEMPLATES = {
    "none": ("/echo", "null", "/echo"),
    "no-params": ("/echo?a=1", "{}", "/echo?a=1"),
    "string": ("/echo/{a}", '{a: "x yé?#&%"}', "/echo/x%20y%C3%A9%3F%23%26%25"),
    "slash": ("/echo{?a}", '{a: "x/y"}', "/echo?a=x%2Fy"),
    "block-string": ("/echo/{a}", '{a: """\n  x\n"""}', "/echo/x"),
    "int": ("/echo/{a}", "{a: -12}", "/echo/-12"),
    "long-int": ("/echo/{a}", "{a: 123456789012345678901234567890}", "/echo/123456789012345678901234567890"),
    "float": ("/echo/{a}", "{a: 1.5}", "/echo/1.5"),
    "true": ("/echo/{a}", "{a: true}", "/echo/true"),
    "false": ("/echo{?a}", "{a: false}", "/echo?a=false"),
    "null": ("/echo{?a,b}", "{a: null, b: 1}", "/echo?b=1"),
    "absent": ("/echo{?a,b}", "{b: 1}", "/echo?b=1"),
    "all-absent": ("/echo{?a}", "{}", "/echo"),
    "more": ("/echo?c=1{&a}", '{a: "&="}', "/echo?c=1&a=%26%3D"),
    "list": ("/echo{?a}", "{a: [1, null, true]}", "/echo?a=1,true"),
    "list-exploded": ("/echo{?a*}", '{a: [1, "b"]}', "/echo?a=1&a=b"),
    "object-exploded": ("/echo{?a*}", "{a: {b: 1, c: null, d: false}}", "/echo?b=1&d=false"),
    "dotted": ("/echo{?a.b}", "{a: {b: 1}}", "/echo?a.b=1"),
    "empty-list": ("/echo{?a}", "{a: []}", "/echo"),
    "prefix": ("/echo/{a:2}", '{a: "xyz"}', "/echo/xy"),
    "link": ("{+a}", '{a: "/echo/1?b=2"}', "/echo/1?b=2"),
    "path-link": ("/echo/{+a}/all", '{a: "b/c"}', "/echo/b/c/all"),
    "unused": ("/echo", "{a: 1, b: {c: [2]}}", "/echo"),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_params_fill_the_path_of_get_and_fetch(served: Served, name: str) -> None:
    path, params, url = TEMPLATES[name]
    given = f"(path: {json.dumps(path)}, params: {params})"
    found = served.data(f"{{ fetch{given} {{ url json }} get{given} }}")
    assert found["fetch"]["url"] == url
    assert found["get"] == found["fetch"]["json"]


# Declarations of variables, the params, the variables sent, the query string that /echo{?a,b,c*} gets.
VARIABLES = {
    "id": ("$v: ID", "{a: $v}", {"v": "x1"}, "a=x1"),
    "id-of-int": ("$v: ID", "{a: $v}", {"v": 12}, "a=12"),
    "float": ("$v: Float", "{a: $v}", {"v": 1.25}, "a=1.25"),
    "int": ("$v: Int!", "{a: $v}", {"v": 3}, "a=3"),
    "boolean": ("$v: Boolean", "{a: $v}", {"v": True}, "a=true"),
    "string": ("$v: String", "{a: $v}", {"v": "1"}, "a=1"),
    "ids": ("$v: [ID!]", "{c: $v}", {"v": ["x", "y"]}, "c=x&c=y"),
    "json": ("$v: JSON", "{a: $v}", {"v": 1.5}, "a=1.5"),
    "json-object": ("$v: JSON", "{c: $v}", {"v": {"d": 1, "e": "f"}}, "d=1&e=f"),
    "whole": ("$v: JSON", "$v", {"v": {"a": 1, "b": 2}}, "a=1&b=2"),
    "whole-null": ("$v: JSON", "$v", {"v": None}, ""),
    "whole-absent": ("$v: JSON", "$v", {}, ""),
    "absent": ("$v: Int", "{a: $v, b: 1}", {}, "b=1"),
    "null": ("$v: Int", "{a: $v, b: 1}", {"v": None}, "b=1"),
    "default": ("$v: Int = 4", "{a: $v}", {}, "a=4"),
    "default-json": ('$v: JSON = {a: [1, "x"]}', "$v", {}, "a=1,x"),
    "null-beats-default": ("$v: Int = 4", "{a: $v, b: 1}", {"v": None}, "b=1"),
    "in-list": ("$v: Int", "{c: [1, $v, 3]}", {"v": 2}, "c=1&c=2&c=3"),
    "absent-in-list": ("$v: Int", "{c: [1, $v, 3]}", {}, "c=1&c=3"),
    "absent-in-object": ("$v: Int", "{c: {d: $v, e: 1}}", {}, "e=1"),
    "several": ("$v: Int, $w: ID", "{a: $v, b: $w}", {"v": 1, "w": "2"}, "a=1&b=2"),
    "unknown-variable-sent": ("$v: Int", "{a: $v}", {"v": 1, "other": 2}, "a=1"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_work_inside_json_literals(served: Served, name: str) -> None:
    declared, params, variables, expected = VARIABLES[name]
    document = f'query ({declared}) {{ get(path: "/echo{{?a,b,c*}}", params: {params}, select: "query") }}'
    assert served.data(document, variables) == {"get": expected}


def test_every_argument_takes_a_variable(served: Served) -> None:
    document = """
        query ($path: String!, $params: JSON, $select: String, $headers: [RestHeaderInput!], $name: String!,
               $value: String!, $follow: Boolean, $paths: [String!]!, $prefix: String, $if: Boolean!) {
          get(path: $path, params: $params, select: $select, headers: $headers)
          header: get(path: "/header/Prefer", headers: [{name: $name, value: $value}])
          fetch(path: "/moved", params: $params, headers: $headers, followRedirects: $follow) {
            status json(select: $select)
          }
          aggregate(paths: $paths)
          routes(prefix: $prefix) { path }
          absent: get(path: "/crash") @include(if: $if)
        }"""
    variables = {
        "path": "/echo/{a}",
        "params": {"a": 1},
        "select": "values.value",
        "headers": [{"name": "Prefer", "value": "a"}],
        "name": "Prefer",
        "value": "b",
        "follow": True,
        "paths": ["/echo/2"],
        "prefix": "/wr",
        "if": False,
    }
    assert served.data(document, variables) == {
        "get": "1",
        "header": "b",
        "fetch": {"status": 200, "json": "moved"},
        "aggregate": {"/echo/2": {"path": "/echo/2", "query": "", "values": {"value": "2"}}},
        "routes": [],
    }


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("path", "/echo/1"),
        ("values.value", "1"),
        ("[path, query]", ["/echo/1", ""]),
        ("{p: path, v: values.value}", {"p": "/echo/1", "v": "1"}),
        ("nothing", None),
        ("`{}`", {}),
        ("split(path, '/')", ["", "echo", "1"]),
        ("to_number(values.value)", 1),
        ("to_number('NaN')", None),
        ("to_number('1_0')", None),
        ("length(keys(@))", 3),
    ],
)
def test_select_is_jmespath_in_get_and_json(served: Served, select: str, expected: Any) -> None:
    document = 'query ($s: String) { get(path: "/echo/1", select: $s) fetch(path: "/echo/1") { json(select: $s) } }'
    assert served.data(document, {"s": select}) == {"get": expected, "fetch": {"json": expected}}


def test_a_null_select_selects_all(served: Served) -> None:
    found = served.data('{ get(path: "/ids", select: null) fetch(path: "/ids") { json(select: null) } }')
    assert found["get"] == found["fetch"]["json"] == [{"id": n, "next": f"/echo/{n}"} for n in range(3)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("Accept", "text/plain"), ("accept-language", "de, en;q=0.5"), ("PREFER", ""), ("Range", "bytes=1-2")],
)
def test_headers_are_sent(served: Served, name: str, value: str) -> None:
    document = "query ($path: String!, $h: [RestHeaderInput!]) { get(path: $path, headers: $h) }"
    found = served.data(document, {"path": f"/header/{name}", "h": [{"name": name, "value": value}]})
    assert found == {"get": value}


def test_headers_tell_sub_requests_apart(served: Served) -> None:
    document = """{
      a: get(path: "/header/Prefer", headers: [{name: "Prefer", value: "a"}])
      b: get(path: "/header/Prefer", headers: [{name: "Prefer", value: "b"}])
      none: get(path: "/header/Prefer", headers: [])
      part: fetch(path: "/range", headers: {name: "Range", value: "bytes=1-2"}) {
        status text header(name: "content-range")
      }
    }"""
    assert served.data(document) == {
        "a": "a",
        "b": "b",
        "none": None,
        "part": {"status": 206, "text": "bc", "header": "bytes 1-2/6"},
    }


REDIRECTS = {
    "default": ('(path: "/moved")', ("/echo/moved", 200, True)),
    "true": ('(path: "/moved", followRedirects: true)', ("/echo/moved", 200, True)),
    "false": ('(path: "/moved", followRedirects: false)', ("/moved", 302, False)),
    "html": ('(path: "/to-login")', ("/login", 200, True)),
    "away": ('(path: "/away")', ("/away", 302, False)),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_fetch_follows_redirects_unless_told_not_to(served: Served, name: str) -> None:
    given, expected = REDIRECTS[name]
    found = served.data(f"{{ fetch{given} {{ url status redirected }} }}")["fetch"]
    assert (found["url"], found["status"], found["redirected"]) == expected


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ('(prefix: "/echo")', ["/echo", "/echo/{+rest}/all", "/echo/{value}"]),
        ('(prefix: "/echo/{v")', ["/echo/{value}"]),
        ('(prefix: "/hidden")', []),
        ('(prefix: "/graphql")', []),
        ('(prefix: "/write")', []),
        ('(prefix: "echo")', []),
    ],
)
def test_routes_are_listed_by_prefix(served: Served, given: str, paths: list[str]) -> None:
    assert served.data(f"{{ routes{given} {{ path }} }}") == {"routes": [{"path": path} for path in paths]}


@pytest.mark.parametrize("given", ["", '(prefix: "")', "(prefix: null)"])
def test_all_routes_are_listed(served: Served, given: str) -> None:
    fields = "path endpoint methods parameters description typed"
    found = {route["path"]: route for route in served.data(f"{{ routes{given} {{ {fields} }} }}")["routes"]}
    assert list(found) == sorted(found)
    assert len(found) == 24
    assert found["/echo/{value}"] == {
        "path": "/echo/{value}",
        "endpoint": "echo_value",
        "methods": ["GET"],
        "parameters": ["value"],
        "description": "What was asked.",
        "typed": False,
    }
    assert found["/raw"]["description"] is None


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("[]", []),
        ('"/ids"', ["/ids"]),
        ('["/ids", "/nothing", "/ids", "nope", "/hidden", "/teapot", "/echo/{x}"]', None),
    ],
    ids=["none", "one", "many"],
)
def test_aggregate_is_the_map_of_post_aggregate(served: Served, given: str, keys: list[str] | None) -> None:
    paths = json.loads(given)
    posted = served.client.post("/aggregate", json=[paths] if isinstance(paths, str) else paths)
    answer = served.ask(f"{{ aggregate(paths: {given}) }}")
    assert answer.data == b'{"data":{"aggregate":' + posted.data + b"}}"
    assert list(posted.json) == (keys if keys is not None else list(dict.fromkeys(paths)))


# The fields of RestResponse.

RESPONSE = 'url status ok redirected header(name: "x-a") contentType etag size json text dataUrl error'
FIELDS: dict[str, dict[str, Any]] = {
    "/raw": {
        "status": 200,
        "header": "1",
        "contentType": JSON,
        "etag": 'W/"e"',
        "size": len(RAW),
        "json": json.loads(RAW),
        "text": RAW,
        "dataUrl": f"data:{JSON};base64,{b64encode(RAW.encode()).decode()}",
    },
    "/latin": {
        "status": 200,
        "contentType": "text/plain; charset=latin-1",
        "size": 5,
        "json": "Grüße",
        "text": "Grüße",
        "dataUrl": "data:text/plain;charset=latin-1;base64," + b64encode(LATIN).decode(),
    },
    "/binary": {
        "status": 200,
        "contentType": "application/octet-stream",
        "size": 2,
        "json": "data:application/octet-stream;base64,AP8=",
        "text": None,
        "dataUrl": "data:application/octet-stream;base64,AP8=",
    },
    "/nothing": {
        "status": 204,
        "contentType": "text/html; charset=utf-8",
        "size": 0,
        "json": None,
        "text": "",
        "dataUrl": "data:text/html;charset=utf-8;base64,",
    },
    "/teapot": {
        "status": 418,
        "contentType": "application/problem+json",
        "size": 15,
        "json": {"short": True},
        "text": '{"short": true}',
        "dataUrl": "data:application/problem+json;base64,eyJzaG9ydCI6IHRydWV9",
    },
    "/busy": {
        "status": 503,
        "contentType": "text/html; charset=utf-8",
        "size": 4,
        "json": {"type": "about:blank", "title": "Service Unavailable", "status": 503},
        "text": "busy",
        "dataUrl": "data:text/html;charset=utf-8;base64,YnVzeQ==",
    },
}
REST = {"redirected": False, "header": None, "etag": None, "error": None}


@pytest.mark.parametrize("path", FIELDS)
def test_a_response_has_all_its_fields(served: Served, path: str) -> None:
    expected = REST | {"url": path, "ok": FIELDS[path]["status"] < 300} | FIELDS[path]
    assert served.data(f'{{ fetch(path: "{path}") {{ {RESPONSE} }} }}') == {"fetch": expected}


# Path: status, error and code, whether some of the response is there.
FAILURES = {
    "/slow": (504, "TIMEOUT"),
    "/large": (502, "LIMIT_EXCEEDED"),
}


@pytest.mark.parametrize("path", FAILURES)
def test_a_failure_is_a_response_too(served: Served, path: str) -> None:
    status, code = FAILURES[path]
    found = served.data(f'{{ fetch(path: "{path}") {{ url status ok error dataUrl json }} }}')["fetch"]
    problem = found.pop("json")
    assert found == {"url": path, "status": status, "ok": False, "error": code, "dataUrl": None}
    assert (problem["status"], problem["code"]) == (status, code)


def test_a_body_that_cannot_be_read_keeps_the_status_of_its_route(served: Served) -> None:
    answer = served.ask('{ fetch(path: "/broken") { status ok error dataUrl contentType json } }')
    assert answer.json["data"]["fetch"] == {
        "status": 200,
        "ok": True,
        "error": None,
        "dataUrl": "data:application/json;base64,ew==",
        "contentType": "application/json",
        "json": None,
    }
    (error,) = answer.json["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["fetch", "json"], "UPSTREAM_INVALID")


def test_headers_are_all_there_but_set_cookie(served: Served) -> None:
    answer = served.ask("""{ fetch(path: "/cookies") {
        headers { name value } twice: header(name: "X-TWICE") none: header(name: "x") set: header(name: "set-cookie")
    } }""")
    found = answer.json["data"]["fetch"]
    assert [(h["name"], h["value"]) for h in found["headers"] if h["name"].startswith("X-")] == [
        ("X-Twice", "1"),
        ("X-Twice", "2"),
    ]
    assert "set-cookie" not in {header["name"].lower() for header in found["headers"]}
    assert (found["twice"], found["none"], found["set"]) == ("1, 2", None, None)
    assert answer.headers.getlist("Set-Cookie") == ["a=1; Path=/"]


def test_json_is_passed_on_byte_for_byte(served: Served) -> None:
    text = RAW.strip()
    for document, expected in (
        ('{ get(path: "/raw") }', f'{{"get":{text}}}'),
        ('{ a: get(path: "/raw") b: get(path: "/raw") }', f'{{"a":{text},"b":{text}}}'),
        ('{ fetch(path: "/raw") { json } }', f'{{"fetch":{{"json":{text}}}}}'),
        ('{ aggregate(paths: ["/raw"]) }', f'{{"aggregate":{{"/raw":{text}}}}}'),
        ('{ fetch(path: "/ids") { getEach(path: "/raw", limit: 2) } }', f'{{"fetch":{{"getEach":[{text},{text}]}}}}'),
        ('{ fetch(path: "/ids") { get(path: "/raw") } }', f'{{"fetch":{{"get":{text}}}}}'),
    ):
        assert served.ask(document).text == f'{{"data":{expected}}}'


def test_a_204_is_null_and_no_error(served: Served) -> None:
    document = """{ get(path: "/nothing") selected: get(path: "/nothing", select: "a")
                    fetch(path: "/nothing") { json ok } aggregate(paths: ["/nothing"]) }"""
    found = {"get": None, "selected": None, "fetch": {"json": None, "ok": True}, "aggregate": {"/nothing": None}}
    assert served.data(document) == found


def test_fields_keep_the_order_and_names_of_the_document(served: Served) -> None:
    fragment = 'fragment F on Query { m: get(path: "/nothing") }'
    document = f'{{ z: get(path: "/echo/1", select: "path") ...F a: __typename }} {fragment}'
    assert served.ask(document).text == '{"data":{"z":"/echo/1","m":null,"a":"Query"}}'


# Errors. Each document has a sibling `good`, which stays.

# Document, then path, code and more of its extensions, an error each.
Errors = list[tuple[list[str | int], str, dict[str, Any]]]
ERRORS: dict[str, tuple[str, Errors]] = {
    "bad-request-params": ('get(path: "/echo", params: [1])', [(["get"], "BAD_REQUEST", {})]),
    "bad-request-params-scalar": ('get(path: "/echo", params: "a")', [(["get"], "BAD_REQUEST", {})]),
    "bad-request-header": (
        'get(path: "/echo", headers: [{name: "Prefer", value: "a\\nb"}])',
        [(["get"], "BAD_REQUEST", {})],
    ),
    "bad-request-limit": (
        'fetch(path: "/ids") { getEach(path: "/echo", limit: -1) }',
        [(["fetch", "getEach"], "BAD_REQUEST", {})],
    ),
    "bad-path": (
        'a: get(path: "echo") b: fetch(path: "//x") { ok }',
        [(["a"], "BAD_PATH", {}), (["b"], "BAD_PATH", {})],
    ),
    "bad-path-template": ('get(path: "/echo/{;a}")', [(["get"], "BAD_PATH", {})]),
    "bad-path-value": ('get(path: "/echo/{a}", params: {a: {b: 1}})', [(["get"], "BAD_PATH", {})]),
    "bad-path-link": ('get(path: "{+a}", params: {a: "http://other.example/"})', [(["get"], "BAD_PATH", {})]),
    "bad-path-each": (
        'fetch(path: "/ids") { getEach(path: "{next}", limit: 1) }',
        [(["fetch", "getEach", 0], "BAD_PATH", {})],
    ),
    "missing-parameter": (
        'get(path: "/echo/{a}", params: {b: 1})',
        [(["get"], "MISSING_PARAMETER", {"parameter": "a"})],
    ),
    "missing-parameter-null": (
        'get(path: "/echo/{a}", params: {a: null})',
        [(["get"], "MISSING_PARAMETER", {"parameter": "a"})],
    ),
    "missing-parameter-of-parent": (
        'fetch(path: "/echo") { get(path: "/echo{?nope}") }',
        [(["fetch", "get"], "MISSING_PARAMETER", {"parameter": "nope"})],
    ),
    "bad-select": ('get(path: "/echo", select: "[")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-empty": ('get(path: "/echo", select: "")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-type": ('get(path: "/echo", select: "sum(path)")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-long": (f'get(path: "/echo", select: "{"a" * 1_025}")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-deep": (f'get(path: "/echo", select: "{"[" * 33 + "@" + "]" * 33}")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-reference": ('get(path: "/echo", select: "[&path]")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-literal": ('get(path: "/echo", select: "[`1e999`]")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-surrogate": ('get(path: "/echo", select: "{\\"\\\\ud800\\": path}")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-sum": ('get(path: "/echo", select: "sum([`1e308`, `1e308`])")', [(["get"], "BAD_SELECT", {})]),
    "bad-select-json": ('fetch(path: "/echo") { json(select: "nope(@)") }', [(["fetch", "json"], "BAD_SELECT", {})]),
    "bad-select-over": (
        'fetch(path: "/echo") { each(over: "path") { json } }',
        [(["fetch", "each"], "BAD_SELECT", {})],
    ),
    "not-allowed": ('get(path: "/hidden")', [(["get"], "NOT_ALLOWED", {})]),
    "not-allowed-nowhere": ('fetch(path: "/nowhere") { ok }', [(["fetch"], "NOT_ALLOWED", {})]),
    "not-allowed-header": (
        'get(path: "/echo", headers: [{name: "Cookie", value: "a"}])',
        [(["get"], "NOT_ALLOWED", {})],
    ),
    "nested-request": (
        'get(path: "/graphql") a: fetch(path: "/aggregate") { ok }',
        [(["get"], "NESTED_REQUEST", {}), (["a"], "NESTED_REQUEST", {})],
    ),
    "limit-exceeded": (
        'fetch(path: "/many") { getEach(path: "/echo/{item}") ok }',
        [(["fetch", "getEach"], "LIMIT_EXCEEDED", {"limit": "RESTGQL_MAX_SUBREQUESTS", "allowed": 50})],
    ),
    "limit-exceeded-each": (
        'fetch(path: "/many") { each { get(path: "/echo/{item}") } ok }',
        [(["fetch", "each"], "LIMIT_EXCEEDED", {"limit": "RESTGQL_MAX_SUBREQUESTS", "allowed": 50})],
    ),
    "limit-exceeded-reply": (
        'get(path: "/large")',
        [(["get"], "LIMIT_EXCEEDED", {"limit": "RESTGQL_MAX_REPLY", "allowed": MAX_REPLY})],
    ),
    "upstream-status": (
        'get(path: "/teapot")',
        [(["get"], "UPSTREAM_STATUS", {"http": {"status": 418, "headers": {}, "body": {"short": True}}})],
    ),
    "upstream-status-no-json": (
        'get(path: "/busy")',
        [(["get"], "UPSTREAM_STATUS", {"http": {"status": 503, "headers": {"Retry-After": "7"}}})],
    ),
    "upstream-status-401": (
        'get(path: "/guarded")',
        [
            (
                ["get"],
                "UPSTREAM_STATUS",
                {"http": {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="a"'}, "body": "no"}},
            )
        ],
    ),
    "upstream-status-redirect": (
        'away: get(path: "/away") login: get(path: "/to-login")',
        [
            (["away"], "UPSTREAM_STATUS", {"http": {"status": 302, "headers": {"Location": "http://other.example/"}}}),
            (["login"], "UPSTREAM_STATUS", {"http": {"status": 302, "headers": {"Location": "/login"}}}),
        ],
    ),
    "upstream-status-405": (
        'get(path: "/write")',
        [(["get"], "UPSTREAM_STATUS", {"http": {"status": 405, "headers": {}}})],
    ),
    "upstream-status-crash": (
        'get(path: "/crash")',
        [(["get"], "UPSTREAM_STATUS", {"http": {"status": 500, "headers": {}}})],
    ),
    "upstream-status-each": (
        'fetch(path: "/ids") { getEach(path: "/teapot", limit: 2) }',
        [
            (
                ["fetch", "getEach", n],
                "UPSTREAM_STATUS",
                {"http": {"status": 418, "headers": {}, "body": {"short": True}}},
            )
            for n in range(2)
        ],
    ),
    "upstream-invalid": ('get(path: "/broken")', [(["get"], "UPSTREAM_INVALID", {})]),
    "timeout": ('get(path: "/slow")', [(["get"], "TIMEOUT", {})]),
    "cancelled": (
        'p: fetch(path: "/teapot") { ok g: get(path: "/echo") fetch(path: "/echo") { ok } each { json } }',
        [(["p", name], "CANCELLED", {"parent": ["p"]}) for name in ("g", "fetch", "each")],
    ),
    "cancelled-below": (
        'a: fetch(path: "/echo") { b: fetch(path: "/broken") { c: getEach(path: "/echo") } }',
        [(["a", "b", "c"], "CANCELLED", {"parent": ["a", "b"]})],
    ),
    "several": (
        'a: get(path: "/teapot/{x}") b: get(path: "/hidden") c: get(path: "/broken")',
        [
            (["a"], "MISSING_PARAMETER", {"parameter": "x"}),
            (["b"], "NOT_ALLOWED", {}),
            (["c"], "UPSTREAM_INVALID", {}),
        ],
    ),
}


def at(data: Any, path: list[str | int]) -> Any:
    for key in path:
        data = data[key]
    return data


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_stays_at_its_path(served: Served, name: str) -> None:
    fields, expected = ERRORS[name]
    found = served.query(f'{{ {fields} good: get(path: "/echo/1", select: "values.value") }}')
    errors = [(error["path"], error["extensions"].pop("code"), error["extensions"]) for error in found["errors"]]
    assert sorted(errors, key=str) == sorted(expected, key=str)
    assert found["data"]["good"] == "1"
    for error in found["errors"]:
        assert error["message"]
        assert "Traceback" not in error["message"]
        assert "ZeroDivision" not in error["message"]
        assert len(error["locations"]) == 1
        assert at(found["data"], error["path"]) is None


# Document: limit, allowed.
TOO_MUCH = {
    "sub-requests": ("{ " + " ".join(f'a{n}: get(path: "/echo/{n}")' for n in range(51)) + " }", "SUBREQUESTS", 50),
    "paths": ("{ aggregate(paths: " + json.dumps([f"/echo/{n}" for n in range(51)]) + ") }", "SUBREQUESTS", 50),
    "both": (
        "{ "
        + " ".join(f'a{n}: get(path: "/echo/{n}")' for n in range(30))
        + " aggregate(paths: "
        + json.dumps([f"/ids?{n}" for n in range(30)])
        + ") }",
        "SUBREQUESTS",
        50,
    ),
    "document": ("{ __typename }" + " " * 65_536, "DOCUMENT", 65_536),
    "tokens": ("{ " + "__typename " * 2_000 + "}", "TOKENS", 2_000),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }", "ALIASES", 100),
    "depth": ("{ " + 'fetch(path: "/echo") { ' * 12 + "ok" + " }" * 13, "DEPTH", 12),
    "fields": ("{ " + "...F " * 50 + "} fragment F on Query { " + "__typename " * 20 + "}", "FIELDS", 1_000),
    "directives": ("{ " + "__typename @skip(if: true) " * 51 + "}", "DIRECTIVES", 50),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_document_that_asks_too_much_is_refused_whole(served: Served, name: str) -> None:
    document, limit, allowed = TOO_MUCH[name]
    answer = served.ask(document)
    assert (answer.status_code, list(answer.json)) == (400, ["errors"])
    extensions = [error["extensions"] for error in answer.json["errors"]]
    assert extensions == [{"code": "LIMIT_EXCEEDED", "limit": f"RESTGQL_MAX_{limit}", "allowed": allowed}]


def test_fifty_sub_requests_are_not_too_much_however_often_they_are_asked(served: Served) -> None:
    fields = " ".join(f'a{n}: get(path: "/echo/{n % 50}", select: "values.value")' for n in range(100))
    assert served.data(f"{{ {fields} }}") == {f"a{n}": str(n % 50) for n in range(100)}


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


# GraphQL over HTTP.


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
