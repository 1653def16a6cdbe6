"""Pass: make a node of each field that makes sub-requests or has a resolver of the user's own."""

from collections.abc import Iterator
from typing import Any

import msgspec
from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    GraphQLWrappingType,
    get_named_type,
)

from restgql.bindings import Discriminator, RequestBinding, SelectBinding, UserResolver
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import GroupKey, SelectedField, SelectionSet
from restgql.plan.nodes import NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext

_BY_NAME = {kind.value: kind for kind in NodeKind}
_VERBS = frozenset({"post", "put", "patch", "delete"})
_CORE = frozenset({"Query", "RestResponse", "RestItem"})
_UNSAFE = "MUTATION"
"""The method of a mutation's root field that a resolver of the user's own answers."""


def collect_nodes(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan with its `nodes`."""
    assert plan.selections is not None
    root_type = context.schema.get_root_type(plan.node.operation)
    assert root_type is not None
    collector = _NodeCollector(plan.selections)
    nodes = collector.nodes_of(root_type, plan.selections.root(root_type))
    return msgspec.structs.replace(plan, nodes=nodes, has_resolvers=collector.has_resolvers)


class _NodeCollector:
    """Makes the nodes of one operation.

    An interface's field may be selected below itself, so there are as many ways through the types as types to the power
    of the depth: nodes that several types share are made once.
    """

    def __init__(self, selections: Selections) -> None:
        self._selections = selections
        self._nodes: dict[tuple[str, int], tuple[PlanNode, ...]] = {}
        self._below: dict[tuple[str, GroupKey], dict[str, Any]] = {}
        self.has_resolvers = False

    def nodes_of(self, parent: GraphQLObjectType, selection_set: SelectionSet) -> tuple[PlanNode, ...]:
        """Return the nodes of the fields that are selected on a type."""
        key = parent.name, id(selection_set)
        if key not in self._nodes:
            self._nodes[key] = tuple(self._make(parent, selection_set))
        return self._nodes[key]

    def _make(self, parent: GraphQLObjectType, selection_set: SelectionSet) -> Iterator[PlanNode]:
        for field in selection_set.fields:
            binding = field.definition.resolve
            kind, method = _BY_NAME.get(field.name) if parent.name in _CORE else None, "GET"
            match binding:
                case RequestBinding():
                    kind, method = NodeKind.REQUEST, binding.method
                case SelectBinding():
                    kind = NodeKind.SELECT
                case UserResolver():
                    self.has_resolvers = True
                    is_mutation = parent is self._selections.schema.mutation_type
                    kind, method = NodeKind.RESOLVER, _UNSAFE if is_mutation else "GET"
                case _ if parent.name == "Mutation" and field.name in _VERBS:
                    kind, method = NodeKind.FETCH, field.name.upper()
            if kind is None:
                continue
            below = {} if kind is NodeKind.RESOLVER else self._below_of(field)
            if kind is NodeKind.SELECT and not below:
                continue
            parts = (*below.get("children", ()), *(node for nodes in below.get("cases", {}).values() for node in nodes))
            if any(node.kind is NodeKind.SELECT and node.resolves_type for node in parts):
                below = {**below, "resolves_type": True}
            yield PlanNode(
                key=field.key,
                kind=kind,
                field=field,
                method=method,
                binding=binding if isinstance(binding, RequestBinding | SelectBinding | UserResolver) else None,
                list_depth=_list_depth(field.definition.type),
                deferred=bool(field.group.defers),
                selects=self._selects_of(field, kind, method),
                **below,
            )

    def _selects_of(self, field: SelectedField, kind: NodeKind, method: str) -> tuple[SelectedField, ...]:
        """Return the fields whose `select` decides whether the request of a field is made.

        For an unsafe method that is every `json` below the field: otherwise a client that corrects a `select`, and
        sends its mutation again, writes twice.
        """
        candidates: tuple[SelectedField, ...] = ()
        if kind in (NodeKind.GET, NodeKind.GET_EACH):
            candidates = (field,)
        elif kind is NodeKind.FETCH and method != "GET":
            of_type = get_named_type(field.definition.type)
            assert isinstance(of_type, GraphQLObjectType)
            candidates = self._selections.below(field.group, of_type).fields
        return tuple(
            each for each in candidates if any(argument.name.value == "select" for argument in each.node.arguments)
        )

    def _below_of(self, field: SelectedField) -> dict[str, Any]:
        """Return the nodes below a field: those of its type, or of each type that its value may have."""
        of_type = get_named_type(field.definition.type)
        if isinstance(of_type, GraphQLObjectType):
            children = self.nodes_of(of_type, self._selections.below(field.group, of_type))
            return {"children": children} if children else {}
        if not isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType):
            return {}
        if not isinstance(of_type.resolve_type, Discriminator):
            self.has_resolvers = True  # the answer calls it, too
        key = of_type.name, field.group.key
        if key not in self._below:
            cases = {
                possible.name: self.nodes_of(possible, self._selections.below(field.group, possible))
                for possible in self._selections.possible_types(of_type)
            }
            resolve = of_type.resolve_type
            how = {"discriminator": resolve} if isinstance(resolve, Discriminator) else {"resolves_type": True}
            self._below[key] = {"cases": cases, **how} if any(cases.values()) else {}
        return self._below[key]


def _list_depth(of_type: GraphQLOutputType) -> int:
    """Return the number of lists around a type."""
    depth = 0
    while isinstance(of_type, GraphQLWrappingType):
        depth += isinstance(of_type, GraphQLList)
        of_type = of_type.of_type
    return depth
