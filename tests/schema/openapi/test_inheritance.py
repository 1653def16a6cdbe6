"""Schemas that are composed of others: allOf in depth, and a discriminator on a base."""

from typing import Any

import pytest

from tests.schema.openapi.documents import (
    INT,
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
    sending,
)
from tests.schema.openapi.served import Served

BASE = {**of(kind="string", name="string"), "required": ["kind"], "discriminator": {"propertyName": "kind"}}
CAT = {"allOf": [ref("Pet"), {**of(lives=INT), "required": ["lives"]}]}
DOG = {"allOf": [ref("Pet"), of(tricks="string")]}
PUPPY = {"allOf": [ref("Dog"), of(weeks=INT)]}
SCHEMAS = {"Pet": BASE, "Cat": CAT, "Dog": DOG, "Puppy": PUPPY}


def test_properties_that_both_sides_describe_are_merged() -> None:
    home = {**of(street="string", at=of(lat="number")), "required": ["street"]}
    more = of(home=of(city="string", at=of(long="number")), rows={"items": of(b="string")})
    schemas = {"Base": of(home=home, rows={"items": of(a="string")}), "Top": {"allOf": [ref("Base"), more]}}
    generated = generate_valid(answering(ref("Top"), schemas))
    assert definition(generated, "TopHome") == "type TopHome {\n  street: String\n  at: TopHomeAt\n  city: String\n}"
    assert definition(generated, "TopHomeAt") == "type TopHomeAt {\n  lat: Float\n  long: Float\n}"
    assert definition(generated, "TopRowsItem") == "type TopRowsItem {\n  a: String\n  b: String\n}"
    assert only(generated).kind == "typed"


@pytest.mark.parametrize("restated", [{}, {"type": "integer"}])
def test_keywords_that_do_not_change_the_type_of_a_property_are_merged(restated: Any) -> None:
    base = of(id={"type": "integer", "description": "The key."}, key="string", home=ref("Home"), name="string")
    child = of(
        id={**restated, "readOnly": True},
        key={"writeOnly": True},
        home={"description": "Where it lives.", "readOnly": True},
        name={"deprecated": True},
    )
    schemas = {"Home": of(city="string"), "Base": base, "Top": {"allOf": [ref("Base"), child]}}
    generated = generate_valid(sending(ref("Top"), schemas))
    deprecated = "name: String @deprecated"
    assert definition(generated, "TopInput") == f"input TopInput {{\n  key: String\n  {deprecated}\n}}"
    assert definition(generate_valid(answering(ref("Top"), schemas)), "Top") == (
        f'type Top {{\n  "The key."\n  id: Long\n  "Where it lives."\n  home: Home\n  {deprecated}\n}}'
    )


def test_a_default_and_an_enum_survive_a_keyword_of_a_child() -> None:
    base = of(level={"type": "string", "enum": ["low", "high"], "default": "low"})
    schemas = {"Base": base, "Top": {"allOf": [ref("Base"), of(level={"description": "How much."})]}}
    text = '"""\n  How much.\n  \n  Default: low\n  """'
    assert definition(generate_valid(sending(ref("Top"), schemas)), "TopInput") == (
        f"input TopInput {{\n  {text}\n  level: TopLevel\n}}"
    )


CONDITION = {
    "if": of(kind={"const": "cat"}),
    "then": {**of(lives=INT), "required": ["lives"]},
    "else": of(tricks="string"),
}
PET = {**of(kind="string"), "dependentSchemas": {"kind": of(since="string")}}


@pytest.mark.parametrize(
    "schema", [{**PET, **CONDITION}, {"allOf": [PET, CONDITION]}, {"allOf": [PET], **CONDITION}, {**CONDITION, **PET}]
)
def test_properties_under_a_condition(schema: Any) -> None:
    source = {**answering(schema), "openapi": "3.1.0"}
    served = Served(source, {"/things": {"kind": "cat", "since": "2020", "lives": 9}})
    query = "{ things { kind since lives tricks } }"
    assert served.data(query) == {"things": {"kind": "cat", "since": "2020", "lives": 9, "tricks": None}}
    assert "!" not in definition(generate_valid({**sending(schema), "openapi": "3.1.0"}), "AddThingInput")


