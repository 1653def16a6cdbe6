"""What a schema comes down to, whichever way it is written: the decisions that types are made from."""

from collections.abc import Mapping
from typing import Any

import msgspec

from restgql.schema.sdl.scalar_names import JSON, wider
from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.schema_scalars import of_values, scalar_of_type


class ScalarShape(msgspec.Struct, frozen=True):
    name: str


class EnumShape(msgspec.Struct, frozen=True):
    """Two or more strings, or values of any scalar that have words for `names`."""

    values: tuple[str, ...]
    names: Mapping[str, str] = {}


class ListShape(msgspec.Struct, frozen=True):
    """A list; `item` is the schema of what is in it."""

    item: Any


class ObjectShape(msgspec.Struct, frozen=True):
    """Properties by the names the API has for them; `problem` says what of it is not seen.

    `additional` is the schema of all others, None if they have none.
    """

    properties: Mapping[str, Any]
    required: frozenset[str]
    problem: str = ""
    additional: Any = None


class MapShape(msgspec.Struct, frozen=True):
    """An object of any keys; `value` is the schema of its values."""

    value: Any


class Member(msgspec.Struct, frozen=True):
    """An object type of a union or interface, which values of the discriminator tell."""

    schema: Any
    name: str
    values: tuple[str, ...]


class UnionShape(msgspec.Struct, frozen=True):
    """Object types that `discriminator`, JMESPath over a value, tells apart."""

    members: tuple[Member, ...]
    discriminator: str


class InterfaceShape(msgspec.Struct, frozen=True):
    """An object of a schema that others are composed of: `members` are these, told by `discriminator`, JMESPath.

    `default` is the name of the member for any other value, empty for the schema `own`. `everything` has the properties
    of all of them.
    """

    own: ObjectShape
    members: tuple[Member, ...]
    discriminator: str
    default: str
    everything: ObjectShape


class JsonShape(msgspec.Struct, frozen=True):
    """JSON: because the document says no more, or for a problem."""

    problem: str = ""


SchemaShape = ScalarShape | EnumShape | ListShape | ObjectShape | MapShape | UnionShape | InterfaceShape | JsonShape

# Keys that say what a value is; others describe or constrain it.
_STRUCTURE = (extension_keywords.VALUE, "$ref", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf")
COMPOSING = ("allOf", "oneOf", "anyOf")


def json_types(schema: JsonObject) -> tuple[str, ...]:
    """The types a schema allows, null aside."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,) if kind != "null" else ()
    return tuple(name for name in as_list(kind) if isinstance(name, str) and name != "null")


def is_composed(schema: JsonObject) -> bool:
    return "allOf" in schema or "oneOf" in schema or "anyOf" in schema


def is_null(schema: Any) -> bool:
    """Whether a schema allows null alone."""
    part = as_mapping(schema)
    return part.get("type") in ("null", ["null"]) or ("const" in part and part["const"] is None) or (
        part.get("enum") in ([None], ["null"]) and part.get("type") != "string"
    )  # fmt: skip


def is_nullable(schema: JsonObject) -> bool:
    """Whether a schema allows null, in the words of any dialect."""
    if schema.get("nullable") is True or schema.get("x-nullable") is True:
        return True
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind:
        return True
    return any(is_null(member) for key in ("oneOf", "anyOf") for member in as_list(schema.get(key)))


def has_structure(schema: Any) -> bool:
    """Whether a part of a composed schema says what the value is, and does not only describe or constrain it."""
    part = as_mapping(schema)
    is_told = any(part.get(key) for key in _STRUCTURE) or any(kind != "object" for kind in json_types(part))
    return is_told or additional_schema(part) is not None


def unwrap(schema: JsonObject) -> Any | None:
    """The one schema that a composed schema is, with words around it; None where it is more than that."""
    keys = [key for key in COMPOSING if schema.get(key)]
    if len(keys) != 1 or any(schema.get(key) for key in _STRUCTURE if key not in COMPOSING):
        return None
    if any(kind != "object" for kind in json_types(schema)):
        return None
    members = [member for member in as_list(schema[keys[0]]) if has_structure(member) and not is_null(member)]
    return members[0] if len(members) == 1 else None


def plain_shape(schema: JsonObject) -> SchemaShape:
    """The shape of a schema that is composed of no others."""
    if extension_keywords.VALUE in schema:
        return _extended(extension_keywords.value(schema))
    found = json_types(schema)
    properties = properties_of(schema)
    if properties and (not found or "object" in found):
        return ObjectShape(properties, required_names(schema), additional=additional_schema(schema))
    if len(found) > 1:
        return _several(schema, found)
    if (value := additional_schema(schema)) is not None and found in ((), ("object",)):
        return MapShape(value)
    kind = found[0] if found else "string" if "contentMediaType" in schema else ""
    if kind == "array" or (not kind and "items" in schema):
        return ListShape(_item(schema))
    values = _values(schema) if kind in ("", "string") else []
    if values and (not kind or all(isinstance(value, str) for value in values)):
        return _choice(values)  # of texts that YAML reads as numbers, 16:9 say, the type holds
    name = scalar_of_type(kind, schema)
    return ScalarShape(name) if name else JsonShape()


def _extended(words: JsonObject) -> SchemaShape:
    if names := as_mapping(words.get("names")):
        return EnumShape(tuple(names), names)
    name = as_text(words.get("scalar"))
    return ScalarShape(name) if name else JsonShape(as_text(words.get("problem")))


def _item(schema: JsonObject) -> Any:
    """Return the schema of every item of a list, whatever its place."""
    items, first = schema.get("items"), as_list(schema.get("prefixItems"))
    return {"anyOf": [*first, *([items] if as_mapping(items) else ())]} if first else items


def properties_of(schema: JsonObject) -> JsonObject:
    """Properties by name; YAML that others have read has numbers for some."""
    found = as_mapping(schema.get("properties"))
    return found if all(type(name) is str for name in found) else {str(name): part for name, part in found.items()}


def additional_schema(schema: JsonObject) -> Any:
    """Return the schema of properties without a name, None if it says nothing of them."""
    found = as_mapping(schema.get("additionalProperties"))
    is_told = any(found.get(key) for key in _STRUCTURE) or isinstance(found.get("additionalProperties"), dict)
    return found if is_told or json_types(found) else None


def required_names(schema: JsonObject) -> frozenset[str]:
    return frozenset(name for name in as_list(schema.get("required")) if isinstance(name, str))


def _values(schema: JsonObject) -> list[Any]:
    given = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return [value for value in given if value is not None]


def _choice(values: list[Any]) -> SchemaShape:
    if not all(isinstance(value, str) for value in values):
        name = of_values(values)
        return ScalarShape(name) if name != JSON else JsonShape("its values are of several types")
    distinct = tuple(dict.fromkeys(values))
    # An enum of one value says nothing that a reader of the response could act on
    return EnumShape(distinct) if len(distinct) > 1 else ScalarShape("String")


def _several(schema: JsonObject, found: tuple[str, ...]) -> SchemaShape:
    scalars = {scalar_of_type(kind, schema) or JSON for kind in found}
    name = None if JSON in scalars else wider(scalars)
    return ScalarShape(name) if name else JsonShape(f"it is one of {', '.join(found)}")
