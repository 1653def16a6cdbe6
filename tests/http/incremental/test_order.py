"""The order of payloads."""

import json
from typing import Any

from tests.http.incremental.gates import Asked, Make
from tests.respond.gated import RAW

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
