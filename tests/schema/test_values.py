"""Values on their way: numbers and JSON as the API and the client write them, in arguments and in answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from restgql import Gateway
from tests.schema.openapi.documents import asking, field, generate_valid
from tests.schema.world import World

LARGE = (2**31, 2**53 + 1, -(2**63) - 1, 2**70)


def document(schema: Any, parameters: list[Any] | None = None, path: str = "/it", method: str = "get") -> Any:
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "it", "parameters": parameters or [], "responses": {"200": response}}
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {path: {method: operation}}}


def ask(app: Flask, query: str, **variables: Any) -> Any:
    client = app.test_client()
    return json.loads(client.post("/graphql", json={"query": query, "variables": variables}).data)


SDL = """
type Query {
  it(n: Long = 9007199254740993, list: [Long!], x: Float, at: Place): It
    @get(path: "/it{?n,list*,x}", query: "{lat: at.lat}", headers: [{name: "Prefer", value: "{x}"}])
  by(x: Float!): It @get(path: "/by/{x}")
}
type Mutation { add(x: Float, xs: [Float], at: Place, any: JSON): It @post(path: "/it") }
input Place { lat: Float }
type It { n: Long, ns: [Long], x: Float, xs: [Float], misfit: Int }
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SDL, {"/it": {"n": 1}})


@pytest.mark.parametrize("number", LARGE)
@pytest.mark.parametrize("key", ["n", "x"])
@pytest.mark.parametrize("misfit", ["", "misfit"])  # one that does not fit its type leaves the answer to the executor
def test_integers_are_exact_in_answers(world: World, number: int, key: str, misfit: str) -> None:
    world.answers["/it"] = {key: number, f"{key}s": [number, None], "misfit": "no number"}
    found = world.ask(f"{{ it {{ {key} {key}s {misfit} }} }}")
    assert (found["data"]["it"][key], found["data"]["it"][f"{key}s"]) == (number, [number, None])
    assert isinstance(found["data"]["it"][key], int)


@pytest.mark.parametrize("number", LARGE)
def test_integers_are_exact_in_arguments(world: World, number: int) -> None:
    for _ in range(3):  # of the third document of one shape, the literals are variables
        world.ask(f"{{ it(n: {number}, list: [{number}]) {{ n }} }}")
        assert world.hits == [f"/it?n={number}&list={number}"]
    for value in (number, str(number)):
        world.ask("query ($n: Long, $list: [Long!]) { it(n: $n, list: $list) { n } }", n=value, list=[value])
        assert world.hits == [f"/it?n={number}&list={number}"]


def test_a_default_that_is_written_by_hand_is_exact_and_sent(world: World) -> None:
    world.ask("{ it { n } }")
    assert world.hits == ["/it?n=9007199254740993"]
    found = world.ask('{ __type(name: "Query") { fields { args { name defaultValue } } } }')
    arguments = [argument for each in found["data"]["__type"]["fields"] for argument in each["args"]]
    assert {"name": "n", "defaultValue": "9007199254740993"} in arguments


@pytest.mark.parametrize("value", ["1.5", '"x"', "true", "{}", '""'])
def test_what_is_no_integer_is_refused(world: World, value: str) -> None:
    assert "data" not in world.ask(f"{{ it(n: {value}) {{ n }} }}")
    assert world.hits == []


@pytest.mark.parametrize("value", ["5", "5.0", "0.5e1"])
def test_whole_numbers_go_out_whole(world: World, value: str) -> None:
    world.ask(f"{{ it(n: null, x: {value}, at: {{lat: {value}}}) {{ n }} }}")
    assert world.hits == ["/it?x=5&lat=5"]
    assert world.requests[0].headers["Prefer"] == "5"
    world.post(f"mutation {{ add(x: {value}, xs: [{value}, 1.5], at: {{lat: {value}}}, any: [{value}]) {{ n }} }}")
    body = world.requests[0].get_data(as_text=True)
    assert json.loads(body) == {"x": 5, "xs": [5, 1.5], "at": {"lat": 5}, "any": [5]}
    assert body.count("5.0") == (value != "5")  # JSON is as the client wrote it


