"""What becomes of the operations of a document."""

from typing import Any

import pytest

from restgql.errors import ConfigError
from restgql.schema.sdl.report import SkippedOperation
from restgql.schema.sources.openapi import generate
from tests.schema.openapi.documents import answer, asking, built, document, field, generate_valid, of, only


def test_a_document_with_no_operation_adds_nothing() -> None:
    generated = generate_valid({"openapi": "3.1.0", "info": {}, "webhooks": {}})
    assert generated.document.definitions == ()
    assert built(generated).query_type


@pytest.mark.parametrize("internal", ["operation", "item"])
def test_internal_operations_are_left_out(internal: str) -> None:
    source = asking()
    at = source["paths"]["/things"] if internal == "item" else source["paths"]["/things"]["get"]
    at["x-internal"] = True
    generated = generate_valid(source)
    assert generated.operations == ()
    assert generated.skipped == (
        SkippedOperation(method="GET", path="/things", reason="it is marked x-internal", is_chosen=True),
    )


def test_operations_that_are_not_allowed_are_left_out() -> None:
    source = document({"/a": {"get": {}, "post": {}}, "/b/{id}": {"get": {}}})
    requested = []

    def allowed(method: str, path: str) -> bool:
        requested.append((method, path))
        return (method, path) == ("GET", "/b/{id}")

    generated = generate_valid(source, allowed=allowed)
    assert requested == [("GET", "/a"), ("GET", "/a/"), ("POST", "/a"), ("POST", "/a/"), ("GET", "/b/{id}")]
    assert generated.names == {"GET /b/{id}": "getBById"}
    assert [skipped.path for skipped in generated.skipped] == ["/a", "/a"]


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        ([{"url": "https://example.com/v1/"}], "/v1"),
        ([{"url": "/v1"}], "/v1"),
        ([{"url": "//example.com/v1"}], "/v1"),
        ([{"url": "https://example.com"}], ""),
        ([{"url": "/"}], ""),
        ([{"url": "{s}://a.b/{v}", "variables": {"s": {"default": "https"}, "v": {"default": "v2"}}}], "/v2"),
        ([], ""),
        (None, ""),
        ([None], ""),
    ],
)
def test_the_base_path(servers: Any, base: str) -> None:
    assert f'path: "{base}/things"' in field(generate_valid({**asking(), "servers": servers}))


def test_the_base_path_is_left_out_where_the_app_has_its_routes_without() -> None:
    source = {**asking(), "servers": [{"url": "/v1"}]}
    assert 'path: "/things"' in field(generate_valid(source, allowed=lambda method, path: path == "/things"))


def test_a_prefix_goes_before_all_else() -> None:
    source = {**asking(), "servers": [{"url": "/v1"}]}
    assert 'path: "/api/things"' in field(generate_valid(source, prefix="/api/"))
    assert 'path: "/things"' in field(generate_valid(source, prefix=""))


def test_a_path_item_by_reference() -> None:
    source = document({"/a": {"$ref": "#/x-items/a"}, "/b": {"$ref": "#/x-items/b"}})
    source["x-items"] = {"a": {"get": {"operationId": "a", "responses": answer({"type": "string"})}}}
    generated = generate_valid(source)
    assert field(generated, "a") == 'a: String @get(path: "/a")'
    assert generated.skipped == (
        SkippedOperation(method="", path="/b", reason="the reference #/x-items/b has no target"),
    )


def test_kinds() -> None:
    paths = {
        "/typed": {"get": {"responses": answer(of(a="string"))}},
        "/partly": {"get": {"responses": answer(of(a={"oneOf": [{"type": "string"}, {"type": "integer"}]}))}},
        "/json": {"get": {"responses": answer({"type": "object"})}},
        "/none": {"get": {"responses": {"204": {}}}},
    }
    notes = {note.path: note for note in generate_valid(document(paths)).operations}
    assert {path: (note.kind, note.declared) for path, note in notes.items()} == {
        "/typed": ("typed", True),
        "/partly": ("partly", True),
        "/json": ("json", True),
        "/none": ("json", False),
    }
    assert notes["/typed"].reason == ""
    assert notes["/partly"].reason == "GetPartlyResponse.a is JSON, its oneOf mixes Long, String"
    assert notes["/json"].reason == "the document does not describe the response further"
    assert notes["/none"].reason == "the document has no schema for a response"


def test_what_is_wrong_with_a_type_is_said_of_all_that_lead_to_it() -> None:
    schemas = {
        "A": of(b={"$ref": "#/components/schemas/B"}),
        "B": of(a={"$ref": "#/components/schemas/A"}, wrong={"$ref": "#/nowhere"}),
        "C": of(x="string"),
    }
    paths = {f"/{name}": {"get": {"responses": answer({"$ref": f"#/components/schemas/{name}"})}} for name in "ABC"}
    generated = generate_valid(document(paths, schemas))
    assert [note.kind for note in generated.operations] == ["partly", "partly", "typed"]
    assert "B.wrong is JSON" in generated.operations[0].reason


@pytest.mark.parametrize(
    "wrong", [{}, [], None, {"openapi": "4.0"}, {"swagger": "1.2"}, {"openapi": "3.0", "paths": []}]
)
def test_what_is_no_openapi_is_an_error(wrong: Any) -> None:
    with pytest.raises(ConfigError):
        generate(wrong)


def test_the_document_is_left_as_it_was() -> None:
    source = asking({"name": "q", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}})
    before = repr(source)
    assert only(generate_valid(source)).kind == "typed"
    assert repr(source) == before
