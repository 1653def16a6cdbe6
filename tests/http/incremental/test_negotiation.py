"""The framing of incremental responses, and when they are sent."""

import json
from urllib.parse import urlencode

import pytest

from tests.http.incremental.gates import EVENTS, GRAPHQL_JSON, MULTIPART, Asked
from tests.respond.gated import JSON, RAW

APOLLO = f"{MULTIPART};incrementalSpec=v0.2,{GRAPHQL_JSON},{JSON};q=0.9"


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


REFUSED = ["{", "{ nope }", "{ ... @defer { get(path: 1) } }", "{ " + "a: __typename " * 101 + "}"]


@pytest.mark.parametrize("accept", [MULTIPART, f"{EVENTS}, {GRAPHQL_JSON}"])
@pytest.mark.parametrize("document", REFUSED)
def test_a_refusal_is_whole_with_its_own_status(gated: Asked, accept: str, document: str) -> None:
    answer = gated.ask(document, accept=accept)
    assert (answer.status_code, answer.mimetype) == (400, GRAPHQL_JSON)
    assert list(json.loads(answer.data)) == ["errors"]


@pytest.mark.parametrize("document", ["", *REFUSED])
def test_a_refusal_is_an_event_for_a_client_that_accepts_nothing_else(gated: Asked, document: str) -> None:
    whole, answer = gated.ask(document, accept=GRAPHQL_JSON), gated.ask(document, accept=EVENTS)
    assert (whole.status_code, answer.status_code, answer.mimetype) == (400, 200, EVENTS)
    assert answer.data == b"event: next\ndata: " + whole.data + b"\n\nevent: complete\ndata:\n\n"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refusal_that_is_not_of_the_operation_keeps_its_status_for_events(gated: Asked) -> None:
    by_get = gated.client.get("/graphql?query=mutation{__typename}", headers={"Accept": EVENTS})
    assert (by_get.status_code, by_get.mimetype, by_get.headers["Allow"]) == (405, GRAPHQL_JSON, "POST")
    form = gated.client.post("/graphql", data={"query": "{ __typename }"}, headers={"Accept": EVENTS})
    assert (form.status_code, form.mimetype) == (415, GRAPHQL_JSON)


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_a_get_is_answered_in_parts(gated: Asked, accept: str) -> None:
    given = urlencode(
        {"query": "query ($p: String!) { ... @defer { a: get(path: $p) } }", "variables": '{"p": "/ids"}'}
    )
    answer = gated.client.get(f"/graphql?{given}", headers={"Accept": accept})
    assert answer.data == gated.ask('{ ... @defer { a: get(path: "/ids") } }', accept=accept).data
    head = gated.client.head(f"/graphql?{given}", headers={"Accept": accept})
    assert (head.status_code, head.mimetype, head.data) == (200, accept, b"")
