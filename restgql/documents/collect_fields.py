"""Which fields are selected: CollectFields() of the GraphQL specification, with its RFC "Defer and Stream"."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    DirectiveLocation,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.execution.collect_fields import does_fragment_condition_match
from graphql.execution.execute import get_field_def
from graphql.execution.values import get_argument_values, get_directive_values

from restgql.errors import BadRequest

_IF = GraphQLArgument(GraphQLNonNull(GraphQLBoolean), default_value=True)

DEFER = GraphQLDirective(
    "defer",
    [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    {"if": _IF, "label": GraphQLArgument(GraphQLString)},
    description="The fields of the fragment may come later, where the client takes an answer in parts.",
)
STREAM = GraphQLDirective(
    "stream",
    [DirectiveLocation.FIELD],
    {
        "if": _IF,
        "label": GraphQLArgument(GraphQLString),
        "initialCount": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=0),
    },
    description="The items after the first initialCount may come later, where the client takes an answer in parts.",
)


class Defer:
    """A fragment with @defer where it is spread, within the deferred fragment `parent`."""

    __slots__ = ("label", "parent")

    def __init__(self, label: str | None, parent: "Defer | None") -> None:
        self.label = label
        self.parent = parent

    def within(self) -> "Iterator[Defer]":
        """The deferred fragments that this one is within."""
        outer = self.parent
        while outer is not None:
            yield outer
            outer = outer.parent


FragmentNode = FragmentSpreadNode | InlineFragmentNode
Defers = frozenset[Defer]
AT_ONCE: Defers = frozenset()


class FieldGroup:
    """The fields of a selection set with one response key; `defers` are the fragments that they are deferred in."""

    __slots__ = ("_arguments", "_at_once", "_defers", "_definition", "_every", "_key", "nodes")

    def __init__(self) -> None:
        self.nodes: list[FieldNode] = []
        self._every: list[Defer | None] = []
        self._defers: Defers | None = None
        self._arguments: dict[str, Any] | None = None
        self._at_once: FieldGroup | None = None
        self._definition: tuple[GraphQLObjectType | None, GraphQLField | None] = None, None
        self._key: Key | None = None

    def add(self, node: FieldNode, defer: Defer | None) -> None:
        self.nodes.append(node)
        self._every.append(defer)

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def key(self) -> "Key":
        """What two groups have in common that select the same below them, of whatever types they are fields."""
        if self._key is None:
            self._key = tuple(zip(map(id, self.nodes), self._every, strict=True))
        return self._key

    @property
    def defers(self) -> Defers:
        """The outermost deferred fragments, none where the field is selected outside of one, too."""
        if self._defers is None:
            found = {defer for defer in self._every if defer is not None}
            at_once = None in self._every
            self._defers = AT_ONCE if at_once else frozenset(d for d in found if found.isdisjoint(d.within()))
        return self._defers

    def selection_sets(self) -> Iterator[tuple[SelectionSetNode, Defer | None]]:
        for node, defer in zip(self.nodes, self._every, strict=True):
            if node.selection_set is not None:
                yield node.selection_set, defer

    def at_once(self) -> "FieldGroup":
        """The same fields, deferred in nothing."""
        if self._at_once is None:
            self._at_once = FieldGroup()
            for node in self.nodes:
                self._at_once.add(node, None)
        return self._at_once

    def definition(self, schema: GraphQLSchema, parent: GraphQLObjectType) -> GraphQLField | None:
        """The field that is selected of a type, None where it has none of that name."""
        of_type, found = self._definition
        if of_type is not parent:
            found = get_field_def(schema, parent, self.nodes[0])
            self._definition = parent, found
        return found

    def arguments(self, definition: GraphQLField, variables: dict[str, Any]) -> dict[str, Any]:
        """The coerced arguments. Raises GraphQLError."""
        if self._arguments is None:
            self._arguments = get_argument_values(definition, self.nodes[0], variables)
        return self._arguments


Key = tuple[tuple[int, Defer | None], ...]


class SelectionSet:
    """The groups of a selection set by response key, and the deferred fragments that begin in it."""

    __slots__ = ("defers", "groups")

    def __init__(self) -> None:
        self.groups: dict[str, FieldGroup] = {}
        self.defers: list[Defer] = []


class Selection:
    """All that an operation selects, with the variables of one request; asked for twice, it is the same objects.

    What @skip and @include leave out is left out of `document` already. Not `incremental` is where the client takes no
    answer in parts: then nothing is deferred.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        *,
        incremental: bool = False,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.variables = variables
        self.incremental = incremental
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        # By type and nodes: were it by group, there would be one for each way of types that leads to a field.
        self._known: dict[tuple[GraphQLObjectType, Key], SelectionSet] = {}
        self._defers: dict[tuple[int, Defer | None], Defer] = {}

    def root(self, root_type: GraphQLObjectType) -> SelectionSet:
        """What the operation selects of its root type."""
        return self._of(root_type, (), [(self.operation.selection_set, None)])

    def below(self, group: FieldGroup, of_type: GraphQLObjectType) -> SelectionSet:
        """What a group of fields selects of an object type."""
        return self._of(of_type, group.key, group.selection_sets())

    def stream(self, group: FieldGroup) -> dict[str, Any] | None:
        """The arguments of @stream on a list field, None where it is not streamed. Raises BadRequest."""
        found = self._given(STREAM, group.nodes[0])
        if found is not None and found["initialCount"] < 0:
            raise BadRequest("initialCount takes 0 or more.")
        return found

    def _of(
        self,
        of_type: GraphQLObjectType,
        key: Key,
        selection_sets: Iterable[tuple[SelectionSetNode, Defer | None]],
    ) -> SelectionSet:
        known = self._known.get((of_type, key))
        if known is None:
            known = self._known[of_type, key] = SelectionSet()
            seen: dict[str, set[Defer | None]] = {}
            for selection_set, defer in selection_sets:
                self._collect(known, of_type, selection_set, defer, seen)
        return known

    def _collect(
        self,
        into: SelectionSet,
        of_type: GraphQLObjectType,
        selection_set: SelectionSetNode,
        defer: Defer | None,
        seen: dict[str, set[Defer | None]],
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                group = into.groups.get(key)
                if group is None:
                    group = into.groups[key] = FieldGroup()
                group.add(node, defer)
                continue
            assert isinstance(node, FragmentNode)
            fragment = self.fragments.get(node.name.value) if isinstance(node, FragmentSpreadNode) else node
            if fragment is None or not does_fragment_condition_match(self.schema, fragment, of_type):
                continue
            found = self._given(DEFER, node)
            within = defer
            if found is not None:
                within = self._defers.setdefault((id(node), defer), Defer(found.get("label"), defer))
            if isinstance(node, FragmentSpreadNode):
                # As graphql-js 17.0 has it, not the RFC: a spread within a deferred fragment does not stand for one
                # outside of it, or what is selected at once would come late.
                known = seen.setdefault(node.name.value, set())
                if None in known or within in known:
                    continue
                known.add(within)
            if within is not None and within is not defer:
                into.defers.append(within)
            self._collect(into, of_type, fragment.selection_set, within, seen)

    def _given(self, directive: GraphQLDirective, node: FieldNode | FragmentNode) -> dict[str, Any] | None:
        """The arguments of a directive, None where it is not there, or not to be heeded. Raises BadRequest."""
        if not self.incremental or not node.directives:
            return None
        try:
            found = get_directive_values(directive, node, self.variables)
        except GraphQLError as exc:  # a variable that may be null where the argument may not
            raise BadRequest(exc.message) from exc
        return found if found is not None and found["if"] else None
