"""From the schema of a response to its type."""

from typing import Any

import pytest

from tests.schema.openapi.documents import (
    answer,
    answering,
    built,
    definition,
    document,
    field,
    generate_valid,
    of,
    only,
    ref,
)


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "String"),
        ({"type": "string", "format": "date-time"}, "DateTime"),
        ({"type": "string", "format": "date"}, "Date"),
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"type": "string", "format": "uri"}, "String"),
        ({"type": "string", "format": "binary"}, "String"),
        ({"type": "integer"}, "Long"),
        ({"type": "integer", "format": "int32"}, "Int"),
        ({"type": "integer", "format": "int64"}, "Long"),
        ({"type": "integer", "maximum": 2**40}, "Long"),
        ({"type": "number"}, "Float"),
        ({"type": "number", "format": "decimal"}, "Float"),
        ({"type": "boolean"}, "Boolean"),
        ({"type": "array", "items": {"type": "string"}}, "[String]"),
        ({"items": {"type": "array", "items": {"type": "integer"}}}, "[[Long]]"),
        ({"type": "array"}, "[JSON]"),
        ({"type": ["string", "null"]}, "String"),
        ({"type": ["integer", "number"]}, "Float"),
        ({"type": "string", "nullable": True}, "String"),
        ({"type": "string", "x-nullable": True}, "String"),
        ({"enum": [1, 2]}, "Int"),
        ({"type": "string", "enum": [969, "1:1"]}, "String"),
        ({"type": "string", "enum": [True, False]}, "String"),
        ({"enum": [1, 2**40]}, "Long"),
        ({"enum": [1, 2.5]}, "Float"),
        ({"enum": [True]}, "Boolean"),
        ({"const": "a"}, "String"),
        ({"type": "string", "enum": ["a"]}, "String"),
        ({"type": "string", "enum": ["a", None]}, "String"),
        ({"type": "object"}, "JSON"),
        ({"type": "object", "properties": {}}, "JSON"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "JSON"),
        ({"type": ["string", "object"]}, "JSON"),
        ({"enum": ["a", 1]}, "JSON"),
        ({}, "JSON"),
        (True, "JSON"),
        ({"type": "file"}, "String"),
        ({"type": "no such type"}, "JSON"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "Long"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "Float"),
        ({"oneOf": [{"type": "string"}, {"type": "string", "format": "date"}]}, "String"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "JSON"),
        ({"allOf": [{"type": "string"}, {"description": "words"}]}, "String"),
        ({"allOf": [{"type": "string"}, {"type": "string", "enum": ["a", "b"]}]}, "ThingsResponseValue"),
    ],
)
def test_a_property(schema: Any, kind: str) -> None:
    generated = generate_valid(answering({"type": "object", "properties": {"value": schema}}))
    assert definition(generated, "ThingsResponse") == f"type ThingsResponse {{\n  value: {kind}\n}}"


def test_an_enum_says_what_stands_for_values_that_are_no_names() -> None:
    generated = generate_valid(
        answering(ref("State"), {"State": {"type": "string", "enum": ["open", "in-progress", "in progress", "true"]}})
    )
    assert definition(generated, "State").split("\n")[1:-1] == [
        "  open",
        '  in_progress @value(is: "in-progress")',
        '  in_progress2 @value(is: "in progress")',
        '  true_ @value(is: "true")',
    ]


def test_the_type_of_a_list_is_that_of_its_items() -> None:
    generated = generate_valid(answering({"type": "array", "items": ref("user")}, {"user": of(name="string")}))
    assert field(generated) == 'things: [User] @get(path: "/things")'
    assert only(generated).kind == "typed"


def test_types_within_types_are_named_by_where_they_stand() -> None:
    generated = generate_valid(answering(of(rows={"type": "array", "items": of(cell=of(x="integer"))})))
    assert "rows: [ThingsResponseRowsItem]" in definition(generated, "ThingsResponse")
    assert "cell: ThingsResponseRowsItemCell" in definition(generated, "ThingsResponseRowsItem")


def test_a_recursive_type() -> None:
    schemas = {"Node": of(value="string", next=ref("Node"), children={"type": "array", "items": ref("Node")})}
    assert definition(generate_valid(answering(ref("Node"), schemas)), "Node") == (
        "type Node {\n  value: String\n  next: Node\n  children: [Node]\n}"
    )


def test_lists_too_deep_are_json() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(9):
        schema = {"type": "array", "items": schema}
    note = only(generate_valid(answering(schema)))
    assert (note.kind, note.reason) == ("json", "its lists are nested too deep")


def test_what_is_only_written_is_not_in_results() -> None:
    secret = {"type": "string", "writeOnly": True}
    assert "password" not in definition(generate_valid(answering(of(name="string", password=secret))), "ThingsResponse")
    assert field(generate_valid(answering(of(password=secret)))) == 'things: JSON @get(path: "/things")'


