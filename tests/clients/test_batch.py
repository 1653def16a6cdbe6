"""Apollo's BatchHttpLink as a client of the gateway."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, request

from restgql import Gateway


def test_apollo_sends_its_queries_in_one_request(node_clients: Path, serve: Callable[[Any], str]) -> None:
    app, asked = Flask(__name__), []
    app.add_url_rule("/item/<id>", "item", lambda id: {"id": id})
    app.before_request(lambda: asked.append(request.path))
    Gateway(app, routes=["*"], max_batch=10)
    documents = ['{ a: get(path: "/item/1") }', '{ b: get(path: "/item/1") }', "{ nothing }"]
    command = ["node", "apollo_batch.mjs", f"{serve(app)}/graphql", *documents]
    done = subprocess.run(command, cwd=node_clients, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    item = {"id": "1"}
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"data": {"a": item}, "error": None},
        {"data": {"b": item}, "error": None},
        {"data": None, "error": "Cannot query field 'nothing' on type 'Query'."},
    ]
    assert asked == ["/graphql", "/item/1"]
