"""Values of a JSON Schema, drawn at random. It reads a schema by itself, so that it can judge how restgql reads it."""

import random
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 7
"""Objects and arrays below this depth are empty."""
MAX_VALUES = 2_000
"""Values that one answer holds, about; arrays beyond it are empty, and properties that are not required left out."""

_WORDS = ("alpha", "naïve", "two words", "a&b=c", "100%", 'quo"te', "x+y", "plain", "ünïcode", "comma,ed")
_PLAIN_WORDS = ("alpha", "beta", "gamma", "delta")
_FORMATS = {
    "date-time": "2024-05-06T07:08:09Z",
    "date": "2024-05-06",
    "uuid": "0b8a3c8e-6a76-4a1c-9d52-8f0f8f1b2c3d",
    "email": "a@example.org",
    "uri": "https://example.org/a?b=c",
    "byte": "aGVsbG8=",
}
_KINDS = {
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "float": "number",
    "double": "number", "decimal": "number", "bool": "boolean", "str": "string", "date": "string",
    "datetime": "string", "date-time": "string", "uuid": "string", "file": "string",
}  # fmt: skip
_FORMAT_KINDS = {"date": "date", "datetime": "date-time", "date-time": "date-time", "uuid": "uuid"}
_NARROW = {"int8": 7, "uint8": 8, "int16": 15, "uint16": 16, "int32": 31}
_INT32 = 2**31 - 1
_INT64 = 2**63 - 1
_LARGE = (2**31, 1_503_608_145_148, 2**53 + 1, 1_234_567_890_123_456_789)


class Unanswerable(Exception):
    """A schema that has no value: a reference leads nowhere, or it is no schema."""


