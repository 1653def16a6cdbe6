import decimal
import enum
import pathlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, NamedTuple

import flask_pydantic
import pydantic
import pytest
from flask import jsonify
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tests.schema.annotations.views import checked, query_view, returning, sdl


class Color(enum.Enum):
    RED = "red"
    DARK_RED = "dark-red"


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.IntFlag):
    READ = 4
    WRITE = 2


@dataclass
class Point:
    x: int
    label: str | None = None


def member(hint: Any) -> str:
    """Return the type of a model's field."""
    text = sdl(returning(pydantic.create_model("Holder", held=(hint, ...))))
    return next(line for line in text.splitlines() if line.startswith("  held: ")).removeprefix("  held: ")


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (pydantic.EmailStr, "String"),
        (pydantic.AwareDatetime, "DateTime"),
        (pydantic.NaiveDatetime, "DateTime"),
        (pydantic.PastDate, "Date"),
        (datetime, "DateTime"),
        (timedelta, "String"),
        (time, "String"),
        (pydantic.HttpUrl, "URL"),
        (pydantic.PostgresDsn, "URL"),
        (decimal.Decimal, "Decimal"),
        (pydantic.UUID4, "UUID"),
        (pydantic.PositiveInt, "Long"),
        (Annotated[int, Field(ge=0, le=100)], "Int"),
        (pydantic.Json[list[int]], "[Long]"),
        (pydantic.IPvAnyAddress, "String"),
        (pathlib.Path, "String"),
        (bytes, "String"),
        (Color, "Color"),
        (Level | None, "Level"),
        (Access, "Long"),
        (list[Access] | None, "[Long]"),
        (Annotated[Access, Field(description="Its rights.")], "Long"),
        (pydantic.SecretStr, "String"),
        (pydantic.SecretBytes | None, "String"),
        (Point, "Point"),
        (list[Point] | None, "[Point]"),
        (list[list[Point | None]], "[[Point]]"),
        (Literal["a", "b"], "HolderHeld"),
        (Literal["a"], "String"),
        (int | float, "Float"),
        (int | str, "JSON"),
        (Point | dict[str, int], "JSON"),
        (dict[str, Any], "JSON"),
        (Any, "JSON"),
        (Annotated[int, pydantic.PlainSerializer(str, return_type=str)], "String"),
        (Annotated[int, pydantic.WithJsonSchema({"type": "string", "format": "date"})], "Date"),
    ],
)
def test_a_field_of_a_model(hint: Any, expected: str) -> None:
    assert member(hint) == expected


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (pydantic.EmailStr, "String"),
        (pydantic.AwareDatetime, "DateTime"),
        (pydantic.HttpUrl, "URL"),
        (Annotated[int, Field(gt=0)], "Long"),
        (Annotated[Point, "said"], "Point"),
        (timedelta, "String"),
    ],
)
def test_pydantic_types_in_a_dataclass(hint: Any, expected: str) -> None:
    holder = dataclass(type("Holder", (), {"__annotations__": {"held": hint}}))
    assert f"type Holder {{\n  held: {expected}\n}}" in sdl(returning(holder))


class Event(BaseModel):
    email: pydantic.EmailStr
    at: pydantic.AwareDatetime
    on: date
    took: timedelta
    price: decimal.Decimal
    color: Color
    level: Level
    point: Point
    access: Access = Access.READ | Access.WRITE
    password: pydantic.SecretStr = pydantic.SecretStr("x")
    secret: str = Field("x", exclude=True)

    @pydantic.computed_field
    def domain(self) -> str:
        return self.email.partition("@")[2]

    @pydantic.field_serializer("took")
    def seconds(self, value: timedelta) -> float:
        return value.total_seconds()


def test_values_that_pydantic_writes() -> None:
    event = Event(
        email="a@example.com",
        at=datetime(2025, 1, 2, tzinfo=UTC),
        on=date(2025, 1, 2),
        took=timedelta(minutes=1),
        price=decimal.Decimal("1.50"),
        color=Color.DARK_RED,
        level=Level.LOW,
        point=Point(1),
    )

    def view() -> Event:
        return event.model_dump(mode="json")  # type: ignore[return-value]

    assert "secret" not in sdl(returning(Event))
    query = "{ it { email at on took price color level point { x label } access password domain } }"
    assert query_view(view, query) == {
        "email": "a@example.com",
        "at": "2025-01-02T00:00:00Z",
        "on": "2025-01-02",
        "took": 60.0,
        "price": "1.50",
        "color": "DARK_RED",
        "level": "LOW",
        "point": {"x": 1, "label": None},
        "access": 6,
        "password": "**********",
        "domain": "example.com",
    }


