"""Where types come from: SDL, an OpenAPI document wherever it is, and which of them wins."""

import json
from pathlib import Path
from typing import Any, TypedDict

import pytest
from flask import Flask, request
from flask.cli import ScriptInfo
from graphql import validate_schema

from restgql import ConfigError, Gateway
from restgql.cli import cli
from restgql.schema.coverage import coverage_of
from restgql.sources import CompiledSchema

PET = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "ownerId": {"type": "integer"}},
}
OWNER = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def answers(schema: Any, status: str = "200") -> dict[str, Any]:
    return {"responses": {status: {"description": "", "content": {"application/json": {"schema": schema}}}}}


def number(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


PETS = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
BODY = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {"operationId": "listPets", **answers(PETS)},
            "post": {"operationId": "addPet", **BODY, **answers({"$ref": "#/components/schemas/Pet"}, "201")},
        },
        "/pets/{petId}": {
            "get": {
                "operationId": "getPet",
                "parameters": [number("petId")],
                **answers({"$ref": "#/components/schemas/Pet"}),
            }
        },
        "/owners/{id}": {
            "get": {
                "operationId": "getOwner",
                "parameters": [number("id")],
                **answers({"$ref": "#/components/schemas/Owner"}),
            }
        },
        "/hidden": {"get": {"operationId": "hidden", **answers(PETS)}},
        "/nowhere": {"get": {"operationId": "nowhere", **answers(PETS)}},
    },
    "components": {"schemas": {"Pet": PET, "Owner": OWNER}},
}


def app_of(tmp_path: Path) -> Flask:
    app = Flask(__name__, root_path=str(tmp_path))

    @app.get("/pets")
    def pets() -> Any:
        return [pet(1), pet(2)]

    @app.post("/pets")
    def add() -> Any:
        return {"id": 9, **request.get_json()}, 201

    @app.get("/pets/<int:number>")
    def pet(number: int) -> Any:
        return {"id": number, "name": f"pet {number}", "ownerId": 3}

    @app.get("/owners/<int:id>")
    def owner(id: int) -> Any:
        return {"id": id, "name": f"owner {id}"}

    app.add_url_rule("/hidden", "hidden", list)
    app.add_url_rule("/openapi.json", "spec", lambda: DOCUMENT)
    return app


def typed(app: Flask) -> CompiledSchema:
    found: CompiledSchema = app.extensions["restgql"]["restgql"].compiled_schema
    return found


def mount(app: Flask, **settings: Any) -> Gateway:
    return Gateway(app, routes=["*", "!hidden", "!static"], profile="open", **settings)


@pytest.mark.parametrize("given", ["file", "dict", "path", "callable", "auto"])
def test_an_openapi_document_is_read_wherever_it_is(tmp_path: Path, given: str) -> None:
    app = app_of(tmp_path)
    (tmp_path / "pets.json").write_text(json.dumps(DOCUMENT))
    ways = {
        "file": "pets.json",
        "dict": DOCUMENT,
        "path": "/openapi.json",
        "callable": lambda: DOCUMENT,
        "auto": "auto",
    }
    gateway = mount(app, openapi=ways[given])
    assert gateway.execute("{ getPet(petId: 4) { id name } listPets { id } }") == {
        "data": {"getPet": {"id": 4, "name": "pet 4"}, "listPets": [{"id": 1}, {"id": 2}]}
    }
    added = gateway.execute("mutation ($pet: PetInput) { addPet(input: $pet) { id name } }", {"pet": {"name": "Rex"}})
    assert added == {"data": {"addPet": {"id": 9, "name": "Rex"}}}
    assert validate_schema(typed(app).schema) == []


