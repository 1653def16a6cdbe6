"""The shapes of a document's schemas, each found once: references followed, allOf merged, oneOf and anyOf decided."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import msgspec

from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl.nodes import key
from restgql.schema.sources.openapi.children import Children, default_of, discriminator_of
from restgql.schema.sources.openapi.merging import Merging
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence, text
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References, named
from restgql.schema.sources.openapi.shape import (
    Anything,
    Interface,
    Items,
    Map,
    Member,
    Object,
    Shape,
    Union,
    additional,
    composed,
    is_null,
    nullable,
    plain,
    properties_of,
    required,
    structured,
    wrapped,
)
from restgql.schema.sources.openapi.variants import Group, Variant, decide, values_of

MAX_DEPTH = 30
"""Of oneOf within oneOf."""
_TELLING = frozenset({"properties", "items", "enum", "const", "allOf", "oneOf", "anyOf"})


class Located(msgspec.Struct, frozen=True):
    """A schema with its references followed, and the name that the document has for it, if any."""

    schema: Schema
    name: str
    nullable: bool


class _Merged(msgspec.Struct, frozen=True):
    properties: dict[str, Any]
    required: frozenset[str]
    groups: tuple[Group, ...]
    parts: tuple[Schema, ...]
    problem: str
    additional: Any


class Shapes:
    """Keeps every schema that it has located or has a shape of, so that its identity stays its own.

    `named` are references to the named schemas. With `merges_siblings` the keywords beside a `$ref` count.
    """

    def __init__(
        self, references: References, named: Mapping[str, Schema] = {}, *, merges_siblings: bool = False
    ) -> None:
        self._references = references
        self._merges_siblings = merges_siblings
        self._with_siblings: dict[int, tuple[Schema, Schema]] = {}
        self._merging = Merging(self.follow)
        self._children = Children(self.follow, named)
        self._located: dict[int, tuple[Any, Located]] = {}
        self._found: dict[int, tuple[Schema, Shape]] = {}
        self._depth = 0

    def follow(self, value: Any) -> tuple[Any, str]:
        """Return the schema at the end of a chain of references, and its name. Raises Problem."""
        if not self._merges_siblings:
            return self._references.follow(value)
        found, name = self._references.follow(value, _has_siblings)
        if isinstance(found, dict) and _has_siblings(found):
            if id(found) not in self._with_siblings:
                beside = {word: part for word, part in found.items() if word != "$ref"}
                told = {word: part for word, part in beside.items() if word not in _TELLING}
                self._with_siblings[id(found)] = (found, {**told, "allOf": [{"$ref": found["$ref"]}, beside]})
            found = self._with_siblings[id(found)][1]
        return found, name

    def locate(self, value: Any) -> Located:
        """Follow a schema's references and unwrap it. Raises Problem."""
        entry = self._located.get(id(value))
        if entry is None:
            entry = self._located[id(value)] = (value, self._locate(value))
        return entry[1]

    def _locate(self, value: Any) -> Located:
        if isinstance(value, dict) and "$ref" not in value and not composed(value):
            return Located(value, "", nullable(value))  # nearly always
        name, may_be_null, seen = "", False, set()
        while True:
            value, here = self.follow(value)
            name = here or name
            if not isinstance(value, dict):
                return Located({}, name, may_be_null)
            may_be_null = may_be_null or nullable(value)
            inner = wrapped(value) if composed(value) else None
            if inner is None:
                return Located(value, name, may_be_null)
            if id(value) in seen:
                raise Problem("the schema is composed of itself")
            seen.add(id(value))
            value = inner

    def is_marked(self, value: Any, key: str) -> bool:
        """Return True if a schema, or the one that it refers to, has `readOnly` or `writeOnly`."""
        part = mapping(value)
        if part.get(key) is True or "$ref" not in part:
            return part.get(key) is True
        try:
            return mapping(self._references.follow(value)[0]).get(key) is True
        except Problem:
            return False

    def shape(self, schema: Schema) -> Shape:
        """The shape of a located schema."""
        if known := self._found.get(id(schema)):
            return known[1]
        if not composed(schema) and "discriminator" not in schema:
            shape = plain(schema)
        else:
            # What is asked of it before it is known, by a schema within it, is told this
            self._found[id(schema)] = (schema, Anything("the schema is composed of itself"))
            shape = self._composed(schema) if composed(schema) else plain(schema)
            shape = self._with_children(schema, shape)
        self._found[id(schema)] = (schema, shape)
        return shape

    def of_any(self, schemas: Sequence[Any]) -> Any:
        """Return the schema of values of any of these; None where no type has them all. Raises Problem."""
        distinct: dict[int, Any] = {}
        for schema in schemas:
            distinct.setdefault(id(self.locate(schema).schema), schema)
        if len(distinct) == 1:
            return schemas[0]
        union = {"anyOf": [*distinct.values()]}
        shapes = [self.shape(self.locate(schema).schema) for schema in union["anyOf"]]
        if not isinstance(self.shape(union), Anything):
            return union
        if not all(isinstance(shape, Object) for shape in shapes):
            return schemas[0] if all(shape == shapes[0] for shape in shapes) else None
        return {"allOf": union["anyOf"]}

    def _composed(self, schema: Schema) -> Shape:
        if self._depth >= MAX_DEPTH:
            return Anything("it is composed of schemas nested too deep")
        self._depth += 1
        try:
            merged = self._merge(schema)
            if merged.groups:
                variants = [self._variants(group, merged.properties) for group in merged.groups]
                return decide(merged.groups, variants, merged.properties, merged.required)
        finally:
            self._depth -= 1
        if merged.properties:
            return Object(merged.properties, merged.required, merged.problem, merged.additional)
        if merged.additional is not None:
            return Map(merged.additional)
        telling = [part for part in merged.parts if not composed(part) and structured(part)]
        if not telling:
            return Anything(merged.problem)
        shapes = [plain(part) for part in telling]
        lists = [shape.item for shape in shapes if isinstance(shape, Items)]
        return Items(reduce(self._merging.both, lists)) if len(lists) == len(shapes) else shapes[-1]

    def _with_children(self, schema: Schema, shape: Shape) -> Shape:
        """Return an interface for an object whose discriminator tells the schemas that are composed of it."""
        discriminator = discriminator_of(schema)
        name = text(discriminator.get("propertyName"))
        own = Object({name: {"type": "string"}}, frozenset()) if shape == Anything() else shape
        if not name or not isinstance(own, Object) or len(key(name)) > MAX_EXPRESSION or self._depth >= MAX_DEPTH:
            return shape
        self._depth += 1
        try:
            children = list(self._objects_below(schema))
        finally:
            self._depth -= 1
        members: dict[str, Member] = {}
        everything = dict(own.properties)
        taken: set[str] = set()
        for child in children:
            values = tuple(value for value in values_of(child, discriminator) if value not in taken)
            taken.update(values)
            if values and isinstance(child.shape, Object):
                members[child.name] = Member(child.schema, child.name, values)
                for property, part in child.shape.properties.items():
                    merged = self._merging.in_depth(everything.get(property), part)
                    everything[property] = everything.get(property, part) if merged is None else merged
        if not members:
            return shape
        default = default_of(discriminator)
        whole = Object(everything, own.required, own.problem)
        return Interface(own, tuple(members.values()), key(name), default if default in members else "", whole)

    def _objects_below(self, schema: Schema) -> Iterable[Variant]:
        """Yield the objects that are composed of a schema."""
        for name, reference in self._children.of(schema):
            try:
                located = self.locate(reference)
            except Problem:
                continue
            shape = self.shape(located.schema)
            own = shape.own if isinstance(shape, Interface) else shape
            if isinstance(own, Object):
                yield Variant(reference, own, name, located.schema)

    def _merge(self, schema: Schema) -> _Merged:
        """The properties of a schema and of all that it is composed of; those that come later win."""
        parts, problem = self._merging.parts(schema)
        properties: dict[str, Any] = {}
        needed: frozenset[str] = frozenset()
        groups = []
        for part in parts:
            for name, value in properties_of(part).items():
                if name not in properties:
                    properties[name] = value
                elif structured(value):
                    properties[name] = self._merging.both(properties[name], value)
            needed |= required(part)
            groups += [group for group in self._groups(part) if part is schema or not self._within(schema, group)]
        others = [found for part in parts if (found := additional(part)) is not None]
        return _Merged(properties, needed, tuple(groups), tuple(parts), problem, others[-1] if others else None)

    def _groups(self, part: Schema) -> Iterable[Group]:
        for kind in ("oneOf", "anyOf"):
            members = [member for member in sequence(part.get(kind)) if structured(member) and not is_null(member)]
            if members:
                yield Group(kind, tuple(members), discriminator_of(part))

    def _within(self, schema: Schema, group: Group) -> bool:
        """Whether a schema is itself one of the group that a part of it names."""
        return any(self.follow(member)[0] is schema for member in group.members)

    def _variants(self, group: Group, base: Schema) -> list[Variant]:
        """The members of a group, each once, with those of groups within it."""
        found: dict[int, Variant] = {}
        for member in group.members:
            for each in self._flat(member):
                located = self.locate(each)
                if id(located.schema) not in found:
                    found[id(located.schema)] = self._variant(each, located, base)
        return list(found.values())

    def _flat(self, member: Any) -> list[Any]:
        """Return the member of a group, or those of an interface or of a group in its place."""
        shape = self.shape(self.locate(member).schema)
        return [each.schema for each in shape.members] if isinstance(shape, Interface | Union) else [member]

    def _variant(self, member: Any, located: Located, base: Schema) -> Variant:
        shape = self.shape(located.schema)
        reference = named(text(mapping(member).get("$ref")))
        if base and isinstance(shape, Object) and not base.keys() <= shape.properties.keys():
            member = {"type": "object", "properties": {**base, **shape.properties}}
            shape = self.shape(member)
        return Variant(member, shape, located.name, located.schema, reference)


def _has_siblings(value: Schema) -> bool:
    """Return True for a reference with keywords beside it that say what the value is."""
    return "$ref" in value and not _TELLING.isdisjoint(value)
