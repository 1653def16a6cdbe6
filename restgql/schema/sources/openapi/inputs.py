"""Types of what requests hold. They have no defaults: PATCH would write what nobody gave."""

from collections.abc import Mapping
from functools import partial
from typing import Any, assert_never

from graphql import NamedTypeNode, NonNullTypeNode, TypeNode

from restgql import graphql_core
from restgql.schema.sdl.scalar_names import BINARY, JSON
from restgql.schema.sources.openapi.defaults import shown
from restgql.schema.sources.openapi.parts import description, mapping
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.registry import Registry, Source, Typed
from restgql.schema.sources.openapi.scalars import simple
from restgql.schema.sources.openapi.shape import Anything, Enum, Interface, Items, Map, Object, Scalar, Union


class Inputs:
    """`files`: a binary string is an Upload, as in multipart bodies; elsewhere it is a String."""

    def __init__(self, registry: Registry, *, files: bool = False) -> None:
        self._registry = registry
        self._nodes = registry.nodes
        self._use, self._binary = ("Form", "Upload") if files else ("Input", "String")
        self._objects: set[str] = set()

    def type(self, schema: object, hint: str, member: str = "") -> Typed:
        """Return the type of a schema, which is that of the property or parameter `member`. Raises Problem.

        The types that it needs are made by the registry's `finish`.
        """
        if name := simple(schema):
            return self._registry.scalar(self._binary if name == BINARY else name)
        located, lists, hint = self._registry.unlisted(schema, hint)
        shape = self._registry.shapes.shape(located.schema)
        source = Source(located.schema, located.name, hint, member)
        match shape:
            case Scalar():
                return self._registry.typed(self._binary if shape.name == BINARY else shape.name, lists)
            case Enum():
                return self._registry.typed(self._registry.enum(source, shape), lists)
            case Object():
                return self._object(source, shape, lists)
            case Union():
                return self._registry.typed(JSON, lists, "input has no unions")
            case Interface():
                return self._object(source, shape.everything, lists)
            case Map():
                return self._registry.typed(JSON, lists)
            case Anything():
                return self._registry.typed(JSON, lists, shape.problem)
            case Items():
                return self._registry.typed(JSON, lists, "it has lists nested too deep")
        assert_never(shape)

    def demanded(self, typed: Typed, schema: object) -> TypeNode:
        """The type of what is required, and so non-null unless its schema allows null. Raises Problem."""
        may_be_null = typed.name == JSON or self._registry.shapes.locate(schema).nullable
        return typed.node if may_be_null else NonNullTypeNode(type=typed.node)

    def _object(self, source: Source, shape: Object, lists: int) -> Typed:
        is_marked = self._registry.shapes.is_marked
        sent = {text: value for text, value in shape.properties.items() if not is_marked(value, "readOnly")}
        if not sent:
            return self._registry.typed(JSON, lists)
        name = self._registry.once(source, self._use, partial(self._define, source, shape, sent))
        self._objects.add(name)
        return self._registry.typed(name, lists)

    def _define(self, source: Source, shape: Object, sent: Mapping[str, Any], name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is not whole, {shape.problem}")
        fields = []
        for text, called in self._registry.naming.members(sent, "field").items():
            typed = self._registry.within(name, text, self.type, schema := sent[text])
            node = self._demanded_within(typed, schema) if text in shape.required else typed.node
            part = mapping(schema)
            enum = self._registry.enums.get(typed.name, {})
            deprecated = part.get("deprecated") is True
            told = shown(description(part), part, names=enum)
            value = self._nodes.input_value(called, node, told, deprecated=deprecated)
            if sent_as := self._registry.naming.value(called, text, self._nodes):
                value = graphql_core.changed(value, directives=(*value.directives, *sent_as))
            fields.append(value)
        self._registry.definitions[name] = self._nodes.input_object(name, fields, description(source.schema))

    def _demanded_within(self, typed: Typed, schema: object) -> TypeNode:
        """An input object within another is never non-null: a circle of those could not be written."""
        if typed.name in self._objects and isinstance(typed.node, NamedTypeNode):
            return typed.node
        try:
            return self.demanded(typed, schema)
        except Problem:
            return typed.node
