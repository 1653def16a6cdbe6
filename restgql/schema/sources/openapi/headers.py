"""Documented header fields of a response as fields of its type."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import FieldDefinitionNode

from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi.outputs import Outputs
from restgql.schema.sources.openapi.parts import Schema, description, mapping
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References
from restgql.schema.sources.openapi.registry import Registry, Typed
from restgql.schema.sources.openapi.shape import Enum, Interface, Object, Scalar, Union

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.6.2
_NOT_SHOWN = frozenset({"set-cookie", "content-type"})
"""OpenAPI ignores the second (3.0, "Response Object"); the gateway never shows the first."""
_IS_TRUE = "@ && @ == 'true'"


class HeaderFields:
    """Makes the fields of headers, each once in a type."""

    def __init__(self, references: References, registry: Registry, outputs: Outputs) -> None:
        self._references = references
        self._registry = registry
        self._outputs = outputs

    def fields(self, headers: Schema, owner: str, fields: tuple[FieldDefinitionNode, ...]) -> list[FieldDefinitionNode]:
        """Return the fields of documented headers that a type does not have yet, beside its others."""
        known = {directive.arguments[0].value.value.lower() for directive in _selects(fields)}
        scope = names.Names(frozenset(field.name.value for field in fields))
        added = []
        for name, value in headers.items():
            if not is_shown(name) or name.lower() in known:
                continue
            known.add(name.lower())
            added.append(self._field(scope.take(self._registry.naming.member(name, "header")), name, value, owner))
        return added

    def _field(self, called: str, name: str, value: Any, owner: str) -> FieldDefinitionNode:
        nodes = self._registry.nodes
        try:
            source = mapping(self._references.follow(value)[0])
            schema = _schema(source)
            typed, expression = self._type(schema, f"{owner}{names.pascal(name)}", name)
        except Problem:
            source, schema, typed, expression = {}, {}, self._registry.typed(JSON), ""
        self._registry.uses(owner, typed.name)
        arguments = {"header": name, **({"from": expression} if expression else {})}
        return nodes.field(called, typed.node, description(source, schema), (nodes.directive("select", arguments),))

    def _type(self, schema: Any, hint: str, name: str) -> tuple[Typed, str]:
        """Return the type of a header field, and the expression of its value if it is not its text. Raises Problem."""
        shapes = self._registry.shapes
        match shapes.shape(shapes.locate(schema).schema):
            case Scalar(name="Boolean"):
                return self._registry.typed("Boolean"), _IS_TRUE
            case Scalar() | Enum() | Object() | Union() | Interface() if name.lower() != "link":
                return self._outputs.type(schema, hint, name), ""
        return self._registry.typed(JSON), ""


def is_shown(name: Any) -> bool:
    """Return True for a header field that a response may show."""
    return isinstance(name, str) and bool(_TOKEN.match(name)) and name.lower() not in _NOT_SHOWN


def _schema(source: Schema) -> Any:
    if "schema" in source:
        return source["schema"]
    if content := mapping(source.get("content")):
        return mapping(next(iter(content.values()))).get("schema")
    return source  # Swagger 2.0 has the schema's keywords in the header


def _selects(fields: tuple[FieldDefinitionNode, ...]) -> Iterator[Any]:
    for field in fields:
        for directive in field.directives:
            if directive.name.value == "select" and directive.arguments[0].name.value == "header":
                yield directive
