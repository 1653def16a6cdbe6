"""oneOf and anyOf: unions where a value says which it is, else JSON."""

from typing import Any

import pytest

from tests.schema.openapi.documents import answering, built, definition, field, generate_valid, of, only, ref, sending
from tests.schema.openapi.served import Served

CAT = of(kind={"type": "string", "enum": ["cat"]}, lives="integer")
DOG = of(kind={"type": "string", "enum": ["dog"]}, tricks={"type": "array", "items": {"type": "string"}})


def pets(**more: Any) -> dict[str, Any]:
    return answering(ref("Pet"), {"Pet": {"oneOf": [ref("Cat"), ref("Dog")], **more}, "Cat": CAT, "Dog": DOG})


def test_constants_tell_members_apart() -> None:
    generated = generate_valid(pets())
    assert definition(generated, "Pet") == 'union Pet @discriminator(from: "kind") = Cat | Dog'
    assert definition(generated, "Cat").startswith('type Cat @value(is: "cat") {')
    assert only(generated).kind == "typed"
    assert built(generated)


def test_a_discriminator_with_a_mapping() -> None:
    mapping = {"c": "#/components/schemas/Cat", "d": "Dog"}
    generated = generate_valid(pets(discriminator={"propertyName": "@type", "mapping": mapping}))
    assert definition(generated, "Pet") == 'union Pet @discriminator(from: "\\"@type\\"") = Cat | Dog'
    assert definition(generated, "Cat").startswith('type Cat @value(is: "c") {')
    assert definition(generated, "Dog").startswith('type Dog @value(is: "d") {')


def test_a_mapping_names_a_schema_that_is_another_with_more_words() -> None:
    more = {"Tom": {"allOf": [ref("Cat"), {"type": "object", "required": ["lives"]}]}, "Cat": of(lives="integer")}
    mapping = {"t": "#/components/schemas/Tom", "d": "#/components/schemas/Dog"}
    schema = {"oneOf": [ref("Tom"), ref("Dog")], "discriminator": {"propertyName": "type", "mapping": mapping}}
    generated = generate_valid(answering(schema, {**more, "Dog": of(tricks="string")}))
    assert definition(generated, "Cat").startswith('type Cat @value(is: "t") {')
    assert definition(generated, "Dog").startswith('type Dog @value(is: "d") {')


def test_a_discriminator_without_a_mapping_has_the_names_of_schemas() -> None:
    schemas = {"cat": of(lives="integer"), "dog": of(tricks="string")}
    schema = {"anyOf": [ref("cat"), ref("dog")], "discriminator": {"propertyName": "type"}}
    generated = generate_valid(answering({"type": "array", "items": schema}, schemas))
    assert field(generated) == 'things: [ThingsResponseItem] @get(path: "/things")'
    assert definition(generated, "Cat").startswith('type Cat @value(is: "cat") {')


def test_members_without_names_are_named_by_their_values() -> None:
    generated = generate_valid(answering({"oneOf": [CAT, DOG]}))
    assert definition(generated, "ThingsResponse") == (
        'union ThingsResponse @discriminator(from: "kind") = ThingsResponseCat | ThingsResponseDog'
    )


def test_what_stands_beside_the_group_is_in_each_member() -> None:
    schemas = {"Pet": {**of(name="string"), "oneOf": [ref("Cat"), ref("Dog")]}, "Cat": CAT, "Dog": DOG}
    generated = generate_valid(answering(ref("Pet"), schemas))
    assert "PetCat | PetDog" in definition(generated, "Pet")
    assert "name: String" in definition(generated, "PetCat")
    assert "lives: Long" in definition(generated, "PetCat")


