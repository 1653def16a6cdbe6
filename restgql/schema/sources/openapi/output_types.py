"""Types of what responses hold. Nothing in them is non-null: an API need not keep to its document."""

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
    def __init__(self, registry: TypeRegistry) -> None:
        self._registry = registry
        self._builder = registry.builder

    def type(self, schema: object, hint: str, member: str = "") -> TypeRef:
        """Return the type of a schema, which is that of the property `member`. Raises Problem.

        The types that it needs are made by the registry's `finish`.
        """
        if name := simple_scalar(schema):
            return self._plain(name)
        located, lists, hint = self._registry.unwrap_lists(schema, hint)
        shape = self._registry.shapes.shape(located.schema)
        source = NamedSchema(located.schema, located.name, hint, member)
        match shape:
            case ScalarShape():
                return self._registry.typed("String" if shape.name == BINARY else shape.name, lists)
            case EnumShape():
                return self._registry.typed(self._registry.enum(source, shape), lists)
            case ObjectShape():
                return self._object(source, shape, lists)
            case UnionShape():
                return self._union(source, shape, lists)
            case InterfaceShape() if self._is_read(shape.own):
                return self._registry.typed(self._interface(source, shape), lists)
            case InterfaceShape():
                return self._registry.typed(JSON, lists)
            case MapShape():
                return self._registry.typed(JSON, lists)
            case JsonShape():
                return self._registry.typed(JSON, lists, shape.problem)
            case ListShape():
                return self._registry.typed(JSON, lists, "it has lists nested too deep")
        assert_never(shape)

    def _plain(self, name: str) -> TypeRef:
        # A file that is no JSON is a data: URL
        return self._registry.scalar("String" if name == BINARY else name)

    def is_scalar(self, schema: object) -> bool:
        """Raises Problem."""
        return isinstance(
            self._registry.shapes.shape(self._registry.shapes.resolve(schema).schema), ScalarShape | EnumShape
        )

    def _is_read(self, shape: ObjectShape) -> bool:
        """Return True if an object has a property that is not for requests alone."""
        return not all(self._registry.shapes.is_marked(value, "writeOnly") for value in shape.properties.values())

    def _object(self, source: NamedSchema, shape: ObjectShape, lists: int) -> TypeRef:
        if not self._is_read(shape):
            return self._registry.typed(JSON, lists)
        return self._registry.typed(self._registry.define_once(source, "", partial(self._define, source, shape)), lists)

    def _define(self, source: NamedSchema, shape: ObjectShape, name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is not whole, {shape.problem}")
        self._registry.definitions[name] = self._builder.object(
            name, self._fields(shape, name), first_description(source.schema)
        )

    def _fields(self, shape: ObjectShape, name: str) -> list[FieldDefinitionNode]:
        fields = []
        for text, called in self._registry.naming.member_names(shape.properties, "field").items():
            part = as_mapping(schema := shape.properties[text])
            if self._registry.shapes.is_marked(part, "writeOnly"):
                continue
            plain = simple_scalar(schema)
            typed = self._plain(plain) if plain else self._registry.within(name, text, self.type, schema)
            directives = self._read(called, text, part)
            if part.get("deprecated") is True:
                directives = (*directives, self._builder.directive("deprecated", {}))
            fields.append(self._builder.field(called, typed.node, first_description(part), directives))
        if shape.additional is not None:
            taken = frozenset(field.name.value for field in fields)
            fields.append(self._entries(shape.additional, names.NameScope(taken).take("entries"), name))
        return fields

    def _entries(self, schema: Any, called: str, owner: str) -> FieldDefinitionNode:
        """Return the field of the properties that have no name in the document."""

        def define(name: str) -> None:
            value = self._registry.within(name, "value", self.type, schema)
            key = self._registry.typed("String")
            fields = [
                self._builder.field("key", key.node, ""),
                self._builder.field("value", value.node, first_description(schema)),
            ]
            self._registry.definitions[name] = self._builder.object(name, fields)

        entry = self._registry.typed(self._registry.define_once(NamedSchema(schema, "", owner), "Entry", define), 1)
        self._registry.uses(owner, entry.name)
        directive = self._builder.directive("select", {"entries": True})
        return self._builder.field(called, entry.node, "The properties without a field of their own.", (directive,))

    def _read(self, name: str, text: str, part: JsonObject) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive by which a field reads its key."""
        expression = extension_keywords.first_of_keys(part)
        if expression:
            return (self._builder.directive("select", {"from": expression}),)
        return self._registry.naming.select_directive(name, text, self._builder)

    def _union(self, source: NamedSchema, shape: UnionShape, lists: int) -> TypeRef:
        values = {}
        for member in shape.members:
            whole = self._registry.type_name(source.name) if source.name else source.hint
            title = f"{whole}{names.type_name(member.name or member.values[0])}"
            typed = self.type(member.schema, title)
            values[typed.name] = member.values
        if JSON in values or len(values) < len(shape.members) or not self._registry.assign_discriminators(values):
            return self._registry.typed(JSON, lists, "two members of it have one value of a discriminator")

        def define(name: str) -> None:
            text = first_description(source.schema)
            self._registry.definitions[name] = self._builder.union(name, values, shape.discriminator, text)
            for member in values:
                self._registry.uses(name, member)

        return self._registry.typed(self._registry.define_once(source, "", define), lists)

    def _interface(self, source: NamedSchema, shape: InterfaceShape) -> str:
        """Return the name of the interface of a base, which its children's types implement, and one for all others."""

        def define(name: str) -> None:
            others = self._concrete(source, shape)
            members = {self._member(member): member.values for member in shape.members}
            members.pop(JSON, None)  # a child of which nothing is read
            if not self._registry.assign_discriminators(members):
                self._registry.note(name, f"{name} has no children, two of them have one value of a discriminator")
                self._define(source, shape.own, name)
                return
            default = next((self._member(each) for each in shape.members if each.name == shape.default), others)
            self._registry.interface_members[name] = [others, *members]
            for member in (others, *members):
                self._registry.uses(name, member)
            self._registry.definitions[name] = self._builder.interface(
                name, self._fields(shape.own, name), shape.discriminator, default, first_description(source.schema)
            )

        return self._registry.define_once(source, "", define)

    def _member(self, member: Member) -> str:
        """Return the name of the object type of a child."""
        located = self._registry.shapes.resolve(member.schema)
        shape = self._registry.shapes.shape(located.schema)
        if isinstance(shape, InterfaceShape):
            return self._concrete(NamedSchema(located.schema, located.name, member.name), shape)
        return self.type(member.schema, member.name).name

    def _concrete(self, source: NamedSchema, shape: InterfaceShape) -> str:
        """Return the name of the object type of values that are of the base, and of none of its children."""
        return self._registry.typed(
            self._registry.define_once(source, _OTHER, partial(self._define, source, shape.own))
        ).name
