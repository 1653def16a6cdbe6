"""Defaults that are objects or arrays of a scalar: what is printed, introspected and sent of them."""

from pathlib import Path
from typing import Any

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
