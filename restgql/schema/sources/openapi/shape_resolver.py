"""Resolves each schema of a document to its shape: follows references, merges allOf, and decides oneOf and anyOf."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import msgspec

from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl.builder import key_expression
from restgql.schema.sources.openapi.children import Children, default_of, discriminator_of
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References, target_name
from restgql.schema.sources.openapi.schema_merger import SchemaMerger
from restgql.schema.sources.openapi.schema_shape import (
    InterfaceShape,
    JsonShape,
    ListShape,
    MapShape,
    Member,
    ObjectShape,
    SchemaShape,
    UnionShape,
    additional_schema,
    has_structure,
    is_composed,
    is_null,
    is_nullable,
    permits_any,
    plain_shape,
    properties_of,
    required_names,
    structured_members,
    unwrap,
    without_groups,
)
from restgql.schema.sources.openapi.unions import Variant, VariantGroup, discriminator_values, shape_of_variants

MAX_DEPTH = 30
"""Levels of composition: oneOf within oneOf, or children of children."""
_STRUCTURAL = frozenset({"properties", "items", "enum", "const", "allOf", "oneOf", "anyOf"})


class ResolvedSchema(msgspec.Struct, frozen=True):
    """A schema after its references and wrappers. `name` is its name in the document, empty without one.

    `nullable` if the schema, or a wrapper of it, allows null.
    """

    schema: JsonObject
    name: str
    nullable: bool


class _Merged(msgspec.Struct, frozen=True):
    """A schema merged with all that its allOf names."""

    properties: dict[str, Any]
    required: frozenset[str]
    groups: tuple[VariantGroup, ...]
    parts: tuple[JsonObject, ...]
    problem: str
    additional: Any


class ShapeResolver:
    """A cache of resolved schemas and shapes, by the identity of schemas. It keeps each one: no identity is reused.

    `named` are references to the named schemas. With `merges_siblings` the keywords beside a `$ref` count.
    """

    def __init__(
        self, references: References, named: Mapping[str, JsonObject] = {}, *, merges_siblings: bool = False
    ) -> None:
        self._references = references
        self._merges_siblings = merges_siblings
        self._with_siblings: dict[int, tuple[JsonObject, JsonObject]] = {}
        self._merging = SchemaMerger(self.follow)
        self._children = Children(self.follow, named)
        self._resolved: dict[int, tuple[Any, ResolvedSchema]] = {}
        self._shapes: dict[int, tuple[JsonObject, SchemaShape]] = {}
        self._depth = 0

    def follow(self, value: Any) -> tuple[Any, str]:
        """Return the schema at the end of a chain of references, and its name. Raises DocumentProblem."""
        if not self._merges_siblings:
            return self._references.follow(value)
        schema, name = self._references.follow(value, _has_siblings)
        if isinstance(schema, dict) and _has_siblings(schema):
            if id(schema) not in self._with_siblings:
                siblings = {keyword: part for keyword, part in schema.items() if keyword != "$ref"}
                annotations = {keyword: part for keyword, part in siblings.items() if keyword not in _STRUCTURAL}
                merged = {**annotations, "allOf": [{"$ref": schema["$ref"]}, siblings]}
                self._with_siblings[id(schema)] = (schema, merged)
            schema = self._with_siblings[id(schema)][1]
        return schema, name

    def resolve(self, value: Any) -> ResolvedSchema:
        """Follow references, and unwrap compositions of one schema. Raises DocumentProblem."""
        entry = self._resolved.get(id(value))
        if entry is None:
            entry = self._resolved[id(value)] = (value, self._resolve(value))
        return entry[1]

    def _resolve(self, value: Any) -> ResolvedSchema:
        if isinstance(value, dict) and "$ref" not in value and not is_composed(value):
            return ResolvedSchema(value, "", is_nullable(value))  # the common case
        name, may_be_null, seen = "", False, set()
        while True:
            value, own_name = self.follow(value)
            name = own_name or name
            if not isinstance(value, dict):
                return ResolvedSchema({}, name, may_be_null)
            may_be_null = may_be_null or is_nullable(value)
            inner = unwrap(value) if is_composed(value) else None
            if inner is None:
                return ResolvedSchema(value, name, may_be_null)
            if id(value) in seen:
                raise DocumentProblem("the schema is composed of itself")
            seen.add(id(value))
            value = inner

    def is_marked(self, value: Any, key: str) -> bool:
        """Return True if a schema, or the one that it refers to, has `readOnly` or `writeOnly`."""
        part = as_mapping(value)
        if part.get(key) is True or "$ref" not in part:
            return part.get(key) is True
        try:
            return as_mapping(self._references.follow(value)[0]).get(key) is True
        except DocumentProblem:
            return False

    def shape(self, schema: JsonObject) -> SchemaShape:
        """Return the shape of a resolved schema."""
        if entry := self._shapes.get(id(schema)):
            return entry[1]
        if not is_composed(schema) and "discriminator" not in schema:
            shape = plain_shape(schema)
        else:
            # Placeholder: a schema that contains itself sees this
            self._shapes[id(schema)] = (schema, JsonShape("the schema is composed of itself"))
            shape = self._composed(schema) if is_composed(schema) else plain_shape(schema)
            shape = self._with_children(schema, shape)
        self._shapes[id(schema)] = (schema, shape)
        return shape

    def of_any(self, schemas: Sequence[Any]) -> Any:
        """Return a schema for values of any of these schemas, or None if no type fits all. Raises DocumentProblem."""
        distinct: dict[int, Any] = {}
        for schema in schemas:
            distinct.setdefault(id(self.resolve(schema).schema), schema)
        if len(distinct) == 1:
            return schemas[0]
        union = {"anyOf": [*distinct.values()]}
        if not isinstance(self.shape(union), JsonShape):
            return union
        shapes = [self.shape(self.resolve(schema).schema) for schema in union["anyOf"]]
        return schemas[0] if all(shape == shapes[0] for shape in shapes) else None

    def _composed(self, schema: JsonObject) -> SchemaShape:
        if self._depth >= MAX_DEPTH:
            return JsonShape("it is composed of schemas nested too deep")
        self._depth += 1
        try:
            merged = self._merge(schema)
            if merged.groups:
                variants = [self._variants(group, merged.properties) for group in merged.groups]
                return shape_of_variants(
                    merged.groups, variants, merged.properties, merged.required, self._merging.any_of
                )
        finally:
            self._depth -= 1
        if merged.properties:
            return ObjectShape(merged.properties, merged.required, merged.problem, merged.additional)
        if merged.additional is not None:
            return MapShape(merged.additional)
        structured = [part for part in merged.parts if not is_composed(part) and has_structure(part)]
        if not structured:  # the groups only constrain the value, such as `oneOf` of a `minimum` and a `pattern`
            structured = [own for own in map(without_groups, merged.parts) if has_structure(own)]
        if not structured:
            return JsonShape(merged.problem)
        shapes = [plain_shape(part) for part in structured]
        lists = [shape.item for shape in shapes if isinstance(shape, ListShape)]
        return ListShape(reduce(self._merging.both, lists)) if len(lists) == len(shapes) else shapes[-1]

    def _with_children(self, schema: JsonObject, shape: SchemaShape) -> SchemaShape:
        """Return an interface for an object whose discriminator distinguishes its child schemas, else the shape."""
        discriminator = discriminator_of(schema)
        name = as_text(discriminator.get("propertyName"))
        own = ObjectShape({name: {"type": "string"}}, frozenset()) if shape == JsonShape() else shape
        if (
            not name
            or not isinstance(own, ObjectShape)
            or len(key_expression(name)) > MAX_EXPRESSION
            or self._depth >= MAX_DEPTH
        ):
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
            values = tuple(value for value in discriminator_values(child, discriminator) if value not in taken)
            taken.update(values)
            if values and isinstance(child.shape, ObjectShape):
                members[child.name] = Member(child.schema, child.name, values)
                for property, part in child.shape.properties.items():
                    merged = self._merging.in_depth(everything.get(property), part)
                    everything[property] = everything.get(property, part) if merged is None else merged
        if not members:
            return shape
        default = default_of(discriminator)
        whole = ObjectShape(everything, own.required, own.problem)
        return InterfaceShape(
            own, tuple(members.values()), key_expression(name), default if default in members else "", whole
        )

    def _objects_below(self, schema: JsonObject) -> Iterable[Variant]:
        """Yield the child schemas of a schema that are objects."""
        for name, reference in self._children.of(schema):
            try:
                resolved = self.resolve(reference)
            except DocumentProblem:
                continue
            shape = self.shape(resolved.schema)
            own = shape.own if isinstance(shape, InterfaceShape) else shape
            if isinstance(own, ObjectShape):
                yield Variant(reference, own, name, resolved.schema)

    def _merge(self, schema: JsonObject) -> _Merged:
        """Merge a schema with all that its allOf names. Later parts take precedence."""
        parts, problem = self._merging.parts(schema)
        properties: dict[str, Any] = {}
        needed: frozenset[str] = frozenset()
        groups = []
        for part in parts:
            for name, value in properties_of(part).items():
                properties[name] = self._merging.property(properties[name], value) if name in properties else value
            needed |= required_names(part)
            groups += [group for group in self._groups(part) if part is schema or not self._is_member(schema, group)]
        additional = [values for part in parts if (values := additional_schema(part)) is not None]
        last_additional = additional[-1] if additional else None
        return _Merged(properties, needed, tuple(groups), tuple(parts), problem, last_additional)

    def _groups(self, part: JsonObject) -> Iterable[VariantGroup]:
        for kind in ("oneOf", "anyOf"):
            members = structured_members(part, kind)
            if len(members) > 1:  # a single one is a part
                others = [member for member in as_list(part[kind]) if not is_null(member) and not has_structure(member)]
                is_open = any(map(permits_any, others))
                yield VariantGroup(kind, tuple(members), discriminator_of(part), not others, is_open)

    def _is_member(self, schema: JsonObject, group: VariantGroup) -> bool:
        """Return True if a schema is a member of a group, which then is a group of its base."""
        return any(self.follow(member)[0] is schema for member in group.members)

    def _variants(self, group: VariantGroup, base: JsonObject) -> list[Variant]:
        """Return the members of a group and of the groups within it, each once."""
        variants: dict[int, Variant] = {}
        for member in group.members:
            for schema in self._flat(member):
                resolved = self.resolve(schema)
                is_equal = any(variant.source == resolved.schema for variant in variants.values() if not variant.name)
                if id(resolved.schema) not in variants and not is_equal:
                    variants[id(resolved.schema)] = self._variant(schema, resolved, base)
        return list(variants.values())

    def _flat(self, member: Any) -> list[Any]:
        """Return the schemas of a member that is itself an interface or union, else the member."""
        shape = self.shape(self.resolve(member).schema)
        if isinstance(shape, InterfaceShape | UnionShape):
            return [inner.schema for inner in shape.members]
        return [member]

    def _variant(self, member: Any, resolved: ResolvedSchema, base: JsonObject) -> Variant:
        shape = self.shape(resolved.schema)
        reference = target_name(as_text(as_mapping(member).get("$ref")))
        if base and isinstance(shape, ObjectShape) and not base.keys() <= shape.properties.keys():
            member = {"type": "object", "properties": {**base, **shape.properties}}
            shape = self.shape(member)
        return Variant(member, shape, resolved.name, resolved.schema, reference)


def _has_siblings(value: JsonObject) -> bool:
    """Return True for a `$ref` with structural keywords beside it."""
    return "$ref" in value and not _STRUCTURAL.isdisjoint(value)
