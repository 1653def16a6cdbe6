"""Output types of responses. All fields are nullable, because an API may deviate from its document."""

from functools import partial
from typing import Any, assert_never

from graphql import ConstDirectiveNode, FieldDefinitionNode

from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import BINARY, JSON
from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping, first_description
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import (
    EnumShape,
    InterfaceShape,
    JsonShape,
    ListShape,
    MapShape,
    Member,
    ObjectShape,
    ScalarShape,
    UnionShape,
)
from restgql.schema.sources.openapi.type_registry import NamedSchema, TypeRef, TypeRegistry

_OTHER = "Other"


class OutputTypes:
    """A factory for output types."""

    def __init__(self, registry: TypeRegistry) -> None:
        self._registry = registry
        self._builder = registry.builder

    def type(self, schema: object, hint: str, member: str = "") -> TypeRef:
        """Return the type of a schema. `member` is the property that has it. Raises DocumentProblem.

        Call `TypeRegistry.finish` to define the types that it refers to.
        """
        if name := simple_scalar(schema):
            return self._plain(name)
        resolved, lists, hint = self._registry.unwrap_lists(schema, hint)
        shape = self._registry.shapes.shape(resolved.schema)
        source = NamedSchema(resolved.schema, resolved.name, hint, member)
        match shape:
            case ScalarShape():
                return self._registry.type_ref("String" if shape.name == BINARY else shape.name, lists)
            case EnumShape():
                return self._registry.type_ref(self._registry.enum(source, shape), lists)
            case ObjectShape():
                return self._object(source, shape, lists)
            case UnionShape():
                return self._union(source, shape, lists)
            case InterfaceShape() if self._is_read(shape.own):
                return self._registry.type_ref(self._interface(source, shape), lists)
            case InterfaceShape():
                return self._registry.type_ref(JSON, lists)
            case MapShape():
                return self._registry.type_ref(JSON, lists)
            case JsonShape():
                return self._registry.type_ref(JSON, lists, shape.problem)
            case ListShape():
                return self._registry.type_ref(JSON, lists, "its lists are nested too deep")
        assert_never(shape)

    def _plain(self, name: str) -> TypeRef:
        # the value of a file is a data: URL
        return self._registry.scalar("String" if name == BINARY else name)

    def is_scalar(self, schema: object) -> bool:
        """Return True if the values of a schema are scalars. Raises DocumentProblem."""
        return isinstance(
            self._registry.shapes.shape(self._registry.shapes.resolve(schema).schema), ScalarShape | EnumShape
        )

    def _is_read(self, shape: ObjectShape) -> bool:
        """Return True if a response has a property of the object, that is, one without `writeOnly`."""
        return not all(self._registry.shapes.is_marked(value, "writeOnly") for value in shape.properties.values())

    def _object(self, source: NamedSchema, shape: ObjectShape, lists: int) -> TypeRef:
        if not self._is_read(shape):
            return self._registry.type_ref(JSON, lists)
        return self._registry.type_ref(
            self._registry.define_once(source, "", partial(self._define, source, shape)), lists
        )

    def _define(self, source: NamedSchema, shape: ObjectShape, name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is incomplete, {shape.problem}")
        self._registry.definitions[name] = self._builder.object(
            name, self._fields(shape, name), first_description(source.schema)
        )

    def _fields(self, shape: ObjectShape, name: str) -> list[FieldDefinitionNode]:
        fields = []
        for text, field_name in self._registry.naming.member_names(shape.properties, "field").items():
            part = as_mapping(schema := shape.properties[text])
            if self._registry.shapes.is_marked(part, "writeOnly"):
                continue
            plain = simple_scalar(schema)
            type_ref = self._plain(plain) if plain else self._registry.property_type(name, text, self.type, schema)
            directives = self._read(field_name, text, part)
            if part.get("deprecated") is True:
                directives = (*directives, self._builder.directive("deprecated", {}))
            fields.append(self._builder.field(field_name, type_ref.node, first_description(part), directives))
        if shape.additional is not None:
            taken = frozenset(field.name.value for field in fields)
            fields.append(self._entries(shape.additional, names.NameScope(taken).take("entries"), name))
        return fields

    def _entries(self, schema: Any, field_name: str, owner: str) -> FieldDefinitionNode:
        """Return the field for additional properties, a list of `{key, value}`."""

        def define(name: str) -> None:
            value = self._registry.property_type(name, "value", self.type, schema)
            key = self._registry.type_ref("String")
            fields = [
                self._builder.field("key", key.node, ""),
                self._builder.field("value", value.node, first_description(schema)),
            ]
            self._registry.definitions[name] = self._builder.object(name, fields)

        entry = self._registry.type_ref(self._registry.define_once(NamedSchema(schema, "", owner), "Entry", define), 1)
        self._registry.uses(owner, entry.name)
        directive = self._builder.directive("select", {"entries": True})
        return self._builder.field(field_name, entry.node, "The properties without a field of their own.", (directive,))

    def _read(self, name: str, text: str, part: JsonObject) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive that makes a field read its key, or its first present key."""
        expression = extension_keywords.first_of_keys(part)
        if expression:
            return (self._builder.directive("select", {"from": expression}),)
        return self._registry.naming.select_directive(name, text, self._builder)

    def _union(self, source: NamedSchema, shape: UnionShape, lists: int) -> TypeRef:
        values = {}
        for member in shape.members:
            owner_title = self._registry.type_name(source.name) if source.name else source.hint
            title = f"{owner_title}{names.type_name(member.name or member.values[0])}"
            type_ref = self.type(member.schema, title)
            values[type_ref.name] = member.values
        if JSON in values or len(values) < len(shape.members) or not self._registry.assign_discriminators(values):
            return self._registry.type_ref(JSON, lists, "two of its members share a discriminator value")

        def define(name: str) -> None:
            text = first_description(source.schema)
            self._registry.definitions[name] = self._builder.union(name, values, shape.discriminator, text)
            for member in values:
                self._registry.uses(name, member)

        return self._registry.type_ref(self._registry.define_once(source, "", define), lists)

    def _interface(self, source: NamedSchema, shape: InterfaceShape) -> str:
        """Return the name of the interface of a base schema.

        The types of its children implement it, and one more type for values of no child.
        """

        def define(name: str) -> None:
            others = self._concrete(source, shape)
            members = {self._member(member): member.values for member in shape.members}
            members.pop(JSON, None)  # a child whose properties are all writeOnly
            if not self._registry.assign_discriminators(members):
                self._registry.note(name, f"{name} has no child types, two of them share a discriminator value")
                self._define(source, shape.own, name)
                return
            default = next((self._member(member) for member in shape.members if member.name == shape.default), others)
            self._registry.interface_members[name] = [others, *members]
            for member in (others, *members):
                self._registry.uses(name, member)
            self._registry.definitions[name] = self._builder.interface(
                name, self._fields(shape.own, name), shape.discriminator, default, first_description(source.schema)
            )

        return self._registry.define_once(source, "", define)

    def _member(self, member: Member) -> str:
        """Return the name of a child's object type."""
        resolved = self._registry.shapes.resolve(member.schema)
        shape = self._registry.shapes.shape(resolved.schema)
        if isinstance(shape, InterfaceShape):
            return self._concrete(NamedSchema(resolved.schema, resolved.name, member.name), shape)
        return self.type(member.schema, member.name).name

    def _concrete(self, source: NamedSchema, shape: InterfaceShape) -> str:
        """Return the name of the object type for values of the base that belong to none of its children."""
        return self._registry.type_ref(
            self._registry.define_once(source, _OTHER, partial(self._define, source, shape.own))
        ).name
