"""The whole numbers among the arguments of a typed field: 5 is sent as `5`, though GraphQL's Float makes it 5.0."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLArgument, GraphQLFloat, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

MOST = 2**53
"""A larger float may stand for several integers."""


def with_whole_numbers(values: dict[str, Any], arguments: Mapping[str, GraphQLArgument]) -> dict[str, Any]:
    """Return coerced arguments with an integer for each whole number of the type Float; `values` is not changed."""
    whole: dict[str, Any] = {}
    for name, argument in arguments.items():
        key = argument.out_name or name
        value = values.get(key)
        if value.__class__ in _NUMBERED:
            whole[key] = _whole(value, argument.type)
    return {**values, **whole} if whole else values


_NUMBERED = frozenset({float, list, dict})


def _whole(value: Any, of_type: GraphQLInputType) -> Any:
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    if value.__class__ is float:
        is_whole = of_type is GraphQLFloat and value.is_integer() and abs(value) <= MOST
        return int(value) if is_whole else value
    if value.__class__ is list and isinstance(of_type, GraphQLList):
        return [_whole(item, of_type.of_type) for item in value]
    if value.__class__ is dict and isinstance(of_type, GraphQLInputObjectType):
        return with_whole_numbers(value, of_type.fields)
    return value
