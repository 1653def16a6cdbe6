"""Everything that an /aggregate request can look like, and what is refused before any dispatch: B5."""

import gzip
import json
import zlib
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import brotli
import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
PROBLEM = "application/problem+json"
MAX_BODY = 1_000_000
MAX_PATHS = 50
DEEP = 100_000
HERE = b'["/item/1"]'
FOUND = {"/item/1": {"item": "1"}}


class Counted:
    """An app with a gateway, and how often each path was dispatched."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        app = Flask(__name__)

        @app.before_request
        def count() -> None:
            if request.path != "/aggregate":
                self.hits[request.full_path.rstrip("?")] += 1

        app.add_url_rule("/item/<name>", "item", lambda name: {"item": name})
        app.add_url_rule("/text", "text", lambda: ("text", {"X-Part": "text"}))
        app.add_url_rule("/nothing", "nothing", lambda: ("", 204))
        app.add_url_rule("/failing", "failing", lambda: ({"why": "broken"}, 503))
        app.add_url_rule("/hidden", "hidden", lambda: "hidden")
        app.add_url_rule("/write", "write", lambda: "written", methods=["POST"])
        Gateway(app, routes=["*", "!hidden"])
        self.client: FlaskClient = app.test_client()

    def post(self, body: bytes, content_type: str | None = JSON, query: str = "", **headers: str) -> TestResponse:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/aggregate{query}", data=body, content_type=content_type, headers=fields)

    def get(self, *pairs: tuple[str, str]) -> TestResponse:
        return self.client.get("/aggregate?" + urlencode(pairs))


@pytest.fixture
def counted() -> Counted:
    return Counted()


def refused(counted: Counted, answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem details that refuse it whole, before any dispatch."""
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    problem: dict[str, Any] = json.loads(answer.data)
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", status, code)
    assert problem["title"]
    assert problem["detail"]
    assert counted.hits == {}
    return problem


def pairs(answer: TestResponse) -> list[tuple[str, Any]]:
    """The members of the map in their order, each as often as it stands there."""
    assert (answer.status_code, answer.content_type) == (200, JSON)
    found = json.loads(answer.data, object_pairs_hook=Members)
    assert isinstance(found, Members)
    return [(name, dict(value) if isinstance(value, Members) else value) for name, value in found]


class Members(list[tuple[str, Any]]):
    """A JSON object as it stands."""


# The forms.

# Body, then the members of the answer, then what was dispatched.
BODIES: dict[str, tuple[bytes, list[tuple[str, Any]], list[str]]] = {
    "array": (
        b'["/text", "/item/2", "/item/1"]',
        [("/text", "text"), ("/item/2", {"item": "2"}), ("/item/1", {"item": "1"})],
        ["/text", "/item/2", "/item/1"],
    ),
    "object": (
        b'{"b": "/text", "a": "/item/1", "": "/item/1", "/text": "/nothing"}',
        [("b", "text"), ("a", {"item": "1"}), ("", {"item": "1"}), ("/text", None)],
        ["/text", "/item/1", "/nothing"],
    ),
    "twice": (
        b'["/item/1", "/text", "/item/1"]',
        [("/item/1", {"item": "1"}), ("/text", "text")],
        ["/item/1", "/text"],
    ),
    "same-resource": (
        b'["/item/a", "/item/%61", "/item/a?"]',
        [("/item/a", {"item": "a"}), ("/item/%61", {"item": "a"}), ("/item/a?", {"item": "a"})],
        ["/item/a", "/item/a", "/item/a"],
    ),
    "empty-array": (b"[]", [], []),
    "empty-object": (b"{}", [], []),
    "numeric-keys": (
        b'{"2": "/item/2", "1": "/item/1"}',
        [("2", {"item": "2"}), ("1", {"item": "1"})],
        ["/item/2", "/item/1"],
    ),
    "escaped": (b'["\\/item\\u002f1"]', [("/item/1", {"item": "1"})], ["/item/1"]),
    "bom": (b"\xef\xbb\xbf" + HERE, [("/item/1", {"item": "1"})], ["/item/1"]),
    "white-space": (b'\r\n\t [ "/item/1" ]\n', [("/item/1", {"item": "1"})], ["/item/1"]),
    # As in every JSON reader, the last one holds.
    "duplicate-key": (b'{"a": "/text", "a": "/item/1"}', [("a", {"item": "1"})], ["/item/1"]),
    "failures": (
        b'["/failing", "/nothing", "/text"]',
        [("/failing", {"why": "broken"}), ("/nothing", None), ("/text", "text")],
        ["/failing", "/nothing", "/text"],
    ),
    "no-template": (b'["/item/1{?a}"]', [("/item/1{?a}", {"item": "1{"})], ["/item/1{?a}"]),
}


