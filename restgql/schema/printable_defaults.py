"""Defaults of arguments and input fields: reports those that do not fit their type, and works around graphql-core's
ast_from_value, which cannot print object or list defaults of a custom scalar.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
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

from restgql import graphql_core
from restgql.formats import json
from restgql.schema.type_source import TypeSource, error_at


class _Object(dict[str, Any]):
    """An object as a scalar's default."""


class _Array(list[Any]):
    """An array as a scalar's default."""


class _Literal(int):
    """A number whose text graphql-core prints as the literal."""

    text: str

    def __str__(self) -> str:
        return self.text


def unfit(schema: GraphQLSchema, sources: Iterable[TypeSource]) -> Iterator[str]:
    """Yield an error for each default that does not fit its type: the library would silently drop it."""
    written = {id(each.document.loc.source) for each in sources if each.handwritten and each.document.loc}
    for name, each in _inputs(schema):
        node = each.ast_node
        if node is None or node.loc is None or id(node.loc.source) not in written:
            continue
        if node.default_value is not None and not graphql_core.has_default(each):
            yield error_at(
                node,
                f"{name} has the default {print_ast(node.default_value)[:80]}, which is not of the type {each.type}.",
            )


def show(schema: GraphQLSchema) -> None:
    """Mark object and array defaults of scalars, and make the scalars serialize marked ones to their literals."""
    scalars: set[GraphQLScalarType] = set()
    for _, each in _inputs(schema):
        if each.default_value is not Undefined:
            each.default_value = _marked(each.default_value, each.type, scalars)
    for scalar in scalars:
        graphql_core.set_output_coercion(scalar, partial(_serialized, graphql_core.output_coercion(scalar)))
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLInputObjectType) and of_type.ast_node is not None:
            graphql_core.coerce_defaults(of_type)


def _inputs(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLArgument | GraphQLInputField]]:
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLInputObjectType):
            for name, each in of_type.fields.items():
                yield f"{of_type.name}.{name}", each
        elif isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in of_type.fields.items():
                for key, argument in field.args.items():
                    yield f"{of_type.name}.{name}({key}:)", argument


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
