"""From an operation to the root field that makes its request."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import EnumValueNode, FieldDefinitionNode, NamedTypeNode, ObjectTypeDefinitionNode

from restgql import graphql_core
from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi import form_body
from restgql.schema.sources.openapi.api_operation import ApiOperation, ApiParameter, parameters
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.input_types import InputTypes
from restgql.schema.sources.openapi.lenient import JsonObject, first_description
from restgql.schema.sources.openapi.operation_arguments import OperationArguments
from restgql.schema.sources.openapi.operation_paths import OperationPath
from restgql.schema.sources.openapi.output_types import OutputTypes
from restgql.schema.sources.openapi.references import References
from restgql.schema.sources.openapi.request_content import FILE, body
from restgql.schema.sources.openapi.response_content import ResponseContent, response
from restgql.schema.sources.openapi.response_headers import ResponseHeaders, is_shown
from restgql.schema.sources.openapi.security import api_keys
from restgql.schema.sources.openapi.type_registry import NamedSchema, TypeRef, TypeRegistry


class GeneratedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field, the types that it leads to, and what of its operation it leaves out; `remarks` spoil nothing."""

    operation: ApiOperation
    node: FieldDefinitionNode
    path: str
    arguments: Mapping[str, str]
    """The names of the arguments in the path and the query, by those of their parameters."""
    result: TypeRef
    types: frozenset[str]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    declared: bool
    body: str = ""
    """The name of the argument for the request's body, empty if it has none."""
    forward: tuple[str, ...] = ()
    with_headers: FieldDefinitionNode | None = None
    """The same request with the header fields of its response, where the type of its value has no place for them."""


