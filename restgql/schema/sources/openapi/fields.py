"""From an operation to the root field that makes its request."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import EnumValueNode, FieldDefinitionNode, NamedTypeNode, ObjectTypeDefinitionNode

from restgql import graphql_core
from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi import forms
from restgql.schema.sources.openapi.arguments import Arguments
from restgql.schema.sources.openapi.bodies import FILE, body
from restgql.schema.sources.openapi.headers import HeaderFields, is_shown
from restgql.schema.sources.openapi.inputs import Inputs
from restgql.schema.sources.openapi.operation import Operation, Parameter, parameters
from restgql.schema.sources.openapi.outputs import Outputs
from restgql.schema.sources.openapi.parts import Schema, description
from restgql.schema.sources.openapi.places import Place
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References
from restgql.schema.sources.openapi.registry import Registry, Source, Typed
from restgql.schema.sources.openapi.responses import Response, response
from restgql.schema.sources.openapi.security import api_keys

_TEXT = "@ && to_string(@)"
"""The text of a response whose document says XML; it is JSON text if the route answers with JSON all the same."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A field, the types that it leads to, and what of its operation it leaves out; `remarks` spoil nothing."""

    operation: Operation
    node: FieldDefinitionNode
    path: str
    arguments: Mapping[str, str]
    """The names of the arguments in the path and the query, by those of their parameters."""
    result: Typed
    types: frozenset[str]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    declared: bool
    body: str = ""
    """The name of the argument for the request's body, empty if it has none."""
    forward: tuple[str, ...] = ()
    with_headers: FieldDefinitionNode | None = None
    """The same request with the header fields of its response, where the type of its value has no place for them."""


class Fields:
    """`filled` are the names and places of parameters that the gateway sends by itself, so that no client has to."""

    def __init__(
        self,
        document: Schema,
        references: References,
        registry: Registry,
        filled: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._document = document
        self._references = references
        self._registry = registry
        self._outputs = Outputs(registry)
        self._inputs = Inputs(registry)
        self._forms = Inputs(registry, files=True)
        self._headers = HeaderFields(references, registry, self._outputs)
        self._filled = filled

    def make(self, operation: Operation, name: str, place: Place) -> Made:
        """The field of an operation at a place. What cannot be typed is JSON."""
        hint = names.pascal(name)
        notes: list[str] = []
        try:
            arguments, encoded = self._arguments(operation, place, hint)
        except Exception as exc:  # whatever a document holds, it spoils this operation alone
            notes.append(f"its parameters are left out, {_reason(exc)}")
            arguments, encoded = Arguments(place.path, (), hint, self._registry, self._inputs), {}
            arguments.gather()
        declared, wrapper = True, None
        try:
            found = response(operation, self._references, self._document)
            declared = found.declared
            if found.is_xml:
                encoded = {**encoded, "select": _TEXT}
            result = self._result(found, f"{hint}Response", notes)
            self._registry.finish()
            wrapper = self._add_headers(found.headers, operation, result, hint)
        except Exception as exc:  # as above
            result = self._registry.typed(JSON, problem=_reason(exc))
        return Made(
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

    def _arguments(self, operation: Operation, place: Place, hint: str) -> tuple[Arguments, dict[str, Any]]:
        given, notes = parameters(operation, self._references)
        keys = api_keys(operation, self._document, self._references)
        own = [each for each in given if not self._is_filled(each) and (each.name, each.place) not in keys]
        arguments = Arguments(place.path, own, hint, self._registry, self._inputs)
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
        except Problem as exc:
            arguments.notes.append(exc.message)
            return arguments, {}

    def _is_filled(self, parameter: Parameter) -> bool:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        return (name, parameter.place) in self._filled

    def _body(self, operation: Operation, arguments: Arguments, hint: str) -> dict[str, Any]:
        found = body(operation, self._references, self._document)
        if found is None:
            return {}
        kind = self._forms if found.encoding in ("MULTIPART", FILE) else self._inputs
        typed = kind.type(found.schema, hint)
        if typed.problem:
            arguments.notes.append(f"the request's body is {JSON}, {typed.problem}")
        called = arguments.add_body(typed, found.description, required=found.required)
        if found.encoding == "FORM":
            called, notes = forms.expression(called, found.schema, found.encodings, self._registry.shapes)
            arguments.notes += notes
        elif found.encoding == "MULTIPART":
            arguments.notes += forms.parts_of_json(found.schema, found.encodings, self._registry.shapes)
        is_default = found.encoding in ("JSON", FILE)
        encoding = {} if is_default else {"encoding": EnumValueNode(value=found.encoding)}
        return {"body": called, **encoding}

    def _add_headers(self, headers: Schema, operation: Operation, result: Typed, hint: str) -> Typed | None:
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
        nodes = self._registry.nodes

        def define(name: str) -> None:
            value = nodes.field("value", result.node, "", (nodes.directive("select", {"from": "@"}),))
            self._registry.uses(name, result.name)
            fields = (value, *self._headers.fields(headers, name, (value,)))
            self._registry.definitions[name] = nodes.object(name, fields)

        name = self._registry.once(Source(operation.body, "", hint), "WithHeaders", define)
        self._registry.finish()
        return self._registry.typed(name)

    def _result(self, found: Response, hint: str, notes: list[str]) -> Typed:
        if found.is_xml or (found.is_text and self._outputs.is_scalar(found.schema)):
            return self._registry.typed("String")
        if found.problem:
            return self._registry.typed(JSON, problem=found.problem)
        schema = self._registry.shapes.of_any((found.schema, *found.others)) if found.others else found.schema
        if schema is None and found.others:
            notes.append("its type is that of its first response, and another one is no object or a different scalar")
        return self._outputs.type(found.schema if schema is None else schema, hint)

    def _node(
        self, operation: Operation, name: str, arguments: Arguments, encoded: Mapping[str, Any], result: Typed
    ) -> FieldDefinitionNode:
        nodes = self._registry.nodes
        given: dict[str, Any] = {"path": arguments.path}
        if arguments.query:
            given["query"] = arguments.query
        given |= encoded
        if arguments.forward:
            given["forward"] = arguments.forward
        if arguments.headers:
            given["headers"] = [{"name": header, "value": template} for header, template in arguments.headers]
        directives = [nodes.directive(operation.method, given)]
        if operation.body.get("deprecated") is True:
            directives.append(nodes.directive("deprecated", {}))
        text = description(operation.body, operation.item)
        return nodes.field(name, result.node, text, tuple(directives), tuple(arguments.nodes))


def _reason(exc: Exception) -> str:
    return exc.message if isinstance(exc, Problem) else f"{type(exc).__name__}: {exc}"
