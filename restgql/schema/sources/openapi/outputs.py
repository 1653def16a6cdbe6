"""Types of what responses hold. Nothing in them is non-null: an API need not keep to its document."""

from functools import partial
from typing import assert_never

from restgql.schema.sdl import names
from restgql.schema.sdl.nodes import key
from restgql.schema.sources.openapi.parts import description, mapping
from restgql.schema.sources.openapi.registry import Registry, Source, Typed
from restgql.schema.sources.openapi.scalars import BINARY, JSON, simple
from restgql.schema.sources.openapi.shape import Anything, Enum, Items, Object, Scalar, Union


class Outputs:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._nodes = registry.nodes

    def type(self, schema: object, hint: str, member: str = "") -> Typed:
        """Return the type of a schema, which is that of the property `member`. Raises Problem.

        The types that it needs are made by the registry's `finish`.
        """
        if name := simple(schema):
            return self._plain(name)
        located, lists, hint = self._registry.unlisted(schema, hint)
        shape = self._registry.shapes.shape(located.schema)
        source = Source(located.schema, located.name, hint, member)
        match shape:
            case Scalar():
                return self._registry.typed("String" if shape.name == BINARY else shape.name, lists)
            case Enum():
                return self._registry.typed(self._registry.enum(source, shape), lists)
            case Object():
                return self._object(source, shape, lists)
            case Union():
                return self._union(source, shape, lists)
            case Anything():
                return self._registry.typed(JSON, lists, shape.problem)
            case Items():
                return self._registry.typed(JSON, lists, "it has lists nested too deep")
        assert_never(shape)

    def _plain(self, name: str) -> Typed:
        # A file that is no JSON is a data: URL
        return self._registry.scalar("String" if name == BINARY else name)

    def is_scalar(self, schema: object) -> bool:
        """Raises Problem."""
        return isinstance(self._registry.shapes.shape(self._registry.shapes.locate(schema).schema), Scalar | Enum)

    def _object(self, source: Source, shape: Object, lists: int) -> Typed:
        if all(mapping(value).get("writeOnly") is True for value in shape.properties.values()):
            return self._registry.typed(JSON, lists)
        return self._registry.typed(self._registry.once(source, "", partial(self._define, source, shape)), lists)

    def _define(self, source: Source, shape: Object, name: str) -> None:
        self._registry.note(name, shape.problem and f"{name} is not whole, {shape.problem}")
        fields = []
        for text, called in names.members(shape.properties, "field").items():
            part = mapping(schema := shape.properties[text])
            if part.get("writeOnly") is True:
                continue
            plain = simple(schema)
            typed = self._plain(plain) if plain else self._registry.within(name, text, self.type, schema)
            directives = () if called == text else (self._nodes.directive("select", {"from": key(text)}),)
            if part.get("deprecated") is True:
                directives = (*directives, self._nodes.directive("deprecated", {}))
            fields.append(self._nodes.field(called, typed.node, description(part), directives))
        self._registry.definitions[name] = self._nodes.object(name, fields, description(source.schema))

    def _union(self, source: Source, shape: Union, lists: int) -> Typed:
        values = {}
        for member in shape.members:
            title = f"{source.name or source.hint}{names.pascal(member.name or member.value)}"
            typed = self.type(member.schema, title)
            values[typed.name] = member.value
        if JSON in values or len(values) < len(shape.members) or not self._registry.claim(values):
            return self._registry.typed(JSON, lists, "a member of it has more than one value of a discriminator")

        def define(name: str) -> None:
            text = description(source.schema)
            self._registry.definitions[name] = self._nodes.union(name, values, shape.discriminator, text)
            for member in values:
                self._registry.uses(name, member)

        return self._registry.typed(self._registry.once(source, "", define), lists)
