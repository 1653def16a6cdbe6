"""Somebody else's API, in a process of its own on loopback, and its OpenAPI document."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def answers(schema: Json) -> Json:
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


def parameter(name: str, place: str, kind: str = "string", **more: Any) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind}, **more}


def document(servers: list[str] | None = None, **paths: Json) -> Json:
    """The document of the shop, below `servers`, with more `paths`."""
    ids = parameter("ids", "query", schema={"type": "array", "items": {"type": "integer"}})
    pet = {"id": {"type": "integer"}, "name": {"type": "string"}, "ownerId": {"type": "integer"}}
    echo = {name: {"type": "string"} for name in ("target", "authorization", "key", "language", "tenant")}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": url} for url in (["/v1"] if servers is None else servers)],
        "paths": {
            "/pets": {
                "get": {
                    "operationId": "listPets",
                    "parameters": [ids],
                    "responses": answers({"type": "array", "items": ref("Pet")}),
                },
                "post": {
                    "operationId": "addPet",
                    "requestBody": {"content": {"application/json": {"schema": ref("Pet")}}},
                    "responses": answers(ref("Pet")),
                },
            },
            "/pets/{petId}": {
                "get": {
                    "operationId": "getPet",
                    "parameters": [parameter("petId", "path", "integer")],
                    "responses": answers(ref("Pet")),
                }
            },
            "/echo": {
                "get": {
                    "operationId": "echo",
                    "parameters": [parameter("api_key", "query"), parameter("X-Key", "header")],
                    "responses": answers(ref("Echo")),
                }
            },
            "/stock": {
                "servers": [{"url": "/v2"}],
                "get": {"operationId": "stock", "responses": answers(ref("Echo"))},
            },
            **paths,
        },
        "components": {
            "schemas": {
                "Pet": {"type": "object", "properties": pet},
                "Echo": {"type": "object", "properties": echo},
            }
        },
    }


def application() -> Any:
    """The Flask app of the shop. `/hits` has the targets that it was asked for."""
    from flask import Flask, redirect, request

    app = Flask(__name__)
    hits: list[str] = []

    @app.before_request
    def count() -> None:
        if request.path != "/hits":
            hits.append(request.full_path.rstrip("?"))

    def pet(number: int) -> Json:
        return {"id": number, "name": f"pet {number}", "ownerId": number % 3}

    def echo(**_: Any) -> Json:
        names = {"authorization": "Authorization", "key": "X-Key", "language": "Accept-Language", "tenant": "X-Tenant"}
        return {"target": request.full_path, **{key: request.headers.get(name) for key, name in names.items()}}

    app.add_url_rule("/hits", "hits", lambda: [hits.copy(), hits.clear()][0])
    app.add_url_rule("/v1/openapi.json", "spec", document)
    app.add_url_rule("/moved.json", "moved", lambda: redirect("/v1/openapi.json"))
    app.add_url_rule("/v1/pets/<int:number>", "pet", pet)
    app.add_url_rule("/v1/echo", "echo", echo)
    app.add_url_rule("/v2/stock", "stock", echo)
    app.add_url_rule("/slow", "slow", lambda: __import__("time").sleep(2) or {})

    @app.get("/v1/pets")
    def pets() -> Any:
        return [pet(number) for number in request.args.getlist("ids", type=int) or range(1, 4)]

    @app.post("/v1/pets")
    def add() -> Any:
        return {"id": 9, **request.get_json()}

    @app.get("/guarded.json")
    def guarded() -> Any:
        sent = request.authorization
        if sent is None or (sent.username, sent.password) != ("hilda", "wolf-1965"):
            return "no", 401
        return document()

    @app.get("/away.json")
    def away() -> Any:
        return redirect(request.args["to"])

    return app


@contextmanager
def serving() -> Iterator[str]:
    """The URL of the shop while its process runs."""
    command = [sys.executable, "-m", "tests.upstream.shop"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def hits(url: str) -> list[str]:
    """The targets that the shop was asked for since the last call."""
    with urllib.request.urlopen(f"{url}/hits", timeout=10) as response:
        found: list[str] = json.load(response)
    return found


if __name__ == "__main__":
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, application(), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
