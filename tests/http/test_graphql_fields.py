"""The fields of the core schema: get, fetch, routes and aggregate."""

import json
from typing import Any

import pytest

from tests.http.served import Served

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
