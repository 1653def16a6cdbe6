"""Decides the shape of oneOf and anyOf: a scalar, a list, a union with a discriminator, one object, or JSON."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import Any

import msgspec

from restgql.formats import json
from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl.builder import key_expression
from restgql.schema.sdl.scalar_names import wider
from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import target_name
from restgql.schema.sources.openapi.schema_shape import (
    EnumShape,
    JsonShape,
    ListShape,
    Member,
    ObjectShape,
    ScalarShape,
    SchemaShape,
    UnionShape,
)

AnyOf = Callable[[Sequence[Any]], Any]
"""Returns a schema for the values of any of several schemas."""


class VariantGroup(msgspec.Struct, frozen=True):
    """One oneOf or anyOf, with the discriminator beside it.

    `is_complete`: it has no other members, which only constrain the value. `is_open`: one of these permits any value.
    """

    key: str
    members: tuple[Any, ...]
    discriminator: JsonObject
    is_complete: bool
    is_open: bool


class Variant(msgspec.Struct, frozen=True):
    """A member of a group. `schema` includes the properties beside the group, `source` does not.

    `name` is the document's name of the resolved schema, `reference` the name by which the group refers to it.
    """

    schema: Any
    shape: SchemaShape
    name: str
    source: JsonObject = {}
    reference: str = ""


def shape_of_variants(
    groups: Sequence[VariantGroup],
    variants: Sequence[list[Variant]],
    properties: Mapping[str, Any],
    required: frozenset[str],
    any_of: AnyOf,
) -> SchemaShape:
    """Return the shape of a schema from its groups, their variants, and its own properties."""
    shapes = [[member.shape for member in members] for members in variants]
    objects = [shape for of_group in shapes for shape in of_group if isinstance(shape, ObjectShape)]
    if len(objects) == sum(map(len, shapes)):
        for group, of_group in zip(groups, shapes, strict=True):
            required |= _required_by_all(of_group) if group.is_complete else frozenset()
        everything = _merged_object(objects, properties, required, "", any_of)
        shape = _union(variants[0], groups[0], everything) if len(groups) == 1 else everything
        if shape is everything and not properties and any(group.is_open for group in groups):
            return JsonShape(f"its {groups[0].key} has members that are not objects")
        return shape
    shape = _of_other_kinds(groups, variants[0], any_of)
    if isinstance(shape, JsonShape) and properties:
        return _merged_object(objects, properties, required, shape.problem, any_of)
    return shape


def _required_by_all(shapes: Sequence[SchemaShape]) -> frozenset[str]:
    return frozenset.intersection(*(shape.required for shape in shapes if isinstance(shape, ObjectShape)))


def _of_other_kinds(groups: Sequence[VariantGroup], members: list[Variant], any_of: AnyOf) -> SchemaShape:
    """Return the shape of groups whose members are not all objects."""
    if len(groups) > 1:
        return JsonShape(f"it has {len(groups)} groups of oneOf and anyOf")
    if all(isinstance(member.shape, ScalarShape | EnumShape) for member in members):
        return _scalar(members, groups[0].key)
    items = [member.shape.item for member in members if isinstance(member.shape, ListShape)]
    if len(items) == len(members):
        return ListShape(any_of(items))
    return JsonShape(f"its {groups[0].key} has members that are not objects")


def _scalar(members: list[Variant], key: str) -> SchemaShape:
    if len(members) == 1:
        return members[0].shape
    values = [_values(member.source) for member in members]
    if all(values) and all(isinstance(value, str) for own in values for value in own):
        distinct = tuple(dict.fromkeys(value for own in values for value in own))
        return EnumShape(distinct) if len(distinct) > 1 else ScalarShape("String")
    scalars = {member.shape.name if isinstance(member.shape, ScalarShape) else "String" for member in members}
    name = wider(scalars)
    return ScalarShape(name) if name else JsonShape(f"its {key} mixes {', '.join(sorted(scalars))}")


def _union(members: list[Variant], group: VariantGroup, everything: ObjectShape) -> SchemaShape:
    """Return a union of objects that a value tells apart, otherwise the object with the properties of all."""
    if len(members) == 1:
        return members[0].shape
    if name := as_text(group.discriminator.get("propertyName")):
        constants = [_constants(member, name) for member in members]
        if not _differ(constants, members):  # for example the values of all members, inherited from their base
            constants = [() for _ in members]
        pairs = zip(members, constants, strict=True)
        values = [discriminator_values(member, group.discriminator, own) for member, own in pairs]
    else:
        name, values = _distinct_constants(members)
    first = as_mapping(members[0].shape.properties.get(name)) if isinstance(members[0].shape, ObjectShape) else {}
    expression = extension_keywords.first_of_keys(first) or key_expression(name)
    if not _differ(values, members) and not group.discriminator:
        expression, values = _of_own_keys(members)
    if not _differ(values, members):
        expression, values = _of_constants(members)
    if not _differ(values, members) or len(expression) > MAX_EXPRESSION:
        return everything
    by_value = zip(members, values, strict=True)
    union_members = tuple(Member(member.schema, member.name, value) for member, value in by_value)
    return UnionShape(union_members, expression, everything)


def discriminator_values(
    member: Variant, discriminator: JsonObject, constants: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the discriminator values that select a member: from the mapping, its own schema, or its name.

    The mapping may name its title, too.

    `constants` are the values of its discriminator that no other member has.
    """
    name = as_text(discriminator.get("propertyName"))
    own_name = member.reference or member.name
    by_target: dict[str, list[str]] = {}
    for value, target in as_mapping(discriminator.get("mapping")).items():
        by_target.setdefault(target_name(as_text(target)) or as_text(target), []).append(str(value))
    targets = (own_name, member.name, as_text(member.source.get("title")))
    mapped = next((by_target[target] for target in targets if target and target in by_target), None)
    marked = as_text(member.source.get("x-ms-discriminator-value"))
    own = marked or _constant(member, name) or own_name
    return tuple(mapped or (constants if not marked else ()) or ([own] if own else ()))