def test_a_property_with_a_type_for_each_condition() -> None:
    source = answering({**of(kind="string"), "if": {}, "then": of(value="string"), "else": of(value=of(x=INT))})
    served = Served({**source, "openapi": "3.1.0"}, {"/things": {"value": {"x": 1}}})
    assert served.data("{ things { value } }") == {"things": {"value": {"x": 1}}}
    assert "ThingsResponse.value is JSON" in served.reasons["/things"]


def test_what_is_required_within_is_united() -> None:
    first, second = {**of(a="string"), "required": ["a"]}, {**of(b="string"), "required": ["b"]}
    source = sending(ref("Top"), {"Top": {"allOf": [of(part=first), of(part=second)]}})
    assert definition(generate_valid(source), "TopPartInput") == "input TopPartInput {\n  a: String!\n  b: String!\n}"


def test_a_property_that_a_child_describes_more_closely_is_the_childs() -> None:
    schemas = {
        "Node": of(value="string", next=ref("Node"), all={"type": "array", "items": ref("Node")}),
        "Leaf": {"allOf": [ref("Node"), of(next=ref("Leaf"), all={"type": "array", "items": ref("Leaf")}, x="string")]},
    }
    assert definition(generate_valid(answering(ref("Leaf"), schemas)), "Leaf") == (
        "type Leaf {\n  value: String\n  next: Leaf\n  all: [Leaf]\n  x: String\n}"
    )


def test_schemas_that_merge_without_end() -> None:
    schemas = {
        "A": of(next=ref("A"), a="string"),
        "B": of(next=ref("B"), b="string"),
        "Both": {"allOf": [ref("A"), ref("B"), of(next=ref("Both"))]},
        "Neither": {"allOf": [ref("A"), ref("B")]},
    }
    generated = generate_valid(answering(of(both=ref("Both"), neither=ref("Neither")), schemas))
    assert "next: Both" in definition(generated, "Both")
    assert "next: NeitherNext" in definition(generated, "Neither")
    assert "next: NeitherNext" in definition(generated, "NeitherNext")


@pytest.mark.parametrize(("version", "city"), [("3.0.3", False), ("3.1.0", True), ("3.2.0", True)])
def test_keywords_beside_a_reference_count_since_3_1(version: str, city: bool) -> None:
    home = {**ref("Home"), "properties": {"city": {"type": "string"}}, "description": "Where."}
    source = {**answering(of(home=home), {"Home": of(street="string")}), "openapi": version}
    fields = built(generate_valid(source)).type_map["ThingsResponse"].fields["home"].type.fields  # type: ignore[attr-defined]
    assert fields.keys() == ({"street", "city"} if city else {"street"})


def test_words_beside_a_reference_change_no_type() -> None:
    source = {
        **answering(of(home={**ref("Home"), "description": "Where."}), {"Home": of(a="string")}),
        "openapi": "3.1.0",
    }
    assert '"Where."\n  home: Home' in definition(generate_valid(source), "ThingsResponse")


def test_a_base_with_a_discriminator_is_an_interface() -> None:
    generated = generate_valid(answering(ref("Pet"), SCHEMAS))
    assert definition(generated, "Pet") == (
        'interface Pet @discriminator(from: "kind", otherwise: "PetOther") {\n  kind: String\n  name: String\n}'
    )
    assert definition(generated, "PetOther") == "type PetOther implements Pet {\n  kind: String\n  name: String\n}"
    assert definition(generated, "Cat").startswith('type Cat implements Pet @value(is: "Cat") {')
    assert definition(generated, "Puppy").startswith('type Puppy implements Pet @value(is: "Puppy") {')
    assert only(generated).kind == "typed"


PETS = [
    {"kind": "Cat", "name": "a", "lives": 9},
    {"kind": "Puppy", "name": "b", "weeks": 3, "tricks": "sit"},
    {"kind": "fish", "name": "c"},
    {"name": "d"},
]
EACH = "... on Cat { lives } ... on Dog { tricks } ... on Puppy { weeks tricks }"