def test_only_routes_that_may_be_asked_for_have_fields(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    mount(app, openapi=DOCUMENT)
    query = typed(app).schema.query_type
    assert query is not None
    assert {"listPets", "getPet", "getOwner"} == set(query.fields) - {"get", "fetch", "aggregate", "routes"}
    routes = app.test_client().post("/graphql", json={"query": "{ routes { path typed } }"}).json
    assert routes is not None
    assert {r["path"]: r["typed"] for r in routes["data"]["routes"]}["/pets"]
    assert {r["path"]: r["typed"] for r in routes["data"]["routes"]}["/openapi.json"] is False


def test_what_is_written_by_hand_wins_over_what_is_generated(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema/pets.graphql").write_text(
        'type Query { pet(number: ID!): Animal @get(path: "/pets/{number}") }\ntype Animal { name: String }'
    )
    gateway = mount(app, schema="schema", openapi=DOCUMENT)
    assert gateway.execute("{ pet(number: 1) { name } listPets { name } }")["data"]["pet"] == {"name": "pet 1"}
    query = typed(app).schema.query_type
    assert query is not None
    assert "getPet" not in query.fields


def test_a_template_with_a_query_is_its_route_s(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema/pets.graphql").write_text(
        'type Query { pets(limit: Int, tag: String): [Animal] @get(path: "/pets{?limit,tag}") }\n'
        "type Animal { name: String }"
    )
    mount(app, schema="schema", openapi=DOCUMENT)
    query = typed(app).schema.query_type
    assert query is not None
    assert "listPets" not in query.fields
    routes = app.test_client().post("/graphql", json={"query": "{ routes { path typed } }"}).json
    assert routes is not None
    assert {"path": "/pets", "typed": True} in routes["data"]["routes"]


def test_a_lockfile_keeps_names_and_a_join_is_there_once_it_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text('{"GET /pets": "animals"}')
    app = app_of(tmp_path)
    gateway = mount(app, openapi=DOCUMENT, openapi_names="names.json")
    assert gateway.execute("{ animals { id } }")["data"] == {"animals": [{"id": 1}, {"id": 2}]}
    assert [join.split(":")[0] for join in typed(app).joins] == ["Pet.owner"]

    other = app_of(tmp_path)
    joined = Gateway(other, routes=["*"], openapi=DOCUMENT, joins=["Pet.owner"])
    assert joined.execute("{ listPets { owner { name } } }")["data"] == {
        "listPets": [{"owner": {"name": "owner 3"}}] * 2
    }


def test_a_missing_lockfile_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gateway = mount(app_of(tmp_path), openapi=DOCUMENT, openapi_names="names.json")
    assert gateway.execute("{ listPets { id } }")["data"] == {"listPets": [{"id": 1}, {"id": 2}]}
    [warning] = [record.message for record in caplog.records if "RESTGQL_OPENAPI_NAMES" in record.message]
    assert f"`flask restgql schema --write-names {tmp_path / 'names.json'}` writes it." in warning


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("missing.json", "missing.json"),
        ({"swagger": "1.2"}, "1.2"),
        ({"title": "no OpenAPI"}, "is not an OpenAPI document"),
        (lambda: {"openapi": "4.0"}, "4.0"),
        ("/missing", "404"),
        ("auto", "no OpenAPI document that can be found"),
    ],
)
def test_a_document_that_is_none_says_so(tmp_path: Path, given: Any, says: str) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    if isinstance(given, dict) or given == "missing.json":
        with pytest.raises(ConfigError, match=says):
            Gateway(app, openapi=given)
    else:
        Gateway(app, openapi=given)
        failure = typed(app).failure
        assert isinstance(failure, ConfigError)
        assert says in str(failure)


