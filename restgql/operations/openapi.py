"""The OpenAPI 3.1 document of the stored operations."""

import hashlib
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema

from restgql.operations.parameters import takes_json, takes_null
from restgql.operations.result_schema import result_schema
from restgql.operations.schemas import InputSchemas, Schema, selected
from restgql.operations.stored import Operations, StoredOperation, Variable

PROBLEM = "application/problem+json"
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
# No GraphQL name has a hyphen, so neither of these is a type's.
PROBLEM_SCHEMA = "problem-details"
ERROR_SCHEMA = "graphql-error"

_COMPONENTS: dict[str, Schema] = {
    PROBLEM_SCHEMA: {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "errors": {
                "type": "array",
                "description": "Of parameters, each with its `reason`; or of the operation, as GraphQL has them.",
                "items": {
                    "anyOf": [
                        {
                            "type": "object",
                            "properties": {"parameter": {"type": "string"}, "reason": {"type": "string"}},
                            "required": ["parameter", "reason"],
                        },
                        {"$ref": f"#/components/schemas/{ERROR_SCHEMA}"},
                    ]
                },
            },
        },
        "required": ["title", "status"],
    },
    ERROR_SCHEMA: {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "locations": {"type": "array"},
            "path": {"type": "array", "items": {"type": ["string", "integer"]}},
            "extensions": {"type": "object"},
        },
        "required": ["message"],
    },
}
_SHARED = {"401": "Every request that the operation makes is unauthorized.", "429": "Every one is over a limit."}


def describe(operations: Operations, schema: GraphQLSchema, *, title: str, server: str) -> dict[str, Any]:
    """Return the OpenAPI document; `server` is the path of the endpoint that contains the operations."""
    inputs = InputSchemas()
    stored = [operations.by_name[name] for name in sorted(operations.by_name)]
    paths = {f"/{each.name}": dict(_methods(each, schema, inputs)) for each in stored}
    texts = "".join(f"{each.name}\0{each.text}\0" for each in stored)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": hashlib.sha256(texts.encode()).hexdigest()[:12]},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": inputs.components | _COMPONENTS},
    }


def _methods(stored: StoredOperation, schema: GraphQLSchema, inputs: InputSchemas) -> Iterator[tuple[str, Any]]:
    summary, _, more = stored.description.partition("\n")
    about = {"summary": summary or stored.name, **({"description": stored.description} if more else {})}
    responses = _responses(stored, schema)
    if stored.is_query:
        parameters = [_parameter(variable, inputs) for variable in stored.variables.values()]
        yield "get", about | {"operationId": stored.name, "parameters": parameters, "responses": responses}
    body = inputs.body(stored.variables.values())
    yield (
        "post",
        about
        | {
            # No operation's name has a dot, so this id is unique.
            "operationId": f"{stored.name}.post" if stored.is_query else stored.name,
            "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
            "responses": responses,
        },
    )


def _parameter(variable: Variable, inputs: InputSchemas) -> dict[str, Any]:
    schema = inputs.parameter(variable, null=takes_null(variable.type))
    parameter: dict[str, Any] = {"name": variable.name, "in": "query", "required": variable.required}
    if takes_json(variable.type):
        return parameter | {"content": {JSON: {"schema": schema}}}
    return parameter | {"schema": schema}


def _responses(stored: StoredOperation, schema: GraphQLSchema) -> dict[str, Any]:
    problems = {
        "400": _response("The parameters do not fit; or the routes refuse what is asked of them.", _problem()),
        "default": _response("The operation could not be run, or not to its end.", _problem()),
    }
    data = selected(stored, schema)
    if stored.result is not None:
        return {
            "200": _response("What the operation selects.", {JSON: {"schema": result_schema(stored.result, data)}})
        } | problems
    errors = {"type": "array", "items": {"$ref": f"#/components/schemas/{ERROR_SCHEMA}"}}
    whole = {"type": "object", "properties": {"data": data, "errors": errors}, "required": ["data"]}
    content = {JSON: {"schema": whole}, GRAPHQL: {"schema": whole}}
    shared = {status: _response(description, content | _problem()) for status, description in _SHARED.items()}
    return {"200": _response("The GraphQL response.", content)} | shared | problems


def _response(description: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": content}


def _problem() -> dict[str, Any]:
    return {PROBLEM: {"schema": {"$ref": f"#/components/schemas/{PROBLEM_SCHEMA}"}}}