@pytest.mark.parametrize(("body", "members", "dispatched"), BODIES.values(), ids=BODIES)
def test_a_map_has_the_keys_as_sent_in_the_order_sent(
    counted: Counted, body: bytes, members: list[tuple[str, Any]], dispatched: list[str]
) -> None:
    assert pairs(counted.post(body)) == members
    assert counted.hits == Counter(dispatched)


def test_a_get_takes_paths(counted: Counted) -> None:
    answer = counted.get(("path", "/text"), ("path", "/item/1?a=1&b=2"), ("path", "/text"), ("other", "/item/9"))
    assert pairs(answer) == [("/text", "text"), ("/item/1?a=1&b=2", {"item": "1"})]
    assert counted.hits == {"/text": 1, "/item/1?a=1&b=2": 1}
    assert pairs(counted.get()) == []


@pytest.mark.parametrize("text", ["true", "TRUE", "1"])
def test_an_envelope_has_status_headers_and_body(counted: Counted, text: str) -> None:
    body = b'{"a": "/text", "b": "/failing", "c": "/nothing", "d": "/hidden", "e": "item"}'
    found = dict(pairs(counted.post(body, query=f"?envelope={text}")))
    assert list(found) == ["a", "b", "c", "d", "e"]
    assert [list(part) for part in found.values()] == [["status", "headers", "body"]] * 5
    assert [part["status"] for part in found.values()] == [200, 503, 204, 403, 400]
    assert dict(found["a"]["headers"])["X-Part"] == "text"
    assert (found["a"]["body"], dict(found["b"]["body"]), found["c"]["body"]) == ("text", {"why": "broken"}, None)
    assert dict(found["d"]["body"])["code"] == "NOT_ALLOWED"
    assert (found["e"]["headers"], dict(found["e"]["body"])["code"]) == ([], "BAD_PATH")
    got = counted.get(("path", "/text"), ("envelope", text))
    assert dict(pairs(got))["/text"]["status"] == 200


@pytest.mark.parametrize("text", ["false", "False", "0"])
def test_an_envelope_may_be_declined(counted: Counted, text: str) -> None:
    assert pairs(counted.post(HERE, query=f"?envelope={text}")) == list(FOUND.items())


@pytest.mark.parametrize("text", ["", "yes", "2", "null", "true "])
def test_an_envelope_is_nothing_else(counted: Counted, text: str) -> None:
    refused(counted, counted.post(HERE, query="?" + urlencode({"envelope": text})), 400, "BAD_REQUEST")
    refused(counted, counted.get(("path", "/text"), ("envelope", text)), 400, "BAD_REQUEST")


# A path, and the status and code of the problem at its key.
REFUSED_PATHS = {
    "": (400, "BAD_PATH"),
    "item/1": (400, "BAD_PATH"),
    "http://localhost/item/1": (400, "BAD_PATH"),
    "//localhost/item/1": (400, "BAD_PATH"),
    "/item/1#a": (400, "BAD_PATH"),
    "/item/../item/1": (400, "BAD_PATH"),
    "/item/1\n": (400, "BAD_PATH"),
    "/item%2F1": (400, "BAD_PATH"),
    "/" + "a" * 4_096: (400, "BAD_PATH"),
    "/nowhere": (403, "NOT_ALLOWED"),
    "/hidden": (403, "NOT_ALLOWED"),
    "/aggregate?path=/text": (400, "NESTED_REQUEST"),
    "/graphql": (400, "NESTED_REQUEST"),
}


