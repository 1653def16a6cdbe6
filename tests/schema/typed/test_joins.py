"""Joins: typed fields below a response, requested once for each distinct parent."""

from tests.schema.typed.fields import Make
from tests.schema.world import errors

JOINS = """
type Query { user(id: ID!): User @get(path: "/users/{id}") grid: [[Cell]] @get(path: "/grid") }
type User {
  id: ID!
  posts(n: Int = 2): [Post!] @get(path: "/users/{id}/posts{?n}")
  home: Address
  city: City @get(path: "/cities/{home.city}")
  moves: [[Address!]]
}
type Address { city: String here: City @get(path: "/cities/{city}") }
type City { name: String }
type Post { id: ID! user_id: Int author: User @get(path: "/users/{user_id}") tags: [[String]] }
type Cell { at: Int! of: User @get(path: "/users/{at}") }
"""
JOINED = {
    "/users/1": {"id": 1, "home": {"city": "ulm"}, "moves": [[{"city": "ulm"}, {"city": "bonn"}], None, []]},
    "/users/2": {"id": 2, "home": None},
    "/users/1/posts": [{"id": 10, "user_id": 1, "tags": [["a"], None, []]}, {"id": 11, "user_id": 2}],
    "/users/2/posts": [],
    "/cities/ulm": {"name": "Ulm"},
    "/cities/bonn": {"name": "Bonn"},
    "/grid": [[{"at": 1}, None], None, [{"at": 2}, {"at": 1}]],
}


def test_a_join_is_asked_for_once_for_each_distinct_parent(make: Make) -> None:
    world = make(JOINS, JOINED)
    text = "{ user(id: 1) { posts { id tags author { id posts(n: 5) { id author { id } } } } } }"
    found = world.data(text)["user"]["posts"]
    assert [post["author"]["id"] for post in found] == ["1", "2"]
    assert found[0]["tags"] == [["a"], None, []]
    assert [post["author"]["id"] for post in found[0]["author"]["posts"]] == ["1", "2"]
    # /users/1 was known before the join asked for it
    expected = ["/users/1", "/users/1/posts?n=2", "/users/2", "/users/1/posts?n=5", "/users/2/posts?n=5"]
    assert sorted(world.hits) == sorted(expected)


def test_dotted_names_walk_into_the_parent_and_joins_stand_below_its_parts(make: Make) -> None:
    world = make(JOINS, JOINED)
    found = world.data("{ user(id: 1) { city { name } home { here { name } } moves { city here { name } } } }")
    ulm, bonn = {"name": "Ulm"}, {"name": "Bonn"}
    assert found["user"] == {
        "city": ulm,
        "home": {"here": ulm},
        "moves": [[{"city": "ulm", "here": ulm}, {"city": "bonn", "here": bonn}], None, []],
    }
    assert sorted(world.hits) == ["/cities/bonn", "/cities/ulm", "/users/1"]


def test_joins_within_lists_of_lists(make: Make) -> None:
    world = make(JOINS, JOINED)
    one, two = {"of": {"id": "1"}}, {"of": {"id": "2"}}
    assert world.data("{ grid { of { id } } }") == {"grid": [[one, None], None, [two, one]]}
    assert sorted(world.hits) == ["/grid", "/users/1", "/users/2"]


def test_what_the_parent_lacks_is_an_error_of_the_join_alone(make: Make) -> None:
    world = make(JOINS, JOINED | {"/users/3": {"id": 3}, "/users/3/posts": []})
    answer = world.ask("{ user(id: 3) { id home { city } city { name } posts { id } } }")
    assert answer["data"] == {"user": {"id": "3", "home": None, "city": None, "posts": []}}
    assert errors(answer) == {("user", "city"): "MISSING_PARAMETER"}


def test_a_join_whose_key_is_null_in_the_parent_is_null(make: Make) -> None:
    world = make(JOINS, JOINED)
    text = "{ user(id: 2) { id home { city } city { name } posts { id } } }"
    assert world.ask(text) == {"data": {"user": {"id": "2", "home": None, "city": None, "posts": []}}}
