"""Interfaces, unions and enums."""

from typing import Any

import pytest

from tests.schema.typed.fields import INVALID, Make
from tests.schema.world import errors

ABSTRACT = """
type Query { feed: [Item] @get(path: "/feed") any: Any @get(path: "/any") one: Item @get(path: "/one") }
interface Item @discriminator(from: "meta.kind") { id: ID! author: User }
type Photo implements Item @value(is: "image/photo") { id: ID! url: String
  author: User @get(path: "/photographers/{by}") }
type Text implements Item { id: ID! body: String author: User @get(path: "/writers/{by}") }
type User { id: ID! }
union Any @discriminator(from: "type") = Text | User
"""
FEED = [
    {"id": 1, "meta": {"kind": "image/photo"}, "by": 7, "url": "u"},
    {"id": 2, "meta": {"kind": "Text"}, "by": 7, "body": "b"},
    None,
]


def test_a_discriminator_tells_the_type_and_joins_are_of_that_type(make: Make) -> None:
    world = make(ABSTRACT, {"/feed": FEED, "/photographers/7": {"id": "p"}, "/writers/7": {"id": "w"}})
    text = """{ feed { __typename id author { id } ... on Photo { url } ...T } }
              fragment T on Text { body writer: author { id } }"""
    assert world.data(text)["feed"] == [
        {"__typename": "Photo", "id": "1", "author": {"id": "p"}, "url": "u"},
        {"__typename": "Text", "id": "2", "author": {"id": "w"}, "body": "b", "writer": {"id": "w"}},
        None,
    ]
    assert sorted(world.hits) == ["/feed", "/photographers/7", "/writers/7"]
    world.data("{ feed { ... on Text { author { id } } } }")
    assert sorted(world.hits) == ["/feed", "/writers/7"]


@pytest.mark.parametrize("item", [{"id": 3}, {"id": 3, "meta": {"kind": "Photo"}}, {"meta": {"kind": 5}}, 5, "x", []])
def test_a_value_of_no_type_is_an_error_at_its_place(make: Make, item: Any) -> None:
    world = make(ABSTRACT, {"/feed": [item, FEED[1]], "/writers/7": {"id": "w"}})
    found = world.ask("{ feed { id author { id } } }")
    assert found["data"]["feed"] == [None, {"id": "2", "author": {"id": "w"}}]
    assert errors(found) == {("feed", 0): INVALID}


def test_a_union_by_a_key(make: Make) -> None:
    world = make(ABSTRACT, {"/any": {"type": "User", "id": 5}})
    assert world.data("{ any { __typename ... on User { id } ... on Text { body } } }") == {
        "any": {"__typename": "User", "id": "5"}
    }
    world.answers["/any"] = {"type": "Photo"}
    assert errors(world.ask("{ any { __typename } }")) == {("any",): INVALID}


def test_a_discriminator_that_fails_on_a_value_is_an_error_there(make: Make) -> None:
    sdl = ABSTRACT.replace('from: "meta.kind"', "from: \"join('/', kinds)\"")
    world = make(
        sdl, {"/feed": [{"id": 1, "kinds": 5}, {"id": 2, "kinds": ["Text"], "by": 7}], "/writers/7": {"id": 1}}
    )
    found = world.ask("{ feed { id author { id } } }")
    assert found["data"]["feed"] == [None, {"id": "2", "author": {"id": "1"}}]
    assert list(errors(found)) == [("feed", 0)]


ENUMS = """
type Query {
  tasks(state: State = IN_PROGRESS, states: [State!], filter: Filter): [Task!] @get(
    path: "/tasks{?state,states*}", query: "{f: filter.state}")
}
input Filter { state: State = DONE }
type Task { state: State states: [State!] sure: State! }
enum State { IN_PROGRESS @value(is: "in-progress") DONE NUMBER @value(is: "7") }
extend enum State { LATE @value(is: "too late") }
"""


def test_enums_have_their_values_in_json_and_as_arguments(make: Make) -> None:
    tasks = [{"state": "in-progress", "states": ["DONE", "too late", 7], "sure": "DONE"}]
    world = make(ENUMS, {"/tasks": tasks})
    found = world.data("{ tasks(state: LATE, states: [DONE, IN_PROGRESS]) { state states sure } }")
    assert found == {"tasks": [{"state": "IN_PROGRESS", "states": ["DONE", "LATE", "NUMBER"], "sure": "DONE"}]}
    assert world.requests[0].args.to_dict(flat=False) == {"state": ["too late"], "states": ["DONE", "in-progress"]}
    world.data(
        "query ($s: State, $f: Filter) { tasks(state: $s, filter: $f) { state } }", s="LATE", f={"state": "LATE"}
    )
    assert world.requests[0].args.to_dict() == {"state": "too late", "f": "too late"}


def test_an_enum_as_a_default_has_its_value(make: Make) -> None:
    world = make(ENUMS, {"/tasks": []})
    world.data("{ tasks(filter: {}) { state } }")
    assert world.requests[0].args.to_dict() == {"state": "in-progress", "f": "DONE"}
    found = world.data('{ __type(name: "Query") { fields { name args { name defaultValue } } } }')
    (fields,) = [field for field in found["__type"]["fields"] if field["name"] == "tasks"]
    assert fields["args"][0] == {"name": "state", "defaultValue": "IN_PROGRESS"}


@pytest.mark.parametrize("wrong", ["IN_PROGRESS", "nope", True, {"a": 1}, ["DONE"]])
def test_a_value_that_the_enum_lacks_is_an_error(make: Make, wrong: Any) -> None:
    world = make(ENUMS, {"/tasks": [{"state": wrong, "states": ["DONE", wrong]}, {"state": "DONE"}]})
    found = world.ask("{ tasks { state states } }")
    assert found["data"]["tasks"] == [{"state": None, "states": None}, {"state": "DONE", "states": None}]
    assert errors(found) == {("tasks", 0, "state"): INVALID, ("tasks", 0, "states", 1): INVALID}
