"""Parameters: arguments, and where each goes."""

from typing import Any

import jmespath
import pytest
from graphql import Undefined, print_ast

from restgql.errors import BadPath
from restgql.formats import template
from tests.schema.openapi.documents import asking, built, definition, field, generate_valid, of, only

LIST = {"type": "array", "items": {"type": "string"}}
SORT = {"type": "string", "enum": ["asc", "-desc"], "default": "-desc"}


def query(name: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}, **more}


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (query("q"), '(q: String): String @get(path: "/things{?q}")'),
        (query("q", required=True), '(q: String!): String @get(path: "/things{?q}")'),
        (query("n", {"type": "integer", "default": 20}), '( "Default: 20" n: Long ): String @get(path: "/things{?n}")'),
        (query("n", {"type": "integer", "minimum": 1}), '(n: Long): String @get(path: "/things{?n}")'),
        (query("n", {"type": "integer", "default": 20}, required=True), '( "Default: 20" n: Long! ): String'),
        (query("v", {"type": "string", "enum": ["1.0"]}, required=True), '(v: String = "1.0"): String'),
        (query("s", SORT), '( "Default: minus_desc" s: ThingsS ): String @get(path: "/things{?s}")'),
        (query("ids", LIST), '(ids: [String]): String @get(path: "/things{?ids*}")'),
        (query("ids", {**LIST, "default": ["a"]}), '( "Default: [\\"a\\"]" ids: [String] ): String'),
        (query("ids", LIST, explode=False), '(ids: [String]): String @get(path: "/things{?ids}")'),
        (query("f", of(a="string")), '(f: ThingsFInput): String @get(path: "/things{?f*}")'),
        (query("f", {"oneOf": [{"type": "string"}, LIST]}), '(f: JSON): String @get(path: "/things{?f*}")'),
        (query("f", {"type": "object"}), '(f: JSON): String @get(path: "/things", query: "f || `{}`")'),
        (query("f", of(a=LIST)), '(f: ThingsFInput): String @get(path: "/things", query: "f || `{}`")'),
        (query("f", of(a="string"), explode=False), '(f: ThingsFInput): String @get(path: "/things{?f}")'),
        (
            query("page[size]", {"type": "integer"}),
            '(page_size: Long): String @get(path: "/things", query: "{\\"page[size]\\": page_size}")',
        ),
        (
            query("ids[]", LIST),
            '(ids: [String]): String @get(path: "/things", query: "{\\"ids[]\\": ids}")',
        ),
        (
            query("ids", LIST, style="pipeDelimited", explode=False),
            "query: \"{\\\"ids\\\": ids && join('|', ids[*].to_string(@))}\")",
        ),
        (query("f", of(a="string", b="integer"), style="deepObject"), 'query: "{\\"f\\": f}")'),
        (query("f", {"type": "object"}, style="deepObject"), '(f: JSON): String @get(path: "/things", query:'),
        (query("f", LIST, style="deepObject"), 'query: "{\\"f[]\\": f}")'),
        (
            {"name": "f", "in": "query", "content": {"application/json": {"schema": of(a="string")}}},
            '(f: ThingsFInput): String @get(path: "/things", query: "{\\"f\\": f && to_string(f)}")',
        ),
        (
            {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string", "default": "a"}},
            '( "Default: \\"a\\"" X_Tenant: String ): String '
            '@get(path: "/things", headers: [{name: "X-Tenant", value: "{X_Tenant}"}])',
        ),
        (query("this"), 'query: "{\\"this\\": this2}")'),
        (query("__x"), '(x: String): String @get(path: "/things", query: "{\\"__x\\": x}")'),
    ],
)  # fmt: skip
def test_a_parameter(parameter: Any, expected: str) -> None:
    printed = field(generate_valid(asking(parameter)))
    assert expected in printed.replace('[{ name: "', '[{name: "').replace('" }]', '"}]')  # as graphql-core 3.3 has it


@pytest.mark.parametrize(("style", "text"), [("csv", "{?ids}"), ("multi", "{?ids*}"), (None, "{?ids}")])
def test_collections_of_swagger_2(style: str | None, text: str) -> None:
    parameter = {"name": "ids", "in": "query", "type": "array", "items": {"type": "string"}}
    source = {**asking(parameter | ({"collectionFormat": style} if style else {})), "swagger": "2.0"}
    assert f'(ids: [String]): String @get(path: "/things{text}")' in field(generate_valid(source))