def test_the_data_of_children_can_be_asked_for() -> None:
    served = Served(answering({"type": "array", "items": ref("Pet")}, SCHEMAS), {"/things": PETS})
    assert served.data(f"{{ things {{ __typename name {EACH} }} }}")["things"] == [
        {"__typename": "Cat", "name": "a", "lives": 9},
        {"__typename": "Puppy", "name": "b", "tricks": "sit", "weeks": 3},
        {"__typename": "PetOther", "name": "c"},
        {"__typename": "PetOther", "name": "d"},
    ]
    assert served.requests == ["GET /things"]


def test_what_is_no_object_is_an_error_at_its_place() -> None:
    served = Served(answering({"type": "array", "items": ref("Pet")}, SCHEMAS), {"/things": [PETS[0], 5, None]})
    response = served.ask("{ things { name } }")
    assert response["data"] == {"things": [{"name": "a"}, None, None]}
    assert [error["path"] for error in response["errors"]] == [["things", 1]]


@pytest.mark.parametrize(
    ("discriminator", "kinds"),
    [
        ({"propertyName": "kind", "mapping": {"c": "#/components/schemas/Cat", "tom": "Cat"}}, ["c", "tom"]),
        ({"propertyName": "kind"}, ["Cat"]),
        ("kind", ["Cat"]),
    ],
)
def test_the_values_of_a_child(discriminator: Any, kinds: list[str]) -> None:
    source = answering(ref("Pet"), {**SCHEMAS, "Pet": {**BASE, "discriminator": discriminator}})
    resolver = built(generate_valid(source)).type_map["Pet"].resolve_type  # type: ignore[union-attr]
    assert [resolver.type_of({"kind": kind}) for kind in (*kinds, "Dog", "x")] == ["Cat"] * len(kinds) + [
        "Dog",
        "PetOther",
    ]


def test_the_value_of_a_child_in_its_own_schema() -> None:
    own = {"allOf": [ref("Pet"), of(kind={"type": "string", "enum": ["cat"]}, lives=INT)]}
    azure = {**DOG, "x-ms-discriminator-value": "#dog"}
    generated = generate_valid(answering(ref("Pet"), {**SCHEMAS, "Cat": own, "Dog": azure}))
    assert '@value(is: "cat") {\n  kind: String\n' in definition(generated, "Cat")
    assert '@value(is: "#dog")' in definition(generated, "Dog")


def test_the_default_of_a_discriminator() -> None:
    discriminator = {"propertyName": "kind", "defaultMapping": "#/components/schemas/Dog"}
    source = {**answering(ref("Pet"), {**SCHEMAS, "Pet": {**BASE, "discriminator": discriminator}}), "openapi": "3.2.0"}
    assert 'otherwise: "Dog"' in definition(generate_valid(source), "Pet")


def test_children_of_children_with_a_discriminator_of_their_own() -> None:
    dog = {"allOf": [ref("Pet"), of(tricks="string", size="string")], "discriminator": {"propertyName": "size"}}
    source = answering(of(pet=ref("Pet"), dog=ref("Dog")), {**SCHEMAS, "Dog": dog})
    generated = generate_valid(source)
    assert definition(generated, "Dog").startswith('interface Dog @discriminator(from: "size", otherwise: "DogOther")')
    assert definition(generated, "DogOther").startswith('type DogOther implements Pet & Dog @value(is: "Dog") {')
    assert definition(generated, "Puppy").startswith('type Puppy implements Pet & Dog @value(is: "Puppy") {')
    answers = {"pet": {"kind": "Dog", "tricks": "sit"}, "dog": {"kind": "Dog", "size": "Puppy", "weeks": 2}}
    served = Served(source, {"/things": answers})
    query = "{ things { pet { __typename ... on Dog { tricks } } dog { __typename ... on Puppy { weeks } } } }"
    assert served.data(query)["things"] == {
        "pet": {"__typename": "DogOther", "tricks": "sit"},
        "dog": {"__typename": "Puppy", "weeks": 2},
    }


