"""Input types of request parameters and bodies. Fields have no defaults: a PATCH would write values nobody sent."""

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
    """A factory for input types. With `files` a binary string is an Upload, as in multipart bodies, else a String."""

    def __init__(self, registry: TypeRegistry, *, files: bool = False) -> None:
        self._registry = registry
        self._builder = registry.builder
        self._use, self._binary = ("Form", "Upload") if files else ("Input", "String")
        self._objects: set[str] = set()

    def type(self, schema: object, hint: str, member: str = "") -> TypeRef:
        """Return the type of a schema. `member` is the property or parameter that has it. Raises DocumentProblem.

        Call `TypeRegistry.finish` to define the types that it refers to.
        """
        if name := simple_scalar(schema):
            return self._registry.scalar(self._binary if name == BINARY else name)
        resolved, lists, hint = self._registry.unwrap_lists(schema, hint)
        shape = self._registry.shapes.shape(resolved.schema)
        source = NamedSchema(resolved.schema, resolved.name, hint, member)
        match shape:
            case ScalarShape():
                return self._registry.type_ref(self._binary if shape.name == BINARY else shape.name, lists)
            case EnumShape():
                return self._registry.type_ref(self._registry.enum(source, shape), lists)
            case ObjectShape():
                return self._object(source, shape, lists)
            case UnionShape() | InterfaceShape():
                return self._object(source, shape.everything, lists)
            case MapShape():
                return self._registry.type_ref(JSON, lists)
            case JsonShape():
                return self._registry.type_ref(JSON, lists, shape.problem)
            case ListShape():
                return self._registry.type_ref(JSON, lists, "its lists are nested too deep")
        assert_never(shape)

    def required_type(self, type_ref: TypeRef, schema: object) -> TypeNode:
        """Return the type of a required value: non-null unless the schema allows null. Raises DocumentProblem."""
        may_be_null = type_ref.name == JSON or self._registry.shapes.resolve(schema).nullable
        return type_ref.node if may_be_null else NonNullTypeNode(type=type_ref.node)

    def _object(self, source: NamedSchema, shape: ObjectShape, lists: int) -> TypeRef:
        is_marked = self._registry.shapes.is_marked
        sendable = {text: value for text, value in shape.properties.items() if not is_marked(value, "readOnly")}
        if not sendable:
            return self._registry.type_ref(JSON, lists)
        name = self._registry.define_once(source, self._use, partial(self._define, source, shape, sendable))
        self._objects.add(name)
        return self._registry.type_ref(name, lists)

    def _define(self, source: NamedSchema, shape: ObjectShape, sendable: Mapping[str, Any], name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is incomplete, {shape.problem}")
        if shape.additional is not None:
            self._registry.note(name, f"{name} is incomplete, an input has no additional properties")
        prefix = name.removesuffix(self._use)  # so that an enum of inputs and results is `PetStatus`
        fields = []
        for text, field_name in self._registry.naming.member_names(sendable, "field").items():
            type_ref = self._registry.property_type(name, text, self.type, schema := sendable[text], prefix)
            node = self._required_field_type(type_ref, schema) if text in shape.required else type_ref.node
            part = as_mapping(schema)
            enum = self._registry.enums.get(type_ref.name, {})
            deprecated = part.get("deprecated") is True
            text_with_default = with_default(first_description(part), part, names=enum)
            value = self._builder.input_value(field_name, node, text_with_default, deprecated=deprecated)
            if sent_as := self._registry.naming.value_directive(field_name, text, self._builder):
                value = graphql_core.changed(value, directives=(*value.directives, *sent_as))
            fields.append(value)
        self._registry.definitions[name] = self._builder.input_object(name, fields, first_description(source.schema))

    def _required_field_type(self, type_ref: TypeRef, schema: object) -> TypeNode:
        """Return the type of a required field. Input objects stay nullable: a cycle of required ones has no value."""
        if type_ref.name in self._objects and isinstance(type_ref.node, NamedTypeNode):
            return type_ref.node
        try:
            return self.required_type(type_ref, schema)
        except DocumentProblem:
            return type_ref.node
