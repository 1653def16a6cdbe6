"""CollectFields() of the GraphQL specification (section Executing Selection Sets), with its RFC "Defer and Stream".

A `Selections` is complete when it is made: every selection set that execution may reach is collected in it. Nothing in
it changes afterwards, or depends on the variables of a request, except those of @skip, @include, @defer and @stream.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)
from graphql.execution.collect_fields import does_fragment_condition_match
from graphql.execution.execute import get_field_def
from graphql.execution.values import get_argument_values, get_directive_values

from restgql.bindings import SelectBinding
from restgql.errors import BadRequest, LimitExceeded
from restgql.schema.incremental import DEFER, STREAM

FragmentNode = FragmentSpreadNode | InlineFragmentNode
Variables = Mapping[str, Any]

MAX_SELECTED_FIELDS = 5_000
"""The most fields in all selection sets of one operation, counted for each type that they are selected of."""


class ArgumentError(BadRequest):
    """A variable is null, and the argument may not be; `nodes` are the nodes of the argument."""

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

Key = tuple[tuple[int, Defer | None], ...]
"""The nodes of a field, by id, each with the deferred fragment that it is in: equal keys select the same below them."""


class FieldGroup:
    """The field nodes of one response key in one selection set. `defers` are the outermost deferred fragments around
    them, empty if one of the nodes is in none."""

    __slots__ = ("_fragments", "defers", "key", "nodes")

    def __init__(self, nodes: list[FieldNode], fragments: list[Defer | None]) -> None:
        self.nodes = nodes
        self._fragments = fragments
        self.key: Key = tuple(zip(map(id, nodes), fragments, strict=True))
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
    """A field that is selected of an object type, under the response key `key`.

    `constant_arguments` are its coerced arguments if no variable occurs in them: shared by all requests, so only code
    that never changes them may read them. None if they have to be coerced for each request. A typed field that is a
    scalar under one key of its parent's JSON has this key as `scalar_key`, its type as `scalar_type`, and `is_required`
    if that is not null.
    """

    __slots__ = (
        "constant_arguments",
        "definition",
        "group",
        "is_required",
        "is_typename",
        "key",
        "parent_type",
        "scalar_key",
        "scalar_type",
    )

    def __init__(self, key: str, group: FieldGroup, parent_type: GraphQLObjectType, definition: GraphQLField) -> None:
        self.key = key
        self.group = group
        self.parent_type = parent_type
        self.definition = definition
        self.constant_arguments = _constant_arguments(definition, group.nodes[0])
        self.is_required = isinstance(definition.type, GraphQLNonNull)
        self.is_typename = group.name == "__typename"
        self.scalar_key, self.scalar_type = _scalar(definition)

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def node(self) -> FieldNode:
        return self.group.nodes[0]

    def arguments(self, variables: Variables) -> dict[str, Any]:
        """Return coerced arguments that nobody else has. Raises BadRequest if a variable is null, and may not be."""
        try:
            return get_argument_values(self.definition, self.node, dict(variables))
        except GraphQLError as exc:
            raise ArgumentError(exc) from exc

    def read_arguments(self, variables: Variables) -> dict[str, Any]:
        """Return the coerced arguments, which the caller must not change. Raises BadRequest."""
        constant = self.constant_arguments
        return self.arguments(variables) if constant is None else constant

    def at_once(self) -> "SelectedField":
        """Return the same field, deferred in nothing."""
        return SelectedField(self.key, self.group.at_once(), self.parent_type, self.definition)


class SelectionSet(msgspec.Struct, frozen=True, eq=False):
    """The fields that are selected of one object type, in order, and the deferred fragments that begin there.

    `key_bytes` are the bytes of their response keys in one object of the answer, with quotes, colons and commas.
    """

    fields: tuple[SelectedField, ...]
    defers: tuple[Defer, ...]
    key_bytes: int

    def at_once(self) -> "SelectionSet":
        """Return the same fields, deferred in nothing."""
        return SelectionSet(tuple(field.at_once() for field in self.fields), (), self.key_bytes)


class Selections:
    """Every selection set of an operation. `document` holds nothing that @skip and @include leave out.

    Without `incremental` nothing is deferred. `conditions` are the variables that decide @defer(if:) and @stream(if:).
    Raises LimitExceeded for more than MAX_SELECTED_FIELDS fields, and BadRequest for a condition that is null.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        *,
        conditions: Variables,
        incremental: bool = False,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.incremental = incremental
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._conditions = dict(conditions)
        self._defers: dict[tuple[int, Defer | None], Defer] = {}
        # By type and nodes: were it by group, there would be one for each way of types that leads to a field.
        self._collected: dict[tuple[GraphQLObjectType, Key], SelectionSet] = {}
        self.size = 0
        """The fields of all selection sets."""
        root_type = schema.get_root_type(operation.operation)
        if root_type is not None:
            self._complete(root_type, (), [(operation.selection_set, None)])

    def root(self, root_type: GraphQLObjectType) -> SelectionSet:
        """Return the fields that the operation selects of its root type."""
        return self._collected[root_type, ()]

    def below(self, group: FieldGroup, of_type: GraphQLObjectType) -> SelectionSet:
        """Return the fields that a group of fields selects of an object type."""
        collected = self._collected.get((of_type, group.key))
        # The one kind that is not collected beforehand: a group that was made by `at_once`.
        return self._collect(of_type, group.selection_sets(), {}) if collected is None else collected

    def is_streamed(self, group: FieldGroup) -> bool:
        """Return True if the list of this field may come in parts."""
        return self._directive(STREAM, group.nodes[0]) is not None

    def stream(self, group: FieldGroup, variables: Variables) -> dict[str, Any] | None:
        """Return the arguments of @stream on a list field, None if it is not streamed. Raises BadRequest."""
        node = group.nodes[0]
        if not self.incremental or not node.directives or self._directive(STREAM, node) is None:
            return None
        arguments = _directive_values(STREAM, node, variables)
        if arguments is not None and arguments["initialCount"] < 0:
            raise BadRequest("initialCount takes 0 or more.")
        return arguments

    def fields(self) -> Iterator[SelectedField]:
        """Yield every selected field, of each type that it is selected of."""
        for selection_set in self._collected.values():
            yield from selection_set.fields

    def possible_types(self, of_type: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
        """Return the object types that a value of a type may have."""
        if isinstance(of_type, GraphQLObjectType):
            return (of_type,)
        if isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType):
            return self.schema.get_possible_types(of_type)
        return ()

    def _complete(
        self, of_type: GraphQLObjectType, key: Key, nodes: Iterable[tuple[SelectionSetNode, Defer | None]]
    ) -> None:
        """Collect a selection set and all that are below it."""
        waiting = [(of_type, key, nodes)]
        seen = {(of_type, key)}
        while waiting:
            of_type, key, nodes = waiting.pop()
            selection_set = self._collected[of_type, key] = self._collect(of_type, nodes, self._defers)
            self.size += len(selection_set.fields)
            if self.size > MAX_SELECTED_FIELDS:
                message = f"The document selects more than {MAX_SELECTED_FIELDS} fields of all its types."
                raise LimitExceeded(message, limit="selected fields", allowed=MAX_SELECTED_FIELDS)
            for field in selection_set.fields:
                if field.node.selection_set is None:
                    continue
                for possible in self.possible_types(get_named_type(field.definition.type)):
                    if (possible, field.group.key) not in seen:
                        seen.add((possible, field.group.key))
                        waiting.append((possible, field.group.key, field.group.selection_sets()))

    def _collect(
        self,
        of_type: GraphQLObjectType,
        nodes: Iterable[tuple[SelectionSetNode, Defer | None]],
        defers: dict[tuple[int, Defer | None], Defer],
    ) -> SelectionSet:
        collector = _Collector(self, of_type, defers)
        for selection_set, defer in nodes:
            collector.visit(selection_set, defer)
        fields = []
        for key, (field_nodes, fragments) in collector.groups.items():
            definition = get_field_def(self.schema, of_type, field_nodes[0])
            if definition is not None:
                fields.append(SelectedField(key, FieldGroup(field_nodes, fragments), of_type, definition))
        key_bytes = 2 + sum(len(field.key) + 4 for field in fields)
        return SelectionSet(tuple(fields), tuple(collector.begun), key_bytes)

    def _directive(self, directive: GraphQLDirective, node: FieldNode | FragmentNode) -> dict[str, Any] | None:
        """Return the arguments of a directive, None if it is absent or switched off. Raises BadRequest."""
        if not self.incremental or not node.directives:
            return None
        return _directive_values(directive, node, self._conditions)