@pytest.mark.parametrize("value", ["1e400", "-1e400", "9" * 400], ids=["large", "small", "digits"])
@pytest.mark.parametrize(
    "document",
    [
        "{{ it(x: {}) {{ n }} }}",
        "{{ it(at: {{lat: {}}}) {{ n }} }}",
        "query ($x: Float = {}) {{ it(x: $x) {{ n }} }}",
        "mutation {{ add(xs: [1, {}]) {{ n }} }}",
        "mutation {{ add(any: [{}]) {{ n }} }}",
    ],
)
def test_a_number_that_json_readers_cannot_represent_is_refused(world: World, value: str, document: str) -> None:
    if "any" in document and "e" not in value:
        value = "1e999"  # JSON has integers of any size
    found = world.ask(document.format(value))
    assert "data" not in found
    assert found["errors"][0]["message"] == "The number is out of range."
    assert world.hits == []


def test_a_decimal_literal_keeps_all_its_digits(tmp_path: Path) -> None:
    sdl = 'type Query { pay(sum: Decimal): JSON @get(path: "/pay{?sum}") }'
    world = World(tmp_path, sdl, {"/pay": {}})
    for literal in ("0.10000000000000000001", "12345678901234567.5", "1.5", "7"):
        world.data(f"{{ pay(sum: {literal}) }}")
        assert world.hits == [f"/pay?sum={literal}"]


def test_numbers_with_a_fraction_and_large_ones_stay(world: World) -> None:
    world.ask("query ($x: Float) { it(n: null, x: $x) { n } }", x=1e300)
    assert world.hits == ["/it?x=1e300"]
    world.ask("query ($x: Float) { it(n: null, x: $x) { n } }", x=-2.5)
    assert world.hits == ["/it?x=-2.5"]


@pytest.mark.parametrize(
    ("rule", "kind", "expected"),
    [
        ("/by/<float:x>", "number", "/by/2.0"),
        ("/by/<float:x>", "integer", "/by/2.0"),
        ("/by/<float(min=1):x>", "number", "/by/2.0"),
        ("/by/<int:x>", "number", "/by/2"),
        ("/by/<x>", "number", "/by/2"),
    ],
)
def test_a_route_for_floats_gets_a_float(rule: str, kind: str, expected: str) -> None:
    app, paths = Flask(__name__), []

    @app.get(rule)
    def by(x: Any) -> Any:
        paths.append(request.path)
        return {"ok": True}

    parameter = {"name": "x", "in": "path", "required": True, "schema": {"type": kind}}
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    Gateway(app, openapi=document(schema, [parameter], "/by/{x}"), profile="open")
    assert ask(app, "{ it(x: 2) { ok } }") == {"data": {"it": {"ok": True}}}
    variable = "Long" if kind == "integer" else "Float"
    assert ask(app, f"query ($x: {variable}!) {{ it(x: $x) {{ ok }} }}", x=2) == {"data": {"it": {"ok": True}}}
    assert paths == [expected] * 2


