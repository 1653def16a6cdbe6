"""What a schema comes down to, whichever way it is written: the decisions that types are made from."""

from collections.abc import Mapping
from typing import Any

import msgspec

from restgql.schema.sdl.scalar_names import JSON, wider
from restgql.schema.sources.openapi import extension
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence, text
from restgql.schema.sources.openapi.scalars import of_values, scalar, simple


class Scalar(msgspec.Struct, frozen=True):
    name: str


class Enum(msgspec.Struct, frozen=True):
    """Two or more strings, or values of any scalar that have words for `names`."""

    values: tuple[str, ...]
    names: Mapping[str, str] = {}


class Items(msgspec.Struct, frozen=True):
    """A list; `item` is the schema of what is in it."""

    item: Any


class Object(msgspec.Struct, frozen=True):
    """Properties by the names the API has for them; `problem` says what of it is not seen.

    `additional` is the schema of all others, None if they have none.
    """

    properties: Mapping[str, Any]
    required: frozenset[str]
    problem: str = ""
    additional: Any = None


class Map(msgspec.Struct, frozen=True):
    """An object of any keys; `value` is the schema of its values."""

    value: Any


class Member(msgspec.Struct, frozen=True):
    """An object type of a union or interface, which values of the discriminator tell."""

    schema: Any
    name: str
    values: tuple[str, ...]


class Union(msgspec.Struct, frozen=True):
    """Object types that `discriminator`, JMESPath over a value, tells apart."""

    members: tuple[Member, ...]
    discriminator: str


class Interface(msgspec.Struct, frozen=True):
    """An object of a schema that others are composed of: `members` are these, told by `discriminator`, JMESPath.

    `default` is the name of the member for any other value, empty for the schema `own`. `everything` has the properties
    of all of them.
    """

    own: Object
    members: tuple[Member, ...]
    discriminator: str
    default: str
    everything: Object


class Anything(msgspec.Struct, frozen=True):
    """JSON: because the document says no more, or for a problem."""

    problem: str = ""


Shape = Scalar | Enum | Items | Object | Map | Union | Interface | Anything

# Keys that say what a value is; others describe or constrain it.
_STRUCTURE = (extension.VALUE, "$ref", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf")
COMPOSING = ("allOf", "oneOf", "anyOf")


def kinds(schema: Schema) -> tuple[str, ...]:
    """The types a schema allows, null aside."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,) if kind != "null" else ()
    return tuple(name for name in sequence(kind) if isinstance(name, str) and name != "null")


def composed(schema: Schema) -> bool:
    return "allOf" in schema or "oneOf" in schema or "anyOf" in schema


def is_null(schema: Any) -> bool:
    """Whether a schema allows null alone."""
    part = mapping(schema)
    return part.get("type") in ("null", ["null"]) or ("const" in part and part["const"] is None) or (
        part.get("enum") in ([None], ["null"]) and part.get("type") != "string"
    )  # fmt: skip


def nullable(schema: Schema) -> bool:
    """Whether a schema allows null, in the words of any dialect."""
    if schema.get("nullable") is True or schema.get("x-nullable") is True:
        return True
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind:
        return True
    if "oneOf" not in schema and "anyOf" not in schema:
        return False  # nearly always
    return any(is_null(member) for key in ("oneOf", "anyOf") for member in sequence(schema.get(key)))


def structured(schema: Any) -> bool:
    """Whether a part of a composed schema says what the value is, and does not only describe or constrain it."""
    part = mapping(schema)
    is_told = any(part.get(key) for key in _STRUCTURE) or any(kind != "object" for kind in kinds(part))
    return is_told or additional(part) is not None


def wrapped(schema: Schema) -> Any | None:
    """The one schema that a composed schema is, with words around it; None where it is more than that."""
    keys = [key for key in COMPOSING if schema.get(key)]
    if len(keys) != 1 or any(schema.get(key) for key in _STRUCTURE if key not in COMPOSING):
        return None
    if any(kind != "object" for kind in kinds(schema)):
        return None
    members = [member for member in sequence(schema[keys[0]]) if structured(member) and not is_null(member)]
    return members[0] if len(members) == 1 else None


def plain(schema: Schema) -> Shape:
    """The shape of a schema that is composed of no others."""
    if name := simple(schema):
        return Scalar(name)
    if extension.VALUE in schema:
        return _extended(extension.value(schema))
    found = kinds(schema)
    properties = properties_of(schema)
    if properties and (not found or "object" in found):
        return Object(properties, required(schema), additional=additional(schema))
    if len(found) > 1:
        return _several(schema, found)
    if (value := additional(schema)) is not None and found in ((), ("object",)):
        return Map(value)
    kind = found[0] if found else "string" if "contentMediaType" in schema else ""
    if kind == "array" or (not kind and "items" in schema):
        return Items(_item(schema))
    values = _values(schema) if kind in ("", "string") else []
    if values and (not kind or all(isinstance(value, str) for value in values)):
        return _choice(values)  # of texts that YAML reads as numbers, 16:9 say, the type holds
    name = scalar(kind, schema)
    return Scalar(name) if name else Anything()


def _extended(words: Schema) -> Shape:
    if names := mapping(words.get("names")):
        return Enum(tuple(names), names)
    name = text(words.get("scalar"))
    return Scalar(name) if name else Anything(text(words.get("problem")))


def _item(schema: Schema) -> Any:
    """Return the schema of every item of a list, whatever its place."""
    items, first = schema.get("items"), sequence(schema.get("prefixItems"))
    return {"anyOf": [*first, *([items] if mapping(items) else ())]} if first else items


def properties_of(schema: Schema) -> Schema:
    """Properties by name; YAML that others have read has numbers for some."""
    found = mapping(schema.get("properties"))
    return found if all(type(name) is str for name in found) else {str(name): part for name, part in found.items()}


def additional(schema: Schema) -> Any:
    """Return the schema of properties without a name, None if it says nothing of them."""
    if "additionalProperties" not in schema:
        return None
    found = mapping(schema.get("additionalProperties"))
    is_told = any(found.get(key) for key in _STRUCTURE) or isinstance(found.get("additionalProperties"), dict)
    return found if is_told or kinds(found) else None


def required(schema: Schema) -> frozenset[str]:
    if "required" not in schema:
        return frozenset()
    return frozenset(name for name in sequence(schema.get("required")) if isinstance(name, str))


def _values(schema: Schema) -> list[Any]:
    given = [schema["const"]] if "const" in schema else sequence(schema.get("enum"))
    return [value for value in given if value is not None]


def _choice(values: list[Any]) -> Shape:
    if not all(isinstance(value, str) for value in values):
        name = of_values(values)
        return Scalar(name) if name != JSON else Anything("its values are of several types")
    distinct = tuple(dict.fromkeys(values))
    # An enum of one value says nothing that a reader of the response could act on
    return Enum(distinct) if len(distinct) > 1 else Scalar("String")


def _several(schema: Schema, found: tuple[str, ...]) -> Shape:
    scalars = {scalar(kind, schema) or JSON for kind in found}
    name = None if JSON in scalars else wider(scalars)
    return Scalar(name) if name else Anything(f"it is one of {', '.join(found)}")
