"""Shapes: the kinds of values that a schema can describe, however it is written. Types are made from shapes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from restgql.schema.sdl.scalar_names import JSON, wider
from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.schema_scalars import of_values, scalar_of_type, simple_scalar


class ScalarShape(msgspec.Struct, frozen=True):
    """A scalar. `name` is the GraphQL scalar."""

    name: str


class EnumShape(msgspec.Struct, frozen=True):
    """Two or more strings. `names` maps values to their names, and then the values may be of any scalar."""

    values: tuple[str, ...]
    names: Mapping[str, str] = {}


class ListShape(msgspec.Struct, frozen=True):
    """A list. `item` is the schema of its items."""

    item: Any


class ObjectShape(msgspec.Struct, frozen=True):
    """An object. `properties` maps the API's names to schemas; `problem` says which part of it is missing.

    `additional` is the schema of additional properties, None if there is none.
    """

    properties: Mapping[str, Any]
    required: frozenset[str]
    problem: str = ""
    additional: Any = None


class MapShape(msgspec.Struct, frozen=True):
    """An object with arbitrary keys. `value` is the schema of its values."""

    value: Any


class Member(msgspec.Struct, frozen=True):
    """An object type of a union or interface. `values` are the discriminator values that select it."""

    schema: Any
    name: str
    values: tuple[str, ...]


class UnionShape(msgspec.Struct, frozen=True):
    """One of several object types. `discriminator` is a JMESPath expression over a value that selects the type.

    `everything` has the properties of all members.
    """

    members: tuple[Member, ...]
    discriminator: str
    everything: ObjectShape


class InterfaceShape(msgspec.Struct, frozen=True):
    """An object of a base schema. `members` are its children; `discriminator` is JMESPath that selects one of them.

    `default` is the name of the member for any other value, or empty for the base `own`. `everything` has the
    properties of the base and all members.
    """

    own: ObjectShape
    members: tuple[Member, ...]
    discriminator: str
    default: str
    everything: ObjectShape


class JsonShape(msgspec.Struct, frozen=True):
    """Any JSON value: the document does not describe it, or there is a `problem`."""

    problem: str = ""


SchemaShape = ScalarShape | EnumShape | ListShape | ObjectShape | MapShape | UnionShape | InterfaceShape | JsonShape

# Keywords that determine the kind of a value. Others describe or constrain it.
_STRUCTURE = (extension_keywords.VALUE, "$ref", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf")
_CONDITIONAL = frozenset({"then", "else", "dependentSchemas"})
_OPEN = frozenset({"additionalProperties", "patternProperties", "unevaluatedProperties"})
_ABOUT = frozenset({"title", "description", "example", "examples", "default", "deprecated", "externalDocs", "$comment"})
COMPOSING = ("allOf", "oneOf", "anyOf")


def whole_object(shape: SchemaShape) -> ObjectShape | None:
    """Return an object with all properties that a value of the shape can have, None for other kinds of values."""
    if isinstance(shape, UnionShape | InterfaceShape):
        return shape.everything
    return shape if isinstance(shape, ObjectShape) else None


def json_types(schema: JsonObject) -> tuple[str, ...]:
    """Return the values of a schema's `type`, without null."""
    declared = schema.get("type")
    if isinstance(declared, str):
        return (declared,) if declared != "null" else ()
    return tuple(name for name in as_list(declared) if isinstance(name, str) and name != "null")


def is_composed(schema: JsonObject) -> bool:
    return "allOf" in schema or "oneOf" in schema or "anyOf" in schema


def is_null(schema: Any) -> bool:
    """Return True if null is the only valid value."""
    part = as_mapping(schema)
    return part.get("type") in ("null", ["null"]) or ("const" in part and part["const"] is None) or (
        part.get("enum") in ([None], ["null"]) and part.get("type") != "string"
    )  # fmt: skip


def is_nullable(schema: JsonObject) -> bool:
    """Return True if a schema allows null, in any version of OpenAPI."""
    if schema.get("nullable") is True or schema.get("x-nullable") is True:
        return True
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind:
        return True
    if "oneOf" not in schema and "anyOf" not in schema:
        return False  # the common case
    return any(is_null(member) for key in ("oneOf", "anyOf") for member in as_list(schema.get(key)))


def has_structure(schema: Any) -> bool:
    """Return True if a part of a composed schema determines the kind of the value."""
    part = as_mapping(schema)
    has_keyword = any(part.get(key) for key in _STRUCTURE) or any(kind != "object" for kind in json_types(part))
    return has_keyword or additional_schema(part) is not None or bool(_conditional_properties(part))


def unwrap(schema: JsonObject) -> Any | None:
    """Return the only schema that a composed schema wraps, or None if the schema adds structure of its own."""
    keys = [key for key in COMPOSING if schema.get(key)]
    if len(keys) != 1 or any(schema.get(key) for key in _STRUCTURE if key not in COMPOSING):
        return None
    if any(kind != "object" for kind in json_types(schema)):
        return None
    if _conditional_properties(schema) or additional_schema(schema) is not None:
        return None
    members = structured_members(schema, keys[0])
    return members[0] if len(members) == 1 else None


def structured_members(schema: JsonObject, key: str) -> list[Any]:
    """Return the members of allOf, oneOf or anyOf that determine the kind of the value, without null.

    Beside a member for scalars or lists, `{type: object}` and `{}` determine it too.
    """
    members = [member for member in as_list(schema.get(key)) if not is_null(member)]
    structured = [member for member in members if has_structure(member)]
    if key == "allOf" or len(structured) == len(members) or not any(map(_is_no_object, structured)):
        return structured
    return [member for member in members if has_structure(member) or _permits_objects(member) or permits_any(member)]


