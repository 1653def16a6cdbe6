"""Typed fields over a Flask app: what they ask for, how often, and what becomes of each answer."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask, Request, Response

from restgql import Gateway
from tests.schema.world import World, errors, write
from tests.turnstile import PATIENCE, Turnstile

Make = Callable[..., World]

INVALID, STATUS = "UPSTREAM_INVALID", "UPSTREAM_STATUS"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda sdl, answers=(), **keys: World(tmp_path, sdl, dict(answers), **keys)


# Arguments

ARGUMENTS = """
type Query {
  user(id: ID!): User @get(path: "/users/{id}")
  posts(userId: ID, pageSize: Int = 20, tags: [String!]): [Post!]
    @get(path: "/posts{?userId,tags}", query: "{page_size: pageSize}")
  search(at: Where!, exact: Boolean = false): [Post!] @get(path: "/search{?exact}", query: "{near: at.city, r: at.r}")
  within(at: Where): JSON @get(path: "/within/{at.city}")
}
input Where { city: String! r: Float = 1.5 }
type User { id: ID! name: String }
type Post { id: ID! title: String }
"""

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


# Joins

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
    world = make(JOINS, JOINED)
    found = world.ask("{ user(id: 2) { id home { city } city { name } posts { id } } }")
    assert found["data"] == {"user": {"id": "2", "home": None, "city": None, "posts": []}}
    assert errors(found) == {("user", "city"): "MISSING_PARAMETER"}


# Batches

BATCHES = """
type Query {
  posts: [Post!] @get(path: "/posts")
  post: Post @get(path: "/posts/1")
  plain: [Plain!] @get(path: "/posts")
}
type Plain { id: ID! author: User @get(path: "/users/{userId}") }
type Post {
  id: ID!
  author: User @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"], size: %d})
  comments: [Comment!] @get(
    path: "/posts/{id}/comments", batch: {path: "/comments{?post}", by: ["id"], key: ["postId"], select: "items"})
  room: Room @get(
    path: "/rooms/{at.house}/{at.no}",
    batch: {path: "/rooms{?house,no}", by: ["at.house", "at.no"], key: ["house", "no"]})
  sure: User! @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]})
}
type User { id: ID! name: String
  group: Group @get(path: "/groups/{groupId}", batch: {path: "/groups{?id}", by: ["groupId"], key: ["id"]}) }
type Group { id: ID! name: String }
type Comment { id: ID! body: String writer: User @get(path: "/users/{by}", batch: {path: "/users{?id*}", by: ["by"],
  key: ["id"]}) }
