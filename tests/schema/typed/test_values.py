"""The JSON of a response against the declared types."""

import json
from typing import Any

import pytest
from flask import Request, Response

from tests.schema.typed.fields import (
    INVALID,
    VALUES,
    Make,
)
from tests.schema.world import errors

# The field, a value, and the path of the error, below the thing.
WRONG: list[tuple[str, Any, tuple[str | int, ...]]] = [
    ("id", {}, ("id",)),
    ("id", [1], ("id",)),
    ("id", 1.5, ("id",)),
    ("int", "x", ("int",)),
    ("int", 1.5, ("int",)),
    ("int", 2**31, ("int",)),
    ("int", {}, ("int",)),
    ("float", "x", ("float",)),
    ("float", [], ("float",)),
    ("bool", "true", ("bool",)),
    ("bool", {}, ("bool",)),
    ("text", {}, ("text",)),
    ("text", ["a"], ("text",)),
    ("list", 5, ("list",)),
    ("list", {"a": 1}, ("list",)),
    ("list", "12", ("list",)),
    ("list", [1, "x", None], ("list", 1)),
    ("full", [1, None], ("full", 1)),
    ("grid", [[1], 5], ("grid", 1)),
    ("grid", [[1], [2, None]], ("grid", 1, 1)),
    ("one { id }", 5, ("one",)),
    ("one { id }", [], ("one",)),
    ("one { id }", "x", ("one",)),
    ("one { below { id } }", "x", ("one",)),
    ("things { id }", {}, ("things",)),
    ("things { id }", [{"id": 1}, [], None], ("things", 1)),
    ("things { id }", [{"id": 1}, {"id": {}}], ("things", 1, "id")),
    ("all { id }", [{"id": 1}, None], ("all", 1)),
    ("all { id }", [{"id": 1}, "x"], ("all", 1)),
    ("all { sure }", [{"sure": "a"}, {}], ("all", 1, "sure")),
    ("when", 5, ("when",)),
    ("long", "x", ("long",)),
    ("long", 1.5, ("long",)),
    ("long", True, ("long",)),
    ("decimal", "x", ("decimal",)),
    ("decimal", {}, ("decimal",)),
]


@pytest.mark.parametrize(("field", "value", "path"), WRONG)
def test_a_value_that_does_not_fit_is_an_error_at_its_path(
    make: Make, field: str, value: Any, path: tuple[str | int, ...]
) -> None:
    name = field.partition(" ")[0]
    world = make(VALUES, {"/a": {name: value, "sibling": 1, "text" if name != "text" else "id": "ok"}})
    sibling = "text" if name != "text" else "id"
    found = world.ask(f"{{ a {{ {field} s: {sibling} }} again: a {{ s: {sibling} }} }}")
    assert errors(found) == {("a", *path): INVALID}
    assert found["data"]["a"]["s"] == found["data"]["again"]["s"] == "ok"


def test_nulls_go_up_to_the_nearest_field_that_may_be_null(make: Make) -> None:
    world = make(VALUES, {"/a": {"one": {"one": {"sure": None, "id": 1}}, "sure": "x"}, "/texts": ["a", None]})
    found = world.ask("{ a { sure one { id one { id sure } } } texts }")
    assert found["data"] == {"a": {"sure": "x", "one": {"id": None, "one": None}}, "texts": None}
    assert errors(found) == {("a", "one", "one", "sure"): INVALID, ("texts", 1): INVALID}


@pytest.mark.parametrize("value", [None, 1, "x", [1, {"a": None}], {"a": 1.50}, False])
def test_json_is_passed_on_as_it_is(make: Make, value: Any) -> None:
    world = make(VALUES, {"/json": value})
    assert world.data("{ json }") == {"json": value}


def test_a_null_is_none_of_what_may_not_be_null(make: Make) -> None:
    world = make(VALUES, {"/json": None, "/number": None})
    for field in ("sureJson", "number"):
        found = world.ask(f"{{ {field} }}")
        assert (found["data"], errors(found)) == (None, {(field,): INVALID})