class SchemaValues:
    """Draws values of the schemas of one document. With `large`, integers that may be are over 32 bits.

    `writing` is True for what a client sends: it has no readOnly properties, and no null; otherwise no writeOnly.
    """

    def __init__(self, document: Mapping[str, Any], draw: random.Random, *, large: bool, writing: bool) -> None:
        self._document = document
        self._draw = draw
        self._large = large
        self._hidden = "readOnly" if writing else "writeOnly"
        self._writing = writing
        self._left = MAX_VALUES

    def follow(self, schema: Any) -> Any:
        """Follow references within the document. Raises Unanswerable."""
        for _ in range(50):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            schema = resolve(self._document, schema["$ref"])
        raise Unanswerable("a reference leads to itself")

    def value(self, schema: Any, depth: int = 0) -> Any:
        """Draw a value of a schema. Raises Unanswerable."""
        self._left -= 1
        schema = self.follow(schema)
        if schema is True or schema is None or schema == {}:
            return self._draw.choice(["anything", {"any": [1, 2.5, None]}, 7])
        if not isinstance(schema, dict):
            raise Unanswerable("it is no schema")
        merged = self._merged(schema)
        if not self._writing and _may_be_null(merged) and self._draw.random() < 0.1:
            return None
        if "const" in merged:
            return merged["const"]
        kind = self._kind(merged)
        if choices := [each for each in merged.get("enum") or () if _is_of(kind, each)]:
            return self._draw.choice(choices)
        return self._by_kind(kind, merged, depth)

    def _by_kind(self, kind: str, schema: dict[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer":
                return self._integer(schema)
            case "number":
                return self._number(schema)
            case "boolean":
                return self._draw.random() < 0.5
            case "string":
                return self._string(schema)
            case "null":
                return None
        return self._draw.choice(["anything", {"any": [1, 2.5, None]}, 7])

    def _kind(self, schema: dict[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [each for each in kind if each != "null"]
            kind = self._draw.choice(kinds) if kinds else "null"
        if schema.get("properties") and kind in (None, "object", ""):
            return "object"
        if kind is None and "items" in schema:
            return "array"
        if kind is None and isinstance(schema.get("additionalProperties"), dict):
            return "object"
        return _KINDS.get(kind, kind) if isinstance(kind, str) else ""

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Merge allOf, and one member of oneOf and anyOf, into a schema."""
        merged: dict[str, Any] = {}
        self._merge(schema, merged, set())
        return merged

    def _merge(self, schema: dict[str, Any], merged: dict[str, Any], seen: set[int]) -> None:
        if id(schema) in seen:
            return
        seen.add(id(schema))
        for part in schema.get("allOf") or ():
            part = self.follow(part)
            if isinstance(part, dict):
                self._merge(part, merged, seen)
        for key in ("oneOf", "anyOf"):
            members = [(each, self.follow(each)) for each in schema.get(key) or ()]
            members = [(each, found) for each, found in members if isinstance(found, dict) and not _is_null(found)]
            open_members = [(each, found) for each, found in members if id(found) not in seen]
            if open_members and len(open_members) == len(members):
                chosen, found = self._draw.choice(open_members)
                self._merge(found, merged, seen)
                self._discriminate(schema.get("discriminator"), chosen, merged)
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                merged.setdefault("properties", {})
                for name, part in value.items():
                    known = merged["properties"].get(name)
                    if known is None or _says_more(part):
                        merged["properties"][name] = part
            elif key == "required" and isinstance(value, list):
                merged["required"] = [*merged.get("required", ()), *value]
            elif key == "type" and "type" in merged:
                merged["type"] = _common(merged["type"], value)
            elif key not in ("allOf", "oneOf", "anyOf", "discriminator", "description", "title", "example"):
                merged[key] = value

    def _discriminate(self, discriminator: Any, chosen: Any, merged: dict[str, Any]) -> None:
        """Give the property that tells a member of oneOf its value."""
        name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
        reference = chosen.get("$ref") if isinstance(chosen, dict) else None
        if not isinstance(name, str) or not isinstance(reference, str):
            return
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        values = [value for value, to in (mapping or {}).items() if to == reference or reference.endswith(f"/{to}")]
        value = values[0] if values else reference.rpartition("/")[2]
        part = self.follow(merged.get("properties", {}).get(name))
        allowed = part.get("enum") if isinstance(part, dict) else None
        if not allowed or value in allowed:
            merged.setdefault("properties", {})[name] = {"const": value}

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            of = schema.get("additionalProperties")
            if depth >= MAX_DEPTH or self._left < 0:
                return {}
            if isinstance(of, dict) and of:
                return {"first key": self.value(of, depth + 1), "second": self.value(of, depth + 1)}
            return {"any": [1, 2.5, None]}
        value: dict[str, Any] = {}
        required = schema.get("required") or ()
        for name, part in properties.items():
            followed = self.follow(part)
            if isinstance(followed, dict) and (followed.get(self._hidden) is True or _has(part, self._hidden)):
                continue
            if name not in required and (self._left < 0 or (depth >= MAX_DEPTH and _is_nested(followed))):
                continue
            if self._writing and name not in required and self._draw.random() < 0.3:
                continue
            if depth >= 2 * MAX_DEPTH:
                continue
            value[str(name)] = self.value(part, depth + 1)
        return value

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        if depth >= MAX_DEPTH or self._left < 0:
            return []
        return [self.value(schema.get("items"), depth + 1) for _ in range(self._draw.choice((1, 2)))]

    def _integer(self, schema: dict[str, Any]) -> int:
        least, most = _bounds(schema)
        form = str(schema.get("format", schema.get("type"))).lower()
        if form in _NARROW:
            most = min(most, 2 ** _NARROW[form] - 1)
            least = max(least, 0 if form.startswith("u") else -(2 ** _NARROW[form]))
        large = [number for number in _LARGE if least <= number <= most] if self._large else []
        if large:
            return self._draw.choice(large)
        number = self._draw.randint(max(least, 0), min(most, 1000)) if max(least, 0) <= min(most, 1000) else least
        return int(max(least, min(number, most)))

    def _number(self, schema: dict[str, Any]) -> float:
        """Draw a whole number as an integer, as JSON writers do, or one with a fraction."""
        least, most = _bounds(schema)
        if self._writing and self._large:  # GraphQL's Float is a double
            return self._draw.choice([number for number in _LARGE[:2] if least <= number <= most] or [least])
        whole = self._integer({key: schema[key] for key in schema if key not in ("format", "type")})
        fraction = whole + 0.25
        return fraction if self._draw.random() < 0.5 and least <= fraction <= most and not self._large else whole

    def _string(self, schema: dict[str, Any]) -> str:
        form = schema.get("format") or _FORMAT_KINDS.get(str(schema.get("type")))
        if form in _FORMATS:
            return _FORMATS[form]
        return self._draw.choice(_PLAIN_WORDS if self._writing else _WORDS)


def resolve(document: Mapping[str, Any], reference: Any) -> Any:
    """Return the part of a document that a reference leads to. Raises Unanswerable."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise Unanswerable("a reference leads to another document")
    value: Any = document
    for step in reference.removeprefix("#").split("/")[1:]:
        step = _unquoted(step).replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError) as exc:
            raise Unanswerable(f"{reference} leads nowhere") from exc
    return value


_TYPES: dict[str, Any] = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def _is_of(kind: str, value: Any) -> bool:
    """Return True if a value of an enum is of a type: documents list texts for integers."""
    of_kind = isinstance(value, _TYPES.get(kind, object)) and isinstance(value, bool) <= (kind in ("", "boolean"))
    return value is not None and of_kind


def _common(first: Any, second: Any) -> Any:
    """Return the types that two parts of a schema have in common. Raises Unanswerable if they have none."""
    firsts, seconds = ([each] if isinstance(each, str) else each for each in (first, second))
    if not isinstance(firsts, list) or not isinstance(seconds, list):
        raise Unanswerable("a type is no type")
    common = [kind for kind in firsts if kind in seconds or (kind == "integer" and "number" in seconds)]
    common += ["integer"] if "number" in firsts and "integer" in seconds and "integer" not in common else []
    if not common:
        raise Unanswerable("its parts are of different types")
    return common[0] if len(common) == 1 else common


def _unquoted(step: str) -> str:
    from urllib.parse import unquote

    return unquote(step)


def _bounds(schema: dict[str, Any]) -> tuple[int, int]:
    least, most = -_INT64 - 1, _INT64
    for key, bound in (("minimum", 0), ("exclusiveMinimum", 1)):
        value = schema.get(key)
        if isinstance(value, int | float) and _is_bound(value):
            least = max(least, int(value) + (1 if value != int(value) else bound))
    for key, bound in (("maximum", 0), ("exclusiveMaximum", -1)):
        value = schema.get(key)
        if isinstance(value, int | float) and _is_bound(value):
            most = min(most, int(value) + bound)
    return (least, most) if least <= most else (least, least)


def _is_bound(value: float) -> bool:
    return not isinstance(value, bool) and abs(value) < 1e300


def _has(part: Any, key: str) -> bool:
    return isinstance(part, dict) and part.get(key) is True


def _is_nested(schema: Any) -> bool:
    return isinstance(schema, dict) and bool(
        {"properties", "items", "allOf", "oneOf", "anyOf"} & schema.keys() or schema.get("type") in ("object", "array")
    )


def _says_more(schema: Any) -> bool:
    """Return True if a property's schema tells its type, and does not only describe it."""
    return isinstance(schema, dict) and bool(
        {"$ref", "type", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf"} & schema.keys()
    )


def _is_null(schema: dict[str, Any]) -> bool:
    if schema.get("type") == "object" and schema.get("nullable") is True:  # the way of OData to say null
        return not schema.keys() - {"type", "nullable", "description"}
    if schema.get("nullable") is True and not schema.keys() - {"nullable", "description", "title"}:
        return True
    return schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None]


def _may_be_null(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return (
        schema.get("nullable") is True
        or schema.get("x-nullable") is True
        or (isinstance(kind, list) and "null" in kind)
    )
