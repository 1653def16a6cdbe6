"""Errors, limits and deadlines in later payloads, and clients that go away."""

import json
import threading
from urllib.parse import urlencode

import pytest

from tests.http.incremental.gates import EVENTS, GRAPHQL_JSON, MULTIPART, Asked, Make, parts
from tests.respond.gated import TRACES
from tests.respond.payloads import Merged
from tests.turnstile import PATIENCE, becomes

DEADLINE = 1.0
MAX_REPLIES = 20_000


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
