"""The size of a schema in introspection: the number of fields in an answer with all of it."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)

_TYPE = 12
"""The fields of a __Type, including its place in a list."""
_REFERENCE = 8
"""The fields of a type reference; most types are referred to again and again."""
_MEMBER = 8
"""The fields of a __Field, __InputValue or __EnumValue."""


def introspection_size(schema: GraphQLSchema) -> int:
    """Return the approximate number of fields in the standard introspection query's answer, never too low."""
    size = sum(_MEMBER + _inputs(directive.args) for directive in schema.directives)
    for of_type in schema.type_map.values():
        size += _TYPE
        match of_type:
            case GraphQLObjectType() | GraphQLInterfaceType():
                size += sum(_MEMBER + _REFERENCE + _inputs(field.args) for field in of_type.fields.values())
                size += _REFERENCE * len(of_type.interfaces)
            case GraphQLInputObjectType():
                size += _inputs(of_type.fields)
            case GraphQLEnumType():
                size += _MEMBER * len(of_type.values)
        if isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType):
            size += _REFERENCE * len(schema.get_possible_types(of_type))
    return size


def _inputs(inputs: Mapping[str, Any]) -> int:
    return (_MEMBER + _REFERENCE) * len(inputs)
