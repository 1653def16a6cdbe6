"""Apollo Client over typed fields: its cache is normalised by type and id, and mutations update it."""

from typing import Any

from tests.clients.blog import Blog
from tests.clients.workshop import Workshop


def of(typename: str, **fields: Any) -> Any:
    return {"__typename": typename, **fields}


def test_the_cache_is_normalised_and_updated(workshop: Workshop, blog: Blog, url: str) -> None:
    workshop.bring("apollo_cache.mjs")
    possible, cache, renamed, found, added = workshop.script("apollo_cache.mjs", url)

    assert possible == {"Node": ["User", "Post", "Comment"], "Found": ["User", "Post", "Comment"]}

    first = 'comments({"first":1})'
    assert cache == {
        "ROOT_QUERY": of(
            "Query",
            **{
                'posts({"status":"LIVE"})': [{"__ref": "Post:post:1"}, {"__ref": "Post:post:2"}],
                'search({"text":"maps"})': [{"__ref": "Post:post:1"}],
            },
        ),
        "Post:post:1": of(
            "Post",
            id="post:1",
            title="Old maps",
            createdAt="2026-01-01T08:00:00Z",
            author={"__ref": "User:user:ada"},
            **{first: of("CommentConnection", total=4)},
        ),
        "Post:post:2": of(
            "Post",
            id="post:2",
            title="Night trains",
            author={"__ref": "User:user:bruno"},
            **{first: of("CommentConnection", total=1)},
        ),
        "User:user:ada": of("User", id="user:ada", name="Ada Moreau"),
        "User:user:bruno": of("User", id="user:bruno", name="Bruno Castelli"),
    }

    posts = [["New maps", "Ada Moreau"], ["Night trains", "Bruno Castelli"]]
    assert renamed == posts
    assert found == [of("Post", id="post:1", title="New maps", createdAt="2026-01-01T08:00:00Z")]
    assert added == [*posts, ["Paper", "Bruno Castelli"]]

    # nothing is asked again after the mutations
    assert {hit: count for hit, count in blog.hits.items() if "graphql" not in hit} == {
        "GET /posts": 1,
        "GET /users": 2,  # the two authors, and the new post's
        "GET /posts/1/comments": 1,
        "GET /posts/2/comments": 1,
        "GET /search": 1,
        "PATCH /posts/1": 1,
        "POST /posts": 1,
        "GET /posts/4/comments": 1,
    }
