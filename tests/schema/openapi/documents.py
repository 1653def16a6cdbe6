"""Small OpenAPI documents, and assertions about the SDL that is generated from them."""

from functools import cache
from typing import Any

from graphql import GraphQLSchema, parse, print_ast, validate_schema

from restgql.schema import core
from restgql.schema.compile import compile
from restgql.schema.sdl.report import OperationNote
from restgql.schema.sources.openapi import GeneratedSdl, generate
from restgql.schema.type_source import TypeSource

Json = dict[str, Any]
INT: Json = {"type": "integer", "format": "int32"}


def document(paths: Json, schemas: Json | None = None, **more: Any) -> Json:
    return {"openapi": "3.0.3", "paths": paths, "components": {"schemas": schemas or {}}, **more}


def answer(schema: Any, media_type: str = "application/json") -> Json:
    """Return a Responses Object whose 200 has this schema."""
    return {"200": {"description": "OK", "content": {media_type: {"schema": schema}}}}


def answering(schema: Any, schemas: Json | None = None, **more: Any) -> Json:
    """Return a document with GET /things, whose response has this schema."""
    return document({"/things": {"get": {"operationId": "things", "responses": answer(schema)}}}, schemas, **more)


def asking(*parameters: Json, path: str = "/things", **operation: Any) -> Json:
    """Return a document with one GET that has these parameters."""
    own = {"operationId": "things", "parameters": [*parameters], "responses": answer({"type": "string"})}
    return document({path: {"get": {**own, **operation}}})


def sending(schema: Any, schemas: Json | None = None, media_type: str = "application/json", **body: Any) -> Json:
    """Return a document with POST /things, whose request body has this schema."""
    operation = {
        "operationId": "addThing",
        "requestBody": {"content": {media_type: {"schema": schema}}, **body},
        "responses": answer({"type": "string"}),
    }
    return document({"/things": {"post": operation}}, schemas)


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def of(**properties: Any) -> Json:
    """Return an object schema with these properties. A string is a type."""
    return {
        "type": "object",
        "properties": {key: {"type": kind} if isinstance(kind, str) else kind for key, kind in properties.items()},
    }


def definition(generated: GeneratedSdl, name: str) -> str:
    """Return the SDL of one definition."""
    definitions = [node for node in generated.document.definitions if node.name.value == name]  # type: ignore[attr-defined]
    assert len(definitions) == 1, f"{name} is defined {len(definitions)} times"
    return print_ast(definitions[0])


def field(generated: GeneratedSdl, name: str = "things") -> str:
    """Return the SDL of one root field, on one line."""
    for node in generated.document.definitions:
        if node.name.value in ("Query", "Mutation"):  # type: ignore[attr-defined]
            for one in node.fields:  # type: ignore[attr-defined]
                if one.name.value == name:
                    return " ".join(print_ast(one).split())
    raise AssertionError(f"there is no field {name}")


def only(generated: GeneratedSdl) -> OperationNote:
    (note,) = generated.operations
    return note


def built(generated: GeneratedSdl) -> GraphQLSchema:
    """Compile generated SDL, and assert that graphql-core accepts the schema."""
    schema = compile(_core(), [TypeSource(document=generated.document, handwritten=False)])
    schema._validation_errors = None
    assert validate_schema(schema) == []
    return schema


def generate_valid(source: Json, **options: Any) -> GeneratedSdl:
    """Generate SDL, and assert that it compiles, and that its text parses to the same document."""
    generated = generate(source, **options)
    built(generated)
    text = print_ast(generated.document)
    assert not text or print_ast(parse(text)) == text
    return generated


@cache
def _core() -> GraphQLSchema:
    return core.build()