class Person(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    id: int
    full_name: str
    is_admin: bool = False
    home_address: "Address | None" = None


class Address(BaseModel):
    street_name: str = Field(serialization_alias="street")


@pytest.mark.parametrize("by_alias", [True, False])
def test_an_alias_is_read_however_the_view_dumps(by_alias: bool) -> None:
    person = Person(id=1, full_name="Ada", home_address=Address(street_name="Main"))

    def view() -> Person:
        return person.model_dump(by_alias=by_alias)  # type: ignore[return-value]

    assert query_view(view, "{ it { id fullName isAdmin homeAddress { street } } }") == {
        "id": 1,
        "fullName": "Ada",
        "isAdmin": False,
        "homeAddress": {"street": "Main"},
    }


@pytest.mark.parametrize("by_alias", [True, False])
def test_an_alias_is_read_however_flask_pydantic_dumps(by_alias: bool) -> None:
    @flask_pydantic.validate(response_by_alias=by_alias)
    def view() -> Person:
        return Person(id=1, full_name="Ada")

    assert query_view(view, "{ it { id fullName homeAddress { street } } }") == {
        "id": 1,
        "fullName": "Ada",
        "homeAddress": None,
    }


class Swapped(BaseModel):
    first: int = Field(serialization_alias="second")
    second: int = Field(serialization_alias="first")


def test_an_alias_that_is_another_fields_name_is_read_by_alias_alone() -> None:
    def view() -> Swapped:
        return Swapped(first=1, second=2).model_dump(by_alias=True)  # type: ignore[return-value]

    assert "type Swapped {\n  second: Long\n  first: Long\n}" in sdl(returning(Swapped))
    assert query_view(view, "{ it { first second } }") == {"first": 2, "second": 1}


class Loose(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    fine: int
    socket: "Socket | None" = None
    sockets: "list[Socket]" = Field(default_factory=list)
    default: complex = Field(default=1j, description="Not JSON.")


class Socket:
    """A class that pydantic has no schema for."""


def test_a_type_without_a_schema_costs_itself() -> None:
    (note,) = checked(returning(Loose)).operations
    text = sdl(returning(Loose))
    assert "type Loose {\n  fine: Long\n  socket: JSON\n  sockets: [JSON]\n" in text
    assert note.kind == "partly"
    assert "Loose.socket is JSON, the JSON of Socket is unknown" in note.reason
    assert "Loose.sockets is JSON, the JSON of Socket is unknown" in note.reason


class Lost(BaseModel):
    other: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


def test_a_model_that_is_not_defined_is_json_alone() -> None:
    generated = checked(returning(Lost), returning(Point, "other", "/other"))
    lost, other = generated.operations
    assert (lost.kind, other.kind) == ("json", "typed")
    assert lost.reason == "PydanticUndefinedAnnotation: name 'Nowhere' is not defined"


def test_a_class_is_one_type_in_models_and_in_dataclasses() -> None:
    holder = dataclass(type("Holder", (), {"__annotations__": {"event": Event, "point": Point, "color": Color}}))
    text = sdl(returning(holder), returning(Event, "other", "/other"))
    assert "type Holder {\n  event: Event\n  point: Point\n  color: Color\n}" in text
    assert text.count("type Point {") == text.count("type Event {") == text.count("enum Color {") == 1


@pydantic.dataclasses.dataclass
class Checked:
    email: pydantic.EmailStr
    points: list[Point]


def test_a_dataclass_of_pydantic() -> None:
    def view() -> Checked:
        return jsonify(Checked("a@example.com", [Point(1)]))  # type: ignore[return-value]

    assert "type Checked {\n  email: String\n  points: [Point]\n}" in sdl(returning(Checked))
    assert query_view(view, "{ it { email points { x } } }") == {"email": "a@example.com", "points": [{"x": 1}]}


class Named(BaseModel):
    @pydantic.model_serializer
    def as_text(self) -> str:
        return "name"


class Tree(BaseModel):
    name: Named
    children: "list[Tree]" = []


def test_a_model_that_is_written_as_text_and_one_of_itself() -> None:
    def view() -> Tree:
        return Tree(name=Named(), children=[Tree(name=Named())]).model_dump(mode="json")  # type: ignore[return-value]

    assert "type Tree {\n  name: String\n  children: [Tree]\n}" in sdl(returning(Tree))
    assert query_view(view, "{ it { name children { name } } }") == {"name": "name", "children": [{"name": "name"}]}


class Pair(NamedTuple):
    first: int
    second: float


@pytest.mark.parametrize("hint", [Pair, tuple[int, float], tuple[float, ...]])
def test_a_tuple_is_a_list_wherever_it_is(hint: Any) -> None:
    holder = dataclass(type("Holder", (), {"__annotations__": {"held": hint}}))
    assert member(hint) == "[Float]"
    assert "  held: [Float]\n" in sdl(returning(holder))


def test_the_values_of_a_tuple() -> None:
    class Line(BaseModel):
        ends: tuple[Pair, Pair]

    def view() -> Line:
        return jsonify(Line(ends=(Pair(1, 2.5), Pair(3, 4))).model_dump())  # type: ignore[return-value]

    view.__annotations__["return"] = Line
    assert query_view(view, "{ it { ends } }") == {"ends": [[1.0, 2.5], [3.0, 4.0]]}
