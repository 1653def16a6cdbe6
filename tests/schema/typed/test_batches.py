"""Batches: one request for the joins of many parents."""

import pytest

from tests.schema.typed.fields import INVALID, STATUS, Make, _user, batched
from tests.schema.world import errors

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
    assert errors(found) == {("posts", 0, "author"): missing}, "a key that is null is no error"
    assert world.hits == ["/posts", "/users?id=3"]


def test_keys_that_are_too_long_for_one_path_are_several_requests(make: Make) -> None:
    keys = [f"{n}{'0' * 150}" for n in range(1, 41)]
    world = batched(make, [{"id": n, "userId": key} for n, key in enumerate(keys)])
    found = world.data("{ posts { author { id } } }")["posts"]
    assert [post["author"]["id"] for post in found] == keys
    assert [hit.count("id=") for hit in world.hits[1:]] == [20, 20]


def test_a_key_that_no_path_takes_is_an_error_of_its_own_parents(make: Make) -> None:
    world = batched(make, [{"id": n, "userId": key} for n, key in enumerate((1, "5" * 5_000, 2, 3))])
    found = world.ask("{ posts { author { id } } }")
    assert [post["author"] for post in found["data"]["posts"]] == [{"id": "1"}, None, {"id": "2"}, {"id": "3"}]
    assert errors(found) == {("posts", 1, "author"): "BAD_PATH"}


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