def test_an_interface_has_what_all_have_of_one_type() -> None:
    cat = {"allOf": [ref("Pet"), of(home=of(city="string"), size={"type": "integer"})]}
    pet = {**BASE, "properties": {**BASE["properties"], "home": of(street="string"), "size": {"type": "string"}}}
    generated = generate_valid(answering(ref("Pet"), {"Pet": pet, "Cat": cat}))
    assert "{\n  kind: String\n  name: String\n}" in definition(generated, "Pet")
    assert "home: CatHome" in definition(generated, "Cat")


def test_a_base_without_properties_of_its_own() -> None:
    pet = {"type": "object", "discriminator": {"propertyName": "kind"}}
    served = Served(answering(ref("Pet"), {**SCHEMAS, "Pet": pet}), {"/things": {"kind": "Cat", "lives": 9}})
    assert served.data("{ things { __typename ... on Cat { lives } } }")["things"] == {"__typename": "Cat", "lives": 9}


def test_children_without_a_field_in_common_are_a_union() -> None:
    pet = {**of(kind="integer"), "discriminator": {"propertyName": "kind"}}
    cat = {"allOf": [ref("Pet"), of(kind="string", lives=INT)]}
    assert definition(generate_valid(answering(ref("Pet"), {"Pet": pet, "Cat": cat})), "Pet") == (
        'union Pet @discriminator(from: "kind", otherwise: "PetOther") = PetOther | Cat'
    )


def test_a_base_as_input_takes_what_its_children_take() -> None:
    operation = {"operationId": "add", "requestBody": {"content": {"application/json": {"schema": ref("Pet")}}}}
    source = document({"/pets": {"post": {**operation, "responses": answer(ref("Pet"))}}}, SCHEMAS)
    assert definition(generate_valid(source), "PetInput") == (
        "input PetInput {\n  kind: String!\n  name: String\n  lives: Int\n  tricks: String\n  weeks: Int\n}"
    )
    served = Served(source, {"/pets": PETS[0]})
    assert served.data('mutation { add(input: {kind: "Cat", lives: 9}) { ... on Cat { lives } } }')["add"] == {
        "lives": 9
    }
    assert served.bodies == [{"kind": "Cat", "lives": 9}]


def test_a_discriminator_that_nothing_is_composed_of_changes_nothing() -> None:
    assert definition(generate_valid(answering(ref("Pet"), {"Pet": BASE})), "Pet") == (
        "type Pet {\n  kind: String\n  name: String\n}"
    )


def test_a_field_whose_name_is_no_graphql_name() -> None:
    pet = {**of(**{"pet-kind": "string"}), "discriminator": {"propertyName": "pet-kind"}}
    served = Served(answering(ref("Pet"), {**SCHEMAS, "Pet": pet}), {"/things": {"pet-kind": "Cat", "lives": 9}})
    assert served.data("{ things { pet_kind ... on Cat { lives } } }")["things"] == {"pet_kind": "Cat", "lives": 9}


def test_names_in_camel_case() -> None:
    schemas = {
        "Pet": {**of(pet_kind="string", created_at="string"), "discriminator": {"propertyName": "pet_kind"}},
        "Cat": {"allOf": [ref("Pet"), of(lives_left="integer")]},
    }
    served = Served(
        answering(ref("Pet"), schemas),
        {"/things": {"pet_kind": "Cat", "lives_left": 9, "created_at": "x"}},
        camel_case=True,
    )
    assert served.data("{ things { createdAt petKind ... on Cat { livesLeft } } }")["things"] == {
        "createdAt": "x", "petKind": "Cat", "livesLeft": 9,
    }  # fmt: skip


def test_long_chains_of_discriminators() -> None:
    schemas: dict[str, Any] = {"T0": BASE}
    for number in range(1, 200):
        parts = [ref(f"T{number - 1}"), of(**{f"p{number}": "string"})]
        schemas[f"T{number}"] = {"allOf": parts, "discriminator": {"propertyName": "kind"}}
    generated = generate_valid(answering(ref("T0"), schemas))
    assert field(generated) == 'things: T0 @get(path: "/things")'