type Room { house: String no: Int name: String }
"""


def users(asked: Request) -> Any:
    """The users of a query, in another order than they were asked for; user 13 is not among them."""
    return [_user(number) for number in reversed(asked.args.getlist("id")) if number != "13"]


def _user(number: str) -> dict[str, Any]:
    return {"id": int(number), "name": f"user {number}", "groupId": int(number) % 2}


def groups(asked: Request) -> Any:
    return [{"id": number, "name": f"group {number}"} for number in asked.args["id"].split(",")]


def batched(
    make: Make, posts: list[dict[str, Any]], answers: Mapping[str, Any] = MappingProxyType({}), *, size: int = 50
) -> World:
    single = {f"/users/{n}": _user(str(n)) for n in range(20)}
    return make(BATCHES % size, {"/posts": posts, "/users": users, "/groups": groups, **single, **answers})


HUNDRED = [{"id": n, "userId": n % 10} for n in range(100)]


def test_a_hundred_posts_of_ten_users_are_eleven_requests_or_two(make: Make) -> None:
    world = batched(make, HUNDRED)
    one_by_one = world.data("{ plain { id author { name } } }")["plain"]
    assert len(world.hits) == 11
    at_once = world.data("{ posts { id author { name } } }")["posts"]
    assert world.hits == ["/posts", "/users?" + "&".join(f"id={n}" for n in range(10))]
    assert at_once == one_by_one
    assert [post["author"]["name"] for post in at_once] == [f"user {n % 10}" for n in range(100)]


def test_chunks_are_of_a_size_and_a_batch_below_a_batch_is_one(make: Make) -> None:
    world = batched(make, HUNDRED, size=4)
    found = world.data("{ posts { author { group { name } } } }")["posts"]
    assert [post["author"]["group"]["name"] for post in found] == [f"group {n % 10 % 2}" for n in range(100)]
    at_users = [hit for hit in world.hits if hit.startswith("/users")]
    assert sorted(hit.count("id=") for hit in at_users) == [2, 4, 4]
    # The users of a chunk are there together, so that their groups are one request, the same one for each chunk.
    assert {hit for hit in world.hits if hit.startswith("/groups")} <= {"/groups?id=0,1", "/groups?id=1,0"}


def test_a_key_that_the_reply_lacks_is_asked_for_singly(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 13}, {"id": 2, "userId": 3}, {"id": 3, "userId": 13}])
    found = world.data("{ posts { author { name group { name } } } }")["posts"]
    assert [post["author"]["name"] for post in found] == ["user 13", "user 3", "user 13"]
    assert [post["author"]["group"]["name"] for post in found] == ["group 1"] * 3
    assert world.hits.count("/users/13") == 1
    assert "/users?id=13&id=3" in world.hits


def test_a_key_that_nothing_has_is_null_or_an_error(make: Make) -> None:
    posts = [{"id": 1, "userId": 99}, {"id": 2, "userId": 3}]
    world = batched(make, posts, {"/users": lambda asked: [_user("3")]})
    assert world.data("{ posts { author { name } } }")["posts"] == [{"author": None}, {"author": {"name": "user 3"}}]
    found = world.ask("{ posts { sure { name } } }")
    assert (found["data"], errors(found)) == ({"posts": None}, {("posts", 0, "sure"): STATUS})


def test_a_parent_without_a_key_is_an_error_of_its_own(make: Make) -> None:
    world = batched(make, [{"id": 1}, {"id": 2, "userId": None}, {"id": 3, "userId": 3}])
    found = world.ask("{ posts { author { id } } }")
    assert found["data"]["posts"] == [{"author": None}, {"author": None}, {"author": {"id": "3"}}]
    missing = "MISSING_PARAMETER"
    assert errors(found) == {("posts", 0, "author"): missing, ("posts", 1, "author"): missing}
    assert world.hits == ["/posts", "/users?id=3"]


def test_a_list_field_gets_all_items_of_its_key(make: Make) -> None:
    items = [{"id": n, "postId": str(n % 2), "by": 4, "body": f"no. {n}"} for n in range(5)]
    world = batched(make, [{"id": 0}, {"id": 1}], {"/comments": {"items": items}})
    found = world.data("{ posts { comments { id writer { id } } } }")["posts"]
    assert [[comment["id"] for comment in post["comments"]] for post in found] == [["0", "2", "4"], ["1", "3"]]
    assert world.hits == ["/posts", "/comments?post=0,1", "/users?id=4"]


def test_composite_keys_are_matched_pairwise(make: Make) -> None:
    at = [("a", 1), ("b", 2), ("a", 2)]
    posts = [{"id": n, "at": {"house": house, "no": no}} for n, (house, no) in enumerate(at)]
    rooms = [{"house": house, "no": no, "name": f"{house}{no}"} for house in "ba" for no in (2, 1)]
    world = batched(make, posts, {"/rooms": rooms})
    assert [post["room"]["name"] for post in world.data("{ posts { room { name } } }")["posts"]] == ["a1", "b2", "a2"]
    assert world.hits == ["/posts", "/rooms?house=a,b,a&no=1,2,2"]


FAILING = {
    "a status": ((500, {"why": "down"}), STATUS),
    "no array": ({"items": []}, INVALID),
}


@pytest.mark.parametrize("how", FAILING)
def test_a_batch_that_fails_is_the_error_of_all_its_parents(make: Make, how: str) -> None:
    answer, code = FAILING[how]
    world = batched(make, [{"id": n, "userId": n} for n in range(3)], {"/users": answer})
    found = world.ask("{ posts { id author { id } } }")
    assert found["data"]["posts"] == [{"id": str(n), "author": None} for n in range(3)]
    assert errors(found) == {("posts", n, "author"): code for n in range(3)}
    assert len(world.hits) == 2


def test_a_batch_of_items_that_are_none_falls_back_to_single_requests(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 3}], {"/users": ["x", None, {"name": "no id"}, {"id": [3]}]})
    assert world.data("{ posts { author { name } } }")["posts"] == [{"author": {"name": "user 3"}}]
    assert world.hits == ["/posts", "/users?id=3", "/users/3"]


def test_null_statuses_hold_for_a_batch_too(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 3}, {"id": 2, "userId": 4}], {"/users": (410, None)})
    assert world.data("{ posts { author { id } } }")["posts"] == [{"author": None}] * 2
    found = world.ask("{ posts { sure { id } } }")
    assert found["data"] == {"posts": None}
    assert STATUS in errors(found).values()


def test_aliases_of_a_batched_field_share_its_request(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 3}])
    assert world.data("{ posts { a: author { id } b: author { name } } }")["posts"] == [
        {"a": {"id": "3"}, "b": {"name": "user 3"}}
    ]
    assert len(world.hits) == 2


def test_a_batch_has_the_arguments_and_the_header_fields_of_its_field(make: Make) -> None:
    world = make(
        """
        type Query { posts: [Post!] @get(path: "/posts") }
        type Post { author(lang: String, full: Boolean = true): User @get(
          path: "/users/{by}{?full}", headers: [{name: "Accept-Language", value: "{lang}"}, {name: "X-A", value: "a"}],
          batch: {path: "/users{?id,full}", by: "by", key: "id"}) }
        type User { id: ID! }
        """,
        {"/posts": [{"by": 1}, {"by": 2}], "/users": [{"id": 1}], "/users/2": {"id": 2}},
    )
    found = world.data('{ posts { author(lang: "de") { id } } }')
    assert [post["author"]["id"] for post in found["posts"]] == ["1", "2"]
    assert world.hits == ["/posts", "/users?id=1,2&full=true", "/users/2?full=true"]
    for asked in world.requests[1:]:
        assert (asked.headers["Accept-Language"], asked.headers["X-A"]) == ("de", "a")
    found = world.ask("query ($l: String) { posts { author(lang: $l) { id } } }", l="a\r\nb")
    assert errors(found) == {("posts", n, "author"): "BAD_REQUEST" for n in range(2)}


# Types

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


# @select

SELECTS = """
type Query { page: Page @get(path: "/page") rows: [Row!] @get(path: "/page", select: "rows") }
type Page {
  rows: [Row!] @select(from: "rows")
  all: JSON @select(from: "@")
  total: Int @select(header: "X-Total")
  count: Int @select(header: "X-Pagination", from: "total")
  next: String @select(header: "Link", from: "next")
  text: String @select(header: "X-Text")
  absent: String @select(header: "X-Absent")
  cookie: String @select(header: "Set-Cookie")
  status: Int @select(status: true)
  names: [String] @select(from: "rows[].name")
  deep: String @select(from: "a.b.c")
  odd: String @select(from: "\\"odd key\\"")
  wrong: String @select(from: "join(',', rows)")
}
type Row { name: String status: Int @select(status: true) total: Int @select(header: "X-Total") }
"""
PAGE = {"rows": [{"name": "a"}, {"name": "b"}], "a": {"b": {"c": "d"}}, "odd key": "odd"}
PAGE_HEADERS = {
    "X-Total": "12",
    "X-Pagination": '{"total": 13}',
    "Link": '</page?p=2>; rel="next", </page?p=9>; rel="last"',
    "X-Text": "plain, text",
    "Set-Cookie": "a=1",
}


def test_select_reads_values_header_fields_and_the_status(make: Make) -> None:
    world = make(SELECTS, {"/page": (201, PAGE, PAGE_HEADERS)})
    text = "{ page { rows { name status } all total count next text absent cookie status names deep odd } }"
    assert world.data(text)["page"] == {
        "rows": [{"name": "a", "status": 201}, {"name": "b", "status": 201}],
        "all": PAGE,
        "total": 12,
        "count": 13,
        "next": "/page?p=2",
        "text": "plain, text",
        "absent": None,
        "cookie": None,
        "status": 201,
        "names": ["a", "b"],
        "deep": "d",
        "odd": "odd",
    }
    assert world.hits == ["/page"]


def test_select_of_a_request_and_the_header_fields_below_it(make: Make) -> None:
    world = make(SELECTS, {"/page": (200, PAGE, PAGE_HEADERS)})
    assert world.data("{ rows { name total } }")["rows"] == [{"name": "a", "total": 12}, {"name": "b", "total": 12}]


def test_a_select_that_fails_on_a_value_is_an_error_there(make: Make) -> None:
    world = make(SELECTS, {"/page": PAGE})
    found = world.ask("{ page { deep wrong } }")
    assert found["data"]["page"] == {"deep": "d", "wrong": None}
    assert errors(found) == {("page", "wrong"): "BAD_SELECT"}


@pytest.mark.parametrize("header", ["", "<", "</a>", '</a>; rel="prev"', "{", '{"total": ', "[1]"])
def test_odd_header_fields_are_null(make: Make, header: str) -> None:
    world = make(SELECTS, {"/page": (200, {}, {"Link": header, "X-Pagination": header})})
    assert world.data("{ page { next count } }") == {"page": {"next": None, "count": None}}


def test_the_status_and_header_fields_of_a_batch_are_those_of_its_response(make: Make) -> None:
    world = make(
        """
        type Query { posts: [Post!] @get(path: "/posts") }
        type Post { author: User @get(path: "/users/{by}", batch: {path: "/users{?id}", by: ["by"], key: ["id"]}) }
        type User { id: ID! status: Int @select(status: true) tag: String @select(header: "X-Tag") self: Self }
        type Self { tag: String @select(header: "X-Tag") }
        """,
        {
            "/posts": (200, [{"by": 1}, {"by": 2}, {"by": 1}], {"X-Tag": "posts"}),
            "/users": (203, [{"id": 1, "self": {}}, {"id": 2, "self": {}}], {"X-Tag": "users"}),
        },
    )
    expected = {"status": 203, "tag": "users", "self": {"tag": "users"}}
    found = world.data("{ posts { author { status tag self { tag } } } }")
    assert found == {"posts": [{"author": expected}] * 3}


# Statuses

STATUSES = """
type Query {
  a: Thing @get(path: "/a")
  list: [Thing!] @get(path: "/a")
  sure: Thing! @get(path: "/a")
  mine: Thing @get(path: "/a", nullOn: [403, 503])
  never: Thing @get(path: "/a", nullOn: [])
  top: Top @get(path: "/top")
}
type Top { id: ID below: Thing @get(path: "/a") sure: Thing! @get(path: "/a") list: [Mid!] }
type Mid { id: ID sure: Thing! @get(path: "/b/{id}") }
type Thing { id: ID }
"""


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_null_without_an_error_where_it_may_be(make: Make, status: int) -> None:
    world = make(STATUSES, {"/a": (status, {"why": "gone"}), "/top": {"id": 1}})
    assert world.data("{ a { id } list { id } top { id below { id } } }") == {
        "a": None,
        "list": None,
        "top": {"id": "1", "below": None},
    }
    found = world.ask("{ top { id sure { id } } a { id } }")
    assert found["data"] == {"top": None, "a": None}
    assert errors(found) == {("top", "sure"): STATUS}
    found = world.ask("{ sure { id } a { id } }")
    assert (found["data"], errors(found)) == (None, {("sure",): STATUS})


@pytest.mark.parametrize(
    ("field", "status", "code"),
    [
        ("mine", 403, None),
        ("mine", 503, None),
        ("mine", 404, STATUS),
        ("never", 404, STATUS),
        ("a", 400, STATUS),
        ("a", 401, STATUS),
        ("a", 500, STATUS),
        ("list", 418, STATUS),
        ("a", 200, None),
        ("a", 299, None),
    ],
)
def test_a_status_is_null_or_an_error_of_its_field(make: Make, field: str, status: int, code: str | None) -> None:
    world = make(STATUSES, {"/a": (status, {"id": 1}), "/top": {"id": 1}})
    found = world.ask(f"{{ {field} {{ id }} top {{ id }} }}")
    assert errors(found) == ({} if code is None else {(field,): code})
    assert found["data"]["top"] == {"id": "1"}
    if code is not None:
        assert found["errors"][0]["extensions"]["http"]["status"] == status
        assert found["errors"][0]["extensions"]["http"]["body"] == {"id": 1}


def test_an_error_of_a_join_is_at_its_exact_path_and_nulls_go_up(make: Make) -> None:
    world = make(STATUSES, {"/top": {"list": [{"id": 1}, {"id": 2}]}, "/b/1": {"id": 1}, "/b/2": (500, None)})
    found = world.ask("{ top { id list { id sure { id } } } }")
    assert found["data"] == {"top": {"id": None, "list": None}}
    assert errors(found) == {("top", "list", 1, "sure"): STATUS}


# Values

VALUES = """
type Query { a: Thing @get(path: "/a") texts: [String!] @get(path: "/texts") json: JSON @get(path: "/json")
  sureJson: JSON! @get(path: "/json") number: Int! @get(path: "/number") }
