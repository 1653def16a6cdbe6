"""The responses of an operation: several successful ones, and documented header fields."""

from typing import Any

import pytest

from tests.schema.openapi.documents import INT, answering, definition, document, field, generate_valid, of, only, ref
from tests.schema.openapi.served import Served

HEADERS = {
    "X-Total": {"schema": INT},
    "X-Flag": {"schema": {"type": "boolean"}},
    "ETag": {"schema": {"type": "string"}, "description": "Of this version."},
    "Link": {"schema": {"type": "string"}},
    "X-Page": {"schema": of(next="integer")},
    "X-State": {"schema": {"type": "string", "enum": ["on", "off"]}},
    "Set-Cookie": {"schema": {"type": "string"}},
    "Content-Type": {"schema": {"type": "string"}},
    "no header": {"schema": {"type": "string"}},
}
SENT = {"X-Total": "12", "X-Flag": "true", "ETag": '"v1"', "Link": '</p?page=2>; rel="next"', "X-Page": '{"next": 2}'}
SELECTED = "X_Total X_Flag ETag Link X_Page { next } X_State"
SHOWN = {
    "X_Total": 12,
    "X_Flag": True,
    "ETag": '"v1"',
    "Link": {"next": "/p?page=2"},
    "X_Page": {"next": 2},
    "X_State": None,
}


def with_headers(schema: Any, headers: Any = HEADERS, **schemas: Any) -> dict[str, Any]:
    source = answering(schema, schemas)
    source["paths"]["/things"]["get"]["responses"]["200"]["headers"] = headers
    return source


def test_headers_are_fields_of_the_object() -> None:
    source = with_headers(ref("User"), User=of(name="string"))
    assert definition(generate_valid(source), "User").split("\n")[1:-1] == [
        "  name: String",
        '  X_Total: Int @select(header: "X-Total")',
        '  X_Flag: Boolean @select(header: "X-Flag", from: "@ && @ == \'true\'")',
        '  "Of this version."',
        '  ETag: String @select(header: "ETag")',
        '  Link: JSON @select(header: "Link")',
        '  X_Page: UserXPage @select(header: "X-Page")',
        '  X_State: UserXState @select(header: "X-State")',
    ]
    served = Served(source, {"/things": (200, {"name": "a"}, SENT)})
    assert served.data(f"{{ things {{ name {SELECTED} }} }}")["things"] == {"name": "a", **SHOWN}
    assert served.data("{ things { name } }") == {"things": {"name": "a"}}


def test_headers_that_are_not_sent_are_null() -> None:
    served = Served(with_headers(of(name="string")), {"/things": {"name": "a"}})
    assert served.data(f"{{ things {{ {SELECTED} }} }}")["things"] == dict.fromkeys(SHOWN)


def test_a_type_with_headers_takes_no_list() -> None:
    response = Served(with_headers(of(name="string")), {"/things": [{"name": "a"}]}).ask("{ things { name ETag } }")
    assert response["data"] == {"things": None}
    assert response["errors"][0]["extensions"]["code"] == "UPSTREAM_INVALID"


@pytest.mark.parametrize(
    ("schema", "value", "selected", "expected"),
    [
        ({"type": "array", "items": of(name="string")}, [{"name": "a"}], "value { name }", [{"name": "a"}]),
        ({"type": "array", "items": {"type": "integer"}}, [1, 2], "value", [1, 2]),
        ({"type": "object"}, {"a": 1}, "value", {"a": 1}),
        ({"type": "string"}, "text", "value", "text"),
    ],
)
def test_what_is_no_object_has_a_second_field(schema: Any, value: Any, selected: str, expected: Any) -> None:
    served = Served(with_headers(schema), {"/things": (200, value, SENT)})
    query = f"{{ thingsWithHeaders {{ {selected} {SELECTED} }} }}"
    assert served.data(query)["thingsWithHeaders"] == {"value": expected, **SHOWN}
    assert served.requests == ["GET /things"]
    both = "{ things %s thingsWithHeaders { X_Total } }" % ("{ name }" if "{" in selected else "")
    assert served.data(both) == {"things": expected, "thingsWithHeaders": {"X_Total": 12}}
    assert served.requests == ["GET /things"]


def test_a_second_field_gives_way_to_an_operation_of_its_name() -> None:
    source = with_headers({"type": "array", "items": {"type": "string"}})
    source["paths"]["/others"] = {"get": {"operationId": "thingsWithHeaders"}}
    generated = generate_valid(source)
    assert '@get(path: "/others")' in field(generated, "thingsWithHeaders")
    assert '@get(path: "/things")' in field(generated, "thingsWithHeaders2")
    assert generated.names == {"GET /things": "things", "GET /others": "thingsWithHeaders"}


