"""Request bodies: input types, and how they are written."""

from typing import Any

import pytest
from graphql import EnumTypeDefinitionNode, print_schema

from tests.schema.openapi.documents import (
    answering,
    built,
    definition,
    document,
    field,
    generate_valid,
    of,
    only,
    ref,
    sending,
)
from tests.schema.openapi.served import Served


def test_a_json_body() -> None:
    schema = {**of(title="string", body="string"), "required": ["title"]}
    generated = generate_valid(sending(ref("Post"), {"Post": schema}, required=True))
    assert field(generated, "addThing") == ('addThing(input: PostInput!): String @post(path: "/things", body: "input")')
    assert definition(generated, "PostInput") == "input PostInput {\n  title: String!\n  body: String\n}"


def test_a_type_for_results_and_one_for_input() -> None:
    source = sending(ref("Post"), {"Post": of(id={"type": "integer", "readOnly": True}, title="string")})
    source["paths"]["/things"]["get"] = {
        "operationId": "post",
        "responses": {"200": {"content": {"application/json": {"schema": ref("Post")}}}},
    }
    generated = generate_valid(source)
    assert definition(generated, "Post") == "type Post {\n  id: Long\n  title: String\n}"
    assert definition(generated, "PostInput") == "input PostInput {\n  title: String\n}"


def test_required_input_objects_within_one_another_may_be_left_out() -> None:
    schema = {**of(child=ref("Node"), tags={"type": "array", "items": ref("Node")}), "required": ["child", "tags"]}
    generated = generate_valid(sending(ref("Node"), {"Node": schema}))
    assert definition(generated, "NodeInput") == "input NodeInput {\n  child: NodeInput\n  tags: [NodeInput]!\n}"


def test_what_is_required_and_may_be_null_is_nullable() -> None:
    schema = {**of(a={"type": "string", "nullable": True}, b={"type": ["integer", "null"]}), "required": ["a", "b"]}
    generated = generate_valid(sending(schema))
    assert definition(generated, "AddThingInput") == "input AddThingInput {\n  a: String\n  b: Long\n}"


def test_what_is_read_only_by_reference_is_not_sent() -> None:
    schemas = {"Id": {"type": "string", "readOnly": True}, "Secret": {"type": "string", "writeOnly": True}}
    schema = {**of(id=ref("Id"), name="string", secret=ref("Secret")), "required": ["id"]}
    generated = generate_valid(sending(schema, schemas))
    assert definition(generated, "AddThingInput") == "input AddThingInput {\n  name: String\n  secret: String\n}"
    generated = generate_valid(answering(schema, schemas))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  id: String\n  name: String\n}"


def test_json_is_sent_by_its_own_name_first() -> None:
    source = sending(of(b="string"))
    content = source["paths"]["/things"]["post"]["requestBody"]["content"]
    content |= {"": {"schema": of(a="string")}, "application/json": content.pop("application/json")}
    assert definition(generate_valid(source), "AddThingInput") == "input AddThingInput {\n  b: String\n}"


MERGE_PATCH, JSON_API = "application/merge-patch+json", "application/vnd.api+json; ext=bulk"


@pytest.mark.parametrize(
    ("media_types", "sent"),
    [
        ([MERGE_PATCH], MERGE_PATCH),
        ([JSON_API, MERGE_PATCH], JSON_API),
        (["application/json", MERGE_PATCH], None),
        (["*/*", MERGE_PATCH], MERGE_PATCH),
        (["application/*+json"], None),
        (["text/json"], None),
        (["application/json; charset=utf-8"], None),
    ],
)
@pytest.mark.parametrize("version", [2, 3])
def test_a_body_of_json_has_the_media_type_of_the_document(
    media_types: list[str], sent: str | None, version: int
) -> None:
    schema = of(name="string")
    if version == 3:
        operation: dict[str, Any] = {"requestBody": {"content": {name: {"schema": schema} for name in media_types}}}
    else:
        operation = {"consumes": media_types, "parameters": [{"name": "it", "in": "body", "schema": schema}]}
    document = {"paths": {"/things": {"patch": {"operationId": "change", "responses": {}, **operation}}}}
    document |= {"openapi": "3.0.3"} if version == 3 else {"swagger": "2.0"}
    text = field(generate_valid(document), "change")
    assert text.endswith(f', body: "input", mediaType: "{sent}")' if sent else ', body: "input")')


def test_the_first_of_several_schemas_has_its_media_type() -> None:
    source = sending(of(a="string"), media_type=MERGE_PATCH)
    content = source["paths"]["/things"]["post"]["requestBody"]["content"]
    content["application/json"] = {"schema": of(b="string")}
    generated = generate_valid(source)
    assert definition(generated, "AddThingInput") == "input AddThingInput {\n  a: String\n}"
    assert f'mediaType: "{MERGE_PATCH}"' in field(generated, "addThing")


