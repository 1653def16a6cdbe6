"""Types of what requests hold. They have no defaults: PATCH would write what nobody gave."""

from collections.abc import Mapping
from functools import partial
from typing import Any, assert_never

from graphql import NamedTypeNode, NonNullTypeNode, TypeNode

from restgql import graphql_core
from restgql.schema.sdl.scalar_names import BINARY, JSON
from restgql.schema.sources.openapi.argument_defaults import with_default
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import as_mapping, first_description
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import (
    EnumShape,
    InterfaceShape,
    JsonShape,
    ListShape,
    MapShape,
    ObjectShape,
    ScalarShape,
    UnionShape,
)
from restgql.schema.sources.openapi.type_registry import NamedSchema, TypeRef, TypeRegistry


class InputTypes:
    """`files`: a binary string is an Upload, as in multipart bodies; elsewhere it is a String."""

    def __init__(self, registry: TypeRegistry, *, files: bool = False) -> None:
        self._registry = registry
        self._builder = registry.builder
        self._use, self._binary = ("Form", "Upload") if files else ("Input", "String")
        self._objects: set[str] = set()

    def type(self, schema: object, hint: str, member: str = "") -> TypeRef:
        """Return the type of a schema, which is that of the property or parameter `member`. Raises Problem.

        The types that it needs are made by the registry's `finish`.
        """
        if name := simple_scalar(schema):
            return self._registry.scalar(self._binary if name == BINARY else name)
        located, lists, hint = self._registry.unwrap_lists(schema, hint)
        shape = self._registry.shapes.shape(located.schema)
        source = NamedSchema(located.schema, located.name, hint, member)
        match shape:
            case ScalarShape():
                return self._registry.typed(self._binary if shape.name == BINARY else shape.name, lists)
            case EnumShape():
                return self._registry.typed(self._registry.enum(source, shape), lists)
            case ObjectShape():
                return self._object(source, shape, lists)
            case UnionShape():
                return self._registry.typed(JSON, lists, "input has no unions")
            case InterfaceShape():
                return self._object(source, shape.everything, lists)
            case MapShape():
                return self._registry.typed(JSON, lists)
            case JsonShape():
                return self._registry.typed(JSON, lists, shape.problem)
            case ListShape():
                return self._registry.typed(JSON, lists, "it has lists nested too deep")
        assert_never(shape)

    def demanded(self, typed: TypeRef, schema: object) -> TypeNode:
        """The type of what is required, and so non-null unless its schema allows null. Raises Problem."""
        may_be_null = typed.name == JSON or self._registry.shapes.resolve(schema).nullable
        return typed.node if may_be_null else NonNullTypeNode(type=typed.node)

    def _object(self, source: NamedSchema, shape: ObjectShape, lists: int) -> TypeRef:
        is_marked = self._registry.shapes.is_marked
        sent = {text: value for text, value in shape.properties.items() if not is_marked(value, "readOnly")}
        if not sent:
            return self._registry.typed(JSON, lists)
        name = self._registry.define_once(source, self._use, partial(self._define, source, shape, sent))
        self._objects.add(name)
        return self._registry.typed(name, lists)

    def _define(self, source: NamedSchema, shape: ObjectShape, sent: Mapping[str, Any], name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is not whole, {shape.problem}")
        fields = []
        for text, called in self._registry.naming.member_names(sent, "field").items():
            typed = self._registry.within(name, text, self.type, schema := sent[text])
            node = self._demanded_within(typed, schema) if text in shape.required else typed.node
            part = as_mapping(schema)
            enum = self._registry.enums.get(typed.name, {})
            deprecated = part.get("deprecated") is True
            told = with_default(first_description(part), part, names=enum)
            value = self._builder.input_value(called, node, told, deprecated=deprecated)
            if sent_as := self._registry.naming.value_directive(called, text, self._builder):
                value = graphql_core.changed(value, directives=(*value.directives, *sent_as))
            fields.append(value)
        self._registry.definitions[name] = self._builder.input_object(name, fields, first_description(source.schema))

    def _demanded_within(self, typed: TypeRef, schema: object) -> TypeNode:
        """An input object within another is never non-null: a circle of those could not be written."""
        if typed.name in self._objects and isinstance(typed.node, NamedTypeNode):
            return typed.node
        try:
            return self.demanded(typed, schema)
        except DocumentProblem:
            return typed.node
