"""Scalars that a user's graphene types and SDL documents share.

Values of routes are JSON, and those of resolvers are Python objects, such as a `datetime` for `DateTime`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)

from restgql.bindings import UserResolver
from restgql.schema import scalars

Conversion = Callable[[Any], Any]
_JSON = (str, int, float, list, dict, type(None))
_ALIKE = frozenset({"Upload"})
"""Scalars that are the same for both."""


class SharedScalars:
    """The scalars of SDL documents that a user's graphene types have already put into the core schema."""

    def __init__(self, core: GraphQLSchema) -> None:
        names = scalars.NAMES & core.type_map.keys() - _ALIKE
        self._own = {name: of_type for name in names if isinstance(of_type := core.type_map[name], GraphQLScalarType)}
        self._inputs = [name for name, of_type in core.type_map.items() if isinstance(of_type, GraphQLInputObjectType)]

    def share(self, schema: GraphQLSchema) -> None:
        """Make these scalars serialize values of both kinds, and pass Python objects to the user's own code."""
        if not self._own:
            return
        for name, own in self._own.items():
            scalar = schema.type_map[name]
            assert isinstance(scalar, GraphQLScalarType)
            scalar.serialize = _of_both(scalar.serialize, own.serialize)  # type: ignore[assignment, method-assign]
        for name in self._inputs:
            of_input = schema.type_map[name]
            assert isinstance(of_input, GraphQLInputObjectType)
            converts = self._converts({field.out_name or key: field.type for key, field in of_input.fields.items()})
            if converts:
                of_input.out_type = _after(of_input.out_type, converts)  # type: ignore[assignment, method-assign]
        for of_type in schema.type_map.values():
            for field in of_type.fields.values() if isinstance(of_type, GraphQLObjectType) else ():
                if isinstance(field.resolve, UserResolver):
                    converts = self._converts({each.out_name or key: each.type for key, each in field.args.items()})
                    if converts:
                        field.resolve = UserResolver(_with(field.resolve.resolve, converts), field.resolve.of_root)

    def _converts(self, types: Mapping[str, GraphQLInputType]) -> dict[str, Conversion]:
        converts = ((name, self._convert(of_type)) for name, of_type in types.items())
        return {name: convert for name, convert in converts if convert is not None}

    def _convert(self, of_type: GraphQLInputType) -> Conversion | None:
        """Return the conversion of a JSON value of a type, or None if it needs none.

        Input objects are converted when made.
        """
        match of_type:
            case GraphQLNonNull():
                return self._convert(of_type.of_type)
            case GraphQLList():
                item = self._convert(of_type.of_type)
                return None if item is None else lambda values: values and [item(value) for value in values]
            case GraphQLScalarType() if of_type.name in self._own:
                parse = self._own[of_type.name].parse_value
                return lambda value: None if value is None else parse(value)
        return None


def _of_both(serialize: Conversion, own: Conversion) -> Conversion:
    return lambda value: serialize(value) if isinstance(value, _JSON) else own(value)


def _converted(values: Mapping[str, Any], converts: Mapping[str, Conversion]) -> dict[str, Any]:
    return {name: converts[name](value) if name in converts else value for name, value in values.items()}


def _after(make: Conversion, converts: Mapping[str, Conversion]) -> Conversion:
    return lambda values: make(_converted(values, converts))


def _with(resolve: Callable[..., Any], converts: Mapping[str, Conversion]) -> Callable[..., Any]:
    def resolved(root: Any, info: Any, /, **arguments: Any) -> Any:
        return resolve(root, info, **_converted(arguments, converts))

    return resolved
