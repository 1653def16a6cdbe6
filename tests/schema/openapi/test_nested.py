"""Objects and lists within parameters and forms: the request that leaves."""

import io
import json
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, request

from restgql import Gateway
from tests.schema.openapi.documents import answer, document, field, generate_valid, of, only, ref, sending
from tests.schema.openapi.served import Served

LIST = {"type": "array", "items": {"type": "string"}}
MAP = {"type": "object", "additionalProperties": {"type": "string"}}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
SCHEMAS = {"Node": {**of(name="string"), "properties": {"name": {"type": "string"}, "child": ref("Node")}}}


def sent(operation: dict[str, Any], arguments: str, path: str = "/things", *, upload: bool = False) -> Any:
    """Return the request that one field makes: its target, and its form."""
    app, seen = Flask(__name__), []

    def view(**of_path: str) -> dict[str, Any]:
        form = request.form.to_dict(flat=False)
        seen.append((request.environ["PATH_INFO"], unquote(request.query_string.decode()), form))
        return {"ok": True}

    is_read = "requestBody" not in operation
    app.add_url_rule(path.replace("{id}", "<id>"), "view", view, methods=["GET" if is_read else "POST"])
    source = {**operation, "operationId": "it", "responses": answer(of(ok="boolean"))}
    Gateway(app, openapi=document({path: {"get" if is_read else "post": source}}, SCHEMAS))
    declared = "($f: Upload)" if upload else ""
    query = f"{'query' if is_read else 'mutation'} q{declared} {{ it({arguments}) {{ ok }} }}"
    client = app.test_client()
    if upload:
        operations = json.dumps({"query": query, "variables": {"f": None}})
        data = {"operations": operations, "map": '{"0": ["variables.f"]}', "0": (io.BytesIO(b"x"), "x.txt")}
        headers = {"GraphQL-Preflight": "1"}
        response = client.post("/graphql", data=data, content_type=MULTIPART, headers=headers)
    else:
        response = client.post("/graphql", json={"query": query})
    assert response.get_json()["data"]["it"] == {"ok": True}, response.get_json()
    assert len(seen) == 1
    return seen[0]


@pytest.mark.parametrize(
    ("parameter", "arguments", "expected"),
    [
        ({"schema": of(page="integer", sort=LIST)}, 'p: {page: 0, sort: ["a,asc", "b"]}', "page=0&sort=a,asc&sort=b"),
        ({"schema": of(page="integer", by=of(name="string"))}, 'p: {page: 1, by: {name: "n"}}', "page=1&by[name]=n"),
        ({"schema": MAP}, 'p: {a: "1", b: ["2", "3"]}', "a=1&b=2&b=3"),
        ({"schema": MAP}, "p: {}", ""),
        ({"schema": of(a="integer", b="string"), "explode": False}, 'p: {a: 1, b: "x,y"}', "p=a,1,b,x,y"),
        ({"schema": of(a="integer", b="string"), "explode": False}, "p: {a: 1, b: null}", "p=a,1"),
        ({"schema": of(**{"first-name": "string"})}, 'p: {first_name: "n"}', "first-name=n"),
        ({"schema": {"type": "array", "items": of(a="integer")}}, "p: [{a: 1}, {a: 2}]", "p[0][a]=1&p[1][a]=2"),
        ({"style": "deepObject", "schema": of(geo=of(lat="integer"))}, "p: {geo: {lat: 1}}", "p[geo][lat]=1"),
        ({"style": "deepObject", "schema": of(ids=LIST)}, 'p: {ids: ["1", "2"]}', "p[ids]=1&p[ids]=2"),
        ({"style": "deepObject", "schema": MAP}, 'p: {a: "1", b: null, c: {d: false}}', "p[a]=1&p[c][d]=false"),
        ({"style": "deepObject", "schema": ref("Node")}, 'p: {child: {child: {name: "n"}}}', "p[child][child][name]=n"),
        ({"style": "deepObject", "schema": {"anyOf": [of(gte="integer"), {"type": "integer"}]}}, "p: {gte: 5}",
         "p[gte]=5"),
        ({"style": "deepObject", "schema": {"anyOf": [of(gte="integer"), {"type": "integer"}]}}, "p: 5", "p=5"),
        ({"style": "deepObject", "schema": {"type": "array", "items": of(a="integer")}}, "p: [{a: 1}]", "p[0][a]=1"),
    ],
)  # fmt: skip
def test_what_is_nested_in_a_query_parameter(parameter: Any, arguments: str, expected: str) -> None:
    operation = {"parameters": [{"name": "p", "in": "query", **parameter}]}
    assert sent(operation, arguments)[1] == expected


def test_an_object_of_many_keys() -> None:
    keys = {f"a_long_key_of_number_{number}": "string" for number in range(100)}
    operation = {"parameters": [{"name": "filter", "in": "query", "style": "deepObject", "schema": of(**keys)}]}
    assert sent(operation, 'filter: {a_long_key_of_number_99: "x"}')[1] == "filter[a_long_key_of_number_99]=x"


