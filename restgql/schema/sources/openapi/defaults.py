"""The defaults of parameters and properties: shown in descriptions. The server assumes them, so no request has them."""

from collections.abc import Mapping
from typing import Any

from graphql import ValueNode

from restgql.formats import json
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence
from restgql.schema.sources.openapi.registry import Registry, Typed

MAX_SHOWN = 200
"""The characters of a default that a description has."""
_NO_NAMES: Mapping[str, str] = {}


def shown(description: str, *schemas: object, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Return a description with the default of the first of these schemas that has one.

    `names` are the values of an enum in GraphQL by those of the API.
    """
    default = next((part["default"] for part in map(mapping, schemas) if part.get("default") is not None), None)
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
    except json.NotJson:  # what YAML has and JSON has not
        return str(value)


def only_value(schema: Schema, typed: Typed, registry: Registry) -> ValueNode | None:
    """Return the literal of the one string that a parameter can be, None if it can be others."""
    values = [schema["const"]] if "const" in schema else sequence(schema.get("enum"))
    value = values[0] if len(values) == 1 else None
    is_string = typed.node is registry.scalar("String").node
    return registry.nodes.value(value) if is_string and isinstance(value, str) and value else None
