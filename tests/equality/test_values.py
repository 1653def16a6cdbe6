"""From a response to its value, and what runs for it, spelt out: B6, B7, R1, R2."""

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.equality.app import PIXEL, TEXT
from tests.equality.conftest import Served

INVALID = object()
"""A problem, status 502, code UPSTREAM_INVALID."""

VALUES: dict[str, Any] = {
    "json": {"a": 1},
    "json-charset": {"a": "é"},
    "json-latin-1": INVALID,
    "json-bom": {"a": 1},
    "json-whitespace": {"a": 1},
    "json-scalar": "text",
    "json-null": None,
    "json-nan": INVALID,
    "json-invalid": INVALID,
    "json-empty": None,
    "json-blank": None,
    "json-vendor": {"a": 1},
    "text": TEXT,
    "text-no-charset": TEXT,
    "text-bom": TEXT,
    "text-latin-1": "Grüße",
    "text-utf-16": TEXT,
    "text-utf-16le": TEXT,
    "text-shift-jis": "世界",
    "text-not-utf-8": "data:text/plain;charset=utf-8;base64," + b64encode("Grüße".encode("latin-1")).decode(),
    "text-unknown-charset": "data:text/plain;charset=klingon;base64,YWJj",
    "text-empty": None,
    "html": "<p>Hello</p>",
    "xml": "<a>é</a>",
    "svg": "<svg/>",
    "binary": "data:application/octet-stream;base64," + b64encode(bytes(range(256))).decode(),
    "png": "data:image/png;base64," + b64encode(PIXEL).decode(),
    "no-type": "data:application/octet-stream;base64,YWJj",
    "gzip": {"a": 1},
    "gzip-text": TEXT,
    "gzip-members": [1, 2],
    "gzip-corrupt": INVALID,
    "deflate": {"a": 1},
    "deflate-raw": {"a": 1},
    "br": {"a": 1},
    "gzip-br": [1],
    "identity": [1],
    "unknown-coding": INVALID,
    "partial": "bc",
    "not-modified": None,
}

