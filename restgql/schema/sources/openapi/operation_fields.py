"""Turns an operation into the root field that makes its request."""

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
from restgql.schema.sources.openapi.request_content import FILE, request_content
from restgql.schema.sources.openapi.response_content import ResponseContent, response_content
from restgql.schema.sources.openapi.response_headers import ResponseHeaders, is_shown
from restgql.schema.sources.openapi.security import api_keys
from restgql.schema.sources.openapi.type_registry import NamedSchema, TypeRef, TypeRegistry

_AS_TEXT = "@ && to_string(@)"
"""The text of a response that the document describes as XML or text. If the route responds with JSON, its JSON text."""


class GeneratedField(msgspec.Struct, frozen=True, kw_only=True):
    """The root field of an operation.

    `types` are the names of its result and argument types. `notes` name the parts of the operation that have no type;
    `remarks` are for information. `declared`: the document describes the response.
    """

    operation: ApiOperation
    node: FieldDefinitionNode
    path: str
    arguments: Mapping[str, str]
    """The names of path and query arguments, by the names of their parameters."""
    result: TypeRef
    types: frozenset[str]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    declared: bool
    body: str = ""
    """The name of the argument for the request's body, empty if it has none."""
    forward: tuple[str, ...] = ()
    with_headers: FieldDefinitionNode | None = None
    """A second field, with the header fields of the response, if the result is not an object that could have them."""


class OperationFields:
    """A factory for the root fields of one document.

    `filled` are the name and location of each parameter that the gateway sends by itself. They do not become arguments.
    """

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

    def make(self, operation: ApiOperation, name: str, operation_path: OperationPath) -> GeneratedField:
        """Return the field of an operation. Parts that cannot be typed are JSON."""
        hint = names.type_name(name)
        notes: list[str] = []
        try:
            arguments, encoded = self._arguments(operation, operation_path, hint)
        except Exception as exc:  # a document can hold anything; a failure costs this operation only
            notes.append(f"its parameters are left out, {_reason(exc)}")
            arguments, encoded = OperationArguments(operation_path.path, (), hint, self._registry, self._inputs), {}
            arguments.gather()
        declared, wrapper = True, None
        try:
            content = response_content(operation, self._references, self._document)
            declared = content.declared
            if content.is_string:
                encoded = {**encoded, "select": _AS_TEXT}
            result = self._result(content, f"{hint}Response", notes)
            self._registry.finish()
            wrapper = self._add_headers(content.headers, operation, result, hint)
        except Exception as exc:  # as above
            result = self._registry.type_ref(JSON, problem=_reason(exc))
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
        self, operation: ApiOperation, operation_path: OperationPath, hint: str
    ) -> tuple[OperationArguments, dict[str, Any]]:
        declared, notes = parameters(operation, self._references)
        keys = api_keys(operation, self._document, self._references)
        sent_by_client = [
            parameter
            for parameter in declared
            if not self._is_filled(parameter) and (parameter.name, parameter.location) not in keys
        ]
        arguments = OperationArguments(operation_path.path, sent_by_client, hint, self._registry, self._inputs)
        arguments.notes += notes
        for name, location in sorted(keys - self._filled):
            if operation_path.is_of_app:  # a client's key is never sent to another server
                arguments.remarks.append(f"the API key {name} is sent by the client, in the {location} of its request")
                arguments.forward += [name] if location == "query" else []
            else:
                arguments.remarks.append(f"the API key {name} is a credential of the upstream, sent as {location}")
        arguments.gather()
        if operation.method == "get":
            return arguments, {}
        try:
            return arguments, self._body(operation, arguments, hint)
        except DocumentProblem as exc:
            arguments.notes.append(exc.message)
            return arguments, {}

    def _is_filled(self, parameter: ApiParameter) -> bool:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        return (name, parameter.location) in self._filled

    def _body(self, operation: ApiOperation, arguments: OperationArguments, hint: str) -> dict[str, Any]:
        content = request_content(operation, self._references, self._document)
        if content is None:
            return {}
        input_types = self._forms if content.encoding in ("MULTIPART", FILE) else self._inputs
        type_ref = input_types.type(content.schema, hint)
        if type_ref.problem:
            arguments.notes.append(f"the request's body is {JSON}, {type_ref.problem}")
        expression = arguments.add_body(type_ref, content.description, required=content.required)
        if content.encoding == "FORM":
            expression, notes = form_body.expression(
                expression, content.schema, content.encodings, self._registry.shapes
            )
            arguments.notes += notes
        elif content.encoding == "MULTIPART":
            arguments.notes += form_body.parts_of_json(content.schema, content.encodings, self._registry.shapes)
        is_default = content.encoding in ("JSON", FILE)
        encoding = {} if is_default else {"encoding": EnumValueNode(value=content.encoding)}
        media_type = {"mediaType": content.media_type} if content.media_type else {}
        return {"body": expression, **encoding, **media_type}

    def _add_headers(self, headers: JsonObject, operation: ApiOperation, result: TypeRef, hint: str) -> TypeRef | None:
        """Add the header fields of a response to the object type of its value.

        For any other type of value, return a new type that has the value and the header fields.
        """
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
        return self._registry.type_ref(name)

    def _result(self, content: ResponseContent, hint: str, notes: list[str]) -> TypeRef:
        if content.is_string or (content.is_text and self._outputs.is_scalar(content.schema)):
            return self._registry.type_ref("String")
        if content.problem:
            return self._registry.type_ref(JSON, problem=content.problem)
        schema = self._registry.shapes.of_any((content.schema, *content.others)) if content.others else content.schema
        if schema is None and content.others:
            notes.append("its type is that of its first response; another response has a type that does not match")
        return self._outputs.type(content.schema if schema is None else schema, hint)

    def _node(
        self,
        operation: ApiOperation,
        name: str,
        arguments: OperationArguments,
        encoded: Mapping[str, Any],
        result: TypeRef,
    ) -> FieldDefinitionNode:
        builder = self._registry.builder
        directive: dict[str, Any] = {"path": arguments.path}
        if arguments.query:
            directive["query"] = arguments.query
        directive |= encoded
        if arguments.forward:
            directive["forward"] = arguments.forward
        if arguments.headers:
            directive["headers"] = [{"name": header, "value": template} for header, template in arguments.headers]
        directives = [builder.directive(operation.method, directive)]
        if operation.body.get("deprecated") is True:
            directives.append(builder.directive("deprecated", {}))
        text = first_description(operation.body, operation.item)
        return builder.field(name, result.node, text, tuple(directives), tuple(arguments.definitions))


def _reason(exc: Exception) -> str:
    return exc.message if isinstance(exc, DocumentProblem) else f"{type(exc).__name__}: {exc}"
