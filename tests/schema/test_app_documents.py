"""Several OpenAPI documents of one app, such as those of two versions of its API."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import ConfigError, Gateway
from restgql.sources import CompiledSchema

USERS = {"1": [{"id": 1}], "2": [{"id": 1, "name": "Ann"}]}


def document(version: str) -> dict[str, Any]:
    properties = {"id": {"type": "integer"}, **({"name": {"type": "string"}} if version == "2" else {})}
    users = {"type": "array", "items": {"$ref": "#/definitions/User"}}
    responses = {"200": {"description": "", "schema": users}}
    return {
        "swagger": "2.0",
        "info": {"title": "Users", "version": version},
        "basePath": f"/api/{version}",
        "paths": {"/users": {"get": {"operationId": "users", "responses": responses}}},
        "definitions": {"User": {"type": "object", "properties": properties}},
    }


def app_of_two_versions() -> Flask:
    app = Flask(__name__)
    for version in USERS:
        app.add_url_rule(f"/api/{version}/users", f"users{version}", lambda of=version: USERS[of])
        app.add_url_rule(f"/api/{version}/swagger.json", f"spec{version}", lambda of=version: document(of))
    return app


def typed(app: Flask) -> CompiledSchema:
    compiled: CompiledSchema = app.extensions["restgql"]["restgql"].compiled_schema
    return compiled


@pytest.mark.parametrize("second", ["/api/2/swagger.json", lambda: document("2"), document("2")])
@pytest.mark.parametrize(("prefix", "field", "name"), [("v2", "v2Users", "V2User"), ("V2_", "V2_users", "V2_User")])
def test_a_prefix_separates_the_names_of_two_documents(second: Any, prefix: str, field: str, name: str) -> None:
    app = app_of_two_versions()
    gateway = Gateway(app, openapi=["/api/1/swagger.json", {"openapi": second, "prefix": prefix}])
    answer = gateway.execute(f"{{ users {{ id }} {field} {{ name __typename }} }}")
    assert answer == {"data": {"users": [{"id": 1}], field: [{"name": "Ann", "__typename": name}]}}


def test_one_document_may_have_a_prefix() -> None:
    gateway = Gateway(app_of_two_versions(), openapi={"openapi": document("2"), "prefix": "v2"})
    assert gateway.execute("{ v2Users { id name } }") == {"data": {"v2Users": [{"id": 1, "name": "Ann"}]}}


def test_sdl_files_refer_to_a_type_by_its_name_with_the_prefix(tmp_path: Path) -> None:
    sdl = 'type Query { people: [V2User] @get(path: "/api/2/users") } extend type V2User { tag: String }'
    (tmp_path / "people.graphql").write_text(sdl)
    app = app_of_two_versions()
    entry = {"openapi": document("2"), "prefix": "v2"}
    gateway = Gateway(app, schema=str(tmp_path), openapi=["/api/1/swagger.json", entry])
    assert gateway.execute("{ people { name tag } users { id } }") == {
        "data": {"people": [{"name": "Ann", "tag": None}], "users": [{"id": 1}]}
    }


def test_documents_that_define_the_same_names_are_named_with_the_remedy() -> None:
    app = app_of_two_versions()
    gateway = Gateway(app, openapi=["/api/1/swagger.json", "/api/2/swagger.json"])
    assert str(typed(app).failure) == (
        "/api/1/swagger.json and /api/2/swagger.json (openapi=) both define Query.users, User: to keep both, set a "
        "prefix for one document: openapi=[…, {'openapi': …, 'prefix': 'v2'}]."
    )
    assert gateway.execute("{ users { id } }") == {"data": {"users": [{"id": 1}]}}  # the first has its fields


def test_auto_reads_one_document_and_names_the_others(caplog: pytest.LogCaptureFixture) -> None:
    app = app_of_two_versions()
    gateway = Gateway(app, openapi="auto")
    assert gateway.execute("{ users { id } }") == {"data": {"users": [{"id": 1}]}}
    [warning] = [record.message for record in caplog.records if "'auto'" in record.message]
    assert "reads /api/1/swagger.json only" in warning
    assert "/api/2/swagger.json" in warning


def test_auto_is_silent_about_a_second_document_of_the_same_operations(caplog: pytest.LogCaptureFixture) -> None:
    app = app_of_two_versions()
    app.view_functions["spec2"] = lambda: {**document("1"), "host": "example.com"}
    assert Gateway(app, openapi="auto").execute("{ users { id } }") == {"data": {"users": [{"id": 1}]}}
    assert not [record.message for record in caplog.records if "'auto'" in record.message]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"openapi": "a.json", "prefix": "2"}, "'2' cannot begin a GraphQL name"),
        ({"prefix": "v2"}, "missing required field `openapi`; a document with a prefix is"),
        ({"openapi": "a.json", "prefix": "v2", "url": "/"}, "unknown field `url`; a document with a prefix is"),
        ({"openapi": ["a.json"], "prefix": "v2"}, "it is a file, a URL, a dict"),
    ],
)
def test_a_malformed_entry_is_an_error_at_start(entry: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")):
        Gateway(Flask(__name__), openapi=entry)
