"""Objects of any keys: entries of key and value."""

from typing import Any

import pytest

from tests.schema.openapi.documents import INT, answering, definition, generate_valid, of, only, ref, sending
from tests.schema.openapi.served import Served

INTEGERS = {"type": "object", "additionalProperties": INT}
USERS = {"type": "object", "additionalProperties": ref("User")}
SCHEMAS = {"User": of(name="string")}


def test_additional_properties_beside_properties() -> None:
    schema = {**of(id=INT, **{"first-name": "string"}), "additionalProperties": INT}
    generated = generate_valid(answering(schema))
    assert definition(generated, "ThingsResponse").split("\n")[1:-1] == [
        "  id: Int",
        '  first_name: String @select(from: "\\"first-name\\"")',
        '  "The properties without a field of their own."',
        "  entries: [ThingsResponseEntry] @select(entries: true)",
    ]
    assert definition(generated, "ThingsResponseEntry") == "type ThingsResponseEntry {\n  key: String\n  value: Int\n}"
    served = Served(answering(schema), {"/things": {"id": 1, "first-name": "A", "x": 2, "y z": 3}})
    assert served.data("{ things { id first_name entries { key value } } }")["things"] == {
        "id": 1, "first_name": "A", "entries": [{"key": "x", "value": 2}, {"key": "y z", "value": 3}],
    }  # fmt: skip


def test_entries_of_objects() -> None:
    schema = {**of(id="integer"), "additionalProperties": ref("User")}
    served = Served(answering(schema, SCHEMAS), {"/things": {"id": 1, "a": {"name": "A"}, "b": None}})
    assert served.data("{ things { entries { key value { name } } } }")["things"] == {
        "entries": [{"key": "a", "value": {"name": "A"}}, {"key": "b", "value": None}]
    }


def test_entries_within_objects_and_lists() -> None:
    users = {**of(id="integer"), "additionalProperties": ref("User")}
    source = answering(of(rows={"type": "array", "items": of(users=users)}), SCHEMAS)
    served = Served(source, {"/things": {"rows": [{"users": {"a": {"name": "A"}}}, {"users": {}}, {}]}})
    assert served.data("{ things { rows { users { entries { value { name } } } } } }")["things"]["rows"] == [
        {"users": {"entries": [{"value": {"name": "A"}}]}}, {"users": {"entries": []}}, {"users": None},
    ]  # fmt: skip


def test_what_is_no_object_is_an_error() -> None:
    schema = {**of(id="integer"), "additionalProperties": ref("User")}
    response = Served(answering(schema, SCHEMAS), {"/things": [{"name": "A"}]}).ask("{ things { entries { key } } }")
    assert response["data"] == {"things": None}
    assert response["errors"][0]["extensions"]["code"] == "UPSTREAM_INVALID"


@pytest.mark.parametrize(
    "schema",
    [
        INTEGERS,
        USERS,
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {}},
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    ],
)
def test_a_map_without_properties_is_json(schema: Any) -> None:
    assert "value: JSON" in definition(generate_valid(answering(of(value=schema), SCHEMAS)), "ThingsResponse")


@pytest.mark.parametrize("more", [True, False, {}])
def test_additional_properties_of_no_type_change_nothing(more: Any) -> None:
    assert "entries" not in definition(
        generate_valid(answering({**of(a="string"), "additionalProperties": more})), "ThingsResponse"
    )


def test_a_property_of_the_name_keeps_it() -> None:
    generated = generate_valid(answering({**of(entries="string"), "additionalProperties": {"type": "integer"}}))
    assert "  entries: String\n" in definition(generated, "ThingsResponse")
    assert "entries2: [ThingsResponseEntry]" in definition(generated, "ThingsResponse")


def test_additional_properties_of_all_of() -> None:
    schema = {"allOf": [of(a="string"), INTEGERS]}
    assert "entries: [ThingsResponseEntry]" in definition(generate_valid(answering(schema)), "ThingsResponse")


@pytest.mark.parametrize("more", [{}, {"additionalProperties": False}, {"additionalProperties": {"type": "integer"}}])
def test_pattern_properties_beside_properties(more: Any) -> None:
    schema = {**of(id="integer"), "patternProperties": {"^n-": {"type": "integer"}, "^m-": {"type": "integer"}}, **more}
    served = Served(answering(schema), {"/things": {"id": 1, "n-a": 2, "m-b": 3}})
    assert served.data("{ things { id entries { key value } } }")["things"] == {
        "id": 1, "entries": [{"key": "n-a", "value": 2}, {"key": "m-b", "value": 3}],
    }  # fmt: skip
    assert served.reasons["/things"] == ""


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "additionalProperties"])
@pytest.mark.parametrize("composed", [True, False])
def test_properties_of_any_name_beside_one_part(keyword: str, composed: bool) -> None:
    schema = {"allOf": [of(id="integer")]} if composed else of(id="integer")
    source = {**answering({**schema, keyword: ref("User")}, SCHEMAS), "openapi": "3.1.0"}
    served = Served(source, {"/things": {"id": 1, "x": {"name": "A"}}})
    assert served.data("{ things { id entries { key value { name } } } }")["things"] == {
        "id": 1, "entries": [{"key": "x", "value": {"name": "A"}}],
    }  # fmt: skip


def test_pattern_properties_of_several_types_are_json() -> None:
    schema = {**of(id="integer"), "patternProperties": {"^a": ref("User"), "^b": {"type": "string"}}}
    served = Served(answering(schema, SCHEMAS), {"/things": {"id": 1, "a": {"name": "A"}, "b": "B"}})
    assert served.data("{ things { entries { value } } }") == {
        "things": {"entries": [{"value": {"name": "A"}}, {"value": "B"}]}
    }
    assert "ThingsResponseEntry.value is JSON" in served.reasons["/things"]


def test_an_input_that_is_a_map_is_json() -> None:
    generated = generate_valid(sending(of(users=USERS), SCHEMAS))
    assert "users: JSON" in definition(generated, "AddThingInput")
    assert only(generated).kind == "typed"
