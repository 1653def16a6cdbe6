"""Unions of the same classes in several places are one type."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict, Union

import msgspec
import pytest
from flask import Flask
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypeAliasType

from restgql import Gateway
from restgql.schema.sources.annotations import AnnotatedView
from tests.schema.annotations.views import fields, returning, sdl


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    chases: "list[Annotated[Cat | Dog, Field(discriminator='kind')]]" = []


Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]  # noqa: UP007
NamedPet = TypeAliasType("NamedPet", Pet)  # type: ignore[misc]


class Owner(BaseModel):
    pet: Pet = Field(description="Its pet.")


class Shelter(BaseModel):
    pets: list[NamedPet]


@dataclass
class Walk:
    pet: Dog | Cat | None


class Root(RootModel[Pet]): ...


def unions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("union ")]


def both(*hints: Any) -> list[AnnotatedView]:
    return [returning(hint, f"it{number}", f"/it{number}") for number, hint in enumerate(hints)]


def test_a_union_of_a_view_and_of_models() -> None:
    text = sdl(*both(Pet, list[Pet | None], Owner, Walk, Cat | Dog))
    assert unions(text) == ['union CatOrDog @discriminator(from: "kind") = Cat | Dog']
    assert [line.split()[1] for line in fields(text).splitlines()] == [
        "CatOrDog", "[CatOrDog]", "Owner", "Walk", "CatOrDog",
    ]  # fmt: skip
    assert 'type Owner {\n  "Its pet."\n  pet: CatOrDog\n}' in text
    assert "type Walk {\n  pet: CatOrDog\n}" in text
    assert "chases: [CatOrDog]" in text


@pytest.mark.parametrize(
    ("named", "name"), [(NamedPet, "NamedPet"), (Root, "Root"), (Shelter, "NamedPet")], ids=["alias", "root", "member"]
)
def test_a_name_is_kept(named: Any, name: str) -> None:
    text = sdl(*both(Owner, named, Pet))
    assert unions(text) == [f'union {name} @discriminator(from: "kind") = Cat | Dog']
    assert f"it2: {name} @get" in text


def test_an_alias_of_a_view_and_of_a_model_is_one_type() -> None:
    text = sdl(*both(NamedPet, Shelter, list[NamedPet]))
    assert unions(text) == ['union NamedPet @discriminator(from: "kind") = Cat | Dog']


class Left(TypedDict):
    left: int


class Right(TypedDict):
    right: int


class Middle(TypedDict):
    middle: int


class Tagged(msgspec.Struct, tag="tagged"):
    x: int


class Other(msgspec.Struct, tag="other"):
    x: int


def test_unions_of_other_classes_are_other_types() -> None:
    class Holder(TypedDict):
        one: Left | Right
        same: list[Right | Left]
        more: Left | Right | Middle
        tagged: Tagged | Other | None
        loose: Left | int

    text = sdl(*both(Holder, Other | Tagged))
    assert (
        "type Holder {\n  one: LeftOrRight\n  same: [LeftOrRight]\n  more: HolderMore\n  tagged: OtherOrTagged\n"
        in text
    )
    assert "  loose: JSON\n" in text
    assert len(unions(text)) == 3


def test_a_union_whose_name_is_taken() -> None:
    class CatOrDog(BaseModel):
        x: int

    text = sdl(*both(Owner, Pet, CatOrDog))
    assert "union CatOrDog2 @discriminator" in text
    assert "type CatOrDog {\n  x: Long\n}" in text


def test_the_members_of_a_shared_union_in_the_data() -> None:
    app = Flask(__name__)
    pets = [{"kind": "cat"}, {"kind": "dog", "chases": [{"kind": "cat"}]}]
    owner: list[Any] = [{"pet": pet} for pet in pets]

    @app.get("/pets")
    def pets_view() -> list[Pet]:
        return pets  # type: ignore[return-value]

    @app.get("/owners")
    def owners() -> list[Owner]:
        return owner

    query = """
        fragment P on CatOrDog { __typename ... on Dog { chases { __typename } } }
        { pets_view { ...P } owners { pet { ...P } } }
    """
    expected = [{"__typename": "Cat"}, {"__typename": "Dog", "chases": [{"__typename": "Cat"}]}]
    assert Gateway(app, annotations=True).execute(query) == {
        "data": {"pets_view": expected, "owners": [{"pet": pet} for pet in expected]}
    }
