"""SDL files that extend and name the types of generated sources, whenever these are complete."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest
from flask import Flask, request

from restgql import Gateway
from restgql.cli import cli
from restgql.schema.type_source import SchemaError

LONG = 2**60 + 1
JOINS = 'extend type Pet { owner: Owner @get(path: "/owners/{ownerId}") }'
QUERY = "{ pet(id: 1) { id owner { name } } }"
ANSWER = {"data": {"pet": {"id": 1, "owner": {"name": f"owner {LONG}"}}}}


class Pet(TypedDict):
    id: int
    ownerId: int


class Owner(TypedDict):
    id: int
    name: str


def operation(name: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    responses = {"200": {"description": "", "content": content}}
    return {"get": {"operationId": name, "parameters": [parameter], "responses": responses}}


def integers(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "integer"} for name in names}}


NAMED = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
PET_PATHS = {"/pets/{id}": operation("pet", "Pet")}
OWNER_PATHS = {"/owners/{id}": operation("owner", "Owner")}
SCHEMAS = {"Pet": integers("id", "ownerId"), "Owner": NAMED}
DOCUMENT = {"openapi": "3.0.3", "paths": {**PET_PATHS, **OWNER_PATHS}, "components": {"schemas": SCHEMAS}}


def pet(id: int) -> Pet:
    return {"id": id, "ownerId": LONG}


def owner(id: int) -> Owner:
    return {"id": id, "name": f"owner {id}"}


def routes(app: Flask) -> None:
    app.add_url_rule("/pets/<int:id>", "pet", pet)
    app.add_url_rule("/owners/<int:id>", "owner", owner)
    app.add_url_rule("/openapi.json", "document", lambda: DOCUMENT)


SOURCES: dict[str, dict[str, Any]] = {
    "dict": {"openapi": DOCUMENT},
    "file": {"openapi": "pets.json"},
    "callable": {"openapi": lambda: DOCUMENT},
    "path": {"openapi": "/openapi.json"},
    "auto": {"openapi": "auto"},
    "annotations": {"annotations": True},
    "both": {"openapi": {**DOCUMENT, "paths": PET_PATHS}, "annotations": True},
}
Make = Callable[..., Gateway]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes a gateway with an SDL text, before or after the routes of the app exist."""

    def make(sdl: str, *, routes_first: bool = True, **settings: Any) -> Gateway:
        (tmp_path / "joins.graphql").write_text(sdl)
        (tmp_path / "pets.json").write_text(json.dumps(DOCUMENT))
        app = Flask(__name__, root_path=str(tmp_path))
        if routes_first:
            routes(app)
        gateway = Gateway(app, schema="joins.graphql", profile="open", **settings)
        if not routes_first:
            routes(app)
        gateway.app = app  # type: ignore[attr-defined]
        return gateway

    return make


@pytest.mark.parametrize("routes_first", [True, False])
@pytest.mark.parametrize("source", SOURCES)
def test_a_join_on_a_generated_type(make: Make, source: str, routes_first: bool) -> None:
    assert make(JOINS, routes_first=routes_first, **SOURCES[source]).execute(QUERY) == ANSWER


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("root", ["type", "extend type"])
def test_a_root_field_of_a_generated_type(make: Make, source: str, root: str) -> None:
    """The root fields of SDL replace both generated ones, and the types are still those of the source."""
    sdl = f"""
        {root} Query {{
          first: Pet @get(path: "/pets/1")
          pet(id: Long!): Pet @get(path: "/pets/{{id}}")
          owner(id: Long!): Owner @get(path: "/owners/{{id}}")
        }}
        {JOINS}
    """
    if root == "type" and source not in ("dict", "file"):
        with pytest.raises(SchemaError, match="Refer to it in `extend type` only"):
            make(sdl, **SOURCES[source])
        return
    gateway = make(sdl, **SOURCES[source])
    assert gateway.execute(QUERY) == ANSWER
    query = f"{{ first {{ owner {{ id }} }} owner(id: {LONG}) {{ id }} }}"
    assert gateway.execute(query) == {"data": {"first": {"owner": {"id": LONG}}, "owner": {"id": LONG}}}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("sdl", ["type Query { pet: Nope @get(path: %) }", "extend type Query { pet: Long @get }"])
def test_an_error_in_sdl_prevents_the_start(make: Make, source: str, sdl: str) -> None:
    with pytest.raises(SchemaError, match=r"joins\.graphql:1: "):
        make(sdl.replace("%", '"/pets/1"'), **SOURCES[source])


MISTAKES = {
    'extend type Pett { owner: Owner @get(path: "/owners/1") }': "Cannot extend type 'Pett'",
    'extend type Pet { owner: Ownr @get(path: "/owners/1") }': "Unknown type 'Ownr'",
}


@pytest.mark.parametrize("sdl", MISTAKES)
def test_an_unknown_name_is_an_error_once_all_names_are_known(
    make: Make, sdl: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SchemaError, match=MISTAKES[sdl]):
        make(sdl, openapi=DOCUMENT)
    gateway = make(sdl, openapi="auto")
    assert gateway.execute('{ get(path: "/pets/1", select: "id") }') == {"data": {"get": 1}}
    assert gateway.execute("{ pet(id: 1) { id } }")["errors"][0]["extensions"]["code"] == "SCHEMA_UNAVAILABLE"
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert MISTAKES[sdl] in record.getMessage()
    done = gateway.app.test_cli_runner().invoke(cli, ["check"])  # type: ignore[attr-defined]
    assert done.exit_code == 1
    assert MISTAKES[sdl] in done.output


def test_types_below_a_generated_type_that_sdl_alone_names(make: Make) -> None:
    animal = {**integers("id"), "discriminator": {"propertyName": "kind"}}
    animal["properties"]["kind"] = {"type": "string"}
    cat = {"allOf": [{"$ref": "#/components/schemas/Animal"}, integers("lives")]}
    schemas = {**SCHEMAS, "Animal": animal, "Cat": cat}
    paths = {**DOCUMENT["paths"], "/animals/{id}": operation("animal", "Animal")}  # type: ignore[dict-item]
    source = {**DOCUMENT, "paths": paths, "components": {"schemas": schemas}}
    gateway = make('extend type Query { rex: Animal @get(path: "/animals/{id}") }'.replace("{id}", "1"), openapi=source)
    gateway.app.add_url_rule("/animals/1", "rex", lambda: {"kind": "Cat", "lives": 9})  # type: ignore[attr-defined]
    assert gateway.execute("{ rex { kind ... on Cat { lives } } }") == {"data": {"rex": {"kind": "Cat", "lives": 9}}}


def test_inputs_and_mutations_that_sdl_extends(make: Make) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Owner"}}}}
    add = {**operation("addOwner", "Owner")["get"], "parameters": [], "requestBody": body}
    source = {**DOCUMENT, "paths": {**PET_PATHS, "/owners": {"post": add}}}
    sdl = """
        extend input OwnerInput { age: Int }
        extend type Mutation { add(name: String): Owner @put(path: "/owners", body: "{name: name}") }
    """
    gateway = make(sdl, routes_first=False, openapi=source)
    app: Flask = gateway.app  # type: ignore[attr-defined]
    echo = lambda: {"name": request.get_data(as_text=True)}  # noqa: E731
    app.add_url_rule("/owners", "owners", echo, methods=["POST", "PUT"])
    query = 'mutation { addOwner(input: {name: "a", age: 5}) { name } add(name: "b") { name } }'
    assert gateway.execute(query) == {
        "data": {"addOwner": {"name": '{"name":"a","age":5}'}, "add": {"name": '{"name":"b"}'}}
    }
