"""Maps JSON Schema types and formats to GraphQL scalars. Formats that real APIs often violate are String."""

from typing import Any

from restgql.formats import media
from restgql.schema.sdl.scalar_names import BINARY, INT, JSON, of_value, wider
from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.lenient import JsonObject

_NARROW = dict.fromkeys(("int8", "uint8", "int16", "uint16", "int32"), "Int")
SCALARS: dict[str, dict[str, str]] = {
    "string": {"date-time": "DateTime", "date": "Date", "uuid": "UUID", "binary": BINARY, "": "String"},
    "integer": {**_NARROW, "": "Long"},
    "number": {"": "Float"},
    "boolean": {"": "Boolean"},
    # not in any OpenAPI version, but in real documents
    "file": {"": BINARY},
    "date": {"": "Date"},
    "datetime": {"": "DateTime"},
    "date-time": {"": "DateTime"},
    "uuid": {"": "UUID"},
    "int": {**_NARROW, "": "Long"},
    "int32": {"": "Int"},
    "int64": {"": "Long"},
    "long": {"": "Long"},
    "float": {"": "Float"},
    "double": {"": "Float"},
    "decimal": {"": "Float"},
    "bool": {"": "Boolean"},
    "str": {"": "String"},
}
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_STRUCTURAL = frozenset(
    {extension_keywords.VALUE, "$ref", "enum", "const", "properties", "items", "allOf", "oneOf", "anyOf"}
)


def scalar_of_type(kind: str, schema: JsonObject) -> str | None:
    """Return the scalar of a schema with one type, or None if values of the type are not scalars."""
    formats = SCALARS.get(kind)
    if formats is None:
        return None
    form = schema.get("format")
    scalar = formats.get(form.lower(), formats[""]) if isinstance(form, str) else formats[""]
    if scalar == "String" and _is_binary(schema):
        return BINARY
    return _integer(scalar, schema) if scalar in ("Int", "Long") else scalar


def _is_binary(schema: JsonObject) -> bool:
    """Return True if a string is binary (OpenAPI 3.1): it has a non-text media type and no content encoding."""
    media_type = schema.get("contentMediaType")
    if not isinstance(media_type, str) or "contentEncoding" in schema:
        return False
    return not (media.is_text(media.essence(media_type)) or media.is_json(media.essence(media_type)))


def _integer(default: str, schema: JsonObject) -> str:
    """Return Int if the bounds of an integer are within 32 bits, Long if one is beyond, else the default."""
    bounds = {key: bound for key in _BOUNDS if (bound := _bound(schema.get(key))) is not None}
    if any(not INT.start <= bound < INT.stop for bound in bounds.values()):
        return "Long"
    is_narrow = any("inimum" in key for key in bounds) and any("aximum" in key for key in bounds)
    return "Int" if is_narrow else default


def _bound(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)  # exclusiveMinimum: true, in OpenAPI 3.0
    return value if is_number else None  # type: ignore[return-value]


def simple_scalar(schema: object) -> str | None:
    """Return the scalar of a schema that has only a type and a format, as most schemas do; None for other schemas."""
    if not isinstance(schema, dict) or not _STRUCTURAL.isdisjoint(schema):
        return None
    kind = schema.get("type")
    return scalar_of_type(kind, schema) if isinstance(kind, str) else None


def of_values(values: list[Any]) -> str:
    """Return the scalar that can hold all these values, or String if all are null."""
    return wider({of_value(value) for value in values if value is not None} or {"String"}) or JSON
