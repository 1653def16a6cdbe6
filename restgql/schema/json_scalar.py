"""The scalar JSON: any JSON value, unchanged in results, with variables allowed in literals."""

from typing import Any

import graphene
from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)

from restgql.formats.json import NotJson, value

SPECIFIED_BY = "https://www.rfc-editor.org/rfc/rfc8259"


class JSON(graphene.Scalar):  # type: ignore[misc]
    """Any JSON value."""

    @staticmethod
    def serialize(result: Any) -> Any:
        return result

    @staticmethod
    def parse_value(value: Any) -> Any:
        return value

    @staticmethod
    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        """Return the value of a literal. Raises GraphQLError for a number that JSON readers cannot represent."""
        match node:
            case VariableNode():
                return (variables or {}).get(node.name.value, Undefined)
            case StringValueNode() | BooleanValueNode():
                return node.value
            case IntValueNode() | FloatValueNode():
                return _number(node)
            case ListValueNode():
                items = [JSON.parse_literal(item, variables) for item in node.values]
                return [None if item is Undefined else item for item in items]
            case ObjectValueNode():
                fields = {field.name.value: JSON.parse_literal(field.value, variables) for field in node.fields}
                return {name: item for name, item in fields.items() if item is not Undefined}
            case NullValueNode():
                return None
            case EnumValueNode():
                raise GraphQLError(f"{node.value} is not a JSON value; a string needs quotes.", node)
        return Undefined


def _number(node: IntValueNode | FloatValueNode) -> Any:
    try:
        return value(node.value.encode())
    except NotJson as exc:
        raise GraphQLError("The number is out of range.", node) from exc