def test_the_review_says_what_has_types_what_multiplies_and_what_nobody_reaches(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema/pets.graphql").write_text(
        """type Query { pets: [Pet] @get(path: "/pets") raw(id: ID!): JSON @get(path: "/owners/{id}") }
        type Pet { owner: Owner! @get(path: "/owners/{ownerId}") }
        type Owner { name: String }
        type Alone { name: String }"""
    )
    app = app_of(tmp_path)
    mount(app, schema="schema")
    routes = app.extensions["restgql"]["restgql"].routes
    said = coverage_of(
        typed(app).schema,
        [(m, r.path) for r in routes.reachable() for m in r.methods],
        everything=routes.everything(),
    )
    assert {(row.method, row.path): row.kind for row in said.rows} == {
        ("GET", "/openapi.json"): "untyped",
        ("GET", "/owners/{id}"): "json",
        ("GET", "/pets"): "typed",
        ("POST", "/pets"): "untyped",
        ("GET", "/pets/{number}"): "untyped",
    }
    assert said.warnings == (
        "Pet.owner makes a request for each item of Query.pets; batch: would make a single one.",
        "Pet.owner is non-null and makes a request: if that fails, its whole parent is null.",
        "Alone is reached by no operation.",
    )


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/pets/{id}", False),
        ("/pets/1{?full}", False),
        ("/{id}/1", False),
        ("/hidden", False),
        ("/slash", False),
        ("/files/{id}/of/it", False),
        ("/far/away", False),
        ("{+id}", False),
        ("/pet/{id}", True),
        ("/pets/{id}/owner", True),
        ("/files", True),
    ],
)
def test_the_review_says_which_fields_no_route_answers(tmp_path: Path, path: str, says: bool) -> None:
    app = Flask(__name__, root_path=str(tmp_path), static_folder=None)
    for rule in ("/pets/<int:id>", "/hidden", "/slash/", "/files/<path:name>"):
        app.add_url_rule(rule, rule, list)
    (tmp_path / "schema.graphql").write_text(
        f'type Query {{ it(id: ID, full: Int): JSON @get(path: "{path}") }}\n'
        'type Mutation { addPet(id: ID!): JSON @post(path: "/pets/{id}") }'
    )
    Gateway(app, schema="schema.graphql", routes=["*", "!/hidden"], upstreams={"/far": "http://far.example"})
    routes = app.extensions["restgql"]["restgql"].routes
    said = coverage_of(typed(app).schema, [], everything=routes.everything()).errors
    assert said == (
        *((f"Query.it: there is no route for GET {path}.",) if says else ()),
        "Mutation.addPet: there is no route for POST /pets/{id}.",
    )


def test_annotated_views_have_types_unless_an_earlier_source_has_them(tmp_path: Path) -> None:
    app = app_of(tmp_path)

    class Word(TypedDict):
        text: str
        size: int

    def word(text: str) -> Word:
        return {"text": text, "size": len(text)}

    app.add_url_rule("/words/<text>", "word", word)
    app.view_functions["pet"].__annotations__["return"] = Word
    gateway = mount(app, openapi=DOCUMENT, annotations=True)
    assert gateway.execute('{ word(text: "abc") { size } getPet(petId: 1) { name } }') == {
        "data": {"word": {"size": 3}, "getPet": {"name": "pet 1"}}
    }
    query = typed(app).schema.query_type
    assert query is not None
    assert "pet" not in query.fields


def test_a_type_of_two_sources_is_an_error(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    app.add_url_rule("/x", "x", lambda: {})
    app.view_functions["x"].__annotations__["return"] = TypedDict("Pet", {"name": str})
    mount(app, openapi=DOCUMENT, annotations=True)
    assert str(typed(app).failure) == "openapi= and annotations= both define Pet: rename one of them."


def test_infer_writes_sdl_of_what_routes_answer(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    mount(app, upstreams={"/shop": "http://127.0.0.1:9"})

    def infer(*paths: str) -> Any:
        return app.test_cli_runner().invoke(cli, ["infer", *paths], obj=ScriptInfo(create_app=lambda: app))

    done = infer("/pets/1", "/pets/2", "/pets")
    assert done.exit_code == 0
    (tmp_path / "pets.graphql").write_text(done.stdout)
    again = app_of(tmp_path)
    gateway = mount(again, schema="pets.graphql")
    assert gateway.execute("{ pets { name ownerId } pet(number: 2) { name } }")["data"] == {
        "pets": [{"name": "pet 1", "ownerId": 3}, {"name": "pet 2", "ownerId": 3}],
        "pet": {"name": "pet 2"},
    }
    assert "no exposed route" in infer("/missing").stderr
    assert "leads to the upstream '/shop'" in infer("/shop/pets").stderr


def test_camel_case_is_for_generated_names_inputs_and_arguments_too(tmp_path: Path) -> None:
    item = {"type": "object", "properties": {"first_name": {"type": "string"}, "homeTown": {"type": "string"}}}
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}}
    document = {
        **DOCUMENT,
        "paths": {
            "/people": {"post": {"operationId": "addPerson", **body, **answers({"$ref": "#/components/schemas/Item"})}}
        },
        "components": {"schemas": {"Item": item}},
    }
    (tmp_path / "more.graphql").write_text(
        """type Mutation { add(lastName: String, at: PlaceInput): JSON @post(path: "/people") }
        input PlaceInput { homeTown: String }"""
    )
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/people", "people", lambda: request.get_json(), methods=["POST"])
    generated = mount(app, openapi=document, camel_case=True)
    assert generated.execute('mutation { addPerson(input: {firstName: "A", homeTown: "B"}) { firstName } }') == {
        "data": {"addPerson": {"firstName": "A"}}
    }
    other = Flask(__name__, root_path=str(tmp_path))
    other.add_url_rule("/people", "people", lambda: request.get_json(), methods=["POST"])
    written = mount(other, schema="more.graphql", camel_case=True)
    assert written.execute('mutation { add(lastName: "A", at: {homeTown: "B"}) }') == {
        "data": {"add": {"last_name": "A", "at": {"home_town": "B"}}}
    }


