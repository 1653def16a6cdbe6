"""@defer and @stream over HTTP: what is asked for how, what each payload looks like, and when it comes."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.respond.gated import JSON, RAW, TRACES, Gated, making
from tests.respond.payloads import Merged, Payload
from tests.turnstile import PATIENCE, becomes

MULTIPART = "multipart/mixed"
EVENTS = "text/event-stream"
GRAPHQL_JSON = "application/graphql-response+json"
APOLLO = f"{MULTIPART};incrementalSpec=v0.2,{GRAPHQL_JSON},{JSON};q=0.9"
DEADLINE = 1.0
MAX_REPLIES = 20_000


class Asked(Gated):
    """Such an app, asked for payloads."""

    def ask(self, document: str, variables: Any = None, accept: str = MULTIPART) -> TestResponse:
        """The response, of which nothing but the first piece is made yet."""
        body = {"query": document, "variables": variables}
        return self.client.post("/graphql", json=body, headers={"Accept": accept})

    def payloads(self, document: str, variables: Any = None) -> Iterator[Payload]:
        """The payloads, each made when it is taken."""
        answer = self.ask(document, variables)
        assert answer.status_code == 200, answer.text
        return (json.loads(part) for part in parts(answer.iter_encoded()))

    def whole(self, document: str, variables: Any = None) -> Merged:
        """The payloads put together."""
        merged = Merged()
        for payload in self.payloads(document, variables):
            merged.take(payload)
        assert merged.ended
        return merged


Make = Callable[..., Asked]


@pytest.fixture
def make() -> Iterator[Make]:
    with making(Asked) as make:
        yield make


@pytest.fixture
def gated(make: Make) -> Asked:
    return make()


def parts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The bodies of a multipart response, each as soon as its delimiter is read (RFC 2046 section 5.1)."""
    content = b"\r\n"
    for piece in pieces:
        content += piece
        while len(found := content.split(b"\r\n---", 2)) == 3:
            assert found[0] == b""
            header, body = found[1].split(b"\r\n\r\n", 1)
            assert header == b"\r\nContent-Type: application/json; charset=utf-8"
            yield body
            content = b"\r\n---" + found[2]
    assert content == b"\r\n-----\r\n"


