"""Types that refer to classes: Self, aliases of themselves, and the names of generic classes."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, LiteralString, NamedTuple, Self, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from typing_extensions import Doc, TypeAliasType

from tests.schema.annotations.views import checked, member, query_view, returning, sdl

T = TypeVar("T")


@dataclass(slots=True)
class Node:
    name: str
    above: Self | None
    below: list[Self]


class Leaf(Node):
    color: str = ""


class Key(TypedDict):
    of: Self  # type: ignore[misc]


class Record(msgspec.Struct):
    rows: dict[str, Self] | None
    next: "Self | None"


class Box(msgspec.Struct, Generic[T]):
    value: T
    inner: Self | None


@attrs.define
class Part:
    parts: Annotated[list[Self], "said"]


class Model(pydantic.BaseModel):
    node: Node
    own: Self | None = None


@pytest.mark.parametrize(
    ("cls", "lines"),
    [
        (Node, "type Node {\n  name: String\n  above: Node\n  below: [Node]\n}"),
        (Leaf, "type Leaf {\n  name: String\n  above: Leaf\n  below: [Leaf]\n}"),
        (Key, "type Key {\n  of: Key\n}"),
        (Record, "type Record {\n  rows: JSON\n  next: Record\n}"),
        (Box[int], "type BoxInt {\n  value: Long\n  inner: BoxInt\n}"),
        (Part, "type Part {\n  parts: [Part]\n}"),
        (Model, "type Model {\n  node: Node\n  own: Model\n}"),
    ],
)
def test_self_is_the_class(cls: Any, lines: str) -> None:
    generated = checked(returning(cls))
    assert lines in sdl(returning(cls))
    assert [note.kind for note in generated.operations] == ["typed"]


def test_values_of_self() -> None:
    def view() -> Node:
        leaf = {"name": "b", "above": None, "below": []}
        return {"name": "a", "above": None, "below": [leaf]}  # type: ignore[return-value]

    assert query_view(view, "{ it { name above { name } below { name below { name } } } }") == {
        "name": "a", "above": None, "below": [{"name": "b", "below": []}],
    }  # fmt: skip


class Pair(NamedTuple):
    left: "Pair | None"


class Twin(NamedTuple):
    other: Self | None


@pytest.mark.parametrize("cls", [Pair, Twin])
def test_a_tuple_within_itself_is_json_alone(cls: Any) -> None:
    class Holder(TypedDict):
        pair: cls  # type: ignore[valid-type]
        next: Self  # type: ignore[misc]

    assert sdl(returning(Holder)).endswith("type Holder {\n  pair: [JSON]\n  next: Holder\n}")
    (note,) = checked(returning(Holder)).operations
    assert note.reason == f"Holder.pair is JSON, {cls.__qualname__} contains itself"


def test_self_outside_of_a_class_is_json() -> None:
    generated = checked(returning(Node, "a", "/a"), returning(Self, "b", "/b"))
    assert [(note.kind, note.reason) for note in generated.operations] == [
        ("typed", ""), ("json", "Self has no class here"),
    ]  # fmt: skip


Nested = TypeAliasType("Nested", "list[Nested] | Leaf")
Several = TypeAliasType("Several", "list[Leaf]")


def test_an_alias_whose_type_is_a_string() -> None:
    assert member(Several) == "[Leaf]"
    (note,) = checked(returning(TypedDict("Holder", {"nested": Nested}))).operations
    assert note.reason == "Holder.nested is JSON, its anyOf has members that are not objects"


class Color(enum.Enum):
    RED = "r"


@pytest.mark.parametrize(
    ("hint", "line"),
    [
        (Annotated[Leaf, Doc("A text.")], "Leaf"),
        (Annotated[Leaf | None, msgspec.Meta(description="A text.")], "Leaf"),
        (Annotated[Model, pydantic.Field(description="A text.")], "Model"),
        (Annotated[Color, Doc("A text.")], "Color"),
        (Annotated[Several, Doc("A text.")], "[Leaf]"),
    ],
)
def test_a_class_with_a_description(hint: Any, line: str) -> None:
    view = returning(TypedDict("Holder", {"held": hint}))
    assert f'type Holder {{\n  "A text."\n  held: {line}\n}}' in sdl(view)
    (note,) = checked(view).operations
    assert note.kind == "typed"


def test_a_function_as_a_type() -> None:
    (note,) = checked(returning(TypedDict("Holder", {"call": Callable[[int], str]}))).operations
    assert note.reason == "Holder.call is JSON, the JSON of collections.abc.Callable[[int], str] is unknown"


def test_a_literal_string() -> None:
    assert member(LiteralString) == "String"


@dataclass
class Page(Generic[T]):
    items: list[T]


class Envelope(pydantic.BaseModel, Generic[T]):
    data: T


@pytest.mark.parametrize("cls", [Page, Envelope])
@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (Node | Leaf, "NodeOrLeaf"),
        (Node | None, "NodeOrNone"),
        (Annotated[int, pydantic.Field(ge=1, le=5)], "Int"),
        (dict[str, list[int]], "DictStrListInt"),
    ],
)
def test_names_of_generic_classes(cls: Any, argument: Any, name: str) -> None:
    assert f"\ntype {cls.__name__}{name} {{" in sdl(returning(cls[argument]))
