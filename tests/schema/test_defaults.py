"""Defaults that are objects or arrays of a scalar: what is printed, introspected and sent of them."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, print_schema

from tests.schema.world import World

SDL = """
scalar Money
input Filter {
  any: JSON = {a: [1, "x\\"y", true, null, 1.5], b: {}}
  some: [JSON] = [1, {d: 3}, []]
  price: Money = {amount: 5, currency: "EUR"}
  plain: JSON = "text"
}
type Query {
  found(filter: Filter = {any: {b: 1}}, list: JSON! = [{c: 2}], limit: Int = 3): JSON
    @get(path: "/found", query: "{filter: to_string(filter), list: to_string(list)}")
}
"""
DEFAULTS = {
    "Filter.any": '{a: [1, "x\\"y", true, null, 1.5], b: {}}',
    "Filter.some": "[1, {d: 3}, []]",
    "Filter.price": '{amount: 5, currency: "EUR"}',
    "Filter.plain": '"text"',
    "filter": '{any: {b: 1}, some: [1, {d: 3}, []], price: {amount: 5, currency: "EUR"}, plain: "text"}',
    "list": "[{c: 2}]",
    "limit": "3",
}
ASKED = """{
  input: __type(name: "Filter") { inputFields { name defaultValue } }
  query: __type(name: "Query") { fields { name args { name defaultValue } } }
}"""


def test_they_are_introspected_as_they_were_written(tmp_path: Path) -> None:
    found = World(tmp_path, SDL, {}).ask(ASKED)["data"]
    shown = {f"Filter.{each['name']}": each["defaultValue"] for each in found["input"]["inputFields"]}
    (field,) = [field for field in found["query"]["fields"] if field["name"] == "found"]
    assert shown | {each["name"]: each["defaultValue"] for each in field["args"]} == DEFAULTS


def test_they_are_printed_so_that_they_can_be_read_again(tmp_path: Path) -> None:
    printed = print_schema(World(tmp_path, SDL, {}).app.extensions["restgql"]["restgql"].compiled_schema.clients)
    for default in (DEFAULTS["Filter.any"], DEFAULTS["Filter.some"], DEFAULTS["list"]):
        assert f" = {default}" in printed
    again = build_schema(printed)
    assert again.type_map["Filter"].fields["any"].default_value["b"] == {}


def test_they_are_sent_as_any_value(tmp_path: Path) -> None:
    world = World(tmp_path, SDL, {"/found": {"ok": True}})
    assert world.data("{ found }") == {"found": {"ok": True}}
    sent: Any = world.requests[0].args
    assert sent["list"] == '[{"c":2}]'
    assert sent["filter"].startswith('{"any":{"b":1},')


OBJECTS = """
enum Kind { IN_PROGRESS @value(is: "in-progress") DONE }
input Filter {
  kind: Kind
  firstName: String @value(is: "first-name")
  sub: Filter
}
input Search {
  filter: Filter = {kind: IN_PROGRESS, firstName: "b"}
  many: [Filter!] = [{kind: IN_PROGRESS}]
}
type Query {
  one(of: Filter = {kind: IN_PROGRESS, firstName: "a", sub: {kind: DONE}}): JSON @get(path: "/found", query: "of")
  required(of: Filter! = {firstName: "a"}): JSON @get(path: "/found", query: "of")
  many(of: [Filter!] = [{kind: IN_PROGRESS, firstName: "a"}]): JSON @get(path: "/found", query: "{of: of}")
  search(search: Search = {}): JSON @get(path: "/found", query: "search")
}
type Mutation { add(of: Filter = {kind: IN_PROGRESS, firstName: "a"}): JSON @post(path: "/found", body: "of") }
"""
SEARCH = {"filter[kind]": "in-progress", "filter[first-name]": "b", "many[0][kind]": "in-progress"}
SENT = {
    "{ one }": {"kind": "in-progress", "first-name": "a", "sub[kind]": "DONE"},
    "query ($of: Filter) { one(of: $of) }": {"kind": "in-progress", "first-name": "a", "sub[kind]": "DONE"},
    "{ one(of: {firstName: null}) }": {},
    "{ one(of: null) }": {},
    "{ search(search: null) }": {},
    "{ required }": {"first-name": "a"},
    "{ many }": {"of[0][kind]": "in-progress", "of[0][first-name]": "a"},
    "{ search }": SEARCH,
    "{ search(search: {}) }": SEARCH,
    "query ($search: Search = {}) { search(search: $search) }": SEARCH,
    "{ search(search: {many: [], filter: {kind: DONE}}) }": {"filter[kind]": "DONE"},
}


@pytest.mark.parametrize(("query", "sent"), SENT.items())
def test_an_object_is_sent_with_the_keys_and_values_of_json(tmp_path: Path, query: str, sent: dict[str, str]) -> None:
    world = World(tmp_path, OBJECTS, {"/found": {"ok": True}})
    world.data(query)
    assert dict(world.requests[0].args) == sent


def test_an_object_is_the_body_of_a_mutation(tmp_path: Path) -> None:
    world = World(tmp_path, OBJECTS, {"POST /found": {"ok": True}})
    world.data("mutation { add }")
    assert world.requests[0].get_json() == {"kind": "in-progress", "first-name": "a"}


def test_an_object_with_keys_of_camel_case(tmp_path: Path) -> None:
    sdl = """
    input Filter { firstName: String, sub: Filter }
    type Query { one(of: Filter = {firstName: "a", sub: {firstName: "b"}}): JSON @get(path: "/found", query: "of") }
    """
    world = World(tmp_path, sdl, {"/found": {"ok": True}}, camel_case=True)
    world.data("{ one }")
    assert dict(world.requests[0].args) == {"first_name": "a", "sub[first_name]": "b"}