def test_a_route_for_floats_beside_one_for_integers() -> None:
    app, paths = Flask(__name__), []
    for rule in ("/by/<float:x>", "/by/<int:x>"):
        app.add_url_rule(rule, rule, lambda x: paths.append(request.path) or {"ok": True})
    parameter = {"name": "x", "in": "path", "required": True, "schema": {"type": "number"}}
    Gateway(app, openapi=document({"type": "object"}, [parameter], "/by/{x}"), profile="open")
    ask(app, "{ a: it(x: 2) b: it(x: 2.5) }")
    assert sorted(paths) == ["/by/2", "/by/2.5"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "Long"),
        ({"minimum": 0}, "Long"),
        ({"maximum": 100}, "Long"),
        ({"minimum": 0, "maximum": 100}, "Int"),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 100}, "Int"),
        ({"minimum": 0, "maximum": 100, "exclusiveMinimum": True}, "Int"),
        ({"minimum": 0, "maximum": 2**31}, "Long"),
        ({"format": "int32"}, "Int"),
        ({"format": "INT32"}, "Int"),
        ({"format": "uint32"}, "Long"),
        ({"format": "int32", "maximum": 2**40}, "Long"),
        ({"format": "epoch"}, "Long"),
    ],
)
def test_an_integer_is_int_only_if_its_schema_proves_it(schema: Any, expected: str) -> None:
    parameter = {"name": "n", "in": "query", "schema": {"type": "integer", **schema}}
    assert f"(n: {expected})" in field(generate_valid(asking(parameter)))


OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}
TYPES = [
    "text/html; charset=utf-8", "text/plain", "text/json", "application/x-json", "application/javascript",
    "application/octet-stream", "",
]  # fmt: skip


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(
    ("schema", "body", "selection", "expected"),
    [
        (OBJECT, '{"a": 1}', "{ a }", {"a": 1}),
        (OBJECT, "null", "{ a }", None),
        ({"type": "array", "items": OBJECT}, ' [{"a": 1}]', "{ a }", [{"a": 1}]),
        ({"type": "array", "items": {"type": "string"}}, '["a"]', "", ["a"]),
        ({"type": "object"}, '{"a": 1}', "", {"a": 1}),
        ({"type": "boolean"}, "true", "", True),
        ({"type": "integer"}, "9007199254740993", "", 2**53 + 1),
    ],
)
def test_json_is_read_whatever_its_media_type(
    content_type: str, schema: Any, body: str, selection: str, expected: Any
) -> None:
    app = Flask(__name__)
    app.add_url_rule("/it", view_func=lambda: Response(body, content_type=content_type), endpoint="it")
    Gateway(app, openapi=document(schema), profile="open")
    assert ask(app, f"{{ it {selection} }}") == {"data": {"it": expected}}


@pytest.mark.parametrize("name", ["text/json", "application/x-json", "application/vnd.a.v1.json", "*/*", "text/x-json"])
def test_names_of_json_in_a_document(name: str) -> None:
    given = document(OBJECT)
    content = given["paths"]["/it"]["get"]["responses"]["200"]["content"]
    content[name] = content.pop("application/json")
    app = Flask(__name__)
    app.add_url_rule("/it", view_func=lambda: Response('{"a": 1}', content_type=name), endpoint="it")
    Gateway(app, openapi=given, profile="open")
    assert ask(app, "{ it { a } }") == {"data": {"it": {"a": 1}}}


@pytest.mark.parametrize("name", ["application/x-ndjson", "application/json-seq", "application/jsonl"])
def test_several_texts_are_no_json(name: str) -> None:
    given = document(OBJECT)
    content = given["paths"]["/it"]["get"]["responses"]["200"]["content"]
    content[name] = content.pop("application/json")
    assert field(generate_valid(given), "it").startswith("it: JSON")


def test_text_that_is_no_json_stays_text_and_an_error_where_none_fits(tmp_path: Path) -> None:
    sdl = """type Query {
      text: String @get(path: "/a") any: JSON @get(path: "/a") it: It @get(path: "/page")
    }
    type It { a: Int }"""
    world = World(
        tmp_path,
        sdl,
        {
            "/a": lambda _: Response("5", content_type="text/plain"),
            "/page": lambda _: Response("<html>", content_type="text/html"),
        },
    )
    found = world.ask("{ text any it { a } }")
    assert found["data"] == {"text": "5", "any": "5", "it": None}
    assert [error["extensions"]["code"] for error in found["errors"]] == ["UPSTREAM_INVALID"]
