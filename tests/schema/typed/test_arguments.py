"""The arguments of typed fields: they fill the path and the query."""

import pytest

from tests.schema.typed.fields import ARGUMENTS, Make
from tests.schema.world import errors

# The field, and what it asks for.
ASKED = {
    'user(id: "a b")': "/users/a b",
    "user(id: 7)": "/users/7",
    "posts": "/posts?page_size=20",
    "posts(pageSize: null)": "/posts",
    "posts(userId: null, pageSize: 3)": "/posts?page_size=3",
    "posts(userId: 1, tags: [])": "/posts?userId=1&page_size=20",
    'posts(tags: ["a", "b&c"], pageSize: 1)': "/posts?tags=a,b%26c&page_size=1",
    'search(at: {city: "Ulm"})': "/search?exact=false&near=Ulm&r=1.5",
    'search(at: {city: "Ä", r: 2}, exact: null)': "/search?near=%C3%84&r=2",
}


@pytest.mark.parametrize("field", ASKED)
def test_arguments_fill_the_path_and_the_query(make: Make, field: str) -> None:
    world = make(ARGUMENTS)
    world.ask(f"{{ {field} {{ __typename }} }}")
    assert world.hits == [ASKED[field]]


def test_variables_fill_arguments_and_absent_ones_take_the_default(make: Make) -> None:
    world = make(ARGUMENTS, {"/posts": [{"id": 1}]})
    text = "query ($n: Int, $user: ID) { posts(pageSize: $n, userId: $user) { id } }"
    assert world.data(text) == {"posts": [{"id": "1"}]}
    assert world.hits == ["/posts?page_size=20"]
    world.data(text, n=5, user="x")
    assert world.hits == ["/posts?userId=x&page_size=5"]
    world.data(text, n=None)
    assert world.hits == ["/posts"]


def test_an_argument_that_the_path_needs_is_missing(make: Make) -> None:
    world = make(ARGUMENTS)
    assert errors(world.ask("{ within }")) == {("within",): "MISSING_PARAMETER"}
    assert world.hits == []


def test_equal_fields_are_one_request(make: Make) -> None:
    world = make(ARGUMENTS, {"/users/1": {"id": 1, "name": "Ann"}})
    text = '{ a: user(id: 1) { id } b: user(id: "1") { name } user(id: 1) { id } }'
    assert world.data(text) == {"a": {"id": "1"}, "b": {"name": "Ann"}, "user": {"id": "1"}}
    assert world.hits == ["/users/1"]