def test_an_input_without_its_additional_properties_is_reported() -> None:
    generated = generate_valid(sending({**of(name="string"), "additionalProperties": {"type": "string"}}))
    assert only(generated).reason == "AddThingInput is incomplete, an input has no additional properties"


def test_a_body_arrives_with_its_media_type() -> None:
    served = Served(sending(of(name="string"), media_type=MERGE_PATCH), {"/things": "ok"})
    assert served.data("mutation { addThing(input: {name: null}) }") == {"addThing": "ok"}
    assert (served.bodies, served.headers["Content-Type"]) == ([{"name": None}], MERGE_PATCH)


def test_input_has_no_defaults() -> None:
    schema = of(size={"type": "integer", "default": 20})
    text = definition(generate_valid(sending(schema)), "AddThingInput")
    assert text == 'input AddThingInput {\n  "Default: 20"\n  size: Long\n}'


def test_a_property_that_is_no_name_is_sent_by_its_own() -> None:
    schema = of(plain="string", **{"a-b": "string", "a_b": "string", "": {}, "$or": of(**{"x.y": "integer"})})
    generated = generate_valid(sending({**schema, "required": ["a-b"]}))
    assert definition(generated, "AddThingInput").split("\n")[1:-1] == [
        "  plain: String",
        '  a_b2: String! @value(is: "a-b")',
        "  a_b: String",
        '  field: JSON @value(is: "")',
        '  or: AddThingOrInput @value(is: "$or")',
    ]
    assert "@value" not in print_schema(built(generated))
    assert only(generated).kind == "typed"


def test_types_within_an_input_are_named_without_its_suffix() -> None:
    pet = of(status={"enum": ["sold", "free"]}, home=of(city="string"))
    source = sending(ref("Pet"), {"Pet": pet})
    source["paths"]["/things"]["get"] = {
        "operationId": "pet",
        "responses": {"200": {"content": {"application/json": {"schema": ref("Pet")}}}},
    }
    generated = generate_valid(source)
    assert definition(generated, "PetInput") == "input PetInput {\n  status: PetStatus\n  home: PetHomeInput\n}"
    assert definition(generated, "Pet") == "type Pet {\n  status: PetStatus\n  home: PetHome\n}"


def test_equal_enums_of_equal_properties_are_one_type() -> None:
    state = {"type": "string", "enum": ["open", "closed"]}
    other = {"type": "string", "enum": ["closed", "open"]}
    source = sending(of(state=state, states={"type": "array", "items": {**state}}, mode={**state}))
    post = source["paths"]["/things"]["post"]
    post["parameters"] = [{"name": "state", "in": "query", "schema": other}]
    post["responses"]["200"]["content"]["application/json"]["schema"] = of(state=other, mode=of(state={**state}))
    generated = generate_valid(source)
    enums = [node.name.value for node in generated.document.definitions if isinstance(node, EnumTypeDefinitionNode)]
    assert enums == ["AddThingState", "AddThingStatesItem", "AddThingMode"]
    assert definition(generated, "AddThingResponse").startswith("type AddThingResponse {\n  state: AddThingState\n")
    assert "state: AddThingState" in definition(generated, "AddThingResponseMode")


def test_an_enum_with_a_name_is_a_type_of_its_own() -> None:
    state = {"type": "string", "enum": ["open", "closed"]}
    source = sending(of(a=ref("State"), b=ref("Mode"), state=state), {"State": state, "Mode": {**state}})
    assert definition(generate_valid(source), "AddThingInput").split("\n")[1:-1] == [
        "  a: State",
        "  b: Mode",
        "  state: State",
    ]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "[Long]"),
        ({"type": "string"}, "String"),
        ({"type": "object"}, "JSON"),
        ({}, "JSON"),
        (None, "JSON"),
    ],
)
def test_bodies_that_are_no_objects(schema: Any, kind: str) -> None:
    assert f"(input: {kind})" in field(generate_valid(sending(schema)), "addThing")


def test_forms_and_files() -> None:
    file = {"type": "string", "format": "binary"}
    form = generate_valid(sending(of(name="string"), media_type="application/x-www-form-urlencoded"))
    assert field(form, "addThing") == (
        'addThing(input: AddThingInput): String @post(path: "/things", body: "input", encoding: FORM)'
    )
    files = generate_valid(sending(of(name="string", photo=file), media_type="multipart/form-data"))
    assert "encoding: MULTIPART" in field(files, "addThing")
    assert definition(files, "AddThingForm") == "input AddThingForm {\n  name: String\n  photo: Upload\n}"


