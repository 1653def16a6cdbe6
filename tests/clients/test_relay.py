"""relay-compiler over the printed schema, and its requests over HTTP: global ids, and a connection page by page."""

import json
from typing import Any

import pytest

from tests.clients.blog import Blog
from tests.clients.workshop import Ran, Workshop

CONFIG = {"src": ".", "schema": "schema.graphql", "language": "javascript", "artifactDirectory": "artifacts"}


def compiled(workshop: Workshop) -> Ran:
    return workshop.run("relay-compiler", "--output", "quiet-with-errors", "relay.config.json")


@pytest.fixture(scope="module")
def relay(workshop: Workshop) -> Workshop:
    workshop.bring("print_thread.mjs", "thread.js")
    (workshop.folder / "relay.config.json").write_text(json.dumps(CONFIG))
    (workshop.folder / "artifacts").mkdir()
    assert compiled(workshop) == (0, "")
    return workshop


def edge(number: int, name: str, text: str | None = None) -> Any:
    author = {"name": name, "id": f"user:{name.split()[0].lower()}"}
    node = {
        "text": text or f"Remark {number}",
        "author": author,
        "id": f"comment:{number}",
        "__typename": "Comment",
    }
    return {"node": node, "cursor": str(number)}


def test_requests_that_relay_made(relay: Workshop, blog: Blog, url: str) -> None:
    ada, bruno = "Ada Moreau", "Bruno Castelli"
    first, page, node, later, mutation = relay.script("print_thread.mjs", url)

    comments = {
        "total": 4,
        "edges": [edge(1, bruno), edge(2, ada)],
        "pageInfo": {"endCursor": "2", "hasNextPage": True},
    }
    post = {"id": "post:1", "title": "Old maps", "comments": comments}
    assert first == {"threadQuery": {"data": {"post": post}}}

    comments |= {"edges": [edge(3, bruno), edge(5, ada)], "pageInfo": {"endCursor": "5", "hasNextPage": False}}
    assert page == {"threadPageQuery": {"data": {"node": {"__typename": "Post", **post}}}}

    assert node == {"threadNodeQuery": {"data": {"node": {"__typename": "User", "id": "user:ada"}}}}

    comments = {"total": 1, "edges": [edge(4, ada)], "pageInfo": {"endCursor": "4", "hasNextPage": False}}
    post = {"id": "post:2", "number": 2, "title": "Night trains", "comments": comments}
    assert later == {"threadLaterQuery": {"data": {"post": post}}}

    added = {"id": "comment:6", "text": "New"}
    assert mutation == {"threadMutation": {"data": {"addComment": added}}}

    # the authors of a page by one request
    assert blog.hits["GET /users"] == 3
    assert blog.hits["GET /nodes/post:1"] == blog.hits["GET /nodes/user:ada"] == 1


def test_a_fragment_that_does_not_fit_the_schema_fails(workshop: Workshop, relay: Workshop) -> None:
    thread = relay.folder / "thread.js"
    fitting = thread.read_text()
    thread.write_text(fitting.replace("      total\n", "      totals\n"))
    try:
        ran = compiled(relay)
    finally:
        thread.write_text(fitting)
    assert ran.code != 0
    assert "The type `CommentConnection` has no field `totals`" in ran.out