def _differ(values: Sequence[tuple[str, ...]], members: list[Variant]) -> bool:
    """Return True if each member has values, and no value belongs to two members."""
    flat = [value for member_values in values for value in member_values]
    return len(values) == len(members) and all(values) and len(set(flat)) == len(flat)


def _of_own_keys(members: list[Variant]) -> tuple[str, list[tuple[str, ...]]]:
    """Return JMESPath that selects a member by a required key that no other member has, and the resulting values."""
    marks = []
    for member in members:
        others = [other.shape for other in members if other is not member]
        assert isinstance(member.shape, ObjectShape)
        own = (
            name
            for name in member.shape.properties
            if name in member.shape.required
            and name.isidentifier()
            and not any(isinstance(shape, ObjectShape) and name in shape.properties for shape in others)
        )
        marks.append(next(own, ""))
    values = [member.name or mark for member, mark in zip(members, marks, strict=True)]
    if not all(marks) or not all(map(_is_plain, values)):
        return "", []
    pairs = zip(marks, values, strict=True)
    expression = " || ".join(f"contains(keys(@), '{mark}') && '{value}'" for mark, value in pairs)
    return expression, [(value,) for value in values]


def _of_constants(members: list[Variant]) -> tuple[str, list[tuple[str, ...]]]:
    """Return JMESPath that selects a member by all its constant properties, and the resulting values.

    Nested groups have several such properties.
    """
    constants = [
        {name: value for name in member.shape.properties if (value := _constant(member, name)) and _is_plain(value)}
        for member in members
        if isinstance(member.shape, ObjectShape)
    ]
    names = [member.name for member in members]
    ambiguous = any(constant_set.items() <= other.items() for constant_set, other in permutations(constants, 2))
    if ambiguous or not all(map(_is_plain, names)):
        return "", []
    tests = [
        " && ".join(f"{key_expression(name)} == '{value}'" for name, value in constant_set.items())
        for constant_set in constants
    ]
    expression = " || ".join(f"{test} && '{name}'" for test, name in zip(tests, names, strict=True))
    return expression, [(name,) for name in names]


def _is_plain(value: str) -> bool:
    """Return True for a text that needs no escapes in a raw string of JMESPath."""
    return bool(value) and value.isprintable() and "'" not in value and "\\" not in value


def _distinct_constants(members: list[Variant]) -> tuple[str, list[tuple[str, ...]]]:
    """Return a property whose constants are different in each member, and the constants. One string is preferred."""
    first = members[0].shape
    assert isinstance(first, ObjectShape)
    for constants_of in (_one_constant, _required_constants):
        for name in first.properties:
            values = [constants_of(member, name) for member in members]
            if _differ(values, members):
                return name, values
    return "", []


def _one_constant(member: Variant, name: str) -> tuple[str, ...]:
    constant = _constant(member, name)
    return (constant,) if constant else ()


def _required_constants(member: Variant, name: str) -> tuple[str, ...]:
    assert isinstance(member.shape, ObjectShape)
    return _constants(member, name) if name in member.shape.required else ()


def _constants(member: Variant, name: str) -> tuple[str, ...]:
    """Return the valid values of a property as texts, none if they are not strings, booleans and integers."""
    values = _constant_values(member, name)
    return tuple(map(json.to_text, values)) if all(isinstance(value, str | int) for value in values) else ()


def _constant(member: Variant, name: str) -> str:
    """Return the only valid string of a property, or an empty text if several values are valid."""
    values = _constant_values(member, name)
    return as_text(values[0]) if len(values) == 1 else ""


def _constant_values(member: Variant, name: str) -> Sequence[Any]:
    assert isinstance(member.shape, ObjectShape)
    return _values(as_mapping(member.shape.properties.get(name)))


def _values(schema: JsonObject) -> Sequence[Any]:
    return [schema["const"]] if "const" in schema else as_list(schema.get("enum"))


def _merged_object(
    objects: Sequence[ObjectShape],
    properties: Mapping[str, Any],
    required: frozenset[str],
    problem: str,
    any_of: AnyOf,
) -> ObjectShape:
    """Return one object with the schema's own properties and those of all variants."""
    schemas_by_name: dict[str, list[Any]] = {}
    for shape in objects:
        for name, schema in shape.properties.items():
            schemas_by_name.setdefault(name, []).append(schema)
    merged = {name: any_of(schemas) for name, schemas in schemas_by_name.items()}
    additional = [shape.additional for shape in objects if shape.additional is not None]
    return ObjectShape({**merged, **properties}, required, problem, any_of(additional) if additional else None)