def test_headers_of_several_operations_on_one_type() -> None:
    source = with_headers(ref("User"), {"ETag": {"schema": {"type": "string"}}}, User=of(etag="string", ETag="string"))
    source["paths"]["/other"] = {"get": {"operationId": "other", "responses": {"200": {
        **source["paths"]["/things"]["get"]["responses"]["200"],
        "headers": {"etag": {"schema": {"type": "string"}}, "X-Rate": {"$ref": "#/components/headers/Rate"}},
    }}}}  # fmt: skip
    source["components"]["headers"] = {"Rate": {"schema": INT}}
    assert definition(generate_valid(source), "User").split("\n")[1:-1] == [
        "  etag: String",
        "  ETag: String",
        '  ETag2: String @select(header: "ETag")',
        '  X_Rate: Int @select(header: "X-Rate")',
    ]


def test_headers_of_swagger_2() -> None:
    response = {"schema": of(name="string"), "headers": {"X-Rate": {"type": "integer", "format": "int64"}}}
    source = {
        "swagger": "2.0",
        "paths": {"/things": {"get": {"operationId": "things", "responses": {"200": response}}}},
    }
    assert 'X_Rate: Long @select(header: "X-Rate")' in definition(generate_valid(source), "ThingsResponse")


def test_a_header_that_cannot_be_found_is_json() -> None:
    generated = generate_valid(with_headers(of(name="string"), {"X-Lost": {"$ref": "#/nowhere"}}))
    assert 'X_Lost: JSON @select(header: "X-Lost")' in definition(generated, "ThingsResponse")


def several(**schemas: Any) -> dict[str, Any]:
    """A document with an operation of which each status has a schema."""
    responses = {
        status[1:]: {"content": {"application/json": {"schema": schema}}} for status, schema in schemas.items()
    }
    operation = {"operationId": "things", "responses": responses}
    named = {"User": {**of(name="string"), "required": ["name"]}, "Job": {**of(job="integer"), "required": ["job"]}}
    return document({"/things": {"get": operation}}, named)


def test_several_responses_of_one_type() -> None:
    assert field(generate_valid(several(_200=ref("User"), _201=ref("User")))) == 'things: User @get(path: "/things")'


@pytest.mark.parametrize("status", ["2XX", "2xx"])
def test_a_range_of_statuses(status: str) -> None:
    assert field(generate_valid(several(**{f"_{status}": ref("User")}))) == 'things: User @get(path: "/things")'


@pytest.mark.parametrize("other", ["application/vnd.api+json", "application/problem+json", "text/json", "*/*"])
def test_the_media_type_that_a_request_accepts_first_is_the_type(other: str) -> None:
    content = {other: {"schema": of(data="string")}, "application/json; charset=utf-8": {"schema": of(name="string")}}
    operation = {"operationId": "things", "responses": {"200": {"content": content}}}
    generated = generate_valid(document({"/things": {"get": operation}}))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  name: String\n}"


def test_several_responses_that_a_required_key_tells_apart_are_a_union() -> None:
    source = several(_200=ref("User"), _202=ref("Job"))
    assert definition(generate_valid(source), "ThingsResponse").endswith(" = User | Job")
    query = "{ things { ... on User { name } ... on Job { job } } }"
    assert Served(source, {"/things": {"name": "a"}}).data(query) == {"things": {"name": "a"}}
    assert Served(source, {"/things": (202, {"job": 1}, {})}).data(query) == {"things": {"job": 1}}


def test_several_responses_that_nothing_tells_apart_are_one_type() -> None:
    source = several(_200=of(name="string"), _202=of(job=INT))
    assert (
        definition(generate_valid(source), "ThingsResponse") == "type ThingsResponse {\n  name: String\n  job: Int\n}"
    )
    assert only(generate_valid(source)).kind == "typed"
    assert Served(source, {"/things": (202, {"job": 1}, {})}).data("{ things { name job } }") == {
        "things": {"name": None, "job": 1}
    }


def test_responses_of_different_kinds_are_noted() -> None:
    generated = generate_valid(several(_200={"type": "array", "items": ref("User")}, _202=ref("Job")))
    assert field(generated) == 'things: [User] @get(path: "/things")'
    assert only(generated).kind == "partly"
    assert "its type is that of its first response" in only(generated).reason


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"text/plain": {}}, "String"),
        ({"image/png": {"example": "x"}, "image/gif": {}}, "String"),
        ({"text/plain": {"schema": {"description": "The size."}}}, "String"),
        ({"text/plain": {"schema": {"type": "object"}}}, "JSON"),
        ({"text/plain": {"schema": of(a="string")}}, "JSON"),
        ({"application/json": {}, "text/plain": {}}, "JSON"),
        ({"*/*": {}}, "JSON"),
        ({"text/event-stream": {}}, "JSON"),
        ({}, "JSON"),
    ],
)
def test_a_response_without_a_schema_is_a_string_if_it_is_not_json(content: Any, kind: str) -> None:
    source = document({"/things": {"get": {"operationId": "things", "responses": {"200": {"content": content}}}}})
    assert field(generate_valid(source)).startswith(f"things: {kind} @get")
    answer = {"a": [1]}  # the document is wrong
    text = '{"a":[1]}'
    assert Served(source, {"/things": answer}).data("{ things }") == {"things": text if kind == "String" else answer}
