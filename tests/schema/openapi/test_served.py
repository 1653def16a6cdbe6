"""What is generated, asked of an app: each parameter arrives as its document says it is written."""

from typing import Any

import pytest
from flask import Flask, jsonify, request

from restgql import Gateway
from tests.schema.openapi.documents import answer, document, of, ref


def echo(**path: str) -> Any:
    return jsonify(
        {
            "path": request.full_path.rstrip("?"),
            "tenant": request.headers.get("X-Tenant"),
            "form": request.form.to_dict(),
            "json": request.get_json(silent=True),
            "meta.size": 3,
            "state": "in-progress",
            "pet": {"kind": "cat", "lives": 9},
        }
    )


ECHO = of(**{"path": "string", "tenant": "string", "form": {}, "json": {}, "meta.size": "integer"}) | {}
ECHO["properties"] |= {
    "state": {"type": "string", "enum": ["open", "in-progress"]},
    "pet": {"oneOf": [ref("Cat"), ref("Dog")]},
}
SCHEMAS = {
    "Echo": ECHO,
    "Cat": of(kind={"type": "string", "enum": ["cat"]}, lives="integer"),
    "Dog": of(kind={"type": "string", "enum": ["dog"]}, tricks="integer"),
}
LIST = {"type": "array", "items": {"type": "integer"}}
PARAMETERS = [
    {"name": "a-b", "in": "path", "required": True, "schema": {"type": "string"}},
    {"name": "q", "in": "query", "schema": {"type": "string"}},
    {"name": "ids", "in": "query", "schema": LIST},
    {"name": "csv", "in": "query", "schema": LIST, "explode": False},
    {"name": "pipes", "in": "query", "schema": LIST, "style": "pipeDelimited", "explode": False},
    {"name": "tags[]", "in": "query", "schema": LIST},
    {"name": "filter", "in": "query", "style": "deepObject", "schema": of(name="string", age="integer")},
    {"name": "json", "in": "query", "content": {"application/json": {"schema": of(x="integer")}}},
    {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["up", "-down"]}},
    {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}},
]


def body(media_type: str) -> dict[str, Any]:
    return {"requestBody": {"content": {media_type: {"schema": of(name="string", size="integer")}}}}


DOCUMENT = document(
    {
        "/echo/{a-b}": {"get": {"operationId": "echo", "parameters": PARAMETERS, "responses": answer(ref("Echo"))}},
        "/json": {"post": {"operationId": "sendJson", **body("application/json"), "responses": answer(ref("Echo"))}},
        "/form": {
            "put": {
                "operationId": "sendForm",
                **body("application/x-www-form-urlencoded"),
                "responses": answer(ref("Echo")),
            }
        },
    },
    SCHEMAS,
)


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/echo/<a_b>", "echo", echo)
    app.add_url_rule("/json", "json", echo, methods=["POST"])
    app.add_url_rule("/form", "form", echo, methods=["PUT"])
    Gateway(app, openapi=DOCUMENT)
    return app


def ask(app: Flask, query: str) -> Any:
    answered = app.test_client().post("/graphql", json={"query": query}).get_json()
    assert "errors" not in answered, answered
    return answered["data"]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ('q: "x y"', "?q=x%20y"),
        ("ids: [1, 2]", "?ids=1&ids=2"),
        ("csv: [1, 2]", "?csv=1,2"),
        ("pipes: [1, 2]", "?pipes=1%7C2"),
        ("tags: [1, 2]", "?tags%5B%5D=1&tags%5B%5D=2"),
        ('filter: {name: "n"}', "?filter%5Bname%5D=n"),
        ("json: {x: 1}", "?json=%7B%22x%22%3A1%7D"),
        ("sort: minus_down", "?sort=-down"),
        ('q: "a", tags: [1]', "?q=a&tags%5B%5D=1"),
        ("ids: [], pipes: [], tags: []", ""),
    ],
)
def test_parameters(app: Flask, arguments: str, path: str) -> None:
    data = ask(app, f'{{ echo(a_b: "k", {arguments}) {{ path }} }}')
    assert data == {"echo": {"path": f"/echo/k{path}"}}


def test_headers(app: Flask) -> None:
    assert ask(app, '{ echo(a_b: "k", X_Tenant: "t") { tenant } }') == {"echo": {"tenant": "t"}}
    assert ask(app, '{ echo(a_b: "k") { tenant } }') == {"echo": {"tenant": None}}


def test_results(app: Flask) -> None:
    query = '{ echo(a_b: "k") { meta_size state pet { __typename ... on Cat { lives } } } }'
    assert ask(app, query) == {
        "echo": {"meta_size": 3, "state": "in_progress", "pet": {"__typename": "Cat", "lives": 9}}
    }


def test_bodies(app: Flask) -> None:
    assert ask(app, 'mutation { sendJson(input: {name: "a", size: 1}) { json } }') == {
        "sendJson": {"json": {"name": "a", "size": 1}}
    }
    assert ask(app, 'mutation { sendForm(input: {name: "a b"}) { form } }') == {"sendForm": {"form": {"name": "a b"}}}