def test_members_that_are_the_base_and_more() -> None:
    schemas = {
        "Pet": {**of(kind="string"), "discriminator": {"propertyName": "kind"}, "oneOf": [ref("Cat"), ref("Dog")]},
        "Cat": {"allOf": [ref("Pet"), of(lives="integer")]},
        "Dog": {"allOf": [ref("Pet"), of(tricks="string")]},
    }
    generated = generate_valid(answering(ref("Pet"), schemas))
    assert definition(generated, "Pet") == 'union Pet @discriminator(from: "kind") = Cat | Dog'
    assert definition(generated, "Cat") == 'type Cat @value(is: "Cat") {\n  kind: String\n  lives: Long\n}'


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"anyOf": [of(a="string"), {"type": "string"}]}, "its anyOf has members that are not objects"),
        ({"oneOf": [of(a="string"), {"type": "array", "items": {}}]}, "its oneOf has members that are not objects"),
        ({"oneOf": [{"type": "array", "items": {}}, {"type": "string"}]}, "its oneOf has members that are not objects"),
        (
            {"oneOf": [{"type": "string"}, {"type": "integer"}], "anyOf": [{"type": "string"}, {"type": "integer"}]},
            "it has 2 groups of oneOf and anyOf",
        ),
    ],
)
def test_members_that_are_not_all_objects_are_json(schema: Any, reason: str) -> None:
    note = only(generate_valid(answering(schema)))
    assert (note.kind, note.reason) == ("json", reason)


def test_a_member_with_two_values() -> None:
    mapping = {"c": "Cat", "tom": "Cat", "d": "Dog"}
    generated = generate_valid(pets(discriminator={"propertyName": "kind", "mapping": mapping}))
    assert definition(generated, "Cat").startswith('type Cat @value(is: "c") @value(is: "tom") {')
    resolver = built(generated).type_map["Pet"].resolve_type  # type: ignore[union-attr]
    assert [resolver.type_of({"kind": kind}) for kind in ("c", "tom", "d", "x")] == ["Cat", "Cat", "Dog", None]


def test_a_type_has_the_values_of_all_its_unions() -> None:
    generated = generate_valid(
        answering(
            of(
                a={"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
                b={"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "t", "mapping": {"x": "Cat"}}},
            ),
            {"Cat": of(lives="integer"), "Dog": of(tricks="string")},
        )
    )
    assert definition(generated, "Cat").startswith('type Cat @value(is: "Cat") @value(is: "x") {')
    assert definition(generated, "Dog").startswith('type Dog @value(is: "Dog") {')


def test_members_that_would_share_a_value_are_one_type() -> None:
    generated = generate_valid(
        answering(
            of(
                a={"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
                b={
                    "oneOf": [ref("Cat"), ref("Dog")],
                    "discriminator": {"propertyName": "t", "mapping": {"Dog": "Cat"}},
                },
            ),
            {"Cat": of(lives="integer"), "Dog": of(tricks="string")},
        )
    )
    assert (
        definition(generated, "ThingsResponse")
        == "type ThingsResponse {\n  a: ThingsResponseA\n  b: ThingsResponseB\n}"
    )
    assert definition(generated, "ThingsResponseB") == "type ThingsResponseB {\n  lives: Long\n  tricks: String\n}"
    assert only(generated).kind == "typed"


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
        ({"additionalProperties": {}, "anyOf": [{"minProperties": 1}]}, "JSON"),
    ],
)
def test_groups_that_only_constrain_a_scalar_or_list_change_nothing(schema: Any, kind: str) -> None:
    assert field(generate_valid(answering(schema))) == f'things: {kind} @get(path: "/things")'


def test_groups_that_only_constrain_change_nothing() -> None:
    schema = {**of(a="string", b="string"), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    generated = generate_valid(answering(schema))
    assert only(generated).kind == "typed"
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  a: String\n  b: String\n}"


def test_groups_within_themselves_are_json() -> None:
    schemas = {"A": {"oneOf": [ref("B"), of(x="string")]}, "B": {"anyOf": [ref("A"), of(y="string")]}}
    assert only(generate_valid(answering(ref("A"), schemas))).kind == "json"


def test_input_of_objects_that_nothing_tells_apart_has_the_fields_of_all() -> None:
    generated = generate_valid(sending({"oneOf": [of(a="string"), {**of(b="string"), "required": ["b"]}]}))
    assert definition(generated, "AddThingInput") == "input AddThingInput {\n  a: String\n  b: String\n}"


def test_input_has_no_unions() -> None:
    operation = {"operationId": "add", "requestBody": {"content": {"application/json": {"schema": ref("Pet")}}}}
    source = pets()
    source["paths"]["/things"]["post"] = operation
    generated = generate_valid(source)
    assert field(generated, "add") == 'add(input: JSON): JSON @post(path: "/things", body: "input")'
    assert "GraphQL has no unions of input types" in generated.operations[1].reason


def test_members_of_disjoint_shapes_are_told_by_a_required_key_of_their_own() -> None:
    cat = {**of(name="string", lives="integer"), "required": ["name", "lives"]}
    dog = {**of(name="string", tricks="string"), "required": ["tricks"]}
    generated = generate_valid(answering({"oneOf": [ref("Cat"), ref("Dog")]}, {"Cat": cat, "Dog": dog}))
    assert definition(generated, "ThingsResponse") == (
        "union ThingsResponse @discriminator(from: \"contains(keys(@), 'lives') && 'Cat' || "
        "contains(keys(@), 'tricks') && 'Dog'\") = Cat | Dog"
    )
    resolver = built(generated).type_map["ThingsResponse"].resolve_type  # type: ignore[union-attr]
    values = ({"name": "a", "lives": 9}, {"tricks": "b"}, {"name": "c"}, {})
    assert [resolver.type_of(value) for value in values] == ["Cat", "Dog", None, None]


def test_shapes_that_only_one_of_has_a_required_key_of_its_own_are_one_type() -> None:
    cat = {**of(name="string", lives="integer"), "required": ["lives"]}
    generated = generate_valid(answering({"oneOf": [cat, of(name="string")]}))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  name: String\n  lives: Long\n}"