def _is_no_object(schema: Any) -> bool:
    types = json_types(as_mapping(schema))
    return bool(types) and "object" not in types


def _permits_objects(schema: Any) -> bool:
    return "object" in json_types(as_mapping(schema))


def permits_any(schema: Any) -> bool:
    """Return True for `{}`, unlike schemas that constrain a value."""
    return all(key in _ABOUT or str(key).startswith("x-") for key in as_mapping(schema))


def without_groups(schema: JsonObject) -> JsonObject:
    """Return the keywords of a composed schema that are its own."""
    return {keyword: value for keyword, value in schema.items() if keyword not in COMPOSING}


def plain_shape(schema: JsonObject) -> SchemaShape:
    """Return the shape of a schema without allOf, oneOf and anyOf."""
    if name := simple_scalar(schema):
        return ScalarShape(name)
    if extension_keywords.VALUE in schema:
        return _extended(extension_keywords.value(schema))
    types = json_types(schema)
    properties = properties_of(schema)
    if properties and (not types or "object" in types):
        return ObjectShape(properties, required_names(schema), additional=additional_schema(schema))
    if len(types) > 1:
        return _of_types(schema, types)
    if (value := additional_schema(schema)) is not None and types in ((), ("object",)):
        return MapShape(value)
    kind = types[0] if types else "string" if "contentMediaType" in schema else ""
    if kind == "array" or (not kind and "items" in schema):
        return ListShape(_item(schema))
    values = _values(schema) if kind in ("", "string") else []
    if values and (not kind or all(isinstance(value, str) for value in values)):
        return _of_values(values)  # if YAML read a text such as 16:9 as a number, `type` decides below
    if name := scalar_of_type(kind, schema):
        return ScalarShape(name)
    return JsonShape("$dynamicRef is not supported in another document" if "$dynamicRef" in schema else "")


def _extended(extension: JsonObject) -> SchemaShape:
    """Return the shape that the keyword `x-restgql` states."""
    if names := as_mapping(extension.get("names")):
        return EnumShape(tuple(names), names)
    name = as_text(extension.get("scalar"))
    return ScalarShape(name) if name else JsonShape(as_text(extension.get("problem")))


def _item(schema: JsonObject) -> Any:
    """Return the schema of the items of a list or tuple."""
    items, first = schema.get("items"), as_list(schema.get("prefixItems"))
    return {"anyOf": [*first, *([items] if as_mapping(items) else ())]} if first else items


def properties_of(schema: JsonObject) -> JsonObject:
    """Return the properties of a schema by name. Names are strings, even if a YAML parser made numbers of them."""
    properties = as_mapping(schema.get("properties"))
    if conditional := _conditional_properties(schema):
        properties = {**properties, **{name: part for name, part in conditional.items() if name not in properties}}
    if all(type(name) is str for name in properties):
        return properties
    return {str(name): part for name, part in properties.items()}


def _conditional_properties(schema: JsonObject) -> JsonObject:
    """Return the properties that an object has only under a condition. They are never required."""
    if _CONDITIONAL.isdisjoint(schema):
        return {}  # the common case
    parts = [schema.get("then"), schema.get("else"), *as_mapping(schema.get("dependentSchemas")).values()]
    schemas_by_name: dict[Any, list[Any]] = {}
    for part in map(as_mapping, parts):
        for name, value in as_mapping(part.get("properties")).items():
            schemas_by_name.setdefault(name, []).append(value)
    return {name: {"anyOf": schemas} if len(schemas) > 1 else schemas[0] for name, schemas in schemas_by_name.items()}


def additional_schema(schema: JsonObject) -> Any:
    """Return the schema of the properties without a field of their own, or None if it does not determine their kind.

    Those are the properties of `patternProperties`, `additionalProperties` and `unevaluatedProperties`.
    """
    if _OPEN.isdisjoint(schema):
        return None  # the common case
    candidates = [
        *as_mapping(schema.get("patternProperties")).values(),
        schema.get("additionalProperties"),
        schema.get("unevaluatedProperties"),
    ]
    schemas = [values for values in map(as_mapping, candidates) if states_kind(values)]
    return {"anyOf": schemas} if len(schemas) > 1 else next(iter(schemas), None)


def states_kind(schema: Any) -> bool:
    """Return True if a schema states the kind of its values, also if that is only `{type: object}`."""
    part = as_mapping(schema)
    has_keyword = any(part.get(key) for key in _STRUCTURE) or isinstance(part.get("additionalProperties"), dict)
    return has_keyword or bool(json_types(part))


def required_names(schema: JsonObject) -> frozenset[str]:
    if "required" not in schema:
        return frozenset()
    return frozenset(name for name in as_list(schema.get("required")) if isinstance(name, str))


def _values(schema: JsonObject) -> list[Any]:
    """Return the values of `const` or `enum` without null."""
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return [value for value in values if value is not None]


def _of_values(values: list[Any]) -> SchemaShape:
    if not all(isinstance(value, str) for value in values):
        name = of_values(values)
        return ScalarShape(name) if name != JSON else JsonShape("its values are of several types")
    distinct = tuple(dict.fromkeys(values))
    # an enum with one value has no use for a reader of the response
    return EnumShape(distinct) if len(distinct) > 1 else ScalarShape("String")


def _of_types(schema: JsonObject, types: tuple[str, ...]) -> SchemaShape:
    scalars = {scalar_of_type(kind, schema) or JSON for kind in types}
    name = None if JSON in scalars else wider(scalars)
    return ScalarShape(name) if name else JsonShape(f"it has several types: {', '.join(types)}")