def test_scalars_pass_what_json_has(make: Make) -> None:
    thing = {"when": "2020-01-01", "long": "12", "decimal": "1.50", "any": [1], "id": 5, "float": 1, "int": 2.0}
    world = make(VALUES, {"/a": thing})
    found = world.data("{ a { when long decimal any id float int } }")["a"]
    assert found == thing | {"long": 12, "id": "5", "float": 1.0, "int": 2}


def test_a_body_that_is_no_json_as_its_type_says(make: Make) -> None:
    def broken(asked: Request) -> Any:
        return Response("{", content_type="application/json")

    def text(asked: Request) -> Any:
        return Response("hello", content_type="text/plain")

    world = make(VALUES, {"/a": broken, "/texts": text, "/json": text})
    found = world.ask("{ a { id } texts json }")
    assert found["data"] == {"a": None, "texts": None, "json": "hello"}
    assert errors(found) == {("a",): INVALID, ("texts",): INVALID}


@pytest.mark.parametrize("number", ["1E400", "-1e999", "9" * 5_000], ids=["large", "small", "digits"])
@pytest.mark.parametrize("twice", ["", "twice: id"], ids=["projected", "executed"])
def test_a_number_out_of_range_harms_only_the_field_that_is_the_number(make: Make, number: str, twice: str) -> None:
    def view(asked: Request) -> Any:
        return Response(
            f'{{"id": 5, "float": {number}, "any": [{number}], "other": {number}}}', content_type="application/json"
        )

    world = make(VALUES, {"/a": view})
    assert world.data(f"{{ a {{ id {twice} }} }}")["a"]["id"] == "5"
    found = world.ask(f"{{ a {{ id float {twice} }} }}")
    assert (found["data"]["a"]["id"], found["data"]["a"]["float"]) == ("5", None)
    assert errors(found) == {("a", "float"): INVALID}
    assert f"value: {number[:80]}" in found["errors"][0]["message"]


def test_a_view_that_crashes_harms_no_sibling(make: Make) -> None:
    world = make(VALUES, {"/a": {"id": 1}, "/texts": lambda asked: 1 / 0})
    found = world.ask("{ a { id } texts }")
    assert found["data"] == {"a": {"id": "1"}, "texts": None}
    assert list(errors(found)) == [("texts",)]


SCALARS = """
type Query { a(when: DateTime, day: Date, id: UUID, url: URL, long: Long, decimal: Decimal, json: JSON): JSON
  @get(path: "/a{?when,day,id,url,long,decimal}", query: "{json: json.a}") }
"""
ID = "123e4567-e89b-12d3-a456-426614174000"
GIVEN: list[tuple[str, Any, str | None]] = [
    ("when", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
    ("when", "2020-13-01T00:00:00Z", None),
    ("when", 5, None),
    ("day", "2020-02-29", "2020-02-29"),
    ("day", "2021-02-29", None),
    ("id", ID, ID),
    ("id", "123", None),
    ("url", "https://x.test/?a=b", "https://x.test/?a=b"),
    ("url", True, None),
    ("long", 2**63 - 1, str(2**63 - 1)),
    ("long", str(-(2**63)), str(-(2**63))),
    ("long", 2**70, str(2**70)),
    ("long", 1.5, None),
    ("long", 1.5, None),
    ("long", "x", None),
    ("decimal", "1.50", "1.50"),
    ("decimal", 1.5, "1.5"),
    ("decimal", "NaN", None),
    ("decimal", "one", None),
    ("json", {"a": "x"}, "x"),
]


@pytest.mark.parametrize(("name", "value", "expected"), GIVEN)
def test_scalars_are_checked_as_arguments(make: Make, name: str, value: Any, expected: str | None) -> None:
    world = make(SCALARS, {"/a": 1})
    kind = {"when": "DateTime", "day": "Date", "id": "UUID"}.get(name, name.capitalize())
    kind = {"Url": "URL", "Json": "JSON"}.get(kind, kind)
    texts: list[tuple[str, dict[str, Any]]] = [(f"query ($v: {kind}) {{ a({name}: $v) }}", {"v": value})]
    if name != "json":
        texts.append((f"{{ a({name}: {json.dumps(value)}) }}", {}))
    for text, variables in texts:
        found = world.ask(text, **variables)
        if expected is None:
            assert "data" not in found
            assert world.hits == []
        else:
            assert found == {"data": {"a": 1}}
            assert world.requests[0].args[name] == expected
