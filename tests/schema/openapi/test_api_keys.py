"""API keys of a document: the client's own, and never an argument."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from graphql import print_ast

from restgql import Gateway
from restgql.bindings import RequestBinding
from restgql.formats import remote_upstream, target, template
from restgql.formats.target import Site
from restgql.model import SubRequest
from restgql.plan.requests import forward_query
from restgql.sources import combined_sdl
from tests.schema.openapi.documents import answer, document, field, generate_valid, of, ref
from tests.schema.openapi.served import Served

IN_QUERY = {"type": "apiKey", "in": "query", "name": "api_key"}
KEY = {"name": "api_key", "in": "query", "required": True, "schema": {"type": "string"}}


def secured(scheme: Any = IN_QUERY, *parameters: Any, **operation: Any) -> dict[str, Any]:
    own = {"operationId": "things", "parameters": [*parameters], "responses": answer(of(a="string")), **operation}
    source = document({"/things": {"get": own, "post": {**own, "operationId": "addThing"}}}, security=[{"key": []}])
    source["components"]["securitySchemes"] = {"key": scheme}
    return source


def test_the_key_of_the_clients_query_goes_along() -> None:
    query = {"name": "q", "in": "query", "schema": {"type": "string"}}
    served = Served(secured(IN_QUERY, KEY, query), {"/things": {"a": "x"}})
    ask = '{ things(q: "1") { a } }'
    assert served.data(ask, query_string="api_key=s%20t&other=1") == {"things": {"a": "x"}}
    assert served.requests == ["GET /things?q=1&api_key=s%20t"]
    served.data(ask)
    assert served.requests == ["GET /things?q=1"]
    served.data("mutation { addThing { a } }", query_string="api_key=k")
    assert served.requests == ["POST /things?api_key=k"]


def test_the_clients_key_goes_to_no_upstream_of_the_same_document() -> None:
    paths = secured()["paths"] | {"/own": {"get": {"operationId": "own", "responses": answer(of(a="string"))}}}
    source = secured() | {"paths": paths, "servers": [{"url": "http://shop.example"}]}
    app = Flask(__name__)
    app.add_url_rule("/own", "own", dict)
    gateway = Gateway(app, openapi=source, upstreams={"/shop": "http://shop.example"})
    assert gateway.execute("{ own { a } }") == {"data": {"own": {"a": None}}}
    sdl = print_ast(combined_sdl(app.extensions["restgql"]["restgql"].compiled_schema))
    assert '@get(path: "/own", forward: ["api_key"])' in sdl
    assert '@get(path: "/shop/things")' in sdl


@pytest.mark.parametrize("place", ["query", "header"])
def test_a_key_is_no_argument(place: str) -> None:
    scheme = {"type": "apiKey", "in": place, "name": "X-Key"}
    generated = generate_valid(secured(scheme, {"name": "X-Key", "in": place, "schema": {"type": "string"}}))
    forward = ', forward: ["X-Key"]' if place == "query" else ""
    assert field(generated) == f'things: ThingsResponse @get(path: "/things"{forward})'
    note = generated.operations[0]
    assert (note.kind, note.reason) == (
        "typed",
        f"the API key X-Key is sent by the client, in the {place} of its request",
    )


def test_the_key_of_a_header_is_the_callers() -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    served = Served(secured(scheme), {"/things": {"a": "x"}})
    assert served.data("{ things { a } }", headers={"X-Key": "k"}) == {"things": {"a": "x"}}
    assert served.headers["X-Key"] == "k"


@pytest.mark.parametrize(
    ("operation", "forwarded"),
    [
        ({}, True),
        ({"security": []}, False),
        ({"security": [{"other": []}]}, False),
        ({"security": [{}, {"key": []}]}, True),
    ],
)
def test_an_operation_has_the_keys_that_it_may_need(operation: Any, forwarded: bool) -> None:
    assert ("forward" in field(generate_valid(secured(**operation)))) is forwarded


def test_swagger_2() -> None:
    operation = {"operationId": "things", "security": [{"key": []}]}
    source = {"swagger": "2.0", "securityDefinitions": {"key": IN_QUERY}, "paths": {"/things": {"get": operation}}}
    assert 'forward: ["api_key"]' in field(generate_valid(source))


def test_schemes_that_are_none() -> None:
    source = secured({"$ref": "#/nowhere"})
    assert "forward" not in field(generate_valid(source))
    source["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "basic"}}
    assert "forward" not in field(generate_valid(source))


def test_a_join_has_the_key_of_its_target() -> None:
    user = {"operationId": "user", "responses": answer(ref("User"))}
    posts = {"operationId": "posts", "responses": answer({"type": "array", "items": ref("Post")})}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    source = document(
        {"/users/{id}": {"get": {**user, "parameters": [path]}}, "/posts": {"get": posts}},
        {"User": of(name="string"), "Post": of(userId="integer")},
        security=[{"key": []}],
    )
    source["components"]["securitySchemes"] = {"key": IN_QUERY}
    served = Served(source, {"/posts": [{"userId": 1}], "/users/1": {"name": "a"}}, joins=["Post.user"])
    assert served.data("{ posts { user { name } } }", query_string="api_key=k") == {"posts": [{"user": {"name": "a"}}]}
    assert served.requests == ["GET /posts?api_key=k", "GET /users/1?api_key=k"]


def test_no_key_of_a_client_goes_to_another_server() -> None:
    app = Flask(__name__)
    Gateway(app, upstreams={"/shop": {"url": "http://127.0.0.1:9", "openapi": secured(IN_QUERY, KEY)}}, profile="open")
    typed = app.extensions["restgql"]["restgql"].compiled_schema
    source = print_ast(combined_sdl(typed))
    assert '@get(path: "/shop/things")' in source
    assert "api_key" not in source
    assert "the API key api_key is a credential of the upstream" in next(row.reason for row in typed.rows)


def test_a_stored_operation_takes_the_key_beside_its_variables(tmp_path: Path) -> None:
    (tmp_path / "stored.graphql").write_text("query stored { things { a } }")
    served = Served(secured(), {"/things": {"a": "x"}}, operations=str(tmp_path))
    client = served.app.test_client()
    assert client.get("/graphql/stored?api_key=k").get_json() == {"data": {"things": {"a": "x"}}}
    assert served.requests == ["GET /things?api_key=k"]
    assert client.get("/graphql/stored?other=k").status_code == 400


def test_a_field_forwards_nothing_to_an_upstream() -> None:
    shop, _ = remote_upstream.parse("/shop", "http://127.0.0.1:9")
    site = Site(origins=frozenset({"http://localhost"}), remotes=(shop,))
    binding = RequestBinding(method="GET", template=template.compile("/"), forward=("api_key",))
    for path, expected in (("/things", "/things?api_key=k"), ("/shop/things", "/shop/things")):
        request = forward_query(binding, SubRequest(target=target.parse(path)), "api_key=k&other=1", site)
        assert str(request.target) == expected
