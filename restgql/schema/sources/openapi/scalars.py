"""Which scalar a type and format of JSON Schema is. Formats that real APIs do not keep to are String."""

from typing import Any

from restgql.formats import media
from restgql.schema.sdl.scalar_names import BINARY, JSON, of_value, wider
from restgql.schema.sources.openapi import extension
from restgql.schema.sources.openapi.parts import Schema

_INT = 2**31
SCALARS: dict[str, dict[str, str]] = {
    "string": {"date-time": "DateTime", "date": "Date", "uuid": "UUID", "binary": BINARY, "": "String"},
    "integer": {"int64": "Long", "long": "Long", "uint32": "Long", "uint64": "Long", "": "Int"},
    "number": {"": "Float"},
    "boolean": {"": "Boolean"},
    # What no dialect has, and documents do
    "file": {"": BINARY},
    "date": {"": "Date"},
    "datetime": {"": "DateTime"},
    "date-time": {"": "DateTime"},
    "uuid": {"": "UUID"},
    "int": {"": "Int"},
    "int32": {"": "Int"},
    "int64": {"": "Long"},
    "long": {"": "Long"},
    "float": {"": "Float"},
    "double": {"": "Float"},
    "decimal": {"": "Float"},
    "bool": {"": "Boolean"},
    "str": {"": "String"},
}
_TELLING = frozenset({extension.VALUE, "$ref", "enum", "const", "properties", "items", "allOf", "oneOf", "anyOf"})


def scalar(kind: str, schema: Schema) -> str | None:
    """The scalar of a schema of one type; None where the type is none of a scalar."""
    formats = SCALARS.get(kind)
    if formats is None:
        return None
    form = schema.get("format")
    found = formats.get(form.lower(), formats[""]) if isinstance(form, str) else formats[""]
    if found == "String" and _binary(schema):
        return BINARY
    return "Long" if found == "Int" and _wide(schema) else found


def _binary(schema: Schema) -> bool:
    """Whether a string is bytes, in the words of OpenAPI 3.1: it has a media type of no text, and is in no encoding."""
    media_type = schema.get("contentMediaType")
    if not isinstance(media_type, str) or "contentEncoding" in schema:
        return False
    return not (media.is_text(media.essence(media_type)) or media.is_json(media.essence(media_type)))


def _wide(schema: Schema) -> bool:
    bounds = [schema.get(key) for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")]
    return any(isinstance(bound, int | float) and abs(bound) > _INT for bound in bounds)


def simple(schema: object) -> str | None:
    """The scalar of a schema that is a type and its format: most are, and need no more looking into."""
    if not isinstance(schema, dict) or not _TELLING.isdisjoint(schema):
        return None
    kind = schema.get("type")
    return scalar(kind, schema) if isinstance(kind, str) else None


def of_values(values: list[Any]) -> str:
    """Return the scalar of all these values; String if each is null."""
    return wider({of_value(value) for value in values if value is not None} or {"String"}) or JSON