def test_exploded_objects_beside_other_parameters() -> None:
    operation = {
        "parameters": [
            {"name": "a-b", "in": "query", "schema": {"type": "integer"}},
            {"name": "p", "in": "query", "schema": MAP},
            {"name": "r", "in": "query", "schema": of(ids=LIST)},
            {"name": "q", "in": "query", "schema": {"type": "string"}},
        ]
    }
    _, query, _ = sent(operation, 'q: "q", a_b: 1, p: {x: "y"}, r: {ids: ["1", "2"]}')
    assert query == "q=q&a-b=1&x=y&ids=1&ids=2"
    assert sent(operation, "a_b: 1")[1] == "a-b=1"


@pytest.mark.parametrize(
    ("style", "schema", "argument", "expected"),
    [
        ({"style": "label"}, {"type": "integer"}, "5", "/things/.5"),
        ({"style": "label"}, LIST, '["3", "4"]', "/things/.3,4"),
        ({"style": "label", "explode": True}, LIST, '["3", "4"]', "/things/.3.4"),
        ({"style": "label", "explode": True}, of(a="string", b="string"), '{a: "1", b: "2"}', "/things/.a=1.b=2"),
        ({"style": "matrix"}, {"type": "string"}, '"a/b"', "/things/;id=a%2Fb"),
        ({"style": "matrix"}, LIST, '["3", "4"]', "/things/;id=3,4"),
        ({"style": "matrix", "explode": True}, LIST, '["3", "4"]', "/things/;id=3;id=4"),
        ({"style": "matrix", "explode": True}, of(a="string"), '{a: "1"}', "/things/;a=1"),
        ({"explode": True}, of(a="string"), '{a: "1"}', "/things/a=1"),
        ({}, of(a="integer", **{"b-c": "string"}), '{a: 1, b_c: "x y"}', "/things/a,1,b-c,x y"),
        ({"style": "label"}, of(a="integer", b="string"), '{a: 1, b: "2"}', "/things/.a,1,b,2"),
        ({"style": "matrix"}, of(a="integer", b="string"), '{a: 1, b: "2"}', "/things/;id=a,1,b,2"),
    ],
)
def test_styles_of_a_path(style: Any, schema: Any, argument: str, expected: str) -> None:
    operation = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": schema, **style}]}
    if "%2F" in expected:  # a value never adds a segment, and Flask's own converter takes none that is encoded
        expression = field(generate_valid(document({"/things/{id}": {"get": {**operation, "operationId": "things"}}})))
        assert '"/things/{;id}"' in expression
        return
    assert sent(operation, f"id: {argument}", "/things/{id}")[0] == expected


@pytest.mark.parametrize(
    ("parameter", "argument", "text"),
    [
        ({"schema": LIST}, '["a", "b c"]', "a,b c"),
        ({"schema": LIST}, "[]", ""),
        ({"schema": LIST, "explode": True}, '["a"]', "a"),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, f"[{2**60 + 1}, null, 2]", f"{2**60 + 1},2"),
        ({"schema": of(a="integer", b="string"), "explode": True}, '{a: 1, b: "x"}', "a=1,b=x"),
        ({"schema": of(a="integer", b="string"), "explode": True}, "{a: 1, b: null}", "a=1"),
    ],
)
def test_lists_and_objects_in_a_header(parameter: Any, argument: str, text: str) -> None:
    get = {"operationId": "things", "parameters": [{"name": "X-Ids", "in": "header", **parameter}]}
    served = Served(document({"/things": {"get": {**get, "responses": answer(of(ok="boolean"))}}}), {"/things": {}})
    served.data(f"{{ things(X_Ids: {argument}) {{ ok }} }}")
    assert served.headers["X-Ids"] == text
    served.data("{ things { ok } }")
    assert "X-Ids" not in served.headers


def test_styles_of_a_path_whose_name_is_no_graphql_name() -> None:
    parameter = {"name": "a-b", "in": "path", "required": True, "style": "matrix", "schema": {"type": "integer"}}
    source = document({"/things/{a-b}": {"get": {"operationId": "things", "parameters": [parameter]}}})
    assert 'path: "/things/;a-b={a_b}"' in field(generate_valid(source))
    source["paths"]["/things/{a-b}"]["get"]["parameters"] = [{**parameter, "schema": LIST, "explode": True}]
    generated = generate_valid(source)
    assert "(a_b: String!)" in field(generated)
    assert "the path repeats it" in only(generated).reason