@pytest.mark.parametrize(("style", "delimiter"), [("ssv", " "), ("tsv", "\t"), ("pipes", "|")])
def test_delimited_collections_of_swagger_2(style: str, delimiter: str) -> None:
    parameter = {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}, "collectionFormat": style}
    expression = query_of(generate_valid({**asking(parameter), "swagger": "2.0"}))
    assert jmespath.search(expression, {"ids": [1, 2]}) == {"ids": f"1{delimiter}2"}
    assert jmespath.search(expression, {"ids": None}) == {"ids": None}


def query_of(generated: Any) -> str:
    """Return the argument `query` of the only field's directive."""
    (directive,) = generated.document.definitions[0].fields[0].directives
    return str(next(argument.value.value for argument in directive.arguments if argument.name.value == "query"))


@pytest.mark.parametrize(
    ("path", "parameter", "expected"),
    [
        ("/users/{user-id}", {"name": "user-id", "in": "path", "schema": {"type": "integer"}}, "/users/{user_id}"),
        ("/users/{id}", {"name": "id", "in": "path", "schema": LIST}, "/users/{id*}"),
        ("/users/{id}", {"name": "id", "in": "query", "schema": LIST}, "/users/{id*}"),
        ("/files/{+path}", {"name": "path", "in": "path", "schema": {"type": "string"}}, "/files/{path}"),
        ("/files/{proxy+}", {"name": "proxy", "in": "path", "schema": {"type": "string"}}, "/files/{proxy}"),
        ("/#Action=Go", {"name": "Action", "in": "query", "schema": {"type": "string"}}, "/{?Action}"),
        ("/go?a=1", {"name": "b", "in": "query", "schema": {"type": "string"}}, "/go?a=1{&b}"),
        ("/odd}path{", {"name": "b", "in": "query", "schema": {"type": "string"}}, "/odd%7Dpath%7B{?b}"),
    ],
)
def test_paths(path: str, parameter: Any, expected: str) -> None:
    generated = generate_valid(asking({**parameter, "required": True}, path=path))
    assert f'@get(path: "{expected}")' in field(generated)
    assert template.compile(expected)


def test_what_a_path_names_is_required_declared_or_not() -> None:
    parameter = {"name": "a", "in": "path", "schema": {"type": "integer"}}
    generated = generate_valid(asking(parameter, path="/x/{a}/{b}"))
    assert field(generated) == 'things(a: Long!, b: String!): String @get(path: "/x/{a}/{b}")'


def test_one_name_in_the_path_and_in_the_query() -> None:
    path = {"name": "id", "in": "path", "schema": {"type": "integer"}}
    generated = generate_valid(asking(path, query("id"), path="/things/{id}"))
    assert field(generated) == (
        'things(id: Long!, id2: String): String @get(path: "/things/{id}", query: "{\\"id\\": id2}")'
    )


def test_a_path_parameter_that_cannot_be_found_is_a_string() -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/nowhere"}}
    generated = generate_valid(asking(parameter, path="/things/{id}"))
    assert field(generated) == 'things(id: String!): String @get(path: "/things/{id}")'
    assert only(generated).reason == "the path parameter id is a String, the reference #/nowhere has no target"


def test_what_no_path_names_is_left_out() -> None:
    generated = generate_valid(asking({"name": "a", "in": "path", "schema": {"type": "integer"}}))
    assert field(generated) == 'things: String @get(path: "/things")'


def test_a_path_item_shares_its_parameters_and_an_operation_overrides_them() -> None:
    source = asking(query("a", {"type": "integer"}))
    source["paths"]["/things"]["parameters"] = [query("a"), query("b")]
    assert field(generate_valid(source)) == 'things(a: Long, b: String): String @get(path: "/things{?a,b}")'