type Thing {
  id: ID
  int: Int
  float: Float
  bool: Boolean
  text: String
  sure: String!
  list: [Int]
  full: [Int!]
  grid: [[Int!]]
  one: Thing
  things: [Thing]
  all: [Thing!]
  when: DateTime
  long: Long
  decimal: Decimal
  any: JSON
  below: Thing @get(path: "/a")
}
"""

# The field, a value, and the path of the error, below the thing.
WRONG: list[tuple[str, Any, tuple[str | int, ...]]] = [
    ("id", {}, ("id",)),
    ("id", [1], ("id",)),
    ("id", 1.5, ("id",)),
    ("int", "x", ("int",)),
    ("int", 1.5, ("int",)),
    ("int", 2**31, ("int",)),
    ("int", {}, ("int",)),
    ("float", "x", ("float",)),
    ("float", [], ("float",)),
    ("bool", "true", ("bool",)),
    ("bool", {}, ("bool",)),
    ("text", {}, ("text",)),
    ("text", ["a"], ("text",)),
    ("list", 5, ("list",)),
    ("list", {"a": 1}, ("list",)),
    ("list", "12", ("list",)),
    ("list", [1, "x", None], ("list", 1)),
    ("full", [1, None], ("full", 1)),
    ("grid", [[1], 5], ("grid", 1)),
    ("grid", [[1], [2, None]], ("grid", 1, 1)),
    ("one { id }", 5, ("one",)),
    ("one { id }", [], ("one",)),
    ("one { id }", "x", ("one",)),
    ("one { below { id } }", "x", ("one",)),
    ("things { id }", {}, ("things",)),
    ("things { id }", [{"id": 1}, [], None], ("things", 1)),
    ("things { id }", [{"id": 1}, {"id": {}}], ("things", 1, "id")),
    ("all { id }", [{"id": 1}, None], ("all", 1)),
    ("all { id }", [{"id": 1}, "x"], ("all", 1)),
    ("all { sure }", [{"sure": "a"}, {}], ("all", 1, "sure")),
    ("when", 5, ("when",)),
    ("long", "x", ("long",)),
    ("long", 1.5, ("long",)),
    ("long", True, ("long",)),
    ("decimal", "x", ("decimal",)),
    ("decimal", {}, ("decimal",)),
]


@pytest.mark.parametrize(("field", "value", "path"), WRONG)
def test_a_value_that_does_not_fit_is_an_error_at_its_path(
    make: Make, field: str, value: Any, path: tuple[str | int, ...]
) -> None:
    name = field.partition(" ")[0]
    world = make(VALUES, {"/a": {name: value, "sibling": 1, "text" if name != "text" else "id": "ok"}})
    sibling = "text" if name != "text" else "id"
    found = world.ask(f"{{ a {{ {field} s: {sibling} }} again: a {{ s: {sibling} }} }}")
    assert errors(found) == {("a", *path): INVALID}
    assert found["data"]["a"]["s"] == found["data"]["again"]["s"] == "ok"


def test_nulls_go_up_to_the_nearest_field_that_may_be_null(make: Make) -> None:
    world = make(VALUES, {"/a": {"one": {"one": {"sure": None, "id": 1}}, "sure": "x"}, "/texts": ["a", None]})
    found = world.ask("{ a { sure one { id one { id sure } } } texts }")
    assert found["data"] == {"a": {"sure": "x", "one": {"id": None, "one": None}}, "texts": None}
    assert errors(found) == {("a", "one", "one", "sure"): INVALID, ("texts", 1): INVALID}


@pytest.mark.parametrize("value", [None, 1, "x", [1, {"a": None}], {"a": 1.50}, False])
def test_json_is_passed_on_as_it_is(make: Make, value: Any) -> None:
    world = make(VALUES, {"/json": value})
    assert world.data("{ json }") == {"json": value}


def test_a_null_is_none_of_what_may_not_be_null(make: Make) -> None:
    world = make(VALUES, {"/json": None, "/number": None})
    for field in ("sureJson", "number"):
        found = world.ask(f"{{ {field} }}")
        assert (found["data"], errors(found)) == (None, {(field,): INVALID})


def test_scalars_pass_what_json_has(make: Make) -> None:
    thing = {"when": "2020-01-01", "long": "12", "decimal": "1.50", "any": [1], "id": 5, "float": 1, "int": 2.0}
    world = make(VALUES, {"/a": thing})
    found = world.data("{ a { when long decimal any id float int } }")["a"]
    assert found == thing | {"long": 12, "id": "5", "float": 1.0, "int": 2}


def test_a_body_that_is_no_json_as_its_type_says(make: Make) -> None:
    def broken(asked: Request) -> Any:
        return Response("{", content_type="application/json")

    def text(asked: Request) -> Any:
        return Response("hello", content_type="text/plain")

    world = make(VALUES, {"/a": broken, "/texts": text, "/json": text})
    found = world.ask("{ a { id } texts json }")
    assert found["data"] == {"a": None, "texts": None, "json": "hello"}
    assert errors(found) == {("a",): INVALID, ("texts",): INVALID}


def test_a_view_that_crashes_harms_no_sibling(make: Make) -> None:
    world = make(VALUES, {"/a": {"id": 1}, "/texts": lambda asked: 1 / 0})
    found = world.ask("{ a { id } texts }")
    assert found["data"] == {"a": {"id": "1"}, "texts": None}
    assert list(errors(found)) == [("texts",)]


SCALARS = """
type Query { a(when: DateTime, day: Date, id: UUID, url: URL, long: Long, decimal: Decimal, json: JSON): JSON
  @get(path: "/a{?when,day,id,url,long,decimal}", query: "{json: json.a}") }
