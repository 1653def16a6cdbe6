"""A field that is read from the first of several keys: `not_null(a, b)`."""

import enum
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from restgql import Gateway
from restgql.formats.select import search
from restgql.schema.field_binding import first_of, selected


@pytest.mark.parametrize(
    ("expression", "keys"),
    [
        ("not_null(a, b)", ("a", "b")),
        ('not_null("in-reply-to", in_reply_to)', ("in-reply-to", "in_reply_to")),
        ("not_null(a)", ("a",)),
        ("not_null(a.b, c)", ()),
        ("not_null(a, `1`)", ()),
        ("not_null(a, b) || c", ()),
        ("not_null(@, a)", ()),
        ('not_null("a,b", c)', ()),
        ("a", ()),
    ],
)
def test_the_keys_of_an_expression(expression: str, keys: tuple[str, ...]) -> None:
    assert first_of(expression) == keys


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"b": 2}, {"a": None, "b": 2}, {"a": False, "b": 2}, [], None, "a", 1])
def test_the_first_key_is_the_one_that_jmespath_selects(value: Any) -> None:
    assert selected("not_null(a, b)").of(value) == search("not_null(a, b)", value)


class Person(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    full_name: str
    home_town: str
    born_on: str
    last_seen: str


@pytest.mark.parametrize("camel_case", [True, False])
def test_a_long_list_of_fields_with_aliases_walks_no_elements(camel_case: bool) -> None:
    app, count = Flask(__name__), 3_000
    person = Person(full_name="Ada", home_town="London", born_on="1815", last_seen="1852")

    @app.get("/people")
    def people() -> list[Person]:
        return [person.model_dump(by_alias=False)] * count  # type: ignore[list-item]

    gateway = Gateway(app, annotations=True, camel_case=camel_case, max_elements=1_000, max_values=20_000)
    answer = gateway.execute("{ people { fullName homeTown bornOn lastSeen } }")
    assert answer == {"data": {"people": [person.model_dump(by_alias=True)] * count}}


class Mood(enum.Enum):
    GOOD = "so good"


class Place(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    zip_code: str
    last_mood: Mood | None = None


class Guest(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    home_place: Place | None = None
    old_places: list[Place] = []
    first_moods: list[Mood] = []


@pytest.mark.parametrize("by_alias", [True, False])
def test_objects_and_enums_of_several_keys(by_alias: bool) -> None:
    app = Flask(__name__)
    place = Place(zip_code="1", last_mood=Mood.GOOD)
    guests = [Guest(home_place=place, old_places=[place, place], first_moods=[Mood.GOOD]), Guest()]

    @app.get("/guests")
    def guests_() -> list[Guest]:
        return [guest.model_dump(mode="json", by_alias=by_alias) for guest in guests]  # type: ignore[misc]

    fields = "homePlace { zipCode lastMood } oldPlaces { zipCode } firstMoods"
    query = f"{{ guests_ {{ {fields} }} }}"
    home = {"zipCode": "1", "lastMood": "GOOD"}
    assert Gateway(app, annotations=True).execute(query) == {
        "data": {
            "guests_": [
                {"homePlace": home, "oldPlaces": [{"zipCode": "1"}, {"zipCode": "1"}], "firstMoods": ["GOOD"]},
                {"homePlace": None, "oldPlaces": [], "firstMoods": []},
            ]
        }
    }


SDL = """
type Query { posts: [Post] @get(path: "/posts") }
type Post {
  authorId: Int @select(from: "not_null(authorId, author_id)")
  title: String! @select(from: "not_null(title, heading)")
  author: Author @get(path: "/authors/{author_id}")
}
type Author { id: Int }
"""


def test_a_join_and_a_required_field_beside_several_keys(tmp_path: Path) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "posts.graphql").write_text(SDL)
    app.add_url_rule("/posts", "posts", lambda: [{"author_id": 1, "heading": "A"}, {"author_id": 2, "title": "B"}])
    app.add_url_rule("/authors/<int:id>", "author", lambda id: {"id": id})
    gateway = Gateway(app, schema="schema")
    assert gateway.execute("{ posts { authorId author { id } } }") == {
        "data": {"posts": [{"authorId": 1, "author": {"id": 1}}, {"authorId": 2, "author": {"id": 2}}]}
    }
    assert gateway.execute("{ posts { title authorId } }") == {
        "data": {"posts": [{"title": "A", "authorId": 1}, {"title": "B", "authorId": 2}]}
    }


class Extra(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")
    __pydantic_extra__: dict[str, Mood]
    zip_code: str


@pytest.mark.parametrize("by_alias", [True, False])
def test_the_entries_of_an_object_are_without_every_key_that_a_field_reads(by_alias: bool) -> None:
    app = Flask(__name__)

    @app.get("/it")
    def it() -> Extra:
        extra = Extra(zip_code="1", more=Mood.GOOD)  # type: ignore[call-arg]
        return extra.model_dump(mode="json", by_alias=by_alias)  # type: ignore[return-value]

    assert Gateway(app, annotations=True).execute("{ it { zipCode entries { key value } } }") == {
        "data": {"it": {"zipCode": "1", "entries": [{"key": "more", "value": "GOOD"}]}}
    }