@pytest.mark.parametrize("given", ["api/main.json", "/api/main.json"])
def test_a_reference_to_another_document_is_followed_in_files_and_in_the_app(tmp_path: Path, given: str) -> None:
    pet = {"$ref": "parts.json#/Pet"}
    document = {
        **DOCUMENT,
        "paths": {"/pets": {"get": {"operationId": "listPets", **answers({"type": "array", "items": pet})}}},
    }
    parts = {"Pet": PET}
    app = app_of(tmp_path)
    if given.startswith("/"):
        app.add_url_rule("/api/main.json", "main", lambda: document)
        app.add_url_rule("/api/parts.json", "parts", lambda: parts)
    else:
        (tmp_path / "api").mkdir()
        (tmp_path / "api/main.json").write_text(json.dumps(document))
        (tmp_path / "api/parts.json").write_text(json.dumps(parts))
    assert mount(app, openapi=given).execute("{ listPets { name } }")["data"]["listPets"][0] == {"name": "pet 1"}


def test_members_of_disjoint_shapes_are_told_apart_in_what_is_answered(tmp_path: Path) -> None:
    cat = {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}}
    dog = {"type": "object", "required": ["tricks"], "properties": {"tricks": {"type": "string"}}}
    either = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}
    document = {
        **DOCUMENT,
        "paths": {"/zoo": {"get": {"operationId": "zoo", **answers({"type": "array", "items": either})}}},
        "components": {"schemas": {"Cat": cat, "Dog": dog}},
    }
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/zoo", "zoo", lambda: [{"lives": 9}, {"tricks": "sit"}, {"wings": 2}])
    answer = mount(app, openapi=document).execute("{ zoo { ... on Cat { lives } ... on Dog { tricks } } }")
    assert answer["data"] == {"zoo": [{"lives": 9}, {"tricks": "sit"}, None]}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["zoo", 2], "UPSTREAM_INVALID")
    ]


def test_untyped_fields_can_be_left_out_for_clients(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    gateway = mount(app, openapi=DOCUMENT, untyped=False)
    client = app.test_client()

    def ask(query: str) -> Any:
        return client.post("/graphql", json={"query": query}).json

    asked = "{ __schema { queryType { fields { name } } types { name } } }"
    schema = ask(asked)["data"]["__schema"]
    names = {field["name"] for field in schema["queryType"]["fields"]}
    assert names == {"listPets", "getPet", "getOwner", "routes"}
    assert not {"RestResponse", "RestItem", "RestHeaderInput"} & {each["name"] for each in schema["types"]}
    assert "errors" not in ask("{ listPets { __typename } }")
    for field in ('get(path: "/pets")', 'fetch(path: "/pets") { status }', 'aggregate(paths: ["/pets"])'):
        assert "Cannot query field" in ask(f"{{ {field} }}")["errors"][0]["message"]
    assert client.post("/aggregate", json=["/pets"]).status_code == 404
    # the app's own code still has them
    assert "errors" not in gateway.execute('{ get(path: "/pets") }')
    assert isinstance(gateway.get("/pets"), list)