@pytest.mark.parametrize(
    ("schema", "encoding", "argument", "expected"),
    [
        (MAP, {"style": "deepObject"}, '{order: "7"}', {"p[order]": ["7"]}),
        (ref("Node"), {"style": "deepObject"}, '{child: {name: "n"}}', {"p[child][name]": ["n"]}),
        (of(ids=LIST), {"style": "deepObject"}, '{ids: ["1", "2"]}', {"p[ids][]": ["1", "2"]}),
        (LIST, {"style": "deepObject"}, '["1", "2"]', {"p[]": ["1", "2"]}),
        ({"type": "array", "items": of(a="integer")}, {"style": "deepObject"}, "[{a: 1}, {a: 2}]",
         {"p[0][a]": ["1"], "p[1][a]": ["2"]}),
        (MAP, {"style": "form"}, '{order: "7"}', {"order": ["7"]}),
        (MAP, {}, '{order: "7"}', {"p": ['{"order":"7"}']}),
        (MAP, {}, "{}", {"p": ["{}"]}),
        (LIST, {}, '["1", "2"]', {"p": ["1", "2"]}),
        (LIST, {"explode": False}, '["1", "2"]', {"p": ["1,2"]}),
        (LIST, {"style": "pipeDelimited", "explode": False}, '["1", "2"]', {"p": ["1|2"]}),
        (LIST, {"contentType": "application/json"}, '["1", "2"]', {"p": ['["1","2"]']}),
        ({"type": "array", "items": of(a="integer")}, {}, "[{a: 1}, {a: 2}]", {"p": ['{"a":1}', '{"a":2}']}),
        ({"type": "boolean"}, {}, "false", {"p": ["false"]}),
    ],
)  # fmt: skip
def test_the_encoding_of_a_form(schema: Any, encoding: Any, argument: str, expected: Any) -> None:
    media = {"schema": of(amount="integer", p=schema), "encoding": {"p": encoding}}
    operation = {"requestBody": {"content": {FORM: media}}}
    assert sent(operation, f"input: {{amount: 1, p: {argument}}}")[2] == {"amount": ["1"], **expected}
    assert sent(operation, "input: {amount: 1}")[2] == {"amount": ["1"]}


def test_what_a_form_cannot_write_is_noted() -> None:
    encoding = {"p": {"style": "form", "explode": False}}
    generated = generate_valid(sending(of(p=MAP), media_type=FORM))
    source = sending(of(p=MAP), media_type=FORM)
    source["paths"]["/things"]["post"]["requestBody"]["content"][FORM]["encoding"] = encoding
    assert only(generated).kind == "typed"
    assert "p is not written as the document demands" in only(generate_valid(source)).reason


@pytest.mark.parametrize(("collection", "expected"), [(None, ["1,2"]), ("multi", ["1", "2"]), ("ssv", ["1 2"])])
def test_lists_in_forms_of_swagger_2(collection: str | None, expected: list[str]) -> None:
    app, seen = Flask(__name__), []

    @app.post("/things")
    def things() -> dict[str, Any]:
        seen.append(request.form.to_dict(flat=False))
        return {}

    parameter = {"name": "ids", "in": "formData", **LIST, **({"collectionFormat": collection} if collection else {})}
    operation = {"operationId": "it", "parameters": [parameter]}
    Gateway(app, openapi={"swagger": "2.0", "paths": {"/things": {"post": operation}}})
    app.test_client().post("/graphql", json={"query": 'mutation { it(input: {ids: ["1", "2"]}) }'})
    assert seen == [{"ids": expected}]


def test_an_object_in_a_multipart_body_is_a_part_of_json() -> None:
    schema = of(
        file={"type": "string", "format": "binary"}, meta=of(title="string"), more={"type": "array", "items": MAP}
    )
    operation = {"requestBody": {"content": {MULTIPART: {"schema": schema}}}}
    _, _, form = sent(operation, 'input: {file: $f, meta: {title: "T"}, more: [{a: "1"}, {a: "2"}]}', upload=True)
    assert form == {"meta": ['{"title":"T"}'], "more": ['{"a":"1"}', '{"a":"2"}']}


def test_a_part_that_should_be_in_brackets_is_noted() -> None:
    source = sending(of(meta=MAP, tags=LIST), media_type=MULTIPART)
    media = source["paths"]["/things"]["post"]["requestBody"]["content"][MULTIPART]
    media["encoding"] = {"meta": {"style": "deepObject"}, "tags": {"style": "deepObject"}}
    assert only(generate_valid(source)).reason == "meta is sent as a JSON part, not with deepObject"


def test_an_untyped_form_has_keys_in_brackets() -> None:
    app, seen = Flask(__name__), []

    @app.post("/things")
    def things() -> dict[str, Any]:
        seen.append(request.form.to_dict(flat=False))
        return {}

    Gateway(app, verbs=["GET", "POST"])
    body = "{a: 1, b: {c: [1, 2], d: {e: null, f: 3}}, g: [4, 5]}"
    query = f'mutation {{ post(path: "/things", encoding: FORM, body: {body}) {{ status }} }}'
    assert app.test_client().post("/graphql", json={"query": query}).get_json()["data"]["post"] == {"status": 200}
    assert seen == [{"a": ["1"], "b[c][]": ["1", "2"], "b[d][f]": ["3"], "g": ["4", "5"]}]


def test_what_is_nested_too_deep_is_refused() -> None:
    app = Flask(__name__)
    app.add_url_rule("/things", view_func=dict, methods=["GET", "POST"])
    Gateway(app, verbs=["GET", "POST"])
    body: Any = 1
    for _ in range(40):
        body = {"a": body}
    query = 'mutation($b: JSON) { post(path: "/things", encoding: FORM, body: $b) { status error } }'
    response = app.test_client().post("/graphql", json={"query": query, "variables": {"b": body}}).get_json()
    assert response["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
