"""CollectFields() of the GraphQL specification (section Executing Selection Sets), with its RFC "Defer and Stream".

A `Selections` is complete when it is made: every selection set that execution may reach is collected in it. Nothing in
it changes afterwards, or depends on the variables of a request, except those of @skip, @include, @defer and @stream.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.collect_fields import does_fragment_condition_match

from restgql import graphql_core
from restgql.documents.selected_field import Defer, FieldGroup, GroupKey, SelectedField, SelectionSet, Variables
from restgql.errors import BadRequest, LimitExceeded
from restgql.schema.incremental_directives import DEFER, STREAM

FragmentNode = FragmentSpreadNode | InlineFragmentNode

MAX_SELECTED_FIELDS = 5_000
"""The most fields in all selection sets of one operation; a set counts for each type that it is selected on."""


class Selections:
    """Every selection set of an operation. `document` has no node that @skip and @include exclude.

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
        # By type and nodes. By group there would be one for each path of types that leads to a field.
        self._collected: dict[tuple[GraphQLObjectType, GroupKey], SelectionSet] = {}
        self.size = 0
        """The fields of all selection sets."""
        self.has_lists = False
        """True if a selected field is a list."""
        self.root_type = schema.get_root_type(operation.operation)
        if self.root_type is not None:
            self._complete(self.root_type, (), [(operation.selection_set, None)])

    def root(self, root_type: GraphQLObjectType) -> SelectionSet:
        """Return the fields that the operation selects on its root type."""
        return self._collected[root_type, ()]

    def below(self, group: FieldGroup, of_type: GraphQLObjectType) -> SelectionSet:
        """Return the fields that a group of fields selects on an object type."""
        collected = self._collected.get((of_type, group.key))
        # Only a group that `at_once` made is not collected beforehand.
        return self._collect(of_type, group.selection_sets(), {}) if collected is None else collected

    def is_streamed(self, group: FieldGroup) -> bool:
        """Return True if the list of this field may be streamed."""
        return self._directive(STREAM, group.nodes[0]) is not None

    def stream(self, group: FieldGroup, variables: Variables) -> dict[str, Any] | None:
        """Return the arguments of @stream on a list field, or None if it is not streamed. Raises BadRequest."""
        node = group.nodes[0]
        if not self.incremental or not node.directives or self._directive(STREAM, node) is None:
            return None
        arguments = _directive_values(STREAM, node, variables)
        if arguments is not None and arguments["initialCount"] < 0:
            raise BadRequest("initialCount takes 0 or more.")
        return arguments

    def fields(self) -> Iterator[SelectedField]:
        """Yield every selected field, once for each type that it is selected on."""
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
        self, of_type: GraphQLObjectType, key: GroupKey, nodes: Iterable[tuple[SelectionSetNode, Defer | None]]
    ) -> None:
        """Collect a selection set and all sets below it."""
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
                self.has_lists = self.has_lists or is_list_type(get_nullable_type(cast(Any, field.definition.type)))
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
        collector = _FieldCollector(self, of_type, defers)
        for selection_set, defer in nodes:
            collector.visit(selection_set, defer)
        fields = []
        for key, (field_nodes, fragments) in collector.groups.items():
            definition = graphql_core.field_definition(self.schema, of_type, field_nodes[0])
            if definition is not None:
                fields.append(SelectedField(key, FieldGroup(field_nodes, fragments), of_type, definition))
        key_bytes = 2 + sum(len(field.key) + 4 for field in fields)
        return SelectionSet(tuple(fields), tuple(collector.begun), key_bytes)

    def _directive(self, directive: GraphQLDirective, node: FieldNode | FragmentNode) -> dict[str, Any] | None:
        """Return the arguments of a directive, or None if it is absent or switched off. Raises BadRequest."""
        if not self.incremental or not node.directives:
            return None
        return _directive_values(directive, node, self._conditions)


class _FieldCollector:
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
            # As graphql-js 17.0 does, not the RFC: a spread in a deferred fragment does not replace the same spread
            # outside of it. Otherwise fields that are selected at once would arrive late.
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
        arguments = graphql_core.directive_values(directive, node, variables)
    except GraphQLError as exc:  # a nullable variable is null, and the argument must not be
        raise BadRequest(exc.message) from exc
    return arguments if arguments is not None and arguments["if"] else None
