"""Documents of OpenAPI 3.2."""

from typing import Any

import pytest

from restgql.schema.sdl.report import SkippedOperation
from tests.schema.openapi.documents import answer, answering, definition, document, field, generate_valid, of, only, ref
from tests.schema.openapi.served import Served


def of_3_2(paths: dict[str, Any], schemas: Any = None, **more: Any) -> dict[str, Any]:
    return {**document(paths, schemas, **more), "openapi": "3.2.0"}


def test_operations_of_other_methods_are_reported() -> None:
    operation = {"operationId": "things", "responses": answer({"type": "string"})}
    item = {"get": operation, "query": operation, "additionalOperations": {"COPY": operation, "Move": operation}}
    generated = generate_valid(of_3_2({"/things": item}))
    assert generated.names == {"GET /things": "things"}
    reason = "a field makes a GET, POST, PUT, PATCH or DELETE request"
    assert generated.skipped == tuple(
        SkippedOperation(method=method, path="/things", reason=reason) for method in ("QUERY", "COPY", "MOVE")
    )


@pytest.mark.parametrize("media_type", ["application/jsonl", "text/event-stream", "application/json-seq"])
def test_a_stream_of_items_is_json_with_its_reason(media_type: str) -> None:
    responses = {"200": {"content": {media_type: {"itemSchema": of(a="string")}}}}
    generated = generate_valid(of_3_2({"/things": {"get": {"operationId": "things", "responses": responses}}}))
    assert field(generated) == 'things: JSON @get(path: "/things")'
    assert only(generated).reason == f"the response is {media_type}, a stream of items"


def test_json_beside_a_stream_of_items() -> None:
    responses = answer(of(a="string"))
    responses["200"]["content"] = {"application/jsonl": {"itemSchema": {}}, **responses["200"]["content"]}
    generated = generate_valid(of_3_2({"/things": {"get": {"operationId": "things", "responses": responses}}}))
    assert field(generated) == 'things: ThingsResponse @get(path: "/things")'


@pytest.mark.parametrize("own", ["https://example.com/api/openapi.json", "/api/openapi.json", "openapi.json"])
def test_references_by_the_documents_own_url(own: str) -> None:
    schema = {"$ref": f"{own}#/components/schemas/User"}
    source = {**answering(of(a=schema, b=ref("User")), {"User": of(name="string")}), "openapi": "3.2.0", "$self": own}
    assert definition(generate_valid(source), "ThingsResponse") == "type ThingsResponse {\n  a: User\n  b: User\n}"


def test_a_parameter_that_is_the_whole_query() -> None:
    content = {"application/x-www-form-urlencoded": {"schema": of(q="string", ids={"type": "array", "items": {}})}}
    parameter = {"name": "search", "in": "querystring", "content": content}
    operation = {"operationId": "things", "parameters": [parameter], "responses": answer(of(a="string"))}
    served = Served(of_3_2({"/things": {"get": operation}}), {"/things": {"a": "x"}})
    assert served.data('{ things(search: {q: "a b", ids: [1, 2]}) { a } }') == {"things": {"a": "x"}}
    assert served.requests == ["GET /things?q=a%20b&ids=1&ids=2"]
    assert served.data("{ things { a } }") == {"things": {"a": "x"}}
    assert served.requests == ["GET /things"]


def test_a_whole_query_that_is_no_form_is_left_out() -> None:
    parameter = {"name": "search", "in": "querystring", "content": {"application/json": {"schema": of(q="string")}}}
    operation = {"operationId": "things", "parameters": [parameter], "responses": answer({"type": "string"})}
    generated = generate_valid(of_3_2({"/things": {"get": operation}}))
    assert field(generated) == 'things: String @get(path: "/things")'
    assert "a query of type application/json cannot be written" in only(generated).reason


def test_media_types_by_reference() -> None:
    of_type = {"$ref": "#/components/mediaTypes/User"}
    operation = {
        "operationId": "things",
        "requestBody": {"content": {"application/json": of_type}},
        "responses": {"200": {"content": {"application/json": of_type}}},
    }
    source = of_3_2({"/things": {"post": operation}}, {"User": of(name="string")})
    source["components"]["mediaTypes"] = {"User": {"schema": ref("User")}}
    assert field(generate_valid(source)) == 'things(input: UserInput): User @post(path: "/things", body: "input")'


def test_a_hierarchy_of_tags_changes_nothing() -> None:
    tags = [{"name": "pets", "kind": "nav"}, {"name": "cats", "parent": "pets", "summary": "Cats"}]
    operation = {"operationId": "things", "tags": ["cats"], "responses": answer({"type": "string"})}
    assert only(generate_valid(of_3_2({"/things": {"get": operation}}, tags=tags))).kind == "typed"
