"""Defaults that are objects or arrays of a scalar, as JSON has them: printed and introspected as they were written.

graphql-core makes a literal of a default by what its scalar serializes it to, and knows no such values there.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    StringValueNode,
    Undefined,
    print_ast,
)

from restgql.formats import json


class _Object(dict[str, Any]):
    """An object that is a scalar's default."""


class _Array(list[Any]):
    """An array that is a scalar's default."""


class _Literal(int):
    """What graphql-core prints as a number is this text."""

    text: str

    def __str__(self) -> str:
        return self.text


def show(schema: GraphQLSchema) -> None:
    """Mark such defaults, and let their scalars serialize what is marked to its literal."""
    scalars: set[GraphQLScalarType] = set()
    for each in _inputs(schema):
        if each.default_value is not Undefined:
            each.default_value = _marked(each.default_value, each.type, scalars)
    for scalar in scalars:
        scalar.serialize = partial(_serialized, scalar.serialize)  # type: ignore[method-assign]


def _inputs(schema: GraphQLSchema) -> Iterable[Any]:
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLInputObjectType):
            yield from of_type.fields.values()
        elif isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType):
            for field in of_type.fields.values():
                yield from field.args.values()


def _marked(value: Any, of_type: GraphQLInputType, scalars: set[GraphQLScalarType]) -> Any:
    match of_type:
        case GraphQLNonNull():
            return _marked(value, of_type.of_type, scalars)
        case GraphQLList() if isinstance(value, list):
            return [_marked(item, of_type.of_type, scalars) for item in value]
        case GraphQLList():
            return _marked(value, of_type.of_type, scalars)
        case GraphQLInputObjectType() if isinstance(value, dict):
            return {name: _marked(item, of_type.fields[name].type, scalars) for name, item in value.items()}
        case GraphQLScalarType() if isinstance(value, dict | list):
            scalars.add(of_type)
            return _Object(value) if isinstance(value, dict) else _Array(value)
    return value


def _serialized(serialize: Callable[[Any], Any], result: Any) -> Any:
    if not isinstance(result, _Object | _Array):
        return serialize(result)
    literal = _Literal()
    literal.text = _text(result)
    return literal


def _text(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {_text(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
        case str():
            return print_ast(StringValueNode(value=value))
    return json.encode(value).decode()