def test_json_goes_before_forms() -> None:
    source = sending(of(a="string"), media_type="multipart/form-data")
    source["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"] = {"schema": of(b="string")}
    assert definition(generate_valid(source), "AddThingInput") == "input AddThingInput {\n  b: String\n}"


def test_a_body_that_cannot_be_written_is_left_out() -> None:
    generated = generate_valid(sending({"type": "string"}, media_type="text/*"))
    assert field(generated, "addThing") == 'addThing: String @post(path: "/things")'
    assert only(generated).kind == "partly"
    assert "text/* cannot be written" in only(generated).reason


@pytest.mark.parametrize(
    ("media_type", "schema", "kind"),
    [
        ("text/plain", {"type": "string"}, "String"),
        ("text/plain", {"type": "integer"}, "Long"),
        ("application/xml", of(name="string"), "String"),
        ("text/csv; charset=latin-1", {}, "String"),
        ("application/graphql", {"type": "string"}, "String"),
    ],
)
def test_a_text_body_is_a_string(media_type: str, schema: Any, kind: str) -> None:
    generated = generate_valid(sending(schema, media_type=media_type, required=True))
    assert field(generated, "addThing") == (
        f'addThing(input: {kind}!): String @post(path: "/things", body: "input", mediaType: "{media_type}")'
    )
    assert only(generated).kind == "typed"


@pytest.mark.parametrize(
    ("consumed", "schema", "sent"),
    [
        (["text/plain"], {"type": "string"}, "text/plain"),
        (["text/plain", "application/json"], {"type": "string"}, ""),
        (["text/plain"], of(name="string"), ""),
        (["application/x-www-form-urlencoded"], {"type": "string"}, ""),
        ([], {"type": "string"}, ""),
    ],
)
def test_a_text_body_of_swagger_2_has_a_scalar_schema(consumed: list[str], schema: Any, sent: str) -> None:
    operation = {
        "operationId": "add",
        "consumes": consumed,
        "parameters": [{"name": "it", "in": "body", "schema": schema}],
    }
    text = field(generate_valid({"swagger": "2.0", "paths": {"/things": {"post": operation}}}), "add")
    assert text.endswith(f', body: "input", mediaType: "{sent}")' if sent else ', body: "input")')


@pytest.mark.parametrize("media_type", ["application/pdf", "application/octet-stream", "image/*", "video/mp4"])
def test_a_body_of_any_other_media_type_is_a_file(media_type: str) -> None:
    generated = generate_valid(sending({}, media_type=media_type))
    known = f', mediaType: "{media_type}"' if media_type in ("application/pdf", "video/mp4") else ""
    assert (
        field(generated, "addThing") == f'addThing(input: Upload): String @post(path: "/things", body: "input"{known})'
    )


def test_the_body_gives_way_to_a_parameter_of_its_name() -> None:
    source = sending({"type": "string"})
    source["paths"]["/things"]["post"]["parameters"] = [{"name": "input", "in": "query", "schema": {"type": "string"}}]
    assert field(generate_valid(source), "addThing") == (
        'addThing(input: String, input2: String): String @post(path: "/things{?input}", body: "input2")'
    )


def test_every_verb_but_get_is_a_mutation() -> None:
    methods = ("get", "post", "put", "patch", "delete")
    generated = generate_valid(document({"/a": {method: {"operationId": f"do_{method}"} for method in methods}}))
    assert [field(generated, f"do_{method}") for method in methods] == [
        f'do_{method}: JSON @{method}(path: "/a")' for method in methods
    ]
    assert "do_get" in definition(generated, "Query")
    assert "do_delete" in definition(generated, "Mutation")


def test_swagger_2_bodies() -> None:
    body = {"in": "body", "name": "user", "required": True, "schema": {"$ref": "#/definitions/User"}}
    form = [
        {"in": "formData", "name": "name", "type": "string", "required": True},
        {"in": "formData", "name": "photo", "type": "file"},
    ]
    source = {
        "swagger": "2.0",
        "definitions": {"User": of(name="string")},
        "paths": {
            "/users": {"post": {"operationId": "addUser", "parameters": [body]}},
            "/photos": {"post": {"operationId": "addPhoto", "parameters": form}},
            "/names": {"post": {"operationId": "addName", "parameters": form[:1]}},
        },
    }
    generated = generate_valid(source)
    assert field(generated, "addUser") == 'addUser(input: UserInput!): JSON @post(path: "/users", body: "input")'
    assert "encoding: MULTIPART" in field(generated, "addPhoto")
    assert "encoding: FORM" in field(generated, "addName")
    assert definition(generated, "AddPhotoForm") == "input AddPhotoForm {\n  name: String!\n  photo: Upload\n}"
