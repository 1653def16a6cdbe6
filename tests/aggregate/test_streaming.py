"""The parts of /aggregate one by one: as lines of JSON, as server-sent events, and as the map in chunks."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.respond.gated import JSON, RAW, TRACES, Gated, making
from tests.turnstile import PATIENCE, becomes

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"
PROBLEM = "application/problem+json"
LINES = (NDJSON, EVENTS)
DEADLINE = 1.0

Parts = dict[str, Any]


class Asked(Gated):
    """Such an app, asked for parts."""

    def ask(self, paths: Any, accept: str = "", query: str = "") -> TestResponse:
        """The response, of which nothing but the first piece is made yet."""
        return self.client.post(f"/aggregate{query}", json=paths, headers={"Accept": accept})

    def parts(self, paths: Any, accept: str) -> Iterator[Parts]:
        """The parts as they come, each asked for when it is taken."""
        answer = self.ask(paths, accept)
        assert answer.status_code == 200, answer.text
        return parts(answer, accept)

    def all(self, paths: Any, accept: str) -> list[tuple[str, Any]]:
        """Key and envelope of each part, in the order in which they came."""
        return [item for part in self.parts(paths, accept) for item in part.items()]


def parts(answer: TestResponse, accept: str) -> Iterator[Parts]:
    """Each part, from a piece of its own that is framed exactly."""
    ended = False
    for piece in filter(None, answer.iter_encoded()):
        assert not ended
        if piece == b"event: complete\ndata:\n\n":
            ended = True
            continue
        if accept == EVENTS:
            assert piece.startswith(b"event: next\ndata: ")
            assert piece.endswith(b"\n\n")
            piece = piece.removeprefix(b"event: next\ndata: ")[:-1]
        assert piece.endswith(b"\n")
        assert piece.count(b"\n") == 1
        assert b"\r" not in piece
        part = json.loads(piece)
        assert len(part) == 1
        yield part
    assert ended is (accept == EVENTS)


Make = Callable[..., Asked]


@pytest.fixture
def make() -> Iterator[Make]:
    with making(Asked) as make:
        yield make


@pytest.fixture
def gated(make: Make) -> Asked:
    return make()


def envelope(body: Any, status: int = 200) -> Any:
    return {"status": status, "body": body}


def without_headers(part: Parts) -> Parts:
    """The part, less the headers of its envelope, which has to have them."""
    [(key, found)] = part.items()
    assert list(found) == ["status", "headers", "body"]
    assert isinstance(found.pop("headers"), dict)
    return {key: found}


# The forms.


def test_a_part_is_a_line(gated: Asked) -> None:
    answer = gated.ask(["/raw"], NDJSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, NDJSON)
    found = '{"/raw":{"status":200,"headers":{"Content-Type":"application/json","Content-Length":"%d"},"body":%s}}\n'
    body = '{"a":"x\u2028y\\n","b":[1e2,1.0]}'
    assert answer.data.decode() == found % (len(RAW.encode()), body)


def test_a_part_is_an_event(gated: Asked) -> None:
    answer = gated.ask(["/raw", "/raw"], EVENTS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    line = gated.ask(["/raw"], NDJSON).data
    assert answer.data == b"event: next\ndata: " + line + b"\nevent: complete\ndata:\n\n"


def test_the_map_comes_in_chunks(gated: Asked) -> None:
    answer = gated.ask(["/text", "/raw", "/nothing"], query="?stream=true")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON)
    assert list(answer.iter_encoded()) == [b'{"/text":"a\\nb"', b',"/raw":' + RAW.encode(), b',"/nothing":null', b"}"]


@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "?stream=true")])
def test_a_stream_is_stored_and_buffered_nowhere(gated: Asked, accept: str, query: str) -> None:
    headers = gated.ask(["/text"], accept, query).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Length" not in headers


@pytest.mark.parametrize("paths", [[], {}])
def test_nothing_asked_is_nothing_streamed(gated: Asked, paths: Any) -> None:
    assert gated.ask(paths, NDJSON).data == b""
    assert gated.ask(paths, EVENTS).data == b"event: complete\ndata:\n\n"
    assert gated.ask(paths, query="?stream=true").data == b"{}"


# Accept and the query string, then the media type of the answer.

ACCEPTED = [
    (NDJSON, "", NDJSON),
    ("Application/X-NDJSON", "", NDJSON),
    (EVENTS, "", EVENTS),
    (f"{NDJSON}, {JSON};q=0.9", "", NDJSON),
    (f"{NDJSON};q=0.5, {EVENTS}", "", EVENTS),
    (f"{EVENTS}, */*;q=0.1", "", EVENTS),
    ("", "", JSON),
    ("*/*", "", JSON),
    (JSON, "", JSON),
    (f"{JSON}, {NDJSON}", "", JSON),
    (f"{JSON};q=0.5, {NDJSON};q=0.5", "", JSON),
    (f"{NDJSON};q=0", "", JSON),
    (NDJSON, "?stream=true", JSON),
    (NDJSON, "?stream=false", NDJSON),
    ("", "?stream=1", JSON),
    (NDJSON, "?envelope=false", NDJSON),
]


@pytest.mark.parametrize(("accept", "query", "media_type"), ACCEPTED)
def test_the_answer_is_in_the_form_that_is_asked_for(gated: Asked, accept: str, query: str, media_type: str) -> None:
    answer = gated.ask(["/text"], accept, query)
    assert (answer.status_code, answer.mimetype) == (200, media_type)


@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "stream=true")])
def test_a_get_is_streamed_too(gated: Asked, accept: str, query: str) -> None:
    given = urlencode([("path", "/text"), ("path", "/raw"), ("path", "/text")])
    answer = gated.client.get(f"/aggregate?{given}&{query}", headers={"Accept": accept})
    assert sorted(answer.data.splitlines()) == sorted(
        gated.ask(["/text", "/raw"], accept, f"?{query}").data.splitlines()
    )


def test_the_map_may_have_envelopes(gated: Asked) -> None:
    streamed = gated.ask(["/text", "/teapot", "/hidden"], query="?stream=true&envelope=true")
    assert streamed.data == gated.ask(["/text", "/teapot", "/hidden"], query="?envelope=true").data


# When they come. Each part is taken while the gates of those that are not taken yet are still closed.


@pytest.mark.parametrize("accept", LINES)
def test_parts_come_in_the_order_in_which_they_are_ready(gated: Asked, accept: str) -> None:
    gated.open("c")
    found = gated.parts([f"/gate/{name}" for name in "abc"], accept)
    for name in "cab":
        gated.open(name)
        assert without_headers(next(found)) == {f"/gate/{name}": envelope(name)}
    assert next(found, None) is None


@pytest.mark.parametrize("accept", LINES)
def test_what_is_refused_comes_before_what_has_to_be_asked_for(gated: Asked, accept: str) -> None:
    found = gated.parts(["/gate/a", "/hidden", "nope"], accept)
    early = next(found) | next(found)
    assert {key: part["status"] for key, part in early.items()} == {"/hidden": 403, "nope": 400}
    gated.open("a")
    assert without_headers(next(found)) == {"/gate/a": envelope("a")}


def test_the_members_of_the_map_come_in_the_order_of_the_request(gated: Asked) -> None:
    gated.open("a", "c")
    pieces = gated.ask(["/gate/a", "/gate/b", "/gate/c"], query="?stream=true").iter_encoded()
    assert next(pieces) == b'{"/gate/a":"a"'
    gated.open("b")
    assert next(pieces) == b',"/gate/b":"b"'
    assert next(pieces) == b',"/gate/c":"c"'
    assert next(pieces) == b"}"
    assert gated.hits == {"a": 1, "b": 1, "c": 1}


def test_over_a_socket_a_line_comes_as_soon_as_it_is_there(gated: Asked, serve: Callable[[Any], str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(serve(gated.app)).netloc, timeout=PATIENCE)
    body = json.dumps(["/gate/a", "/gate/b", "/text"])
    connection.request("POST", "/aggregate", body, {"Content-Type": JSON, "Accept": NDJSON})
    with connection.getresponse() as answer:
        assert list(json.loads(answer.readline())) == ["/text"]
        for name in "ba":
            gated.open(name)
            assert without_headers(json.loads(answer.readline())) == {f"/gate/{name}": envelope(name)}
        assert answer.readline() == b""
    connection.close()


def test_cookies_go_with_the_first_byte(gated: Asked) -> None:
    gated.open("a")
    answer = gated.ask(["/gate/a", "/gate/b"], query="?stream=true")
    assert "a=1; Path=/" in answer.headers.getlist("Set-Cookie")
    assert "b=1; Path=/" not in answer.headers.getlist("Set-Cookie")
    answer.close()


# What they are.

# Each path with its body and status.
VALUES: dict[str, tuple[Any, int]] = {
    "/raw": (json.loads(RAW), 200),
    "/text": ("a\nb", 200),
    "/image": ("data:image/png;base64,AP8=", 200),
    "/nothing": (None, 204),
    "/teapot": ({"short": True}, 418),
    "/plain": ({"type": "about:blank", "title": "Service Unavailable", "status": 503}, 503),
}


@pytest.mark.parametrize("accept", LINES)
def test_values_are_those_of_the_table(gated: Asked, accept: str) -> None:
    found = dict(gated.all([*VALUES], accept))
    assert {key: (part["body"], part["status"]) for key, part in found.items()} == VALUES
    assert found == gated.ask([*VALUES], query="?envelope=true").json


# Each path with the status and code of its problem.
PROBLEMS = {
    "/broken": (502, "UPSTREAM_INVALID"),
    "/hidden": (403, "NOT_ALLOWED"),
    "/nowhere": (403, "NOT_ALLOWED"),
    "/aggregate?path=/text": (400, "NESTED_REQUEST"),
    "//other/text": (400, "BAD_PATH"),
    "": (400, "BAD_PATH"),
}


@pytest.mark.parametrize("accept", LINES)
def test_a_failure_stays_at_its_key(gated: Asked, accept: str) -> None:
    found = dict(gated.all([*PROBLEMS, "/text"], accept))
    assert found.pop("/text")["body"] == "a\nb"
    assert {key: (part["status"], part["body"]["code"]) for key, part in found.items()} == PROBLEMS


@pytest.mark.parametrize("propagate", [False, True])
@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "?stream=true")])
def test_a_crash_says_nothing_of_itself(gated: Asked, propagate: bool, accept: str, query: str) -> None:
    gated.app.config["PROPAGATE_EXCEPTIONS"] = propagate
    answer = gated.ask(["/crash", "/text"], accept, query).data
    assert b'"status":500' in answer
    assert b"a\\nb" in answer
    assert not any(said in answer for said in TRACES)


KEYS = ['"', "\\", 'a"b', "\u2028\u2029", "__proto__", "constructor", "\n\r\t\x00", "é\u0301", "🎈", "", "1", "data: x"]


@pytest.mark.parametrize("accept", LINES)
def test_keys_are_those_that_were_sent(gated: Asked, accept: str) -> None:
    paths = {key: f"/item/{number}" for number, key in enumerate(KEYS)}
    found = {key: part["body"] for key, part in gated.all(paths, accept)}
    assert found == {key: {"item": str(number)} for number, key in enumerate(KEYS)}


@pytest.mark.parametrize("accept", LINES)
def test_paths_are_keys_as_they_were_sent(gated: Asked, accept: str) -> None:
    paths = ['/item/"', "/item/\\", "/item/\u2028", "/item/__proto__", "/item/a b", "/item/%61", "/item/a"]
    assert sorted(key for key, _ in gated.all(paths, accept)) == sorted(paths)


@pytest.mark.parametrize("accept", LINES)
def test_the_same_path_twice_is_one_request_and_one_part(gated: Asked, accept: str) -> None:
    gated.open("a")
    assert [key for key, _ in gated.all(["/gate/a", "/text", "/gate/a"], accept)].count("/gate/a") == 1
    assert gated.hits == {"a": 1}


@pytest.mark.parametrize("accept", LINES)
def test_the_same_path_at_two_keys_is_one_request_and_two_parts(gated: Asked, accept: str) -> None:
    gated.open("a")
    found = dict(gated.all({"x": "/gate/a", "y": "/gate/a"}, accept))
    assert found["x"] == found["y"]
    assert gated.hits == {"a": 1}


# What is refused whole, before the first byte.

REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "number": (b'["/text", 1]', JSON, 400, "BAD_REQUEST"),
    "null": (b"null", JSON, 400, "BAD_REQUEST"),
    "no-json": (b"[", JSON, 400, "BAD_REQUEST"),
    "too-many": (json.dumps([f"/item/{n}" for n in range(51)]).encode(), JSON, 400, "LIMIT_EXCEEDED"),
    "media-type": (b'["/text"]', "text/plain", 415, "BAD_REQUEST"),
    "too-large": (b'["/' + b"a" * 1_000_000 + b'"]', JSON, 413, "LIMIT_EXCEEDED"),
}


@pytest.mark.parametrize(("body", "content_type", "status", "code"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "?stream=true")])
def test_a_refusal_is_whole_with_its_own_status(
    gated: Asked, body: bytes, content_type: str, status: int, code: str, accept: str, query: str
) -> None:
    answer = gated.client.post(f"/aggregate{query}", data=body, content_type=content_type, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (status, PROBLEM)
    assert (answer.headers["Cache-Control"], json.loads(answer.data)["code"]) == ("no-store", code)


@pytest.mark.parametrize("text", ["", "yes", "2"])
def test_stream_is_a_boolean(gated: Asked, text: str) -> None:
    assert gated.ask(["/text"], query=f"?stream={text}").status_code == 400


@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), ("", "?stream=true")])
def test_where_no_thread_is_left_it_is_503(make: Make, accept: str, query: str) -> None:
    gated = make(threads=5, in_flight=5, deadline=3)
    with gated.busy(*"abcde"):
        answer = gated.ask(["/text"], accept, query)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert json.loads(answer.data)["code"] == "UNAVAILABLE"
    assert becomes(lambda: gated.ask(["/text"]).status_code == 200)


# Limits.


# The second is one reply, which counts as often as it is there.
LARGE = [{str(n): f"/large/{400 + n}" for n in range(4)}, {str(n): "/large/400" for n in range(4)}]


@pytest.mark.parametrize("paths", LARGE, ids=["replies", "one-reply"])
@pytest.mark.parametrize("accept", LINES)
def test_a_part_that_makes_it_too_large_is_a_problem(make: Make, accept: str, paths: dict[str, str]) -> None:
    found = make(max_replies=1_000, max_output=1_000).all(paths, accept)
    bodies = [part["body"] for _, part in found]
    kept = [body for body in bodies if isinstance(body, str)]
    assert 1 <= len(kept) <= 2
    assert [body["code"] for body in bodies if body not in kept] == ["LIMIT_EXCEEDED"] * (4 - len(kept))


@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "?stream=true")])
def test_at_the_deadline_what_is_missing_is_a_timeout_and_the_stream_ends(make: Make, accept: str, query: str) -> None:
    gated = make(deadline=DEADLINE)
    answer = gated.ask(["nope", "/gate/a", "/gate/b"], accept, query)
    assert answer.status_code == 200
    if accept:
        found = {key: part["body"]["code"] for part in parts(answer, accept) for key, part in part.items()}
    else:
        found = {key: part["code"] for key, part in answer.json.items()}
    assert found == {"nope": "BAD_PATH", "/gate/a": "TIMEOUT", "/gate/b": "TIMEOUT"}


# A client that goes away.


@pytest.mark.parametrize(("accept", "query"), [(NDJSON, ""), (EVENTS, ""), ("", "?stream=true")])
def test_what_has_not_begun_when_the_client_goes_never_does(make: Make, accept: str, query: str) -> None:
    gated = make(in_flight=1)
    gated.open("a")
    answer = gated.ask([f"/gate/{name}" for name in "abcd"], accept, query)
    next(answer.iter_encoded())
    assert becomes(lambda: gated.hits["b"])
    answer.close()
    gated.open_all()
    assert becomes(lambda: gated.left["b"])
    assert gated.all(["/text"], NDJSON)  # whoever left is done with what it had
    assert gated.hits == {"a": 1, "b": 1}


# The map in chunks is the map.

_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
_PATHS = st.one_of(
    st.sampled_from([*VALUES, *PROBLEMS, "/crash"]),
    st.builds(lambda name: f"/item/{name}", _NAMES),
    st.builds(lambda name, query: f"/item/{name}?{query}", _NAMES, _NAMES),
    _NAMES,
)


@pytest.fixture(scope="module")
def app() -> Asked:
    return Asked()


@settings(max_examples=100, derandomize=True)
@given(st.lists(_PATHS, max_size=8) | st.dictionaries(_NAMES, _PATHS, max_size=8), st.booleans())
def test_the_chunks_are_the_map(app: Asked, paths: Any, with_envelopes: bool) -> None:
    query = "envelope=true" if with_envelopes else ""
    whole, chunks = app.ask(paths, query=f"?{query}"), app.ask(paths, query=f"?stream=true&{query}")
    assert (chunks.status_code, chunks.content_type, chunks.data) == (200, whole.content_type, whole.data)


@settings(max_examples=100, derandomize=True)
@given(st.lists(_PATHS, max_size=8) | st.dictionaries(_NAMES, _PATHS, max_size=8), st.sampled_from(LINES))
def test_the_lines_are_the_members_of_the_map(app: Asked, paths: Any, accept: str) -> None:
    found = app.all(paths, accept)
    assert len(dict(found)) == len(found)
    assert dict(found) == app.ask(paths, query="?envelope=true").json
