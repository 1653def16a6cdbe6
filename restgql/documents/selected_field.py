"""The fields that are selected on an object type (GraphQL, section Field Collection), and their deferred fragments."""

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, cast

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    SelectionSetNode,
    VariableNode,
)

from restgql import graphql_core
from restgql.bindings import RequestBinding, SelectBinding, UserResolver
from restgql.documents.shape import is_literal
from restgql.errors import BadRequest

Variables = Mapping[str, Any]


class ArgumentError(BadRequest):
    """A variable is null, and the argument must not be; `nodes` are the nodes of the argument."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.nodes = error.nodes


class Defer:
    """A spread of a fragment with @defer, within the deferred fragment `parent`."""

    __slots__ = ("label", "parent")

    def __init__(self, label: str | None, parent: "Defer | None") -> None:
        self.label = label
        self.parent = parent

    def within(self) -> "Iterator[Defer]":
        """Yield the deferred fragments around this one, the nearest first."""
        outer = self.parent
        while outer is not None:
            yield outer
            outer = outer.parent


Defers = frozenset[Defer]
AT_ONCE: Defers = frozenset()

GroupKey = tuple[tuple[int, Defer | None], ...]
"""The nodes of a field by id, each with its deferred fragment: equal keys select the same fields below them."""


class FieldGroup:
    """The field nodes of one response key in one selection set. `defers` are the outermost deferred fragments around
    them, empty if one of the nodes is in none."""

    __slots__ = ("_fragments", "defers", "key", "nodes")

    def __init__(self, nodes: list[FieldNode], fragments: list[Defer | None]) -> None:
        self.nodes = nodes
        self._fragments = fragments
        self.key: GroupKey = tuple(zip(map(id, nodes), fragments, strict=True))
        around = {defer for defer in fragments if defer is not None}
        outermost = frozenset(defer for defer in around if around.isdisjoint(defer.within()))
        self.defers = AT_ONCE if None in fragments else outermost

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    def selection_sets(self) -> Iterator[tuple[SelectionSetNode, Defer | None]]:
        """Yield the selection sets of the nodes, each with its deferred fragment."""
        for node, defer in zip(self.nodes, self._fragments, strict=True):
            if node.selection_set is not None:
                yield node.selection_set, defer

    def at_once(self) -> "FieldGroup":
        """Return the same nodes, deferred in nothing."""
        return FieldGroup(self.nodes, [None] * len(self.nodes))


class SelectedField:
    """A field that is selected on an object type, under the response key `key`.

    `constant_arguments` are its coerced arguments if they contain no variable. All requests share them, so only code
    that never changes them may read them. They are None if they must be coerced for each request. For a typed scalar
    field under one key of its parent's JSON, `scalar_key` is this key, `scalar_type` the scalar, and `is_required` True
    if it is non-null. `is_plain_get` is True for a `get` of the core schema without `select`.
    """

    __slots__ = (
        "_lifted_arguments",
        "constant_arguments",
        "definition",
        "group",
        "is_plain_get",
        "is_required",
        "is_typename",
        "key",
        "name",
        "parent_type",
        "scalar_key",
        "scalar_type",
    )

    def __init__(self, key: str, group: FieldGroup, parent_type: GraphQLObjectType, definition: GraphQLField) -> None:
        self.key = key
        self.group = group
        self.name = name = group.name
        self.parent_type = parent_type
        self.definition = definition
        self.constant_arguments = _constant_arguments(definition, group.nodes[0])
        self._lifted_arguments = (
            _lifted_arguments(definition, group.nodes[0]) if self.constant_arguments is None else None
        )
        self.is_required = isinstance(definition.type, GraphQLNonNull)
        self.is_typename = name == "__typename"
        self.is_plain_get = name == "get" and _is_plain_get(definition, self.node)
        self.scalar_key, self.scalar_type = _scalar(definition)

    @property
    def node(self) -> FieldNode:
        return self.group.nodes[0]

    def arguments(self, variables: Variables) -> dict[str, Any]:
        """Return coerced arguments that the caller may change.

        Raises BadRequest for a null variable that must not be null.
        """
        try:
            return graphql_core.argument_values(self.definition, self.node, variables)
        except GraphQLError as exc:
            raise ArgumentError(exc) from exc

    def read_arguments(self, variables: Variables) -> dict[str, Any]:
        """Return the coerced arguments, which the caller must not change. Raises BadRequest."""
        if self.constant_arguments is not None:
            return self.constant_arguments
        if self._lifted_arguments is None:
            return self.arguments(variables)
        constant, lifted = self._lifted_arguments
        return {**constant, **{argument: variables[name] for argument, name in lifted}}

    def at_once(self) -> "SelectedField":
        """Return the same field, deferred in nothing."""
        return SelectedField(self.key, self.group.at_once(), self.parent_type, self.definition)


class SelectionSet(msgspec.Struct, frozen=True, eq=False):
    """The fields that are selected on one object type, in order, and the deferred fragments that begin there.

    `key_bytes` are the bytes of their response keys in one object of the response, with quotes, colons and commas.
    """

    fields: tuple[SelectedField, ...]
    defers: tuple[Defer, ...]
    key_bytes: int

    def at_once(self) -> "SelectionSet":
        """Return the same fields, deferred in nothing."""
        return SelectionSet(tuple(field.at_once() for field in self.fields), (), self.key_bytes)


def _scalar(definition: GraphQLField) -> tuple[str | None, GraphQLScalarType | None]:
    """Return the key and the type of a typed field that is a scalar under one key of its parent's JSON."""
    of_type, binding = definition.type, definition.resolve
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    is_key = isinstance(binding, SelectBinding) and binding.header is None and not binding.status
    is_key = is_key and cast(SelectBinding, binding).entries is None
    if not (is_key and isinstance(of_type, GraphQLScalarType)):
        return None, None
    keys = cast(SelectBinding, binding).keys
    return (keys[0], of_type) if keys is not None and len(keys) == 1 else (None, None)


def _is_plain_get(definition: GraphQLField, node: FieldNode) -> bool:
    of_core = not isinstance(definition.resolve, RequestBinding | UserResolver)
    return of_core and all(argument.name.value != "select" for argument in node.arguments)


def _constant_arguments(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    if not definition.args:
        return {}
    if any(_has_variable(argument.value) for argument in node.arguments):
        return None
    try:
        return graphql_core.argument_values(definition, node, {})
    except GraphQLError:  # raised anew for each request
        return None


def _lifted_arguments(
    definition: GraphQLField, node: FieldNode
) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]] | None:
    """Return the constant arguments of a field, and the literals' names of its other arguments; None if it uses a
    variable of the client.
    """
    lifted, others = [], []
    for argument in node.arguments:
        if isinstance(argument.value, VariableNode) and is_literal(argument.value.name.value):
            lifted.append((argument.name.value, argument.value.name.value))
        else:
            others.append(argument)
    if not lifted or any(_has_variable(argument.value) for argument in others):
        return None
    by_lifted = dict(lifted)
    rest = copy(definition)
    rest.args = {name: each for name, each in definition.args.items() if name not in by_lifted}
    try:
        constant = graphql_core.argument_values(rest, FieldNode(name=node.name, arguments=tuple(others)), {})
    except GraphQLError:
        return None
    return constant, tuple((definition.args[name].out_name or name, literal) for name, literal in lifted)


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    children = getattr(value, "values", None) or [field.value for field in getattr(value, "fields", None) or ()]
    return any(map(_has_variable, children))
