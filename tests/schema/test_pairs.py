"""Each source of types with each feature beside it: the data that arrives, and the request that leaves."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, TypedDict

import graphene
import pytest
from flask import Flask, abort, request
from werkzeug.serving import make_server

from restgql import Gateway

Json = dict[str, Any]


class Thing(TypedDict):
    thing_id: str
    full_name: str


def answers(schema: Json) -> Json:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def document(prefix: str = "") -> Json:
    properties = {"thing_id": {"type": "string"}, "full_name": {"type": "string"}}
    parameter = {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    thing = answers({"$ref": "#/components/schemas/Thing"})
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": prefix or "/"}],
        "paths": {
            "/things/{thing_id}": {"get": {"operationId": "get_thing", "parameters": [parameter], **thing}},
            "/things": {"post": {"operationId": "add_thing", **body, **thing}},
        },
        "components": {"schemas": {"Thing": {"type": "object", "properties": properties}}},
    }


WRITTEN = """
type Query { %(root)s(%(id)s: String!): Thing @get(path: "/things/{%(id)s}") }
type Thing { %(id)s: String, %(name)s: String }
"""


class World:
    """An app whose requests `sent` has, and the settings of one source of types."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.source = source
        self.sent: list[str] = []
        self.app = Flask(__name__, root_path=str(folder), static_folder=None)
        self.app.add_url_rule("/things/<thing_id>", "get_thing", self._thing)
        self.app.add_url_rule("/things", "add_thing", self._add, methods=["POST"])
        self.app.add_url_rule("/broken.json", "broken", lambda: abort(401))

    def _thing(self, thing_id: str) -> Thing:
        self.sent.append(f"GET {request.full_path.removesuffix('?')}")
        return {"thing_id": thing_id, "full_name": "Ada"}

    def _add(self) -> Any:
        self.sent.append(f"POST {json.dumps(request.get_json())}")
        return request.get_json()

    def settings(self, *, camel: bool) -> Json:
        match self.source:
            case "openapi":
                return {"openapi": [document()]}
            case "annotations":
                return {"annotations": True}
        words = ("getThing", "thingId", "fullName") if camel else ("get_thing", "thing_id", "full_name")
        (self.folder / "own.graphql").write_text(WRITTEN % dict(zip(("root", "id", "name"), words, strict=True)))
        return {"schema": "own.graphql"}

    def mount(self, *, camel: bool = False, **more: Any) -> None:
        settings = self.settings(camel=camel) | ({"camel_case": True} if camel else {})
        documents = [*settings.pop("openapi", []), *more.pop("openapi", [])]
        Gateway(self.app, **settings, **({"openapi": documents} if documents else {}), **more)

    def ask(self, query: str) -> Any:
        return self.app.test_client().post("/graphql", json={"query": query}).json


Feature = Callable[[World], None]
SNAKE = '{ get_thing(thing_id: "7") { thing_id full_name } }'
DATA = {"data": {"get_thing": {"thing_id": "7", "full_name": "Ada"}}}


def alone(world: World) -> None:
    world.mount()
    assert world.ask(SNAKE) == DATA


def camel_case(world: World) -> None:
    world.mount(camel=True, verbs=["GET", "POST"])
    assert world.ask('{ getThing(thingId: "7") { thingId fullName } }') == {
        "data": {"getThing": {"thingId": "7", "fullName": "Ada"}}
    }
    if world.source == "openapi":
        made = world.ask('mutation { addThing(input: {thingId: "1", fullName: "Eve"}) { fullName } }')
        assert made == {"data": {"addThing": {"fullName": "Eve"}}}
        assert world.sent.pop() == 'POST {"thing_id": "1", "full_name": "Eve"}'


def graphene_types(world: World) -> None:
    class Person(graphene.ObjectType):
        full_name = graphene.String()

    class Query(graphene.ObjectType):
        me = graphene.Field(Person, thing_id=graphene.String())

        def resolve_me(root: Any, info: Any, thing_id: str = "") -> Any:
            return {"full_name": f"me {thing_id}"}

    world.mount(query=Query)
    assert world.ask(SNAKE) == DATA
    assert world.ask('{ me(thingId: "1") { fullName } }') == {"data": {"me": {"fullName": "me 1"}}}