TAGGED: dict[str, tuple[list[Any], list[Any]]] = {
    "several-values": (["cat", "tomcat"], ["dog"]),
    "booleans": ([True], [False]),
    "integers": ([1, 2], [3]),
}


@pytest.mark.parametrize(("of_cat", "of_dog"), TAGGED.values(), ids=TAGGED)
def test_required_constants_of_any_number_and_kind_tell_members_apart(of_cat: list[Any], of_dog: list[Any]) -> None:
    cat = {**of(kind={"enum": of_cat}, lives="integer"), "required": ["kind"]}
    dog = {**of(kind={"enum": of_dog}, tricks="string"), "required": ["kind"]}
    pet = {"oneOf": [ref("Cat"), ref("Dog")]}
    document = answering({"type": "array", "items": ref("Pet")}, {"Pet": pet, "Cat": cat, "Dog": dog})
    answer = [*({"kind": kind, "lives": 9} for kind in of_cat), *({"kind": kind, "tricks": "sit"} for kind in of_dog)]
    served = Served(document, {"/things": answer})
    query = "{ things { __typename ... on Cat { lives } ... on Dog { tricks } } }"
    cats = [{"__typename": "Cat", "lives": 9} for _ in of_cat]
    assert served.data(query)["things"] == [*cats, {"__typename": "Dog", "tricks": "sit"}]


def test_optional_constants_of_several_values_tell_nothing_apart() -> None:
    cat, dog = of(color={"enum": ["red", "black"]}, lives="integer"), of(color={"enum": ["brown"]}, tricks="string")
    generated = generate_valid(answering({"oneOf": [cat, dog]}))
    assert definition(generated, "ThingsResponse") == (
        "type ThingsResponse {\n  color: String\n  lives: Long\n  tricks: String\n}"
    )


@pytest.mark.parametrize("target", ["Dog", "#/components/schemas/Gone"])
def test_a_discriminator_takes_all_constants_of_a_member(target: str) -> None:
    dog = of(kind={"enum": ["dog", "wolf"]}, tricks="string")
    discriminator = {"propertyName": "kind", "mapping": {"dog": target, "wolf": target}}
    pet = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": discriminator}
    served = Served(answering(ref("Pet"), {"Pet": pet, "Cat": CAT, "Dog": dog}), {"/things": {"kind": "wolf"}})
    assert served.data("{ things { __typename } }") == {"things": {"__typename": "Dog"}}


def test_constants_that_all_members_inherit_leave_the_names_of_schemas() -> None:
    kind = {"enum": ["Cat", "Dog"]}
    pet = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}
    schemas = {"Pet": pet, "Cat": of(kind=kind, lives="integer"), "Dog": of(kind=kind, tricks="string")}
    generated = generate_valid(answering(ref("Pet"), schemas))
    assert definition(generated, "Dog").startswith('type Dog @value(is: "Dog") {')
