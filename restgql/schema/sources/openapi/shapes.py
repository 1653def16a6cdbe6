"""The shapes of a document's schemas, each found once: references followed, allOf merged, oneOf and anyOf decided."""

from collections.abc import Iterable
from typing import Any

import msgspec

from restgql.schema.sources.openapi.parts import Schema, mapping, sequence
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References
from restgql.schema.sources.openapi.shape import (
    Anything,
    Object,
    Shape,
    composed,
    is_null,
    nullable,
    plain,
    properties_of,
    required,
    structured,
    wrapped,
)
from restgql.schema.sources.openapi.variants import Group, Variant, decide

MAX_PARTS = 1_000
"""The schemas that one may be composed of, through allOf of allOf."""
MAX_DEPTH = 30
"""Of oneOf within oneOf."""


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


class Shapes:
    """Keeps every schema that it has a shape of, so that its identity stays its own."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._found: dict[int, tuple[Schema, Shape]] = {}
        self._depth = 0

    def locate(self, value: Any) -> Located:
        """Where a schema is in the end. Raises Problem."""
        name, may_be_null, seen = "", False, set()
        while True:
            value, here = self._references.follow(value)
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

    def shape(self, schema: Schema) -> Shape:
        """The shape of a located schema."""
        if known := self._found.get(id(schema)):
            return known[1]
        if not composed(schema):
            shape = plain(schema)
        else:
            # What is asked of it before it is known, by a schema within it, is told this
            self._found[id(schema)] = (schema, Anything("the schema is composed of itself"))
            shape = self._composed(schema)
        self._found[id(schema)] = (schema, shape)
        return shape

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
            return Object(merged.properties, merged.required, merged.problem)
        telling = [part for part in merged.parts if not composed(part) and structured(part)]
        return plain(telling[-1]) if telling else Anything(merged.problem)

    def _merge(self, schema: Schema) -> _Merged:
        """The properties of a schema and of all that it is composed of; those that come later win."""
        parts, problem = self._parts(schema)
        properties: dict[str, Any] = {}
        needed: frozenset[str] = frozenset()
        groups = []
        for part in parts:
            for name, value in properties_of(part).items():
                if name not in properties or structured(value):
                    properties[name] = value
            needed |= required(part)
            groups += [group for group in self._groups(part) if part is schema or not self._within(schema, group)]
        return _Merged(properties, needed, tuple(groups), tuple(parts), problem)

    def _parts(self, schema: Schema) -> tuple[list[Schema], str]:
        """A schema and all that its allOf names, those furthest down first."""
        found: list[Schema] = []
        seen: set[int] = set()
        problem = ""
        pending: list[Any] = [schema]
        while pending:
            try:
                part, _ = self._references.follow(pending.pop())
            except Problem as exc:
                problem = exc.message
                continue
            if not isinstance(part, dict) or id(part) in seen:
                continue
            seen.add(id(part))
            if len(seen) > MAX_PARTS:
                raise Problem(f"it is composed of more than {MAX_PARTS} schemas")
            found.append(part)
            pending.extend(sequence(part.get("allOf")))
        return found[::-1], problem

    def _groups(self, part: Schema) -> Iterable[Group]:
        for key in ("oneOf", "anyOf"):
            members = [member for member in sequence(part.get(key)) if structured(member) and not is_null(member)]
            if members:
                yield Group(key, tuple(members), mapping(part.get("discriminator")))

    def _within(self, schema: Schema, group: Group) -> bool:
        """Whether a schema is itself one of the group that a part of it names."""
        return any(self._references.follow(member)[0] is schema for member in group.members)

    def _variants(self, group: Group, base: Schema) -> list[Variant]:
        """The members of a group, each once, with those of groups within it."""
        found: dict[int, Variant] = {}
        for member in group.members:
            located = self.locate(member)
            if id(located.schema) not in found:
                found[id(located.schema)] = self._variant(member, located, base)
        return list(found.values())

    def _variant(self, member: Any, located: Located, base: Schema) -> Variant:
        shape = self.shape(located.schema)
        if base and isinstance(shape, Object) and not base.keys() <= shape.properties.keys():
            member = {"type": "object", "properties": {**base, **shape.properties}}
            shape = self.shape(member)
        return Variant(member, shape, located.name)