"""
ID = "123e4567-e89b-12d3-a456-426614174000"
GIVEN: list[tuple[str, Any, str | None]] = [
    ("when", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
    ("when", "2020-13-01T00:00:00Z", None),
    ("when", 5, None),
    ("day", "2020-02-29", "2020-02-29"),
    ("day", "2021-02-29", None),
    ("id", ID, ID),
    ("id", "123", None),
    ("url", "https://x.test/?a=b", "https://x.test/?a=b"),
    ("url", True, None),
    ("long", 2**63 - 1, str(2**63 - 1)),
    ("long", str(-(2**63)), str(-(2**63))),
    ("long", 2**70, str(2**70)),
    ("long", 1.5, None),
    ("long", 1.5, None),
    ("long", "x", None),
    ("decimal", "1.50", "1.50"),
    ("decimal", 1.5, "1.5"),
    ("decimal", "NaN", None),
    ("decimal", "one", None),
    ("json", {"a": "x"}, "x"),
]


@pytest.mark.parametrize(("name", "value", "expected"), GIVEN)
def test_scalars_are_checked_as_arguments(make: Make, name: str, value: Any, expected: str | None) -> None:
    world = make(SCALARS, {"/a": 1})
    kind = {"when": "DateTime", "day": "Date", "id": "UUID"}.get(name, name.capitalize())
    kind = {"Url": "URL", "Json": "JSON"}.get(kind, kind)
    texts: list[tuple[str, dict[str, Any]]] = [(f"query ($v: {kind}) {{ a({name}: $v) }}", {"v": value})]
    if name != "json":
        texts.append((f"{{ a({name}: {json.dumps(value)}) }}", {}))
    for text, variables in texts:
        found = world.ask(text, **variables)
        if expected is None:
            assert "data" not in found
            assert world.hits == []
        else:
            assert found == {"data": {"a": 1}}
            assert world.requests[0].args[name] == expected


# Requests

REQUESTS = """
type Query {
  user(id: ID = 1, tag: String, lang: String): User @get(
    path: "/users/{id}", headers: [{name: "X-Tag", value: "t-{tag}"}, {name: "Accept-Language", value: "{lang}"}],
    query: "{tag: tag}")
  slow: JSON @get(path: "/slow", timeout: 0.1)
  quick: JSON @get(path: "/quick")
}
type User { id: ID key: String firstName: String
  friends: JSON @get(path: "/friends", query: "{of: this.id, all: `true`}", headers: [{name: "X-Key", value: "{key}"}])
}
"""


def test_headers_are_templates_of_values(make: Make) -> None:
    world = make(REQUESTS, {"/users/1": {"id": 1, "key": "k é/ü"}, "/friends": []})
    world.data('{ user(tag: "a/b {c}") { friends } }')
    user, friends = world.requests
    assert user.headers["X-Tag"] == "t-a/b {c}"
    assert "Accept-Language" not in user.headers
    assert friends.headers["X-Key"].encode("latin-1").decode("latin-1") == "k é/ü"
    assert friends.args.to_dict() == {"of": "1", "all": "true"}


@pytest.mark.parametrize("tag", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "snow ☃"])
def test_a_header_value_that_is_none_is_refused(make: Make, tag: str) -> None:
    world = make(REQUESTS, {"/quick": 1, "/users/1": {"id": 1, "key": tag}, "/friends": []})
    found = world.ask("query ($tag: String) { user(tag: $tag) { id } quick }", tag=tag)
    assert found["data"] == {"user": None, "quick": 1}
    assert errors(found) == {("user",): "BAD_REQUEST"}
    assert world.hits == ["/quick"]
    found = world.ask("{ user { id friends } }")
    assert errors(found) == {("user", "friends"): "BAD_REQUEST"}


def test_a_timeout_is_the_fields_own(make: Make) -> None:
    released, turnstile = threading.Event(), Turnstile()

    def slow(asked: Any) -> bool:
        with turnstile.entered():
            return released.wait(PATIENCE)

    world = make(REQUESTS, {"/slow": slow, "/quick": 1}, subrequest_timeout=3 * PATIENCE)
    answer = world.post("{ slow quick }")
    assert turnstile.inside == 1, "the view is not done yet"
    assert answer["data"] == {"slow": None, "quick": 1}
    assert errors(answer) == {("slow",): "TIMEOUT"}
    released.set()
    assert turnstile.left()


def test_camel_case_names_read_what_is_in_snake_case(make: Make) -> None:
    answers = {"/users/1": {"first_name": "Ann", "firstName": "no"}}
    assert make(REQUESTS, answers, camel_case=True).data("{ user { firstName } }") == {"user": {"firstName": "Ann"}}


def test_names_are_as_the_api_has_them_without_camel_case(make: Make) -> None:
    answers = {"/users/1": {"first_name": "Ann", "firstName": "yes"}}
    assert make(REQUESTS, answers).data("{ user { firstName } }") == {"user": {"firstName": "yes"}}


# Mutations

MUTATIONS = """
type Query { a: JSON @get(path: "/a") }
type Mutation {
  add(title: String, tags: [String!], draft: Boolean = true): Post @post(path: "/posts")
  addTo(id: ID!, dry: Boolean, input: Input): Post @post(path: "/posts/{id}", query: "{dry: dry}")
  whole(input: Input!): Post @post(path: "/posts", body: "input")
  form(title: String, tags: [String!], n: Int): Post @post(path: "/posts", encoding: FORM)
  multi(title: String, tags: [String!]): Post @post(path: "/posts", encoding: MULTIPART)
  set(id: ID!, title: String): Post @put(path: "/posts/{id}")
  change(id: ID!, title: String): Post @patch(path: "/posts/{id}", headers: [{name: "If-Match", value: "{title}"}])
  remove(id: ID!): JSON @delete(path: "/posts/{id}")
  login(user: String): Post @post(path: "/login")
  enter(user: String): Post @post(path: "/enter")
  out: Post @post(path: "/out")
}
input Input { title: String n: Int = 3 }
type Post { id: ID title: String author: JSON @get(path: "/users/{id}") seen: String method: String }
"""


def echo(asked: Request) -> Any:
    return {"id": 1, "seen": asked.get_data(as_text=True), "method": asked.method, "title": asked.cookies.get("u")}


def mutable(make: Make, answers: Mapping[str, Any] = MappingProxyType({})) -> World:
    given = {"/posts": echo, "/posts/5": echo, "/users/1": "Ann", **answers}
    return make(MUTATIONS, given, routes=["*"])  # where redirects lead is no typed field's own


# The field, the method, the body and its type.
BODIES = {
    'add(title: "é", tags: ["a"])': ("POST", '{"title":"é","tags":["a"],"draft":true}'),
    "add(title: null)": ("POST", '{"title":null,"draft":true}'),
    "add": ("POST", '{"draft":true}'),
    'addTo(id: 5, dry: true, input: {title: "t"})': ("POST", '{"input":{"title":"t","n":3}}'),
    "addTo(id: 5)": ("POST", "{}"),
    "whole(input: {n: 1})": ("POST", '{"n":1}'),
    'set(id: 5, title: "t")': ("PUT", '{"title":"t"}'),
    "set(id: 5)": ("PUT", "{}"),
}


@pytest.mark.parametrize("field", BODIES)
def test_the_body_is_what_body_makes_or_the_arguments_that_are_left(make: Make, field: str) -> None:
    method, body = BODIES[field]
    world = mutable(make)
    found = world.ask(f"mutation {{ it: {field} {{ method seen }} }}")["data"]["it"]
    assert found["method"] == method
    assert found["seen"] == body
    assert world.requests[0].content_type == "application/json"


def test_a_body_with_all_its_arguments_used_elsewhere_is_none(make: Make) -> None:
    world = mutable(make)
    found = world.data('mutation { change(id: 5, title: "t") { method seen } remove(id: 5) }')
    assert found["change"] == {"method": "PATCH", "seen": ""}
    assert found["remove"]["method"] == "DELETE"
    assert world.requests[0].headers["If-Match"] == "t"
    assert [asked.content_type for asked in world.requests] == [None, None]


@pytest.mark.parametrize(
    ("field", "media_type"), [("form", "application/x-www-form-urlencoded"), ("multi", "multipart/form-data")]
)
def test_a_form(make: Make, field: str, media_type: str) -> None:
    world = mutable(make, {"/posts": lambda asked: {"id": 1, "seen": repr(asked.form.to_dict(flat=False))}})
    found = world.data(f'mutation {{ it: {field}(title: "a&b é", tags: ["x", "y"]) {{ seen }} }}')
    assert found["it"]["seen"] == repr({"title": ["a&b é"], "tags": ["x", "y"]})
    assert world.requests[0].mimetype == media_type


def test_mutations_run_one_after_the_other_with_all_that_depends_on_them(make: Make) -> None:
    def slow(asked: Request) -> Any:
        time.sleep(0.02)
        return "Ann"

    world = mutable(make, {"/users/1": slow})
    text = "mutation { a: add { author } b: set(id: 5) { author } c: remove(id: 5) d: add { id } }"
    world.data(text)
    # A query is asked again after a mutation: it may answer otherwise.
    assert world.hits == ["POST /posts", "/users/1", "PUT /posts/5", "/users/1", "DELETE /posts/5", "POST /posts"]


def test_equal_mutations_are_each_made(make: Make) -> None:
    world = mutable(make)
    world.data('mutation { a: add(title: "t") { id } b: add(title: "t") { id } }')
    assert world.hits == ["POST /posts", "POST /posts"]


def test_a_mutation_that_fails_does_not_keep_the_next_from_it(make: Make) -> None:
    world = mutable(make, {"PUT /posts/5": (422, {"title": "is missing"})})
    found = world.ask("mutation { set(id: 5) { id } add { id } }")
    assert found["data"] == {"set": None, "add": {"id": "1"}}
    assert errors(found) == {("set",): STATUS}
    assert found["errors"][0]["extensions"]["http"]["body"] == {"title": "is missing"}


def test_a_303_after_a_post_becomes_a_get(make: Make) -> None:
    world = mutable(make, {"POST /posts": (303, None, {"Location": "/posts/9"}), "/posts/9": {"id": 9}})
    assert world.data('mutation { add(title: "t") { id } }') == {"add": {"id": "9"}}
    assert world.hits == ["POST /posts", "/posts/9"]
    assert (world.requests[1].get_data(), str(world.requests[1].content_type)) == (b"", "None")


COOKIE = {"Set-Cookie": "u=ann; Path=/"}


@pytest.mark.parametrize("field", ["login", "enter"])
def test_a_cookie_that_a_mutation_sets_reaches_the_next_one(make: Make, field: str) -> None:
    world = mutable(
        make,
        {
            "/login": (200, {"id": 1}, COOKIE),
            "POST /enter": (303, None, {"Location": "/welcome", **COOKIE}),
            "/welcome": echo,
            "/out": (200, {"id": 2}, {"Set-Cookie": "u=; Path=/; Max-Age=0"}),
            "/users/1": lambda asked: asked.cookies.get("u"),
        },
    )
    text = f"mutation {{ {field} {{ id author }} add {{ title author }} out {{ id }} last: add {{ title }} }}"
    found = world.data(text)
    assert found[field] == {"id": "1", "author": "ann"}
    assert found["add"] == {"title": "ann", "author": "ann"}
    assert found["last"] == {"title": None}


# What may be asked for, and how much


def test_a_route_that_is_excluded_is_open_to_its_typed_field_alone(make: Make) -> None:
    world = make(VALUES, {"/a": {"id": 1}}, routes=["/open"])
    assert world.data("{ a { id } }") == {"a": {"id": "1"}}
    found = world.ask('{ get(path: "/a") a { id } }')
    assert found["data"] == {"get": None, "a": {"id": "1"}}
    assert errors(found) == {("get",): "NOT_ALLOWED"}
    assert errors(world.ask('{ a { id } get(path: "/a") }')) == {("get",): "NOT_ALLOWED"}
    assert errors(world.ask('{ fetch(path: "/a") { status } a { id } }')) == {("fetch",): "NOT_ALLOWED"}
    assert world.hits == ["/a"]


def test_more_than_the_budget_is_refused_as_a_whole(make: Make) -> None:
    parents = [{"id": n, "userId": n} for n in range(10)]
    answers = {"/posts": parents, **{f"/users/{n}": _user(str(n)) for n in range(10)}, "/users": users}
    world = make(BATCHES % 2, answers, max_subrequests=1, max_typed_subrequests=10)
    found = world.ask("{ plain { id author { id } } }")
    assert set(errors(found).values()) == {"LIMIT_EXCEEDED"}
    assert [post["author"] for post in found["data"]["plain"]] == [None] * 10
    assert found["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_TYPED_SUBREQUESTS"
    assert found["errors"][0]["extensions"]["allowed"] == 10
    assert world.hits == ["/posts"]
    assert len(world.data("{ posts { author { id } } }")["posts"]) == 10
    assert len(world.hits) == 6


TYPED = "t1: item(i: 1) { id } t2: item(i: 2) { id }"
UNTYPED = 'u1: get(path: "/items/1") u2: get(path: "/items/2")'
BELOW = 'list: fetch(path: "/items") { each { get(path: "/items/{id}") } }'


@pytest.mark.parametrize(("fields", "codes"), [(TYPED + UNTYPED, set()), (UNTYPED + TYPED, {"LIMIT_EXCEEDED"})])
def test_what_a_typed_and_an_untyped_field_ask_for_is_the_first_ones(fields: str, codes: set[str]) -> None:
    path = {"name": "i", "in": "path", "required": True, "schema": {"type": "integer"}}
    item = {"type": "object", "title": "Item", "properties": {"id": {"type": "integer"}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": item}}}}
    paths = {"/items/{i}": {"get": {"operationId": "item", "parameters": [path], "responses": responses}}}
    app = Flask(__name__)
    app.add_url_rule("/items/<int:i>", "item", lambda i: {"id": i})
    app.add_url_rule("/items", "items", lambda: [{"id": 7}, {"id": 8}])
    document = {"openapi": "3.0.0", "info": {"title": "Items", "version": "1"}, "paths": paths}
    gateway = Gateway(app, routes=["*"], openapi=document, max_subrequests=4)
    answer = gateway.execute(f"{{ {fields} {BELOW} }}")
    assert set(errors(answer).values()) == codes


def test_equal_mutations_each_count(make: Make) -> None:
    world = make(MUTATIONS, {"/posts": echo}, max_subrequests=1, max_typed_subrequests=2)
    found = world.ask("mutation { a: add { id } b: add { id } c: add { id } }")
    assert "data" not in found
    assert world.hits == []


def test_a_typed_field_opens_its_route_with_a_slash_too(tmp_path: Path) -> None:
    write(tmp_path / "schema", {"a.graphql": 'type Query { users: JSON @get(path: "/users") }'})
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/users/", "users", lambda: [1])
    assert Gateway(app, schema="schema", routes=[]).execute("{ users }") == {"data": {"users": [1]}}


def test_more_fields_than_the_budget_are_refused_before_any_is_asked(make: Make) -> None:
    world = make(ARGUMENTS, max_subrequests=1, max_typed_subrequests=2)
    found = world.ask("{ a: user(id: 1) { id } b: user(id: 2) { id } c: user(id: 3) { id } }")
    assert "data" not in found
    assert found["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_TYPED_SUBREQUESTS"
    assert world.hits == []


# In parts


def merged(payloads: list[dict[str, Any]]) -> Any:
    """The data that the payloads make, and no payload with an error."""
    data: Any = payloads[0]["data"]
    pending: dict[str, list[str | int]] = {}
    for payload in payloads:
        pending |= {each["id"]: each["path"] for each in payload.get("pending", ())}
        for each in payload.get("incremental", ()):
            at = data
            for key in [*pending[each["id"]], *each.get("subPath", ())]:
                at = at[key]
            if "items" in each:
                at.extend(each["items"])
            else:
                at.update(each["data"])
    return data


def test_typed_fields_come_in_parts(make: Make) -> None:
    world = batched(make, [{"id": n, "userId": n} for n in range(4)])
    text = """{ posts @stream(initialCount: 1) { id author { name ... @defer(label: "g") { group { name } } } }
                ... @defer { plain { id author { id } } } }"""
    payloads = world.payloads(text)
    assert len(payloads[0]["data"]["posts"]) == 1
    assert "plain" not in payloads[0]["data"]
    whole = world.execute(
        text.replace("@stream(initialCount: 1)", "").replace("@defer", "").replace('(label: "g")', "")
    )
    assert merged(payloads) == whole["data"]
    assert not payloads[-1]["hasNext"]


def test_errors_of_a_part_are_at_their_path(make: Make) -> None:
    world = batched(make, [{"id": 1, "userId": 1}, {"id": 2, "userId": 2}], {"/users": (500, None)})
    payloads = world.payloads("{ posts { id ... @defer { author { id } } } }")
    told = [
        error for payload in payloads for part in payload.get("incremental", ()) for error in part.get("errors", ())
    ]
    assert sorted(error["path"] for error in told) == [["posts", 0, "author"], ["posts", 1, "author"]]
    assert {error["extensions"]["code"] for error in told} == {STATUS}
