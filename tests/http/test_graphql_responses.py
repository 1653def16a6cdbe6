"""RestResponse: each of its fields, also of a response that failed."""

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.http.served import JSON, LATIN, RAW, Served

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