def untyped_off(world: World) -> None:
    world.mount(untyped=False)
    assert world.ask(SNAKE) == DATA
    assert "errors" in world.ask('{ get(path: "/things/7") }')
    assert world.app.test_client().post("/aggregate", json=["/things/7"]).status_code == 404


def verbs(world: World) -> None:
    world.mount(verbs=["GET", "POST"])
    assert world.ask(SNAKE) == DATA
    assert world.ask('mutation { post(path: "/things", body: {a: 1}) { json } }') == {
        "data": {"post": {"json": {"a": 1}}}
    }
    assert world.sent.pop() == 'POST {"a": 1}'


def lockfile(world: World) -> None:
    (world.folder / "names.json").write_text('{"GET /things/{thing_id}": "locked"}')
    world.mount(openapi_names="names.json")
    name = "locked" if world.source == "openapi" else "get_thing"
    assert world.ask(SNAKE.replace("get_thing", f"get_thing: {name}")) == DATA


def broken_neighbour(world: World) -> None:
    world.mount(openapi=["/broken.json"])
    assert world.ask(SNAKE) == DATA
    assert world.ask("{ other }")["errors"][0]["extensions"]["code"] == "SCHEMA_UNAVAILABLE"


FEATURES: list[Feature] = [
    alone, camel_case, graphene_types, untyped_off, verbs, lockfile, broken_neighbour,
]  # fmt: skip


@pytest.mark.parametrize("source", ["schema", "openapi", "annotations"])
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.__name__)
def test_a_source_and_a_feature(tmp_path: Path, source: str, feature: Feature) -> None:
    world = World(tmp_path, source)
    feature(world)
    assert world.sent == ["GET /things/7"], "one request, with the value of the argument"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A server with the same API, and the requests that it got."""
    world = World(tmp_path, "openapi")
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", world.sent
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("is_remote", [False, True])
def test_an_api_key_in_the_query_is_for_the_app_alone(
    tmp_path: Path, remote: tuple[str, list[str]], is_remote: bool
) -> None:
    url, sent = remote
    key = {"type": "apiKey", "in": "query", "name": "api_key"}
    given = document(url if is_remote else "")
    given |= {"components": {**given["components"], "securitySchemes": {"key": key}}, "security": [{"key": []}]}
    world = World(tmp_path, "openapi")
    app = Flask(__name__, static_folder=None) if is_remote else world.app
    Gateway(app, openapi=given, upstreams={"/far": url})
    answer = app.test_client().post("/graphql?api_key=k", json={"query": SNAKE})
    assert answer.json == DATA
    assert (sent, world.sent) == (["GET /things/7"], []) if is_remote else ([], ["GET /things/7?api_key=k"])


def test_a_document_whose_server_is_an_upstream(tmp_path: Path, remote: tuple[str, list[str]]) -> None:
    url, sent = remote
    app = Flask(__name__, root_path=str(tmp_path), static_folder=None)
    gateway = Gateway(app, openapi=document(url), upstreams={"/far": url})
    assert gateway.execute(SNAKE) == DATA
    assert sent == ["GET /things/7"]


@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize("source", ["schema", "openapi", "annotations"])
def test_a_source_and_a_typed_upstream(tmp_path: Path, remote: tuple[str, list[str]], source: str, camel: bool) -> None:
    url, sent = remote
    world = World(tmp_path, source)
    upstream = {"url": url, "openapi": document(), "prefix": "far" if camel else "far_"}
    world.mount(camel=camel, upstreams={"/far": upstream})
    if camel:
        query = '{ getThing(thingId: "7") { fullName } farGetThing(thingId: "8") { thingId fullName } }'
        data = {"getThing": {"fullName": "Ada"}, "farGetThing": {"thingId": "8", "fullName": "Ada"}}
    else:
        query = '{ get_thing(thing_id: "7") { full_name } far_get_thing(thing_id: "8") { thing_id full_name } }'
        data = {"get_thing": {"full_name": "Ada"}, "far_get_thing": {"thing_id": "8", "full_name": "Ada"}}
    assert world.ask(query) == {"data": data}
    assert (world.sent, sent) == (["GET /things/7"], ["GET /things/8"])