def test_one_name_in_several_places_is_several_arguments() -> None:
    header = {"name": "v", "in": "header", "schema": {"type": "string"}}
    generated = generate_valid(asking(header, query("v", {"type": "integer"})))
    assert "(v: String, v2: Long)" in field(generated)
    assert 'query: "{\\"v\\": v2}"' in field(generated)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Authorization", "header"),
        ("Cookie", "header"),
        ("Host", "header"),
        ("X-Forwarded-For", "header"),
        ("Accept", "header"),
        ("Content-Type", "header"),
        ("session", "cookie"),
    ],
)
def test_what_is_the_callers_own_is_no_argument(name: str, place: str) -> None:
    generated = generate_valid(asking({"name": name, "in": place, "required": True, "schema": {"type": "string"}}))
    assert field(generated) == 'things: String @get(path: "/things")'
    assert only(generated).kind == "typed"
    assert name in only(generated).reason


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ({"name": "X-Ids", "in": "header", "schema": {**LIST, "items": LIST}}, "a header can only be a scalar"),
        ({"name": "X-Ids", "in": "header", "schema": of(a="string")}, "a header can only be a scalar"),
        (
            {"name": "X-Ids", "in": "header", "content": {"text/json": {"schema": LIST}}},
            "a header can only be a scalar",
        ),
        ({"name": "X-Ids", "in": "header", "type": "array", "items": {}, "collectionFormat": "pipes"}, "a header can"),
        ({"name": "no header", "in": "header", "schema": {}}, "its name is not a valid header name"),
        (query("f", of(a=of(b="string")), explode=False), "writes an object as one value"),
        (query("f", of(a=LIST), explode=False), "writes an object as one value"),
        (query("f", {"type": "object", "additionalProperties": {}}, explode=False), "writes an object as one value"),
        (query("f-g", of(a="string"), explode=False), "writes an object as one value"),
        (query("f", of(a="string"), explode=False, style="pipeDelimited"), "writes an object as one value"),
        (query("f", {"$ref": "#/nowhere"}), "the reference #/nowhere has no target"),
        ({"$ref": "#/nowhere"}, "the reference #/nowhere has no target"),
    ],
)
def test_what_cannot_be_sent_is_left_out_with_its_reason(parameter: Any, reason: str) -> None:
    generated = generate_valid(asking(parameter, query("q")))
    assert field(generated) == 'things(q: String): String @get(path: "/things{?q}")'
    assert only(generated).kind == "partly"
    assert reason in only(generated).reason


def test_expressions_stay_within_what_may_be_evaluated() -> None:
    generated = generate_valid(asking(*(query(f"filter[{'n' * 20}{number}]") for number in range(60))))
    assert "the expression for the query would be too long" in only(generated).reason
    assert len(query_of(generated)) <= 1_024


def test_a_route_may_take_more_than_a_client_may_write() -> None:
    generated = generate_valid(asking(*(query(f"a_rather_long_name_of_a_filter_{number}") for number in range(600))))
    schema = built(generated)
    assert schema.query_type
    assert len(schema.query_type.fields["things"].args) == 600
    path = field(generated).partition('path: "')[2].partition('"')[0]
    assert len(template.compile_typed(path).names) == 600
    with pytest.raises(BadPath):
        template.compile(path)


def test_no_default_is_sent_and_each_is_shown() -> None:
    source = [True, 1, 2**70, 1.5, float("inf"), "a", "", ["a"], [None], {"a": 1}, None, "x" * 300]
    kinds = [{"type": kind} for kind in ("string", "integer", "number", "boolean", "object")] + [LIST, SORT]
    parameters = [
        query(f"p{i}_{j}", {**kind, "default": value}) for i, kind in enumerate(kinds) for j, value in enumerate(source)
    ]
    generated = generate_valid(asking(*parameters))
    schema = built(generated)
    assert schema.query_type
    arguments = schema.query_type.fields["things"].args
    assert {argument.default_value for argument in arguments.values()} == {Undefined}
    assert {argument.description for argument in arguments.values()} == {
        "Default: true", "Default: 1", f"Default: {2**70}", "Default: 1.5", "Default: inf", 'Default: "a"', None,
        'Default: ["a"]', "Default: [null]", 'Default: {"a":1}', f'Default: "{"x" * 199}…',
    }  # fmt: skip


def test_an_enum_that_parameters_share_is_one_type() -> None:
    source = asking({"$ref": "#/components/parameters/Sort"})
    source["paths"]["/others"] = {
        "get": {"operationId": "others", "parameters": [{"$ref": "#/components/parameters/Sort"}]}
    }
    source["components"]["parameters"] = {"Sort": query("sort", SORT)}
    generated = generate_valid(source)
    assert "sort: ThingsSort" in field(generated, "others")
    assert definition(generated, "ThingsSort") == 'enum ThingsSort {\n  asc\n  minus_desc @value(is: "-desc")\n}'


def test_deprecated_arguments() -> None:
    generated = generate_valid(asking(query("old", deprecated=True), query("must", deprecated=True, required=True)))
    assert field(generated).startswith("things(old: String @deprecated, must: String!)")
    assert print_ast(generated.document)