class OperationFields:
    """`filled` are the names and places of parameters that the gateway sends by itself, so that no client has to."""

    def __init__(
        self,
        document: JsonObject,
        references: References,
        registry: TypeRegistry,
        filled: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._document = document
        self._references = references
        self._registry = registry
        self._outputs = OutputTypes(registry)
        self._inputs = InputTypes(registry)
        self._forms = InputTypes(registry, files=True)
        self._headers = ResponseHeaders(references, registry, self._outputs)
        self._filled = filled

    def make(self, operation: ApiOperation, name: str, place: OperationPath) -> GeneratedField:
        """The field of an operation at a place. What cannot be typed is JSON."""
        hint = names.type_name(name)
        notes: list[str] = []
        try:
            arguments, encoded = self._arguments(operation, place, hint)
        except Exception as exc:  # whatever a document holds, it spoils this operation alone
            notes.append(f"its parameters are left out, {_reason(exc)}")
            arguments, encoded = OperationArguments(place.path, (), hint, self._registry, self._inputs), {}
            arguments.gather()
        declared, wrapper = True, None
        try:
            found = response(operation, self._references, self._document)
            declared = found.declared
            result = self._result(found, f"{hint}Response", notes)
            self._registry.finish()
            wrapper = self._add_headers(found.headers, operation, result, hint)
        except Exception as exc:  # as above
            result = self._registry.typed(JSON, problem=_reason(exc))
        return GeneratedField(
            operation=operation,
            node=self._node(operation, name, arguments, encoded, result),
            with_headers=None
            if wrapper is None
            else self._node(operation, f"{name}WithHeaders", arguments, encoded, wrapper),
            path=arguments.path,
            arguments=arguments.named,
            body=arguments.body,
            forward=tuple(arguments.forward),
            result=result,
            types=frozenset({*arguments.types, result.name}),
            notes=(*notes, *arguments.notes),
            remarks=tuple(arguments.remarks),
            declared=declared,
        )

    def _arguments(
        self, operation: ApiOperation, place: OperationPath, hint: str
    ) -> tuple[OperationArguments, dict[str, Any]]:
        given, notes = parameters(operation, self._references)
        keys = api_keys(operation, self._document, self._references)
        own = [each for each in given if not self._is_filled(each) and (each.name, each.place) not in keys]
        arguments = OperationArguments(place.path, own, hint, self._registry, self._inputs)
        arguments.notes += notes
        for name, part in sorted(keys - self._filled):
            if place.is_of_app:  # a client's key goes to no other server
                arguments.remarks.append(f"the API key {name} is the client's own, in the {part} of its request")
                arguments.forward += [name] if part == "query" else []
            else:
                arguments.remarks.append(f"the API key {name} is a credential of the upstream, sent as {part}")
        arguments.gather()
        if operation.method == "get":
            return arguments, {}
        try:
            return arguments, self._body(operation, arguments, hint)
        except DocumentProblem as exc:
            arguments.notes.append(exc.message)
            return arguments, {}

    def _is_filled(self, parameter: ApiParameter) -> bool:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        return (name, parameter.place) in self._filled

    def _body(self, operation: ApiOperation, arguments: OperationArguments, hint: str) -> dict[str, Any]:
        found = body(operation, self._references, self._document)
        if found is None:
            return {}
        kind = self._forms if found.encoding in ("MULTIPART", FILE) else self._inputs
        typed = kind.type(found.schema, hint)
        if typed.problem:
            arguments.notes.append(f"the request's body is {JSON}, {typed.problem}")
        called = arguments.add_body(typed, found.description, required=found.required)
        if found.encoding == "FORM":
            called, notes = form_body.expression(called, found.schema, found.encodings, self._registry.shapes)
            arguments.notes += notes
        elif found.encoding == "MULTIPART":
            arguments.notes += form_body.parts_of_json(found.schema, found.encodings, self._registry.shapes)
        is_default = found.encoding in ("JSON", FILE)
        encoding = {} if is_default else {"encoding": EnumValueNode(value=found.encoding)}
        return {"body": called, **encoding}

    def _add_headers(self, headers: JsonObject, operation: ApiOperation, result: TypeRef, hint: str) -> TypeRef | None:
        """Add the header fields of a response to the object type of its value; for any other value, return a type with
        the value and these."""
        definition = self._registry.definitions.get(result.name)
        if isinstance(definition, ObjectTypeDefinitionNode) and isinstance(result.node, NamedTypeNode):
            fields = (*definition.fields, *self._headers.fields(headers, result.name, definition.fields))
            self._registry.definitions[result.name] = graphql_core.changed(definition, fields=fields)
            self._registry.finish()
            return None
        if not any(map(is_shown, headers)):
            return None
        builder = self._registry.builder

        def define(name: str) -> None:
            value = builder.field("value", result.node, "", (builder.directive("select", {"from": "@"}),))
            self._registry.uses(name, result.name)
            fields = (value, *self._headers.fields(headers, name, (value,)))
            self._registry.definitions[name] = builder.object(name, fields)

        name = self._registry.define_once(NamedSchema(operation.body, "", hint), "WithHeaders", define)
        self._registry.finish()
        return self._registry.typed(name)

    def _result(self, found: ResponseContent, hint: str, notes: list[str]) -> TypeRef:
        if found.is_text and self._outputs.is_scalar(found.schema):
            return self._registry.typed("String")
        if found.problem:
            return self._registry.typed(JSON, problem=found.problem)
        schema = self._registry.shapes.of_any((found.schema, *found.others)) if found.others else found.schema
        if schema is None and found.others:
            notes.append("its type is that of its first response, and another one is no object or a different scalar")
        return self._outputs.type(found.schema if schema is None else schema, hint)

    def _node(
        self,
        operation: ApiOperation,
        name: str,
        arguments: OperationArguments,
        encoded: Mapping[str, Any],
        result: TypeRef,
    ) -> FieldDefinitionNode:
        builder = self._registry.builder
        given: dict[str, Any] = {"path": arguments.path}
        if arguments.query:
            given["query"] = arguments.query
        given |= encoded
        if arguments.forward:
            given["forward"] = arguments.forward
        if arguments.headers:
            given["headers"] = [{"name": header, "value": template} for header, template in arguments.headers]
        directives = [builder.directive(operation.method, given)]
        if operation.body.get("deprecated") is True:
            directives.append(builder.directive("deprecated", {}))
        text = first_description(operation.body, operation.item)
        return builder.field(name, result.node, text, tuple(directives), tuple(arguments.definitions))


def _reason(exc: Exception) -> str:
    return exc.message if isinstance(exc, DocumentProblem) else f"{type(exc).__name__}: {exc}"