@pytest.mark.parametrize(("path", "expected"), REFUSED_PATHS.items(), ids=lambda value: ascii(value)[:30])
def test_a_string_that_is_no_allowed_path_is_a_problem_at_its_key(
    counted: Counted, path: str, expected: tuple[int, str]
) -> None:
    for answer, key in (
        (counted.post(json.dumps(["/text", path]).encode()), path),
        (counted.post(json.dumps({"k": path, "/text": "/text"}).encode()), "k"),
        (counted.get(("path", "/text"), ("path", path)), path),
    ):
        found = dict(pairs(answer))
        assert (found[key]["status"], found[key]["code"]) == expected
        assert found["/text"] == "text"
    assert counted.hits == {"/text": 3}


def test_a_path_that_takes_no_get_is_its_405(counted: Counted) -> None:
    found = dict(pairs(counted.post(b'["/write", "/text"]', query="?envelope=1")))
    assert (found["/write"]["status"], found["/text"]["body"]) == (405, "text")
    assert "POST" in dict(found["/write"]["headers"])["Allow"]


# What is refused whole.

WRONG: dict[str, bytes] = {
    "null": b"null",
    "number": b"1",
    "true": b"true",
    "string": b'""',
    "path": b'"/item/1"',
    "array-of-null": b"[null]",
    "array-of-number": b"[1]",
    "array-of-true": b"[true]",
    "array-of-object": b"[{}]",
    "array-of-array": b'[["/item/1"]]',
    "one-wrong": b'["/item/1", "/item/2", 3]',
    "object-of-number": b'{"a": 1}',
    "object-of-null": b'{"a": null}',
    "object-of-array": b'{"a": ["/item/1"]}',
    "object-of-object": b'{"a": {"path": "/item/1"}}',
    "one-wrong-value": b'{"a": "/item/1", "b": false}',
    "nothing": b"",
    "white-space": b" \n",
    "truncated": b'["/item/1"',
    "trailing": b'["/item/1"] []',
    "trailing-comma": b'["/item/1",]',
    "single-quotes": b"['/item/1']",
    "comment": b'["/item/1"] // all',
    "bare-key": b'{a: "/item/1"}',
    "control-character": b'["/item/\n1"]',
    "lines": b'["/item/1"]\n["/item/2"]',
    "form": b"path=/item/1",
    "nan": b'["/item/1", NaN]',
    "infinity": b'["/item/1", -Infinity]',
    "1e999": b'["/item/1", 1e999]',
    "long-number": b'["/item/1", ' + b"9" * 100_000 + b"]",
    "high-surrogate": b'["/item/1", "/item/\\ud800"]',
    "low-surrogate": b'["/item/1", "/item/\\udc00a"]',
    "surrogate-key": b'{"\\ud800": "/item/1"}',
    "surrogate-bytes": b'["/item/\xed\xa0\x80"]',
    "latin-1": '["/item/é"]'.encode("latin-1"),
    "utf-16": '["/item/1"]'.encode("utf-16"),
    "utf-32": '["/item/1"]'.encode("utf-32-le"),
    "overlong": b'["/item/\xc0\xaf"]',
    "deep-array": b"[" * DEEP + b"]" * DEEP,
    "deep-item": b'["/item/1",' + b"[" * DEEP + b"]" * DEEP + b"]",
    "deep-object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "unclosed": b"[" * DEEP,
    "nul": b'["/item/1"]\x00',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_b5_a_wrong_type_anywhere_is_400(counted: Counted, body: bytes) -> None:
    refused(counted, counted.post(body), 400, "BAD_REQUEST")


def test_b5_too_many_paths_are_400(counted: Counted) -> None:
    paths = [f"/item/{number}" for number in range(MAX_PATHS + 1)]
    bodies = [counted.post(json.dumps(form).encode()) for form in (paths, dict(enumerate(paths)))]
    for answer in (*bodies, counted.get(*(("path", path) for path in paths))):
        problem = refused(counted, answer, 400, "LIMIT_EXCEEDED")
        assert (problem["limit"], problem["allowed"]) == ("RESTGQL_MAX_SUBREQUESTS", MAX_PATHS)


def test_b5_paths_are_counted_once_each(counted: Counted) -> None:
    paths = [f"/item/{number}" for number in range(MAX_PATHS)]
    assert [key for key, _ in pairs(counted.post(json.dumps(paths * 10).encode()))] == paths
    assert counted.hits == Counter(paths)


# Media types, methods, sizes and codings.


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json; version=1",
        "application/vnd.api+json",
    ],
)
def test_json_in_utf_8_is_taken(counted: Counted, content_type: str) -> None:
    assert pairs(counted.post(HERE, content_type)) == list(FOUND.items())


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/json",
        "text/plain",
        "text/plain; a=application/json",
        "application/jsonx",
        "application/x-ndjson",
        "application/octet-stream",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=klingon",
    ],
)
def test_any_other_media_type_or_charset_is_415(counted: Counted, content_type: str | None) -> None:
    refused(counted, counted.post(HERE, content_type), 415, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PURGE"])
def test_another_method_is_405_with_allow(counted: Counted, method: str) -> None:
    answer = counted.client.open("/aggregate?path=/item/1", method=method, data=HERE, content_type=JSON)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert counted.hits == {}


def test_a_head_is_a_get_without_its_body(counted: Counted) -> None:
    answer = counted.client.head("/aggregate?path=/item/1")
    assert (answer.status_code, answer.content_type, answer.data) == (200, JSON, b"")


def padded(size: int) -> bytes:
    return HERE + b" " * (size - len(HERE))


CODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "identity": bytes,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
}


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("size", [len(HERE), MAX_BODY])
def test_a_coded_body_is_decoded(counted: Counted, coding: str, size: int) -> None:
    body = CODERS[coding](padded(size))
    assert pairs(counted.post(body, Content_Encoding=coding)) == list(FOUND.items())


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("size", [MAX_BODY + 1, 20 * MAX_BODY])
def test_a_body_that_is_too_large_or_becomes_so_is_413(counted: Counted, coding: str, size: int) -> None:
    if coding == "identity":
        size = min(size, 2 * MAX_BODY)
    body = CODERS[coding](padded(size))
    problem = refused(counted, counted.post(body, Content_Encoding=coding), 413, "LIMIT_EXCEEDED")
    assert (problem["limit"], problem["allowed"]) == ("RESTGQL_MAX_BODY", MAX_BODY)


