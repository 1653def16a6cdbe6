"""An app with a folder of operations, which counts what reaches its routes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

SCHEMA = """
type Query {
  item(id: ID!): Item @get(path: "/items/{id}", nullOn: [410])
  items(kind: Kind, ids: [ID!]): [Item!] @get(path: "/items{?kind,ids*}")
  echo(a: Int, b: Float, c: Boolean, d: String, e: ID, f: Kind, g: [Int!], h: [String], i: Filter, j: JSON,
    k: DateTime, l: Decimal, m: Long, n: [Filter!], o: [[Int]], p: Date, q: UUID): JSON
    @get(path: "/echo", query: "{sent: to_string(@)}")
}
type Mutation { add(name: String!): Item @post(path: "/items") }
enum Kind { BIG SMALL }
input Filter { name: String!, least: Int = 3, below: Filter }
type Item { id: ID!, name: String, kind: Kind, tags: [String!], of: Item @get(path: "/items/{of}") }
"""


class Folder:
    """`path` is the folder; `hits` are the requests that the routes had."""

    def __init__(self, root: Path, files: Mapping[str, str], **options: Any) -> None:
        self.path = root / "operations"
        self.path.mkdir()
        (root / "types.graphql").write_text(SCHEMA)
        for name, text in files.items():
            self.write(name, text)
        self.hits: list[str] = []
        self.app = Flask("shop", root_path=str(root), static_folder=None)
        self.app.debug = options.pop("debug", False)
        self._add_routes()
        self.app.before_request(self._count)
        options = {"schema": "types.graphql", "routes": ["*"], "timings": False} | options
        self.gateway = Gateway(self.app, operations="operations", **options)
        self.client: FlaskClient = self.app.test_client()

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def get(self, name: str, query: Any = None, **options: Any) -> TestResponse:
        return self.client.get(f"/graphql/{name}", query_string=query, **options)

    def post(self, name: str, variables: Any, **options: Any) -> TestResponse:
        return self.client.post(f"/graphql/{name}", json=variables, **options)

    def _count(self) -> None:
        if not request.path.startswith("/graphql"):
            query = request.query_string.decode(errors="replace")
            self.hits.append(f"{request.method} {request.path}{f'?{query}' if query else ''}")

    def _add_routes(self) -> None:
        def part() -> Any:
            """A response with the header fields that the query asks for, and its `status`."""
            fields = [(name.replace("_", "-"), value) for name, value in request.args.items() if name != "status"]
            return {"a": 1}, int(request.args.get("status", 200)), fields

        def item(id: str) -> Any:
            return ({"id": id, "name": f"item {id}", "kind": "BIG", "of": "0"}, 200) if id != "gone" else ({}, 410)

        def echo() -> Any:
            """The arguments of the field, without its parent."""
            return jsonify({name: value for name, value in json.loads(request.args["sent"]).items() if name != "this"})

        def add() -> Any:
            return {"id": "9", "name": request.get_json()["name"]}, 201

        app = self.app
        app.add_url_rule("/part", "part", part)
        app.add_url_rule("/echo", "echo", echo)
        app.add_url_rule("/items/<id>", "item", item)
        app.add_url_rule("/items", "items", lambda: jsonify([item(id)[0] for id in request.args.getlist("ids")]))
        app.add_url_rule("/items", "add", add, methods=["POST"])
        app.add_url_rule("/crash", "crash", lambda: 1 / 0)
        app.add_url_rule("/number", "number", lambda: Response("[1e400]", content_type="application/json"))