def test_all_of_is_merged_the_later_winning() -> None:
    schemas = {
        "Base": of(id="integer", kind="string"),
        "Middle": {"allOf": [ref("Base"), of(name="string")]},
        "Top": {
            "allOf": [ref("Middle"), of(kind={"type": "integer"}), {"description": "Of all."}],
            "properties": {"own": {}},
        },
    }
    assert definition(generate_valid(answering(ref("Top"), schemas)), "Top") == (
        "type Top {\n  id: Long\n  kind: Long\n  name: String\n  own: JSON\n}"
    )


def test_all_of_one_schema_is_that_schema() -> None:
    wrapped = {"allOf": [ref("User")], "description": "Who wrote it.", "nullable": True}
    generated = generate_valid(answering(of(author=wrapped), {"User": of(name="string")}))
    assert '"Who wrote it."\n  author: User' in definition(generated, "ThingsResponse")


def test_all_of_in_a_circle_is_what_can_be_had_of_it() -> None:
    schemas = {"A": {"allOf": [ref("B"), of(a="string")]}, "B": {"allOf": [ref("A"), of(b="string")]}}
    assert definition(generate_valid(answering(ref("A"), schemas)), "A") == "type A {\n  b: String\n  a: String\n}"
    alone = {"A": {"allOf": [ref("B")]}, "B": {"allOf": [ref("A")]}}
    assert "composed of itself" in only(generate_valid(answering(ref("A"), alone))).reason


@pytest.mark.parametrize(
    ("responses", "kind"),
    [
        ({"204": {}, "200": {"content": {"application/json": {"schema": {"type": "integer"}}}}}, "Long"),
        ({"201": {"content": {"application/vnd.x+json; charset=utf-8": {"schema": {"type": "integer"}}}}}, "Long"),
        ({"2XX": {"content": {"*/*": {"schema": {"type": "integer"}}}}}, "Long"),
        ({"default": {"content": {"application/json": {"schema": {"type": "integer"}}}}}, "Long"),
        ({"204": {}, "default": {"content": {"application/json": {"schema": {"type": "integer"}}}}}, "JSON"),
        ({"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}, "String"),
        ({"200": {"content": {"text/plain": {"schema": {"type": "integer"}}}}}, "String"),
        ({"200": {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}}, "String"),
        ({"200": {"content": {"text/plain": {"schema": of(a="string")}}}}, "JSON"),
        ({"200": {"content": {"text/xml": {"schema": {}}, "text/json": {"schema": {"type": "integer"}}}}}, "Long"),
        (
            {"200": {"content": {
                "": {"schema": {"type": "boolean"}}, "application/json": {"schema": {"type": "integer"}},
            }}},
            "Long",
        ),
        ({"200": {"content": {"application/json": {}}}}, "JSON"),
        ({200: {"content": {"application/json": {"schema": {"type": "integer"}}}}}, "Long"),
        ({}, "JSON"),
        (None, "JSON"),
    ],
)  # fmt: skip
def test_which_response_a_field_is_made_from(responses: Any, kind: str) -> None:
    generated = generate_valid(document({"/things": {"get": {"operationId": "things", "responses": responses}}}))
    assert field(generated) == f'things: {kind} @get(path: "/things")'


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=utf-8", "application/atom+xml"])
@pytest.mark.parametrize("schema", [of(a="string"), {"type": "integer"}, {}])
def test_xml_is_its_text_whatever_its_schema(media_type: str, schema: Any) -> None:
    responses = {"200": {"content": {media_type: {"schema": schema}}}}
    generated = generate_valid(document({"/things": {"get": {"operationId": "things", "responses": responses}}}))
    assert field(generated) == 'things: String @get(path: "/things", select: "@ && to_string(@)")'
    assert only(generated).kind == "typed"


def test_swagger_2() -> None:
    source = {
        "swagger": "2.0",
        "basePath": "/v1",
        "produces": ["application/json"],
        "definitions": {"User": {**of(name="string"), "x-nullable": True}},
        "paths": {
            "/users": {
                "get": {"operationId": "users", "responses": {"200": {"schema": {"$ref": "#/definitions/User"}}}}
            }
        },
    }
    assert field(generate_valid(source), "users") == 'users: User @get(path: "/v1/users")'


def test_nothing_in_results_is_non_null() -> None:
    schema = {**of(id="integer"), "required": ["id"]}
    assert str(built(generate_valid(answering(schema))).type_map["ThingsResponse"].fields["id"].type) == "Long"  # type: ignore[attr-defined]


def test_a_response_by_reference() -> None:
    source = document(
        {"/things": {"get": {"operationId": "things", "responses": {"200": {"$ref": "#/components/responses/R"}}}}}
    )
    source["components"]["responses"] = {"R": answer(of(a="string"))["200"]}
    assert field(generate_valid(source)) == 'things: ThingsResponse @get(path: "/things")'


def test_names_that_a_yaml_reader_made_numbers_of() -> None:
    source = answering({"type": "object", "properties": {1: {"type": "string"}}}, {404: of(a="string")})
    assert definition(generate_valid(source), "ThingsResponse") == (
        'type ThingsResponse {\n  _1: String @select(from: "\\"1\\"")\n}'
    )
