import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import msgspec
import pydantic
import pytest
from flask import Response, jsonify
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from tests.schema.annotations.views import checked, member, query_view, returning, sdl, typed


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: list[str] = []


Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]  # noqa: UP007


class Owner(BaseModel):
    pet: Pet
    pets: list[Pet] = []
    either: Cat | Dog | None = None


class Get(msgspec.Struct, tag="get"):
    key: str


class Put(msgspec.Struct, tag="put", tag_field="op"):
    key: str
    val: int


class Del(msgspec.Struct, tag=lambda name: f"{name.lower()}!", tag_field="op"):
    key: str


@dataclass
class Circle:
    radius: float
    shape: Literal["circle"] = "circle"


@dataclass
class Square:
    side: float
    shape: Literal["square"] = "square"


class Alpha(BaseModel):
    alpha: int


class Beta(BaseModel):
    beta: int
    maybe: int | None = None


class Gamma(BaseModel):
    maybe: int | None = None


PETS = """\
type Cat @value(is: "cat") {
  kind: String
  lives: Long
}

type Dog @value(is: "dog") {
  kind: String
  tricks: [String]
}
"""


def test_a_discriminated_union_of_models() -> None:
    text = sdl(returning(Owner))
    assert "type Owner {\n  pet: CatOrDog\n  pets: [CatOrDog]\n  either: CatOrDog\n}" in text
    assert PETS in text
    assert [line for line in text.splitlines() if line.startswith("union")] == [
        'union CatOrDog @discriminator(from: "kind") = Cat | Dog'
    ]
    assert [note.kind for note in checked(returning(Owner)).operations] == ["typed"]


@pytest.mark.parametrize("hint", [Pet, Cat | Dog, pydantic.RootModel[Pet], Pet | None])
def test_a_view_that_returns_a_union(hint: Any) -> None:
    text = sdl(returning(hint))
    assert PETS in text
    assert '@discriminator(from: "kind") = Cat | Dog' in text


def test_the_members_of_a_discriminated_union_in_the_data() -> None:
    def view() -> Owner:
        owner = Owner(pet=Dog(tricks=["sit"]), pets=[Cat(), Dog()], either=Cat(lives=3))
        return owner.model_dump(mode="json")  # type: ignore[return-value]

    query = """{ it {
        pet { __typename ... on Dog { tricks } }
        pets { __typename ... on Cat { lives } }
        either { ... on Cat { kind lives } }
    } }"""
    assert query_view(view, query) == {
        "pet": {"__typename": "Dog", "tricks": ["sit"]},
        "pets": [{"__typename": "Cat", "lives": 9}, {"__typename": "Dog"}],
        "either": {"kind": "cat", "lives": 3},
    }


def test_tagged_structs() -> None:
    text = sdl(returning(Put | Del))
    assert 'type Put @value(is: "put") {\n  op: String\n  key: String\n  val: Long\n}' in text
    assert 'type Del @value(is: "del!") {\n  op: String\n  key: String\n}' in text
    assert 'union ItResponse @discriminator(from: "op") = Put | Del' in text


def test_tagged_structs_in_the_data() -> None:
    class Batch(msgspec.Struct):
        actions: list[Put | Del]

    def view() -> Batch:
        return msgspec.to_builtins(Batch([Put("a", 1), Del("b")]))

    view.__annotations__["return"] = Batch
    query = "{ it { actions { __typename ... on Put { val } ... on Del { key } } } }"
    assert query_view(view, query) == {
        "actions": [{"__typename": "Put", "val": 1}, {"__typename": "Del", "key": "b"}],
    }


def test_dataclasses_that_a_literal_tells_apart() -> None:
    def view() -> list[Circle | Square]:
        return jsonify([Circle(1.5), Square(2.0)])  # type: ignore[return-value]

    assert 'union ItResponseItem @discriminator(from: "shape") = Circle | Square' in sdl(
        returning(list[Circle | Square])
    )
    assert query_view(view, "{ it { ... on Circle { radius } ... on Square { side } } }") == [
        {"radius": 1.5},
        {"side": 2.0},
    ]


