"""Whole numbers among the arguments of a typed field: 5 is sent as `5`, although GraphQL's Float makes it 5.0."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

MOST = 2**53
"""Larger floats are ambiguous: each may represent several integers."""
_COLLECTIONS = frozenset({list, dict})


class WholeNumbers:
    """Converts the coerced arguments of one operation, without modifying them.

    Many fields may take the same variable: each of its lists and objects is converted once.
    """

    def __init__(self) -> None:
        self._converted: dict[tuple[int, int], tuple[Any, Any]] = {}
        """Values with their conversions, by the ids of value and type. The reference to a value keeps its id unique."""

    def of(
        self, values: dict[str, Any], arguments: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]
    ) -> dict[str, Any]:
        """Return values with an integer in place of each whole number of the type Float."""
        whole: dict[str, Any] = {}
        for name, argument in arguments.items():
            key = argument.out_name or name
            value = values.get(key)
            if (value.__class__ is float or value.__class__ in _COLLECTIONS) and _may_have_floats(argument.type):
                whole[key] = self._whole(value, argument.type)
        return {**values, **whole} if whole else values

    def _whole(self, value: Any, of_type: GraphQLInputType) -> Any:
        if isinstance(of_type, GraphQLNonNull):
            of_type = of_type.of_type
        kind: Any = value.__class__
        if kind is float:
            is_whole = of_type is GraphQLFloat and value.is_integer() and abs(value) <= MOST
            return int(value) if is_whole else value
        if kind not in _COLLECTIONS:
            return value
        key = id(value), id(of_type)
        if key not in self._converted:
            self._converted[key] = value, self._collection(value, of_type)
        return self._converted[key][1]

    def _collection(self, value: Any, of_type: GraphQLInputType) -> Any:
        if value.__class__ is list and isinstance(of_type, GraphQLList):
            return [self._whole(item, of_type.of_type) for item in value]
        if value.__class__ is dict and isinstance(of_type, GraphQLInputObjectType):
            return self.of(value, of_type.fields)
        return value


def _may_have_floats(of_type: GraphQLInputType) -> bool:
    named = get_named_type(of_type)
    return named is GraphQLFloat or isinstance(named, GraphQLInputObjectType)
