"""Which scalar a type and format of JSON Schema is. Formats that real APIs do not keep to are String."""

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
    # What no dialect has, and documents do
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
_TELLING = frozenset(
    {extension_keywords.VALUE, "$ref", "enum", "const", "properties", "items", "allOf", "oneOf", "anyOf"}
)


def scalar_of_type(kind: str, schema: JsonObject) -> str | None:
    """The scalar of a schema of one type; None where the type is none of a scalar."""
    formats = SCALARS.get(kind)
    if formats is None:
        return None
    form = schema.get("format")
    found = formats.get(form.lower(), formats[""]) if isinstance(form, str) else formats[""]
    if found == "String" and _binary(schema):
        return BINARY
    return _integer(found, schema) if found in ("Int", "Long") else found


def _binary(schema: JsonObject) -> bool:
    """Whether a string is bytes, in the words of OpenAPI 3.1: it has a media type of no text, and is in no encoding."""
    media_type = schema.get("contentMediaType")
    if not isinstance(media_type, str) or "contentEncoding" in schema:
        return False
    return not (media.is_text(media.essence(media_type)) or media.is_json(media.essence(media_type)))


def _integer(found: str, schema: JsonObject) -> str:
    """Return Int for an integer whose bounds are within 32 bits, Long where one is beyond, else what its format is."""
    bounds = {key: bound for key in _BOUNDS if (bound := _bound(schema.get(key))) is not None}
    if any(not INT.start <= bound < INT.stop for bound in bounds.values()):
        return "Long"
    is_narrow = any("inimum" in key for key in bounds) and any("aximum" in key for key in bounds)
    return "Int" if is_narrow else found


def _bound(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)  # exclusiveMinimum: true, in OpenAPI 3.0
    return value if is_number else None  # type: ignore[return-value]


def simple_scalar(schema: object) -> str | None:
    """The scalar of a schema that is a type and its format: most are, and need no more looking into."""
    if not isinstance(schema, dict) or not _TELLING.isdisjoint(schema):
        return None
    kind = schema.get("type")
    return scalar_of_type(kind, schema) if isinstance(kind, str) else None


def of_values(values: list[Any]) -> str:
    """Return the scalar of all these values; String if each is null."""
    return wider({of_value(value) for value in values if value is not None} or {"String"}) or JSON
