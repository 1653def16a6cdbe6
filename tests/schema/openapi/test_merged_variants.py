"""oneOf and anyOf that nothing tells apart, and those that only constrain a value."""

from typing import Any

import pytest

from tests.schema.openapi.documents import answering, definition, field, generate_valid, of, only, ref, sending
from tests.schema.openapi.served import Served


@pytest.mark.parametrize(
    "groups",
    [
        {"oneOf": [of(a="string"), of(b="string")]},
        {"anyOf": [of(a="string"), of(b="string")]},
        {"oneOf": [of(a="string"), of(b="string")], "anyOf": [of(a="string"), of(b="string")]},
        {"oneOf": [of(a="string"), of(b="string")], "allOf": [{"oneOf": [of(a="string")]}]},
        {"oneOf": [of(a="string"), {"allOf": [of(b="string")]}, of(a="string")]},
    ],
)
def test_objects_that_nothing_tells_apart_are_one_type_with_the_fields_of_all(groups: Any) -> None:
    generated = generate_valid(answering(groups))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  a: String\n  b: String\n}"
    assert only(generated).kind == "typed"
    beside = generate_valid(answering({**of(id="integer"), **groups}))
    fields = definition(beside, "ThingsResponse").split("\n")[1:-1]
    assert sorted(fields) == ["  a: String", "  b: String", "  id: Long"]


def test_a_field_of_several_schemas_has_a_type_for_all_of_them() -> None:
    one = of(id="integer", size="integer", at=of(x="string"), tags={"type": "array", "items": {"type": "integer"}})
    other = of(id="string", size="number", at=of(y="string"), tags={"type": "array", "items": {"type": "number"}})
    document = answering({"anyOf": [one, {**other, "additionalProperties": of(z="string")}]})
    generated = generate_valid(document)
    assert definition(generated, "ThingsResponse").split("\n")[1:-1] == [
        "  id: JSON",
        "  size: Float",
        "  at: ThingsResponseAt",
        "  tags: [Float]",
        '  "The properties without a field of their own."',
        "  entries: [ThingsResponseEntry] @select(entries: true)",
    ]
    assert definition(generated, "ThingsResponseAt") == "type ThingsResponseAt {\n  x: String\n  y: String\n}"
    assert only(generated).reason == "ThingsResponse.id is JSON, its anyOf mixes Long, String"
    value = {"id": "a", "size": 1.5, "at": {"y": "b"}, "tags": [1], "q": {"z": "c"}}
    query = "{ things { id size at { x y } tags entries { key value { z } } } }"
    expected = {**value, "at": {"x": None, "y": "b"}, "entries": [{"key": "q", "value": {"z": "c"}}]}
    del expected["q"]
    assert Served(document, {"/things": value}).data(query)["things"] == expected


def test_a_property_that_is_read_only_in_all_members_is_not_sent() -> None:
    read, other = ({"type": "integer", "readOnly": True, "description": text} for text in "ab")
    one, two = of(id=read, at=read, a="string"), of(id=other, at="integer", b="string")
    generated = generate_valid(sending({"oneOf": [one, two]}))
    assert definition(generated, "AddThingInput").split("\n")[1:-1] == [
        '  "a"',
        "  at: Long",
        "  a: String",
        "  b: String",
    ]


def test_a_recursive_schema_of_objects_that_nothing_tells_apart() -> None:
    schemas = {
        "A": of(x="string", next=ref("A"), other=ref("B")),
        "B": of(y="string", next=ref("B"), other={"type": "array", "items": ref("A")}),
    }
    generated = generate_valid(answering({"anyOf": [ref("A"), ref("B")]}, schemas))
    assert "  next: ThingsResponseNext" in definition(generated, "ThingsResponse")
    assert "  next: ThingsResponseNext" in definition(generated, "ThingsResponseNext")
    assert "  other: JSON" in definition(generated, "ThingsResponseNext")


def test_lists_that_differ_in_their_items_are_one_list() -> None:
    lists = [{"type": "array", "items": of(a="string")}, {"type": "array", "items": of(b="string")}]
    generated = generate_valid(answering({"oneOf": lists}))
    assert field(generated) == 'things: [ThingsResponseItem] @get(path: "/things")'
    assert definition(generated, "ThingsResponseItem") == "type ThingsResponseItem {\n  a: String\n  b: String\n}"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "integer", "oneOf": [{"minimum": 5}, {"maximum": 2}]}, "Long"),
        ({"type": "string", "anyOf": [{"pattern": "a"}, {"maxLength": 2}], "format": "date"}, "Date"),
        ({"type": "string", "enum": ["a", "b"], "allOf": [{"minLength": 1}]}, "ThingsResponse"),
        ({"type": "array", "items": {"type": "string"}, "anyOf": [{"minItems": 1}, {"maxItems": 0}]}, "[String]"),
        ({"type": "string", "allOf": [{"type": "string", "enum": ["a", "b"]}]}, "ThingsResponse"),
        ({"anyOf": [{"type": "integer"}, {"minimum": 5}, {"maximum": 2}]}, "Long"),
        ({"additionalProperties": {}, "anyOf": [{"minProperties": 1}]}, "JSON"),
    ],
)
def test_groups_that_only_constrain_a_scalar_or_list_change_nothing(schema: Any, kind: str) -> None:
    assert field(generate_valid(answering(schema))) == f'things: {kind} @get(path: "/things")'


def test_input_of_objects_that_nothing_tells_apart_has_the_fields_of_all() -> None:
    one, other = {**of(a="string"), "required": ["a"]}, {**of(a="string", b="string"), "required": ["a", "b"]}
    generated = generate_valid(sending({"oneOf": [one, other]}))
    assert definition(generated, "AddThingInput") == "input AddThingInput {\n  a: String!\n  b: String\n}"
    loose = generate_valid(sending({"oneOf": [one, other, {"type": "object"}]}))
    assert definition(loose, "AddThingInput") == "input AddThingInput {\n  a: String\n  b: String\n}"


def test_a_form_of_several_objects_writes_the_properties_of_each() -> None:
    by_code = of(grant={"const": "code"}, code="string", more=of(x="string"))
    schema = {"oneOf": [by_code, of(grant={"const": "token"}, token="string")]}
    served = Served(sending(schema, media_type="application/x-www-form-urlencoded"), {"/things": "ok"})
    assert served.data('mutation { addThing(input: {grant: code, code: "c", more: {x: "y"}}) }') == {"addThing": "ok"}
    assert served.texts == ["grant=code&code=c&more=%7B%22x%22%3A%22y%22%7D"]


def test_shapes_that_only_one_of_has_a_required_key_of_its_own_are_one_type() -> None:
    cat = {**of(name="string", lives="integer"), "required": ["lives"]}
    generated = generate_valid(answering({"oneOf": [cat, of(name="string")]}))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  name: String\n  lives: Long\n}"


def test_optional_constants_of_several_values_tell_nothing_apart() -> None:
    cat, dog = of(color={"enum": ["red", "black"]}, lives="integer"), of(color={"enum": ["brown"]}, tricks="string")
    generated = generate_valid(answering({"oneOf": [cat, dog]}))
    assert definition(generated, "ThingsResponse") == (
        "type ThingsResponse {\n  color: ThingsResponseColor\n  lives: Long\n  tricks: String\n}"
    )
