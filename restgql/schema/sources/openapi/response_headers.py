"""Adds the documented header fields of a response as fields of its type."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import FieldDefinitionNode

from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping, first_description
from restgql.schema.sources.openapi.output_types import OutputTypes
from restgql.schema.sources.openapi.references import References
from restgql.schema.sources.openapi.schema_shape import EnumShape, InterfaceShape, ObjectShape, ScalarShape, UnionShape
from restgql.schema.sources.openapi.type_registry import TypeRef, TypeRegistry

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.6.2
_NOT_SHOWN = frozenset({"set-cookie", "content-type"})
"""The gateway never exposes Set-Cookie. OpenAPI ignores a documented Content-Type (3.0, "Response Object")."""
_IS_TRUE = "@ && @ == 'true'"


class ResponseHeaders:
    """A factory for fields of response headers. A type gets at most one field for a header."""

    def __init__(self, references: References, registry: TypeRegistry, outputs: OutputTypes) -> None:
        self._references = references
        self._registry = registry
        self._outputs = outputs

    def fields(
        self, headers: JsonObject, owner: str, fields: tuple[FieldDefinitionNode, ...]
    ) -> list[FieldDefinitionNode]:
        """Return fields for the documented headers that the type `owner` does not have yet. `fields` are its fields."""
        known_headers = {directive.arguments[0].value.value.lower() for directive in _selects(fields)}
        scope = names.NameScope(frozenset(field.name.value for field in fields))
        added = []
        for name, value in headers.items():
            if not is_shown(name) or name.lower() in known_headers:
                continue
            known_headers.add(name.lower())
            added.append(self._field(scope.take(self._registry.naming.member_name(name, "header")), name, value, owner))
        return added

    def _field(self, field_name: str, name: str, value: Any, owner: str) -> FieldDefinitionNode:
        builder = self._registry.builder
        try:
            source = as_mapping(self._references.follow(value)[0])
            schema = _schema(source)
            type_ref, expression = self._type(schema, f"{owner}{names.type_name(name)}", name)
        except DocumentProblem:
            source, schema, type_ref, expression = {}, {}, self._registry.type_ref(JSON), ""
        self._registry.uses(owner, type_ref.name)
        arguments = {"header": name, **({"from": expression} if expression else {})}
        return builder.field(
            field_name, type_ref.node, first_description(source, schema), (builder.directive("select", arguments),)
        )

    def _type(self, schema: Any, hint: str, name: str) -> tuple[TypeRef, str]:
        """Return the type of a header field, and the JMESPath of its value (empty for the text itself).

        Raises DocumentProblem.
        """
        shapes = self._registry.shapes
        match shapes.shape(shapes.resolve(schema).schema):
            case ScalarShape(name="Boolean"):
                return self._registry.type_ref("Boolean"), _IS_TRUE
            case ScalarShape() | EnumShape() | ObjectShape() | UnionShape() | InterfaceShape() if (
                name.lower() != "link"
            ):
                return self._outputs.type(schema, hint, name), ""
        return self._registry.type_ref(JSON), ""


def is_shown(name: Any) -> bool:
    """Return True for a header field that a type may expose."""
    return isinstance(name, str) and bool(_TOKEN.match(name)) and name.lower() not in _NOT_SHOWN


def _schema(source: JsonObject) -> Any:
    if "schema" in source:
        return source["schema"]
    if content := as_mapping(source.get("content")):
        return as_mapping(next(iter(content.values()))).get("schema")
    return source  # Swagger 2.0 has the schema's keywords in the header


def _selects(fields: tuple[FieldDefinitionNode, ...]) -> Iterator[Any]:
    for field in fields:
        for directive in field.directives:
            if directive.name.value == "select" and directive.arguments[0].name.value == "header":
                yield directive
