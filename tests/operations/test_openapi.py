"""The OpenAPI 3.1 document of the stored operations: what it says, that it is valid, that answers are as it says."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from app import create_app
from tests.operations.folder import Folder
from tests.operations.test_parameters import ECHO

INT = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}
FILES = {
    "echo.graphql": f"# result: echo\n{ECHO}",
    "item.graphql": "# An item.\n#\n# With what it is of.\n"
    "query ($id: ID!) { item(id: $id) { __typename key: id name kind tags of { ...Of } } } fragment Of on Item { id }",
    "named.graphql": "# result: item.name\nquery ($id: ID!) { item(id: $id) { name } }",
    "items.graphql": "query ($kind: Kind! = SMALL, $ids: [ID!]! = [1]) { items(kind: $kind, ids: $ids) { id kind } }",
    "core.graphql": "# result: length(get)\n"
    'query ($a: Boolean!) { get(path: "/part") f: fetch(path: "/part") @skip(if: $a) { status headers { name } } }',
    "add.graphql": "mutation ($name: String!) { add(name: $name) { name } }",
    "filter.graphql": 'query ($i: [Filter!], $f: Filter = {name: "x"}) { echo(n: $i, i: $f) }',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("openapi"), FILES)


@pytest.fixture(scope="module")
def document(folder: Folder) -> Any:
    return folder.get("openapi.json").json


def parameters(document: Any, name: str) -> dict[str, Any]:
    return {each.pop("name"): each for each in document["paths"][f"/{name}"]["get"]["parameters"]}


def answered(document: Any, name: str, status: str = "200") -> Any:
    return document["paths"][f"/{name}"]["get"]["responses"][status]["content"]["application/json"]["schema"]


def test_it_is_valid(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/graphql"}]
    assert list(document["paths"]) == [f"/{name}" for name in sorted(name.partition(".")[0] for name in FILES)]


def test_methods_and_descriptions(document: Any) -> None:
    assert list(document["paths"]["/add"]) == ["post"]
    item = document["paths"]["/item"]
    assert (item["get"]["summary"], item["get"]["operationId"]) == ("An item.", "item")
    assert item["get"]["description"] == "An item.\n\nWith what it is of."
    assert item["post"]["operationId"] == "item.post"
    assert document["paths"]["/add"]["post"]["operationId"] == "add"


def test_parameters_have_the_schemas_of_their_types(document: Any) -> None:
    found = parameters(document, "echo")
    assert not any(each["required"] for each in found.values())
    assert found["a"]["schema"] == {**INT, "type": ["integer", "null"]}
    assert found["f"]["schema"] == {"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]}
    assert found["g"]["schema"] == {"type": "array", "items": INT}
    assert found["h"]["schema"] == {"type": "array", "items": {"type": ["string", "null"]}}
    either = {"anyOf": [{"$ref": "#/components/schemas/Filter"}, {"type": "null"}]}
    assert found["i"]["content"] == {"application/json": {"schema": either}}
    assert found["j"]["content"] == {"application/json": {"schema": {}}}
    assert found["k"]["schema"] == {"type": "string", "format": "date-time"}
    assert parameters(document, "items") == {
        "kind": {"in": "query", "required": False, "schema": {"$ref": "#/components/schemas/Kind", "default": "SMALL"}},
        "ids": {
            "in": "query",
            "required": False,
            "schema": {"type": "array", "items": {"type": "string"}, "default": ["1"]},
        },
    }


def test_bodies_and_input_objects(document: Any) -> None:
    body = document["paths"]["/add"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert document["components"]["schemas"]["Kind"] == {"type": "string", "enum": ["BIG", "SMALL"]}
    assert document["components"]["schemas"]["Filter"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "least": {**INT, "type": ["integer", "null"], "default": 3},
            "below": {"anyOf": [{"$ref": "#/components/schemas/Filter"}, {"type": "null"}]},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_answers_have_the_schemas_of_what_is_selected(document: Any) -> None:
    whole = answered(document, "item")
    assert whole["required"] == ["data"]
    data = whole["properties"]["data"]
    assert (data["type"], data["required"]) == (["object", "null"], ["item"])
    item = data["properties"]["item"]
    assert item == {
        "type": ["object", "null"],
        "properties": {
            "__typename": {"const": "Item"},
            "key": {"type": "string"},
            "name": {"type": ["string", "null"]},
            "kind": {"anyOf": [{"type": "string", "enum": ["BIG", "SMALL"]}, {"type": "null"}]},
            "tags": {"type": ["array", "null"], "items": {"type": "string"}},
            "of": {"type": ["object", "null"], "properties": {"id": {"type": "string"}}, "required": ["id"]},
        },
        "required": ["__typename", "key", "name", "kind", "tags", "of"],
    }
    assert answered(document, "named") == {"type": ["string", "null"]}
    assert answered(document, "core") == {}
    assert answered(document, "echo") == {}


DEFAULTS = """
scalar Money
enum Kind { BIG @value(is: "b") SMALL @value(is: "s") }
input Of { kind: Kind! = SMALL, kinds: [Kind!] = [BIG], money: Money = {in: [1, null]}, json: JSON = {a: {b: "c"}} }
type Query { a(of: Of): JSON @get(path: "/part") }
"""


def test_defaults_are_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "defaults.graphql").write_text(DEFAULTS)
    text = "query ($of: Of = {money: {in: 1}}, $kind: [Kind!] = SMALL) { a(of: $of) b: a(of: {kinds: $kind}) }"
    folder = Folder(tmp_path, {"a.graphql": text}, schema="defaults.graphql")
    document = folder.client.get("/graphql/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    found = document["components"]["schemas"]["Of"]["properties"]
    assert {name: schema["default"] for name, schema in found.items()} == {
        "kind": "SMALL",
        "kinds": ["BIG"],
        "money": {"in": [1, None]},
        "json": {"a": {"b": "c"}},
    }
    assert parameters(document, "a")["kind"]["schema"]["default"] == ["SMALL"]


UNION = """
type Query {
  found: [Found!] @get(path: "/found")
  node: Node @get(path: "/found", select: "[0]")
  grid: [[Int]!] @get(path: "/grid")
}
union Found @discriminator(from: "kind") = Cat | Dog
interface Node @discriminator(from: "kind") { id: ID! }
type Cat implements Node { id: ID!, lives: Int }
type Dog implements Node { id: ID!, "How loud." bark: Float! }
"""


def test_answers_of_several_types_are_any_of_these(tmp_path: Path) -> None:
    (tmp_path / "union.graphql").write_text(UNION)
    text = (
        "{ found { ... on Cat { lives } ...D } node { id ...D } grid __schema { queryType { name } } } "
        "fragment D on Dog { bark }"
    )
    folder = Folder(tmp_path, {"all.graphql": text}, schema="union.graphql", profile="open")
    found = [{"kind": "Cat", "id": "1", "lives": 9}, {"kind": "Dog", "id": "2", "bark": 1}]
    folder.app.add_url_rule("/found", "found", lambda: found)
    folder.app.add_url_rule("/grid", "grid", lambda: [[1, None], []])
    document = folder.get("openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    data = answered(document, "all")["properties"]["data"]["properties"]
    lives = {"type": "object", "properties": {"lives": {**INT, "type": ["integer", "null"]}}, "required": ["lives"]}
    bark = {"type": "number", "description": "How loud."}
    assert data["found"]["items"] == {
        "anyOf": [lives, {"type": "object", "properties": {"bark": bark}, "required": ["bark"]}]
    }
    assert [list(each["properties"]) for each in data["node"]["anyOf"][0]["anyOf"]] == [["id"], ["id", "bark"]]
    assert data["grid"]["items"]["items"] == {**INT, "type": ["integer", "null"]}
    answer = folder.get("all").json
    assert answer["data"]["found"] == [{"lives": 9}, {"bark": 1}]
    Draft202012Validator({**answered(document, "all"), "components": document["components"]}).validate(answer)


def test_it_is_the_same_until_an_operation_changes(folder: Folder) -> None:
    answer = folder.get("openapi.json")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-cache")
    again = folder.get("openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert folder.client.post("/graphql/openapi.json").status_code == 404


def test_its_server_is_where_the_client_finds_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, FILES, url_prefix="/api", graphql_path="/v1/ask")
    mounted = folder.client.get("/api/v1/ask/openapi.json", environ_overrides={"SCRIPT_NAME": "/shop"})
    assert mounted.json["servers"] == [{"url": "/shop/api/v1/ask"}]


def operations(app: Flask) -> Any:
    schema = schemathesis.openapi.from_wsgi("/graphql/openapi.json", app)
    return [found.ok() for found in schema.get_all_operations()]


def fuzz(app: Flask) -> None:
    """Requests that fit the document, and such that do not: never a 5xx, and each answer is as the document says."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for operation in operations(app):
            _fuzz(operation, mode)


def _fuzz(operation: Any, mode: GenerationMode) -> None:
    # GraphQL takes more than the schema says, an integer for an ID say; a route, or the path to it, may take less.
    excluded = ["negative_data_rejection"]
    if operation.path not in ("/echo", "/filter", "/core"):
        excluded.append("positive_data_acceptance")

    @settings(max_examples=30, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate(excluded_checks=CHECKS.get_by_names(excluded))

    run()


def test_c5_whatever_is_sent_the_answer_is_as_the_document_says(folder: Folder) -> None:
    fuzz(folder.app)


def test_c5_so_it_is_of_the_demo(tmp_path: Path) -> None:
    fuzz(create_app(tmp_path / "demo.sqlite3"))