def events(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """Type and data of each server-sent event, as soon as the empty line after it is read."""
    kind, data = "message", []
    for line in lines:
        match line.rstrip(b"\n").decode().partition(": "):
            case ("event", ": ", kind):
                pass
            case ("data", ": ", text):
                data.append(text)
            case ("data:", "", ""):
                data.append("")
            case ("", "", ""):
                yield kind, "\n".join(data)
                kind, data = "message", []
            case other:
                raise AssertionError(other)
    assert not data, "an event ends with an empty line"


# Framing.

DEFERRED = '{ a: __typename ... @defer(label: "l") { b: get(path: "/raw") } }'
FIRST = b'{"data":{"a":"Query"},"pending":[{"id":"0","path":[],"label":"l"}],"hasNext":true}'
SECOND = b'{"incremental":[{"id":"0","data":{"b":%s}}],"completed":[{"id":"0"}],"hasNext":false}'


def test_multipart_is_framed_exactly(gated: Asked) -> None:
    answer = gated.ask(DEFERRED)
    assert answer.headers["Content-Type"] == 'multipart/mixed; boundary="-"'
    header = b"Content-Type: application/json; charset=utf-8\r\n\r\n"
    assert list(answer.iter_encoded()) == [
        b"---\r\n" + header + FIRST + b"\r\n---",
        b"\r\n" + header + SECOND % RAW.encode() + b"\r\n---",
        b"--\r\n",
    ]


def test_events_are_framed_exactly(gated: Asked) -> None:
    answer = gated.ask(DEFERRED, accept=EVENTS)
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    one_line = '{"a":"x\u2028y\\n","b":[1e2,1.0]}'.encode()
    assert list(answer.iter_encoded()) == [
        b"event: next\ndata: " + FIRST + b"\n\n",
        b"event: next\ndata: " + SECOND % one_line + b"\n\n",
        b"event: complete\ndata:\n\n",
    ]


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_a_stream_is_stored_and_buffered_nowhere(gated: Asked, accept: str) -> None:
    headers = gated.ask(DEFERRED, accept=accept).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Length" not in headers


# Content negotiation: Accept, then the media type of the answer.

ACCEPTED = {
    MULTIPART: MULTIPART,
    "MULTIPART/Mixed": MULTIPART,
    EVENTS: EVENTS,
    APOLLO: MULTIPART,
    f"{MULTIPART}, {JSON}": MULTIPART,
    f"{JSON};q=0.5, {MULTIPART};q=0.5": MULTIPART,
    f"{EVENTS}, {GRAPHQL_JSON}": EVENTS,
    f"{MULTIPART};q=0.8, {EVENTS};q=0.9, {JSON};q=0.1": EVENTS,
    f"{EVENTS};q=0, {MULTIPART}": MULTIPART,
    f"{MULTIPART}, */*;q=0.1": MULTIPART,
    f"{EVENTS}, */*": EVENTS,
    "": JSON,
    "*/*": JSON,
    JSON: JSON,
    GRAPHQL_JSON: GRAPHQL_JSON,
    f"{JSON}, {MULTIPART};q=0.9": JSON,
    f"{GRAPHQL_JSON}, {EVENTS};q=0.5": GRAPHQL_JSON,
    f"{MULTIPART};q=0, {JSON}": JSON,
    # Apollo's older payloads, and those of its subscriptions.
    f"{MULTIPART};deferSpec=20220824, {JSON}": JSON,
    f"{MULTIPART};incrementalSpec=v0.1, {JSON}": JSON,
    f"{MULTIPART};subscriptionSpec=1.0, {JSON}": JSON,
    "multipart/*, application/json;q=0.1": JSON,
}


@pytest.mark.parametrize("accept", ACCEPTED, ids=lambda accept: accept or "none")
def test_the_answer_is_in_the_media_type_that_is_asked_for(gated: Asked, accept: str) -> None:
    answer = gated.ask('{ ... @defer { a: get(path: "/ids") } }', accept=accept)
    assert (answer.status_code, answer.mimetype) == (200, ACCEPTED[accept])
    if ACCEPTED[accept] in (JSON, GRAPHQL_JSON):
        assert answer.json == {"data": {"a": [1, 2, 3]}}


@pytest.mark.parametrize("accept", ["multipart/*", f"{MULTIPART};deferSpec=20220824", f"{EVENTS};q=0", "image/png"])
def test_what_is_not_acceptable_is_406(gated: Asked, accept: str) -> None:
    assert gated.ask("{ __typename }", accept=accept).status_code == 406


# What comes whole although only parts are accepted: the document, and its answer.
IN_ONE = {
    "no-directive": '{ a: get(path: "/ids") }',
    "never": '{ ... @defer(if: false) { a: get(path: "/ids") } }',
    "variable": 'query ($if: Boolean! = false) { ... @defer(if: $if) { a: get(path: "/ids") } }',
    "nothing-left": '{ a: get(path: "/ids") ... @defer { a: get(path: "/ids") } }',
}


@pytest.mark.parametrize("name", IN_ONE)
def test_what_has_nothing_to_come_later_is_one_payload(gated: Asked, name: str) -> None:
    assert [*gated.payloads(IN_ONE[name])] == [{"data": {"a": [1, 2, 3]}}]
    answer = gated.ask(IN_ONE[name], accept=EVENTS)
    assert answer.text == 'event: next\ndata: {"data":{"a":[1, 2, 3]}}\n\nevent: complete\ndata:\n\n'


def test_without_a_directive_a_client_that_takes_both_gets_it_whole(gated: Asked) -> None:
    answer = gated.ask('{ a: get(path: "/ids") }', accept=APOLLO)
    assert (answer.mimetype, answer.json) == (GRAPHQL_JSON, {"data": {"a": [1, 2, 3]}})


def test_the_directives_change_nothing_where_the_answer_is_whole(gated: Asked) -> None:
    document = '{ x: __typename ... @defer { a: fetch(path: "/ids") { each @stream { json } } } ... { b: __typename } }'
    plain = document.replace(" @defer", "").replace(" @stream", "")
    assert gated.ask(document, accept=JSON).data == gated.ask(plain, accept=JSON).data


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@pytest.mark.parametrize("document", ["{", "{ nope }", "{ ... @defer { get(path: 1) } }"])
def test_a_refusal_is_whole_with_its_own_status(gated: Asked, accept: str, document: str) -> None:
    answer = gated.ask(document, accept=accept)
    assert (answer.status_code, answer.mimetype) == (400, GRAPHQL_JSON)
    assert list(json.loads(answer.data)) == ["errors"]


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_a_get_is_answered_in_parts(gated: Asked, accept: str) -> None:
    given = urlencode(
        {"query": "query ($p: String!) { ... @defer { a: get(path: $p) } }", "variables": '{"p": "/ids"}'}
    )
    answer = gated.client.get(f"/graphql?{given}", headers={"Accept": accept})
    assert answer.data == gated.ask('{ ... @defer { a: get(path: "/ids") } }', accept=accept).data
    head = gated.client.head(f"/graphql?{given}", headers={"Accept": accept})
    assert (head.status_code, head.mimetype, head.data) == (200, accept, b"")


# Order. Each payload is taken while the gates of what is not in it are still closed.


def test_the_first_payload_comes_without_what_is_deferred(gated: Asked) -> None:
    found = gated.payloads('{ fast: get(path: "/ids") ... @defer(label: "later") { slow: get(path: "/gate/a") } }')
    assert next(found) == {
        "data": {"fast": [1, 2, 3]},
        "pending": [{"id": "0", "path": [], "label": "later"}],
        "hasNext": True,
    }
    gated.open("a")
    assert next(found) == {
        "incremental": [{"id": "0", "data": {"slow": "a"}}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }
    assert next(found, None) is None


def test_fragments_come_in_the_order_in_which_they_are_ready(gated: Asked) -> None:
    names = "abc"
    fragments = " ".join(f'... @defer(label: "{n}") {{ {n}: get(path: "/gate/{n}") }}' for n in names)
    found = gated.payloads(f"{{ x: __typename {fragments} }}")
    first = next(found)
    assert [each["label"] for each in first["pending"]] == [*names]
    ids = {each["label"]: each["id"] for each in first["pending"]}
    for name in "cab":
        gated.open(name)
        assert next(found) == {
            "incremental": [{"id": ids[name], "data": {name: name}}],
            "completed": [{"id": ids[name]}],
            "hasNext": name != "b",
        }


def test_a_fragment_within_a_fragment_is_told_with_it(gated: Asked) -> None:
    found = gated.payloads(
        '{ ... @defer(label: "o") { a: get(path: "/gate/a") ... @defer(label: "i") { b: get(path: "/gate/b") } } }'
    )
    assert next(found) == {"data": {}, "pending": [{"id": "0", "path": [], "label": "o"}], "hasNext": True}
    gated.open("a")
    assert next(found) == {
        "incremental": [{"id": "0", "data": {"a": "a"}}],
        "completed": [{"id": "0"}],
        "pending": [{"id": "1", "path": [], "label": "i"}],
        "hasNext": True,
    }
    gated.open("b")
    assert next(found) == {
        "incremental": [{"id": "1", "data": {"b": "b"}}],
        "completed": [{"id": "1"}],
        "hasNext": False,
    }


def test_dependent_requests_are_deferred_at_their_place(gated: Asked) -> None:
    found = gated.payloads(
        '{ fetch(path: "/ids") { status ... @defer { getEach(path: "/gate/{item}") } each { ... @defer { json } } } }'
    )
    first = next(found)
    assert first["data"] == {"fetch": {"status": 200, "each": [{}, {}, {}]}}
    assert [each["path"] for each in first["pending"]] == [["fetch"], *(["fetch", "each", n] for n in range(3))]
    second = next(found)
    assert [each["data"] for each in second["incremental"]] == [{"json": n} for n in (1, 2, 3)]
    gated.open("1", "2", "3")
    assert next(found) == {
        "incremental": [{"id": "0", "data": {"getEach": ["1", "2", "3"]}}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }


def test_items_come_in_the_order_of_the_list(gated: Asked) -> None:
    gated.open("1")
    found = gated.payloads(
        '{ fetch(path: "/ids") { each @stream(initialCount: 1, label: "s") { get(path: "/gate/{item}") } } }'
    )
    assert next(found) == {
        "data": {"fetch": {"each": [{"get": "1"}]}},
        "pending": [{"id": "0", "path": ["fetch", "each"], "label": "s"}],
        "hasNext": True,
    }
    items: list[Any] = []
    with gated.opening("3", "2"):
        for payload in found:
            items += (item for each in payload.get("incremental", ()) for item in each["items"])
    assert items == [{"get": "2"}, {"get": "3"}]


def test_items_come_as_soon_as_they_are_ready(gated: Asked) -> None:
    found = gated.payloads('{ fetch(path: "/ids") { each @stream { get(path: "/gate/{item}") } } }')
    assert next(found)["data"] == {"fetch": {"each": []}}
    for number in "123":
        gated.open(number)
        payload = next(found)
        assert payload["incremental"] == [{"id": "0", "items": [{"get": number}]}]
        assert payload["hasNext"] is (number != "3")


def test_variables_decide_what_is_deferred(gated: Asked) -> None:
    document = """query ($defer: Boolean!, $stream: Boolean!, $count: Int!) {
        ... @defer(if: $defer) { a: get(path: "/ids") }
        fetch(path: "/ids") { each @stream(if: $stream, initialCount: $count) { json } }
    }"""
    for defer in (True, False):
        for stream in (True, False):
            for count in (0, 2, 3):
                variables = {"defer": defer, "stream": stream, "count": count}
                first = next(gated.payloads(document, variables))
                assert ("a" in first["data"]) is not defer
                assert len(first["data"]["fetch"]["each"]) == (count if stream else 3)
                assert gated.whole(document, variables).data == {
                    "a": [1, 2, 3],
                    "fetch": {"each": [{"json": n} for n in (1, 2, 3)]},
                }


def test_what_is_deferred_is_asked_for_last(make: Make) -> None:
    gated = make(in_flight=1)
    order = list[str]()
    gated.app.add_url_rule("/told/<name>", "told", lambda name: order.append(name) or name)
    assert gated.whole('{ ... @defer { b: get(path: "/told/b") } a: get(path: "/told/a") }').data == {
        "a": "a",
        "b": "b",
    }
    assert order == ["a", "b"]


def test_the_same_request_at_once_and_later_is_one(gated: Asked) -> None:
    gated.open("a")
    document = (
        '{ a: get(path: "/gate/a") ... @defer { b: get(path: "/gate/a") } ... @defer { c: get(path: "/gate/a") } }'
    )
    assert gated.whole(document).data == {"a": "a", "b": "a", "c": "a"}
    assert gated.hits == {"a": 1}


def test_one_after_the_other_the_payloads_are_the_same(make: Make) -> None:
    document = '{ a: get(path: "/ids") ... @defer { b: get(path: "/raw") } ... @defer { c: get(path: "/teapot") } }'
    found = make(sequential=True).whole(document)
    assert found.data == make().whole(document).data == {"a": [1, 2, 3], "b": json.loads(RAW), "c": None}


def test_cookies_go_with_the_first_byte(gated: Asked) -> None:
    gated.open("a", "b")
    answer = gated.ask('{ a: get(path: "/gate/a") fetch(path: "/ids") { ... @defer { get(path: "/gate/b") } } }')
    assert answer.headers.getlist("Set-Cookie")[:1] == ["a=1; Path=/"]
    answer.close()


# Errors and limits in later payloads.


def test_an_error_comes_with_what_it_is_of(gated: Asked) -> None:
    found = gated.payloads('{ a: __typename ... @defer { fetch(path: "/ids") { b: get(path: "/teapot") json } } }')
    assert "errors" not in next(found)
    rest = [each for payload in found for each in payload.get("incremental", ())]
    assert [each["data"] for each in rest] == [{"fetch": {"b": None, "json": [1, 2, 3]}}]
    [error] = rest[0]["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["fetch", "b"], "UPSTREAM_STATUS")
    assert error["locations"] == [{"line": 1, "column": 52}]


def test_a_null_that_goes_up_to_the_fragment_completes_it_with_errors(gated: Asked) -> None:
    found = gated.whole("{ a: __typename ... @defer { b: __typename routes @stream(initialCount: -1) { path } } }")
    assert found.data == {"a": "Query"}
    [completed] = [each for payload in found.payloads for each in payload.get("completed", ())]
    [error] = completed["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["routes"], "BAD_REQUEST")


def test_an_item_that_fails_is_null_with_its_error(gated: Asked) -> None:
    gated.open("1", "2", "3")
    found = gated.whole('{ fetch(path: "/ids") { each @stream { get(path: "/gate/{item}", select: "nope(@)") } } }')
    assert found.data == {"fetch": {"each": [{"get": None}] * 3}}
    assert found.failures == {(("fetch", "each", n, "get"), "BAD_SELECT") for n in range(3)}


@pytest.mark.parametrize("propagate", [False, True])
def test_a_crash_in_a_later_part_says_nothing_of_itself(gated: Asked, propagate: bool) -> None:
    gated.app.config["PROPAGATE_EXCEPTIONS"] = propagate
    answer = gated.ask(
        '{ a: __typename ... @defer { b: get(path: "/crash") c: fetch(path: "/crash") { status text } } }'
    )
    assert not any(said in answer.data for said in TRACES)
    merged = Merged()
    for part in parts(iter([answer.data])):
        merged.take(json.loads(part))
    assert merged.ended
    assert merged.data["b"] is None
    assert merged.data["c"]["status"] == 500
    assert merged.failures == {(("b",), "UPSTREAM_INVALID" if propagate else "UPSTREAM_STATUS")}


def test_the_size_of_the_answer_counts_over_all_payloads(make: Make) -> None:
    gated = make(max_replies=MAX_REPLIES, max_output=MAX_REPLIES + 100)
    document = '{ fetch(path: "/large/19900") { a: text ... @defer { b: text } ... @defer { c: status } } }'
    found = gated.whole(document)
    assert len(found.data["fetch"]["a"]) == 19_900
    assert (found.data["fetch"]["b"], found.data["fetch"]["c"]) == (None, 200)
    assert found.failures == {(("fetch", "b"), "LIMIT_EXCEEDED")}


def test_waiting_for_more_costs_nothing_of_the_size(make: Make) -> None:
    gated = make(max_replies=MAX_REPLIES, max_output=MAX_REPLIES + 100)
    found = gated.payloads("""{
        at: fetch(path: "/large/19900") { status }
        ... @defer { large: get(path: "/large/19900") gate: get(path: "/gate/a") }
    }""")
    merged = Merged().take(next(found))  # the large one is there already when the fragment is first looked at
    gated.open("a")
    for payload in found:
        merged.take(payload)
    assert merged.failures == set()
    assert len(merged.data["large"]) == 19_900


def test_the_number_of_sub_requests_counts_over_all_payloads(make: Make) -> None:
    gated = make(max_subrequests=3)
    gated.open("1", "2", "3")
    found = gated.whole('{ fetch(path: "/ids") { status ... @defer { getEach(path: "/gate/{item}") } } }')
    assert found.data == {"fetch": {"status": 200, "getEach": None}}
    assert found.failures == {(("fetch", "getEach"), "LIMIT_EXCEEDED")}
    assert not gated.hits


def test_at_the_deadline_a_later_part_has_timed_out_and_the_stream_ends(make: Make) -> None:
    gated = make(deadline=DEADLINE)
    b, c = '... @defer { b: get(path: "/gate/b") }', '... @defer { c: fetch(path: "/gate/c") { error } }'
    found = gated.whole(f"{{ a: __typename {b} {c} }}")
    assert found.data == {"a": "Query", "b": None, "c": {"error": "TIMEOUT"}}
    assert found.failures == {(("b",), "TIMEOUT")}
    assert "b" not in found.payloads[0]["data"]


def test_at_the_deadline_the_rest_of_a_list_has_timed_out(make: Make) -> None:
    gated = make(deadline=DEADLINE)
    gated.open("1")
    found = gated.whole('{ fetch(path: "/ids") { each @stream { get(path: "/gate/{item}") } } }')
    assert found.data == {"fetch": {"each": [{"get": "1"}, {"get": None}, {"get": None}]}}
    assert found.failures == {(("fetch", "each", n, "get"), "TIMEOUT") for n in (1, 2)}


def test_at_the_deadline_the_first_payload_comes_too(make: Make) -> None:
    gated = make(deadline=DEADLINE)
    found = gated.whole('{ a: get(path: "/gate/a") ... @defer { b: get(path: "/gate/b") } }')
    assert found.data == {"a": None, "b": None}
    assert found.failures == {(("a",), "TIMEOUT"), (("b",), "TIMEOUT")}


def test_where_no_thread_is_left_it_is_503_before_the_first_byte_and_a_timeout_after_it(
    make: Make,
) -> None:
    gated = make(threads=3, deadline=3)
    with gated.busy("a", "b", "c"):
        answer = gated.ask('{ a: get(path: "/ids") ... @defer { b: get(path: "/raw") } }')
        assert (answer.status_code, answer.mimetype) == (503, GRAPHQL_JSON)
        assert (answer.json["errors"][0]["extensions"]["code"], answer.headers["Retry-After"]) == ("UNAVAILABLE", "1")
        found = gated.whole('{ a: __typename ... @defer { b: get(path: "/raw") } }')
        assert (found.data, found.failures) == ({"a": "Query", "b": None}, {(("b",), "TIMEOUT")})


# A client that goes away.


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_what_has_not_begun_when_the_client_goes_never_does(make: Make, accept: str) -> None:
    gated = make(in_flight=1)
    fragments = " ".join(f'... @defer {{ {n}: get(path: "/gate/{n}") }}' for n in "abc")
    answer = gated.ask(f"{{ x: __typename {fragments} }}", accept=accept)
    pieces = answer.iter_encoded()
    next(pieces)
    # One is in the view when the client goes: its payload is what the server waits for.
    waiting = threading.Thread(target=next, args=(pieces, None))
    waiting.start()
    assert becomes(lambda: gated.hits["a"])
    gated.open("a")
    waiting.join(PATIENCE)
    answer.close()
    gated.open_all()
    assert becomes(lambda: gated.left == gated.hits)
    assert gated.hits["a"] == 1
    assert not gated.hits["c"]


def test_before_anything_is_asked_for_a_client_may_go(gated: Asked) -> None:
    answer = gated.ask('{ x: __typename ... @defer { a: get(path: "/gate/a") } }')
    answer.close()
    assert not gated.hits
    assert gated.whole('{ ... @defer { b: get(path: "/ids") } }').data == {"b": [1, 2, 3]}


def test_head_asks_for_no_more_than_the_first_payload(gated: Asked) -> None:
    given = urlencode({"query": '{ x: __typename ... @defer { a: get(path: "/gate/a") } }'})
    assert gated.client.head(f"/graphql?{given}", headers={"Accept": MULTIPART}).status_code == 200
    assert not gated.hits


# What is refused.

REFUSED = {
    "label-twice": '{ ... @defer(label: "l") { a: __typename } ... @defer(label: "l") { b: __typename } }',
    "label-of-both": '{ ... @defer(label: "l") { a: __typename } routes @stream(label: "l") { path } }',
    "label-variable": "query ($l: String) { ... @defer(label: $l) { a: __typename } }",
    "label-number": "{ ... @defer(label: 1) { a: __typename } }",
    "stream-of-an-object": '{ fetch(path: "/ids") @stream { status } }',
    "stream-of-json": '{ get(path: "/ids") @stream }',
    "stream-of-a-fragment": "{ ... @stream { __typename } }",
    "defer-of-a-field": '{ get(path: "/ids") @defer }',
    "defer-of-an-operation": "query @defer { __typename }",
    "defer-twice": "{ ... @defer @defer { __typename } }",
    "if-null": "{ ... @defer(if: null) { __typename } }",
    "if-string": '{ ... @defer(if: "true") { __typename } }',
    "count-of-no-number": '{ routes @stream(initialCount: "1") { path } }',
    "count-null": "{ routes @stream(initialCount: null) { path } }",
    "unknown-argument": "{ ... @defer(when: true) { __typename } }",
    "mutation": "mutation { ... @defer { __typename } }",
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("accept", [MULTIPART, GRAPHQL_JSON])
def test_a_wrong_directive_is_refused_whatever_is_accepted(gated: Asked, name: str, accept: str) -> None:
    answer = gated.ask(REFUSED[name], accept=accept)
    assert (answer.status_code, answer.mimetype) == (400, GRAPHQL_JSON), answer.text
    assert {error["extensions"]["code"] for error in answer.json["errors"]} == {"BAD_REQUEST"}


def test_a_variable_that_is_null_where_it_may_not_be_is_refused(gated: Asked) -> None:
    document = "query ($if: Boolean) { ... @defer(if: $if) { __typename } }"
    assert gated.ask(document, {"if": None}).status_code == 400
    assert [*gated.payloads(document, {"if": False})] == [{"data": {"__typename": "Query"}}]
    assert len([*gated.payloads(document)]) == 2  # absent, it is the default


def test_many_directives_are_refused(gated: Asked) -> None:
    nested = "{ " + "... @defer { " * 51 + "__typename" + " }" * 52
    beside = "{ " + " ".join(f"... @defer {{ a{n}: __typename }}" for n in range(51)) + " }"
    spread = (
        "{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query { ...C @defer ...C @defer }"
        " fragment C on Query { " + "... @defer { __typename } " * 7 + "}"
    )
    for document in (nested, beside, spread):
        answer = gated.ask(document)
        assert answer.status_code == 400
        assert [error["extensions"]["limit"] for error in answer.json["errors"]] == ["RESTGQL_MAX_DIRECTIVES"]


def test_as_many_as_are_allowed_are_answered(gated: Asked) -> None:
    nested = "{ " + "... @defer { " * 50 + "__typename" + " }" * 51
    assert gated.whole(nested).data == {"__typename": "Query"}


def test_what_comes_later_is_bounded_and_the_rest_comes_at_once(make: Make) -> None:
    gated = make(max_values=1_000_000)
    fragments = " ".join(f"... @defer {{ a{n}: json b{n}: __typename }}" for n in range(45))
    document = f'{{ fetch(path: "/many/500") {{ each {{ {fragments} }} }} }}'
    found = gated.whole(document)
    assert found.data == gated.ask(document, accept=JSON).json["data"]
    assert 1_000 < sum(len(payload.get("pending", ())) for payload in found.payloads) < 10_000


# Over a socket.


class Connection:
    """One request, its answer read as it comes."""

    def __init__(self, address: str, document: str, accept: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        headers = {"Content-Type": JSON, "Accept": accept}
        self._connection.request("POST", "/graphql", json.dumps({"query": document}), headers)
        self.answer = self._connection.getresponse()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self._connection.close()

    def pieces(self) -> Iterator[bytes]:
        while piece := self.answer.read1(65_536):
            yield piece


SLOW = '{ fast: get(path: "/ids") ... @defer { a: get(path: "/gate/a") } ... @defer { b: get(path: "/gate/b") } }'


def test_over_a_socket_each_part_comes_as_soon_as_it_is_there(gated: Asked, serve: Callable[[Any], str]) -> None:
    with Connection(serve(gated.app), SLOW, MULTIPART) as connection:
        assert connection.answer.getheader("Content-Type") == 'multipart/mixed; boundary="-"'
        found = (json.loads(part) for part in parts(connection.pieces()))
        merged = Merged().take(next(found))
        assert merged.data == {"fast": [1, 2, 3]}
        gated.open("b")
        assert merged.take(next(found)).data == {"fast": [1, 2, 3], "b": "b"}
        gated.open("a")
        assert merged.take(next(found)).data == {"fast": [1, 2, 3], "b": "b", "a": "a"}
        assert merged.ended
        assert next(found, None) is None


def test_over_a_socket_each_event_comes_as_soon_as_it_is_there(gated: Asked, serve: Callable[[Any], str]) -> None:
    with Connection(serve(gated.app), SLOW, EVENTS) as connection:
        assert connection.answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        found = events(iter(connection.answer.readline, b""))
        merged = Merged()
        for name in ("b", "a", None):
            kind, data = next(found)
            assert kind == "next"
            merged.take(json.loads(data))
            assert merged.ended is (name is None)
            if name is not None:
                assert name not in merged.data
                gated.open(name)
        assert [*found] == [("complete", "")]
        assert merged.data == {"fast": [1, 2, 3], "b": "b", "a": "a"}


def test_over_a_socket_a_client_may_go_at_any_time(gated: Asked, serve: Callable[[Any], str]) -> None:
    address = serve(gated.app)
    with Connection(address, SLOW, MULTIPART) as connection:
        next(connection.pieces())
    gated.open("a", "b")
    with Connection(address, SLOW, MULTIPART) as connection:
        merged = Merged()
        for part in parts(connection.pieces()):
            merged.take(json.loads(part))
    assert merged.data == {"fast": [1, 2, 3], "a": "a", "b": "b"}