# Path: status, and the header fields that a client may act on.
ERRORS: dict[str, tuple[int, dict[str, str]]] = {
    "/status/401": (401, {"WWW-Authenticate": 'Basic realm="x", Bearer'}),
    "/status/404": (404, {}),
    "/status/410": (410, {}),
    "/status/418": (418, {}),
    "/status/429": (429, {"Retry-After": "120"}),
    "/status/500": (500, {}),
    "/status/503": (503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "/status/599": (599, {}),
    "/redirect/other-host": (302, {"Location": "http://other.example/echo"}),
    "/redirect/html": (302, {"Location": "/response/html"}),
}

# Bytes that pass as they are, where a reader would have changed them.
VERBATIM = {
    "json-duplicate-keys": '{"a": 1, "a": 2}',
    "json-big-number": "[123456789012345678901234567890, 1.0, 1E400]",
    "json-keys": '{"__proto__": 1, "</script>": 2, "\u2028": 3}',
}

HOOKS = {
    "appcontext_pushed": 1,
    "request_started": 1,
    "before_request": 1,
    "after_request": 1,
    "request_finished": 1,
    "teardown_request NoneType True": 1,
    "request_tearing_down": 1,
    "teardown_appcontext NoneType": 1,
    "appcontext_tearing_down": 1,
    "appcontext_popped": 1,
}
# Path: what happens beside the hooks that every request runs; 0 takes one of those away.
HAPPENING: dict[str, dict[str, int]] = {
    "/return/dict": {},
    "/guarded": {},
    "/rewritten": {},
    "/fail/abort": {"errorhandler 404": 1},
    "/fail/rejected": {"errorhandler Rejected": 1},
    "/fail/crash": {"errorhandler 500": 1, "got_request_exception": 1, "teardown_request NoneType True": 0}
    | {"teardown_request ZeroDivisionError True": 1, "teardown_appcontext ZeroDivisionError": 1}
    | {"teardown_appcontext NoneType": 0},
    "/return/template": {"before_render_template": 1, "template_rendered": 1},
    "/flash": {"message_flashed": 1},
    "/stream/on-close": {"closed": 1},
    "/stream/generator": {"generator closed": 1},
    "/bp/en/nested/leaf": {"bp url_value_preprocessor": 1, "bp before_request": 1, "nested before_request": 1}
    | {"bp teardown_request": 1},
}


@pytest.mark.parametrize("name", VALUES)
def test_r2_a_response_is_the_first_row_that_fits(served: Served, name: str) -> None:
    path, value = f"/response/{name}", VALUES[name]
    part = served.client.aggregate([path])[path]
    answer = served.client.query("query ($path: String!) { get(path: $path) }", {"path": path}).json
    if value is INVALID:
        assert (part["status"], part["body"]["code"]) == (502, "UPSTREAM_INVALID")
        assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_INVALID"
    else:
        assert part["body"] == value
        assert answer == {"data": {"get": value}}


@pytest.mark.parametrize("name", VERBATIM)
def test_r2_json_passes_byte_for_byte(served: Served, name: str) -> None:
    path, text = f"/response/{name}", VERBATIM[name]
    assert served.client.post("/aggregate", [path]).body == f'{{"{path}":{text}}}'.encode()
    assert served.client.query(f'{{ get(path: "{path}") }}').body == f'{{"data":{{"get":{text}}}}}'.encode()


@pytest.mark.parametrize("path", ERRORS)
def test_r1_a_status_is_an_error_with_what_a_client_may_act_on(served: Served, path: str) -> None:
    status, headers = ERRORS[path]
    answer = served.client.query("query ($path: String!) { get(path: $path) }", {"path": path})
    error = answer.json["errors"][0]["extensions"]
    assert (answer.status, answer.json["data"]) == (200, {"get": None})
    assert (error["code"], error["http"]["status"], error["http"]["headers"]) == ("UPSTREAM_STATUS", status, headers)
    assert error["http"].get("body") == ({"status": status} if path.startswith("/status") else None)


@pytest.mark.parametrize(
    ("path", "hops"), [("/redirect/301", 2), ("/redirect/303", 2), ("/redirect/308", 2), ("/chain/5", 6)]
)
def test_r1_a_redirect_is_the_response_that_it_ends_in(served: Served, path: str, hops: int) -> None:
    events = served.events_of(lambda: served.client.query(f'{{ get(path: "{path}") }}'))
    assert sum(count for (event, _), count in events.items() if event == "before_request") == 1 + hops


@pytest.mark.parametrize("path", HAPPENING)
def test_b7_hooks_handlers_teardown_and_signals_run_once_a_sub_request(served: Served, path: str) -> None:
    events = served.events_of(lambda: served.client.fetch(path))
    happened: dict[str, int] = {}
    for (event, _), count in (events - served.outer_events).items():
        happened[event] = happened.get(event, 0) + count
    assert happened == {event: count for event, count in (HOOKS | HAPPENING[path]).items() if count}


def test_b7_ten_sub_requests_run_the_hooks_ten_times(served: Served) -> None:
    paths = [f"/item/{number}" for number in range(10)]
    events = served.events_of(lambda: served.client.aggregate([*paths, *paths]))
    counts = {path: events["before_request", f"{path}?"] for path in paths}
    assert counts == dict.fromkeys(paths, 1)


def test_b7_sub_requests_share_no_g_and_no_context(served: Served) -> None:
    paths = [f"/isolated?{number}" for number in range(8)]
    parts = served.client.aggregate(paths)
    assert [parts[path]["body"] for path in paths] == [{"g": 0, "context": 0}] * 8


@pytest.mark.parametrize(
    "key", ['"', "\\", "</script>", "\u2028", "__proto__", "constructor", "", "é", "a\nb", "{", "\x00"]
)
def test_b6_any_string_is_a_key_of_its_own(served: Served, key: str) -> None:
    answer = served.client.post("/aggregate", {key: "/return/dict", "other": "/item/1"})
    assert answer.status == 200
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Type") == "application/json"
    assert json.loads(answer.body, object_pairs_hook=list) == [
        (key, [("a", TEXT)]),
        ("other", [("item", 1)]),
    ]


@pytest.mark.parametrize("key", ['/echo?"', "/echo?</script>", "/echo?\u2028", "/echo?__proto__", "/echo/'"])
def test_b6_a_path_is_its_own_key(served: Served, key: str) -> None:
    assert list(served.client.aggregate([key])) == [key]