GZIPPED = gzip.compress(HERE, mtime=0)
MISCODED: dict[str, tuple[str, bytes]] = {
    "gzip-plain": ("gzip", HERE),
    "gzip-truncated": ("gzip", GZIPPED[:-1]),
    "gzip-checksum": ("gzip", GZIPPED[:-8] + bytes(8)),
    "gzip-trailing": ("gzip", GZIPPED + b"more"),
    "gzip-once-of-twice": ("gzip, gzip", GZIPPED),
    "deflate-plain": ("deflate", HERE),
    "br-plain": ("br", HERE),
    "br-truncated": ("br", brotli.compress(HERE)[:-1]),
}


@pytest.mark.parametrize(("coding", "body"), MISCODED.values(), ids=MISCODED)
def test_a_body_that_is_not_coded_as_it_says_is_400(counted: Counted, coding: str, body: bytes) -> None:
    refused(counted, counted.post(body, Content_Encoding=coding), 400, "BAD_REQUEST")


@pytest.mark.parametrize("coding", ["klingon", "zstd", "gzip, klingon", "chunked"])
def test_a_coding_that_is_not_known_is_415(counted: Counted, coding: str) -> None:
    refused(counted, counted.post(gzip.compress(HERE), Content_Encoding=coding), 415, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("body", "content_type", "coding", "status"),
    [
        (b"1", JSON, "identity", 400),
        (b"[]", "text/plain", "identity", 415),
        (b"[", JSON, "gzip", 400),
        (b"[]", JSON, "klingon", 415),
        (padded(MAX_BODY + 1), JSON, "identity", 413),
        (gzip.compress(padded(MAX_BODY + 1)), JSON, "gzip", 413),
    ],
    ids=["shape", "media-type", "coded-wrongly", "coding", "large", "bomb"],
)
def test_no_refusal_is_ever_stored(counted: Counted, body: bytes, content_type: str, coding: str, status: int) -> None:
    answer = counted.post(body, content_type, Content_Encoding=coding)
    assert (answer.status_code, answer.headers.get("Cache-Control")) == (status, "no-store")
