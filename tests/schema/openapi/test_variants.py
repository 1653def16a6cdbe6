"""oneOf and anyOf: unions where a value says which it is, else JSON."""

from typing import Any

import pytest

from tests.schema.openapi.documents import answering, built, definition, field, generate_valid, of, only, ref
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


def test_a_mapping_may_name_the_titles_of_schemas() -> None:
    schemas = {"Cat": {**of(lives="integer"), "title": "PetCat"}, "Dog": {**of(tricks="string"), "title": "PetDog"}}
    mapping = {"c": "PetCat", "d": "PetDog"}
    schema = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "type", "mapping": mapping}}
    generated = generate_valid(answering(schema, schemas))
    assert definition(generated, "Cat").startswith('type Cat @value(is: "c") {')
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
        ({"oneOf": [{"type": "object"}, {"type": "string"}]}, "its oneOf has members that are not objects"),
        ({"anyOf": [of(a="string"), of(b="string"), {}]}, "its anyOf has members that are not objects"),
        ({"anyOf": [{"type": "string"}, {"title": "Any"}]}, "its anyOf has members that are not objects"),
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


def test_groups_that_only_constrain_change_nothing() -> None:
    schema = {**of(a="string", b="string"), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    generated = generate_valid(answering(schema))
    assert only(generated).kind == "typed"
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  a: String\n  b: String\n}"


def test_groups_within_themselves_are_json() -> None:
    schemas = {"A": {"oneOf": [ref("B"), of(x="string")]}, "B": {"anyOf": [ref("A"), of(y="string")]}}
    assert only(generate_valid(answering(ref("A"), schemas))).kind == "json"


def test_input_has_the_fields_of_all_members() -> None:
    operation = {"operationId": "add", "requestBody": {"content": {"application/json": {"schema": ref("Pet")}}}}
    source = pets()
    source["paths"]["/things"]["post"] = operation
    generated = generate_valid(source)
    assert field(generated, "add") == 'add(input: PetInput): JSON @post(path: "/things", body: "input")'
    assert definition(generated, "PetInput") == (
        "input PetInput {\n  kind: PetKind\n  lives: Long\n  tricks: [String]\n}"
    )
    assert definition(generated, "PetKind") == "enum PetKind {\n  cat\n  dog\n}"


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
