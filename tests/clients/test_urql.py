"""urql as a client: queries, mutations after which it asks again, and responses in parts."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.clients.blog import Blog
from tests.clients.workshop import Workshop
from tests.respond.gated import Gated, making


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


def test_what_is_deferred_is_shown_later(node_clients: Path, serve: Callable[[Any], str]) -> None:
    document = """{ fast: get(path: "/ids")
        ... @defer { fetch(path: "/ids") { status ... @defer(label: "later") { slow: get(path: "/gate/a") } } }
        ... @defer { short: get(path: "/teapot") } }"""
    with making(Gated) as make:
        gated = make()
        command = ["node", "urql_defer.mjs", f"{serve(gated.app)}/graphql", document]
        process = subprocess.Popen(command, cwd=node_clients, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        results = [json.loads(process.stdout.readline())]
        gated.open("a")
        results += map(json.loads, process.communicate(timeout=60)[0].splitlines())
    assert process.returncode == 0
    assert results[0]["hasNext"]
    assert results[0]["data"].keys() <= {"fast", "fetch", "short"}  # the gate was closed
    assert results[-1]["hasNext"] is False
    assert results[-1]["data"] == {"fast": [1, 2, 3], "fetch": {"status": 200, "slow": "a"}, "short": None}
    assert "418" in results[-1]["error"]
