"""Errors stay at their path, and a document over a limit is refused whole."""

import json
from typing import Any

import pytest

from tests.http.served import MAX_REPLY, Served

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
