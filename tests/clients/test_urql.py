"""urql as a client of typed fields: queries, and mutations after which it asks again."""

from typing import Any

from tests.clients.blog import Blog
from tests.clients.workshop import Workshop


def thread(*comments: tuple[int, str]) -> Any:
    edges = [
        {"node": {"id": f"comment:{number}", "text": text, "__typename": "Comment"}, "__typename": "CommentEdge"}
        for number, text in comments
    ]
    return {
        "post": {
            "id": "post:2",
            "status": "LIVE",
            "author": {"name": "Bruno Castelli", "__typename": "User"},
            "comments": {"edges": edges, "__typename": "CommentConnection"},
            "__typename": "Post",
        }
    }


def test_a_query_is_asked_for_again_after_a_mutation(workshop: Workshop, blog: Blog, url: str) -> None:
    workshop.bring("urql.mjs")
    assert workshop.script("urql.mjs", url) == [
        {"data": thread((4, "Remark 4")), "error": None},
        {"data": {"addComment": {"id": "comment:6", "__typename": "Comment"}}, "error": None},
        {"data": thread((4, "Remark 4"), (6, "New")), "error": None},
        {"data": {"removeComment": None}, "error": ["UPSTREAM_STATUS"]},
        {"data": {"post": None}, "error": None},
    ]
    assert blog.hits["GET /posts/2"] == 2
    assert blog.hits["POST /posts/2/comments"] == blog.hits["DELETE /comments/99"] == 1
