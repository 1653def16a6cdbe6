"""Default values of arguments: those that fit their type, as literals."""

from typing import Any

from graphql import ListTypeNode, TypeNode, ValueNode

from restgql.schema.sdl.scalar_names import INT, LONG
from restgql.schema.sources.openapi.parts import Schema, sequence
from restgql.schema.sources.openapi.registry import Registry, Typed

_STRINGS = frozenset({"String", "ID"})


def literal(schema: Schema, typed: Typed, registry: Registry, *, required: bool) -> ValueNode | None:
    """The default that a parameter's schema gives; what is required and can be one string only is that string."""
    value = schema.get("default")
    if value is None and required:
        values = [schema["const"]] if "const" in schema else sequence(schema.get("enum"))
        value = values[0] if len(values) == 1 else None
    if value is None or value == "":
        return None
    return _of(value, typed.node, typed.name, registry)


def _of(value: Any, node: TypeNode, name: str, registry: Registry) -> ValueNode | None:
    nodes = registry.nodes
    if isinstance(node, ListTypeNode):
        if not isinstance(value, list):
            return None
        items = [_of(item, node.type, name, registry) for item in value]
        return nodes.sequence([item for item in items if item is not None]) if None not in items else None
    if called := registry.enums.get(name):
        return nodes.enum_value(called[value]) if isinstance(value, str) and value in called else None
    return nodes.value(value) if _fits(value, name) else None


def _fits(value: Any, name: str) -> bool:
    match value:
        case bool():
            return name == "Boolean"
        case int():
            return (name == "Int" and value in INT) or (name == "Long" and value in LONG) or name == "Float"
        case float():
            return name == "Float" and value - value == 0  # finite
        case str():
            return name in _STRINGS
    return False
