"""Defaults of parameters and properties. They are shown in descriptions and never sent: the server applies them."""

from collections.abc import Mapping
from typing import Any

from graphql import ValueNode

from restgql.formats import json
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping
from restgql.schema.sources.openapi.type_registry import TypeRef, TypeRegistry

MAX_SHOWN = 200
"""Characters of a default in a description. A longer default is cut."""
_NO_NAMES: Mapping[str, str] = {}


def with_default(description: str, *schemas: object, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Append the default of the first schema that has one to a description.

    `names` maps the API's values of an enum to GraphQL names.
    """
    default = next((part["default"] for part in map(as_mapping, schemas) if part.get("default") is not None), None)
    text = "" if default in (None, "") else _literal(default, names)
    if not text:
        return description
    text = f"Default: {text if len(text) <= MAX_SHOWN else f'{text[:MAX_SHOWN]}…'}"
    return f"{description}\n\n{text}" if description else text


def _literal(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, list):
        return f"[{', '.join(_literal(item, names) for item in value)}]"
    try:
        return bytes(json.raw(value)).decode()
    except json.NotJson:  # a YAML value that JSON lacks, such as NaN
        return str(value)


def only_value(schema: JsonObject, type_ref: TypeRef, registry: TypeRegistry) -> ValueNode | None:
    """Return the literal of a parameter's only valid string, or None if several values are valid."""
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    value = values[0] if len(values) == 1 else None
    is_string = type_ref.node is registry.scalar("String").node
    return registry.builder.value(value) if is_string and isinstance(value, str) and value else None
