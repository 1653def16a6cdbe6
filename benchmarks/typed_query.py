"""The query of all leaves of a typed field, and the arguments for values that were drawn."""

import json
from typing import Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from benchmarks.openapi_app import Route
from benchmarks.parameter_styles import Sent
from restgql.bindings import SelectBinding

MAX_DEPTH = 4
MAX_LEAVES = 400


class Fault(Exception):
    """The reason why an answer or a request is wrong."""


class Selected(msgspec.Struct, frozen=True):
    """A field of a query: its response key, its key in JSON, and the fields below it by the name of their type."""

    alias: str
    key: str
    of_type: Any
    below: dict[str, list["Selected"]]


def query_of(
    schema: GraphQLSchema, route: Route, name: str, field: GraphQLField, arguments: dict[str, Any]
) -> tuple[str, dict[str, list[Selected]]]:
    """Write the query of a root field, all leaves below it."""
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in arguments)
    given = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    text, selected = _Selection(schema).below(field.type, 1)
    operation = "query" if route.method == "get" else "mutation"
    head = f"{operation} {f'({declared}) ' if declared else ''}"
    return f"{head}{{ it: {name}{f'({given})' if given else ''} {text} }}", selected


class _Selection:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._count = 0

    def below(self, of_type: Any, depth: int) -> tuple[str, dict[str, list[Selected]]]:
        named = get_named_type(of_type)
        if is_leaf_type(named):
            return "", {}
        members = (
            self._schema.get_possible_types(named)
            if isinstance(named, GraphQLUnionType | GraphQLInterfaceType)
            else [named]
        )
        found: dict[str, list[Selected]] = {}
        texts = []
        for member in members:
            assert isinstance(member, GraphQLObjectType)
            text, found[member.name] = self._fields(member, depth)
            texts.append(f"... on {member.name} {{ {text} }}" if text and len(members) > 1 else text)
        return f"{{ __typename {' '.join(texts)} }}", found

    def _fields(self, of_type: GraphQLObjectType, depth: int) -> tuple[str, list[Selected]]:
        texts: list[str] = []
        found: list[Selected] = []
        for name, field in of_type.fields.items():
            if not isinstance(field.resolve, SelectBinding) or not field.resolve.keys:
                continue
            is_leaf = is_leaf_type(get_named_type(field.type))
            if (not is_leaf and depth >= MAX_DEPTH) or self._count > MAX_LEAVES:
                continue
            self._count += is_leaf
            text, below = self.below(field.type, depth + 1)
            alias = f"a{len(found)}_{of_type.name}"
            texts.append(f"{alias}: {name} {text}")
            found.append(Selected(alias, ".".join(field.resolve.keys), field.type, below))
        return " ".join(texts), found


def arguments_of(field: GraphQLField, wire: Sent, names: set[str]) -> dict[str, Any]:
    """Return the arguments for the parameters that were drawn. Raises Fault for one that has none."""
    arguments: dict[str, Any] = {}
    for (name, _place), value in wire.values.items():
        free = [each for each in field.args if each not in arguments and (each == name or each not in names)]
        candidates = [each for each in free if _plain(each) == _plain(name)]
        candidates = candidates or [each for each in free if _plain(each).rstrip("0123456789") == _plain(name)]
        if not candidates:
            raise Fault(f"the {_place} parameter has no argument")
        exact = name if name in candidates else candidates[0]
        arguments[exact] = graphql_value(value, field.args[exact].type)
    return arguments


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign.isalnum()).lower()


def graphql_value(value: Any, of_type: Any) -> Any:
    """Return a JSON value as a variable of a type: enum values have names of their own."""
    if isinstance(of_type, GraphQLNonNull):
        return graphql_value(value, of_type.of_type)
    if value is None:
        return None
    if isinstance(of_type, GraphQLList):
        return [graphql_value(item, of_type.of_type) for item in value] if isinstance(value, list) else value
    if isinstance(of_type, GraphQLEnumType):
        return next((name for name, each in of_type.values.items() if each.value == value), value)
    if isinstance(of_type, GraphQLInputObjectType) and isinstance(value, dict):
        names = {field.out_name or name: name for name, field in of_type.fields.items()}
        lost = value.keys() - names.keys()
        if lost:
            raise Fault("a property of the body has no input field")
        return {names[key]: graphql_value(item, of_type.fields[names[key]].type) for key, item in value.items()}
    if of_type.name == "String" and not isinstance(value, str):
        return json.dumps(value)
    return value