class _Collector:
    """Collects the field nodes of one object type by response key, and the deferred fragments that begin in them."""

    def __init__(
        self, selections: Selections, of_type: GraphQLObjectType, defers: dict[tuple[int, Defer | None], Defer]
    ) -> None:
        self._selections = selections
        self._type = of_type
        self._defers = defers
        self._spread: dict[str, set[Defer | None]] = {}
        self.groups: dict[str, tuple[list[FieldNode], list[Defer | None]]] = {}
        self.begun: list[Defer] = []

    def visit(self, selection_set: SelectionSetNode, defer: Defer | None) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                nodes, fragments = self.groups.setdefault((node.alias or node.name).value, ([], []))
                nodes.append(node)
                fragments.append(defer)
            else:
                assert isinstance(node, FragmentNode)
                self._fragment(node, defer)

    def _fragment(self, node: FragmentNode, defer: Defer | None) -> None:
        selections = self._selections
        fragment = selections.fragments.get(node.name.value) if isinstance(node, FragmentSpreadNode) else node
        if fragment is None or not does_fragment_condition_match(selections.schema, fragment, self._type):
            return
        arguments = selections._directive(DEFER, node)
        within = defer
        if arguments is not None:
            within = self._defers.setdefault((id(node), defer), Defer(arguments.get("label"), defer))
        if isinstance(node, FragmentSpreadNode):
            # As graphql-js 17.0 has it, not the RFC: a spread within a deferred fragment does not stand for one
            # outside of it, or fields that are selected at once would come late.
            visited = self._spread.setdefault(node.name.value, set())
            if None in visited or within in visited:
                return
            visited.add(within)
        if within is not None and within is not defer:
            self.begun.append(within)
        self.visit(fragment.selection_set, within)