def test_classes_that_a_key_tells_apart() -> None:
    def view() -> list[Alpha | Beta]:
        return jsonify([Alpha(alpha=1).model_dump(), Beta(beta=2).model_dump(exclude_none=True)])  # type: ignore[return-value]

    assert query_view(view, "{ it { ... on Alpha { alpha } ... on Beta { beta } } }") == [{"alpha": 1}, {"beta": 2}]


class First(msgspec.Struct, tag=1):
    value: int


class Second(msgspec.Struct, tag=2):
    value: int


def test_tags_that_are_numbers() -> None:
    def view() -> list[First | Second]:
        return msgspec.to_builtins([First(1), Second(2)])  # type: ignore[no-any-return]

    assert query_view(view, "{ it { __typename ... on Second { value } } }") == [
        {"__typename": "First"},
        {"__typename": "Second", "value": 2},
    ]


class Left(BaseModel):
    side: Literal["left"] = Field("left", serialization_alias="theSide")


class Right(BaseModel):
    side: Literal["right"] = Field("right", serialization_alias="theSide")


@pytest.mark.parametrize("by_alias", [True, False])
def test_a_discriminator_with_an_alias(by_alias: bool) -> None:
    def view() -> list[Left | Right]:
        return [each.model_dump(by_alias=by_alias) for each in (Left(), Right())]  # type: ignore[misc]

    assert query_view(view, "{ it { __typename } }") == [{"__typename": "Left"}, {"__typename": "Right"}]


def test_a_key_that_may_be_left_out_tells_nothing_apart() -> None:
    (note,) = checked(returning(Alpha | Gamma)).operations
    assert note.kind == "typed"
    assert "type ItResponse {" in sdl(returning(Alpha | Gamma))


class One(TypedDict):
    value: int


class Other(TypedDict):
    value: int


def test_a_union_of_classes_that_are_alike_is_one_type() -> None:
    holder = dataclasses.make_dataclass("Holder", [("fine", int), ("either", One | Other)])
    (note,) = checked(returning(holder)).operations
    assert "type Holder {\n  fine: Long\n  either: HolderEither\n}" in sdl(returning(holder))
    assert "type HolderEither {\n  value: Long\n}" in sdl(returning(holder))
    assert note.kind == "typed"


@pytest.mark.parametrize("hint", [Cat | str, list[Cat] | Dog, Get | int, Circle | dict[str, int]])
def test_a_union_that_is_not_of_classes_alone_is_json(hint: Any) -> None:
    assert member(hint) == "JSON"


def test_a_response_beside_a_union() -> None:
    assert typed(Pet | Response) == "ItResponse"


class Black(BaseModel):
    pet: Literal["cat"] = "cat"
    color: Literal["black"] = "black"
    name: str = ""


class White(BaseModel):
    pet: Literal["cat"] = "cat"
    color: Literal["white"] = "white"
    name: str = ""


class Wolf(BaseModel):
    pet: Literal["wolf", "coyote"] = "wolf"
    name: str = ""


Colored = Annotated[Black | White, Field(discriminator="color")]


class Zoo(BaseModel):
    animals: list[Annotated[Union[Colored, "Eagle"], Field(discriminator="pet")]]


class Eagle(BaseModel):
    pet: Literal["eagle"] = "eagle"
    name: str = ""


def test_a_union_within_a_union() -> None:
    def view() -> Zoo:
        return Zoo(animals=[White(name="w"), Eagle(name="e"), Black(name="b")]).model_dump()  # type: ignore[return-value]

    assert "union ZooAnimalsItem @discriminator" in sdl(returning(Zoo))
    query = "{ it { animals { __typename ... on Eagle { name } ... on White { color } } } }"
    assert query_view(view, query) == {
        "animals": [
            {"__typename": "White", "color": "white"},
            {"__typename": "Eagle", "name": "e"},
            {"__typename": "Black"},
        ]
    }


def test_several_values_of_one_member() -> None:
    def view() -> list[Dog | Wolf]:
        return [{"pet": "coyote", "name": "c"}]  # type: ignore[list-item]

    hint = list[Annotated[Union[Black, Wolf], Field(discriminator="pet")]]  # noqa: UP007
    view.__annotations__["return"] = hint
    assert query_view(view, "{ it { ... on Wolf { name } } }") == [{"name": "c"}]
