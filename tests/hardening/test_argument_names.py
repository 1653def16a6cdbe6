"""U2: an argument may have any name."""

import json
import keyword
from typing import Any

import graphene
import pytest
from flask import Flask, request

import restgql
from restgql import JSON, Gateway
from tests.hardening.client import (
    ACCEPTS,
    EVENTS,
    MULTIPART,
    WHOLE,
    ask,
    strict_json,
)

NAMES = sorted(
    {*keyword.kwlist, *keyword.softkwlist, "self", "info", "source", "root", "cls", "args", "kwargs", "parent", "path",
     "value", "body", "key", "resolve", "request", "field", "true", "null", "_a", "constructor", "obj", "context"}
)  # fmt: skip
names = pytest.mark.parametrize("name", NAMES)


def echoing() -> Flask:
    """An app whose routes answer with the arguments that they were sent."""
    app = Flask("echo")

    @app.route("/echo", methods=["GET", "POST"])
    @app.route("/echo/<path:value>")
    def echo(value: str | None = None) -> Any:
        sent = request.args.to_dict() if request.method == "GET" else request.get_json()
        return {"sent": sent, "value": value}

    return app


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app with SDL in which every name is an argument of a root field, a nested one and a mutation."""
    folder = tmp_path_factory.mktemp("names")
    echoes = "\n".join(
        f'q_{name}({name}: String): Echo @get(path: "/echo{{?{name}}}") '
        f'p_{name}({name}: String): Echo @get(path: "/echo/{{{name}}}") '
        f'e_{name}({name}: String): Echo @get(path: "/echo", query: "{{sent: {name}}}")'
        for name in NAMES
    )
    writes = "\n".join(
        f'w_{name}({name}: String): Echo @post(path: "/echo") '
        f'b_{name}({name}: String): Echo @post(path: "/echo", body: "{{sent: {name}}}")'
        for name in NAMES
    )
    (folder / "names.graphql").write_text(
        f"type Query {{ {echoes} }} type Mutation {{ {writes} }} type Echo {{ sent: JSON value: String {echoes} }}"
    )
    app = echoing()
    Gateway(app, schema=str(folder), verbs=["GET", "POST"])
    return app


@names
def test_u2_an_argument_of_sdl_may_have_any_name(typed: Flask, name: str) -> None:
    fields = f'q_{name}({name}: "x") {{ sent }} p_{name}({name}: "x") {{ value }} e_{name}({name}: "x") {{ sent }}'
    expected = {
        f"q_{name}": {"sent": {name: "x"}},
        f"p_{name}": {"value": "x"},
        f"e_{name}": {"sent": {"sent": "x"}},
    }
    for accept in (WHOLE, EVENTS):
        assert ask(typed, f"{{ {fields} }}", accept=accept).merged == {"data": expected}
    nested = f'{{ q_{name}({name}: "y") {{ sent {fields} ... @defer {{ later: q_{name}({name}: "z") {{ sent }} }} }} }}'
    below = {"sent": {name: "y"}, **expected, "later": {"sent": {name: "z"}}}
    for accept in (WHOLE, MULTIPART):
        assert ask(typed, nested, accept=accept).merged == {"data": {f"q_{name}": below}}
    variable = f"query (${name}: String) {{ q_{name}({name}: ${name}) {{ sent }} }}"
    assert ask(typed, variable, {name: "v"}).json == {"data": {f"q_{name}": {"sent": {name: "v"}}}}


@names
def test_u2_an_argument_of_a_mutation_of_sdl_may_have_any_name(typed: Flask, name: str) -> None:
    below = f'q_{name}({name}: "y") {{ sent }}'
    query = f'mutation {{ w_{name}({name}: "x") {{ sent {below} }} b_{name}({name}: "x") {{ sent }} }}'
    expected = {
        f"w_{name}": {"sent": {name: "x"}, f"q_{name}": {"sent": {name: "y"}}},
        f"b_{name}": {"sent": {"sent": "x"}},
    }
    for accept in (WHOLE, EVENTS):
        assert ask(typed, query, accept=accept).merged == {"data": expected}


@pytest.fixture(scope="module")
def described() -> Flask:
    """An app with an OpenAPI document in which every name is a parameter in path and query, and of a body."""
    echo = {"type": "object", "properties": {"sent": {"type": "object"}, "value": {"type": "string"}}}
    answers = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": echo}}}}}
    paths: dict[str, Any] = {}
    app = Flask("described")

    def sent() -> dict[str, Any]:
        return {"sent": {**request.args, **(request.get_json(silent=True) or {})}}

    for name in NAMES:
        content = {"application/json": {"schema": {"type": "object", "properties": {name: {"type": "string"}}}}}
        query = {"name": name, "in": "query", "schema": {"type": "string"}}
        paths[f"/q/{name}"] = {
            "get": {"operationId": f"q_{name}", "parameters": [query], **answers},
            "post": {"operationId": f"b_{name}", "parameters": [query], "requestBody": {"content": content}, **answers},
        }
        path = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"/p/{name}/{{{name}}}"] = {"get": {"operationId": f"p_{name}", "parameters": [path], **answers}}
        app.add_url_rule(f"/p/{name}/<value>", f"p_{name}", lambda value: {"value": value})
        app.add_url_rule(f"/q/{name}", f"q_{name}", sent, methods=["GET", "POST"])
    Gateway(
        app,
        openapi={"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths},
        verbs=["GET", "POST"],
    )
    return app


@names
def test_u2_a_parameter_of_an_openapi_document_may_have_any_name(described: Flask, name: str) -> None:
    query = f'{{ q_{name}({name}: "x") {{ sent }} p_{name}({name}: "y") {{ value }} }}'
    expected = {f"q_{name}": {"sent": {name: "x"}}, f"p_{name}": {"value": "y"}}
    for accept in (WHOLE, EVENTS):
        assert ask(described, query, accept=accept).merged == {"data": expected}
    write = f'mutation {{ b_{name}(input: {{{name}: "x"}}) {{ sent }} }}'
    assert ask(described, write).json == {"data": {f"b_{name}": {"sent": {name: "x"}}}}
    write = f'mutation {{ b_{name}({name}: "x", input: {{}}) {{ sent }} }}'
    assert ask(described, write).json == {"data": {f"b_{name}": {"sent": {name: "x"}}}}


def by_any_name() -> tuple[type, type]:
    """Graphene types in which every name is an argument of fields at the root and below."""

    def resolve(source: Any, info: Any, /, **arguments: Any) -> Any:
        return json.dumps(arguments)

    def fields() -> dict[str, Any]:
        return {
            f"f_{name}": graphene.Field(
                graphene.String,
                args={name: graphene.Argument(graphene.String, name=name)},
                resolver=resolve,
                name=f"f_{name}",
            )
            for name in NAMES
        }

    Nested = type("Nested", (graphene.ObjectType,), fields())
    nested = {"nested": graphene.Field(Nested, resolver=lambda source, info: {})}
    return (
        type("Query", (graphene.ObjectType,), fields() | nested),
        type("Mutation", (graphene.ObjectType,), fields() | nested),
    )


@pytest.fixture(scope="module")
def own_names() -> tuple[Flask, graphene.Schema]:
    query, mutation = by_any_name()
    app = Flask("names")
    Gateway(app, query=query, mutation=mutation)
    return app, graphene.Schema(query=query, mutation=mutation)


@names
def test_u2_an_argument_of_graphene_may_have_any_name(own_names: tuple[Flask, graphene.Schema], name: str) -> None:
    app, schema = own_names
    for kind in ("query", "mutation"):
        fields = f'f_{name}({name}: "x") nested {{ f_{name}({name}: "y") ... @defer {{ z: f_{name}({name}: "z") }} }}'
        alone = schema.execute(f"{kind} {{ {fields} }}".replace(" @defer", ""))
        assert alone.errors is None
        assert strict_json(alone.data[f"f_{name}"].encode()) == {name: "x"}
        for accept in (WHOLE, MULTIPART, EVENTS):
            assert ask(app, f"{kind} {{ {fields} }}", accept=accept).merged == {"data": alone.data}


def test_u2_an_argument_of_graphene_is_passed_by_its_name_in_python() -> None:
    class Mine(graphene.InputObjectType):
        from_ = graphene.String(name="from")
        self_ = graphene.String(name="self")
        class_ = graphene.String(name="class")

    class Nested(graphene.ObjectType):
        it = graphene.Field(
            graphene.String,
            args={"info_": graphene.String(name="info"), "source": graphene.String(), "self": graphene.String()},
        )

        @staticmethod
        def resolve_it(parent: Any, _info: Any, info_: str = "", source: str = "", self: str = "") -> str:
            return f"{info_} {source} {self}"

    class Query(graphene.ObjectType):
        it = graphene.String(from_=graphene.String(name="from"), cls=graphene.String(), mine=Mine())
        nested = graphene.Field(Nested, root=graphene.String())

        @staticmethod
        def resolve_it(parent: Any, info: Any, from_: str, cls: str, mine: Any) -> str:
            return f"{from_} {cls} {mine.from_} {mine.self_} {mine.class_}"

        @staticmethod
        def resolve_nested(parent: Any, info: Any, root: str) -> dict[str, str]:
            return {"root": root}

    app = Flask("names")
    Gateway(app, query=Query)
    query = """{ it(from: "a", cls: "b", mine: {from: "c", self: "d", class: "e"})
      nested(root: "r") { it(info: "f", source: "g", self: "h") } }"""
    alone = graphene.Schema(query=Query).execute(query)
    expected = {"it": "a b c d e", "nested": {"it": "f g h"}}
    assert (alone.data, alone.errors) == (expected, None)
    for accept in ACCEPTS:
        assert ask(app, query, accept=accept).merged == {"data": expected}


@names
def test_u2_an_argument_of_a_planned_graphene_field_may_have_any_name(name: str) -> None:
    arguments = {name: graphene.Argument(graphene.String, name=name)}
    fields = {
        "it": restgql.Get(JSON, path=f"/echo{{?{name}}}", args=arguments),
        "in_path": restgql.Get(JSON, path=f"/echo/{{{name}}}", args=arguments),
    }
    app = echoing()
    Gateway(app, query=type("Query", (graphene.ObjectType,), fields), routes=["*"])
    query = f'{{ it({name}: "x") inPath({name}: "y") }}'
    expected = {"it": {"sent": {name: "x"}, "value": None}, "inPath": {"sent": {}, "value": "y"}}
    assert ask(app, query).json == {"data": expected}