def _directive_values(
    directive: GraphQLDirective, node: FieldNode | FragmentNode, variables: Variables
) -> dict[str, Any] | None:
    try:
        arguments = get_directive_values(directive, node, dict(variables))
    except GraphQLError as exc:  # a variable that may be null where the argument may not
        raise BadRequest(exc.message) from exc
    return arguments if arguments is not None and arguments["if"] else None


def _scalar(definition: GraphQLField) -> tuple[str | None, GraphQLScalarType | None]:
    """Return the key and the type of a typed field that is a scalar under one key of its parent's JSON."""
    of_type, binding = definition.type, definition.resolve
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    is_key = isinstance(binding, SelectBinding) and binding.header is None and not binding.status
    if not (is_key and isinstance(of_type, GraphQLScalarType)):
        return None, None
    keys = cast(SelectBinding, binding).keys
    return (keys[0], of_type) if keys is not None and len(keys) == 1 else (None, None)


def _constant_arguments(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    if not definition.args:
        return {}
    if any(_has_variable(argument.value) for argument in node.arguments):
        return None
    try:
        return get_argument_values(definition, node, {})
    except GraphQLError:  # raised anew for each request
        return None


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    children = getattr(value, "values", None) or [field.value for field in getattr(value, "fields", None) or ()]
    return any(map(_has_variable, children))
