"""Pass: remove the selections that @skip and @include exclude (GraphQL, section Type System, Directives)."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

from restgql import graphql_core
from restgql.errors import BadRequest
from restgql.plan.plan import Plan, PlanContext

PrunedNode = TypeVar("PrunedNode", FieldNode, OperationDefinitionNode, FragmentDefinitionNode)


def conditions(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan of the same operation without the nodes that its conditions exclude. Raises BadRequest."""
    node = _pruned(plan.node, plan.conditions)
    fragments = [
        _pruned(definition, plan.conditions)
        for definition in plan.document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    ]
    return msgspec.structs.replace(plan, document=DocumentNode(definitions=(node, *fragments)), node=node)


def _pruned(node: PrunedNode, variables: Mapping[str, Any]) -> PrunedNode:
    """Return the node with only the included selections. The document is shared between plans, so it is copied."""
    if node.selection_set is None:
        return node
    selections = tuple(
        selection if isinstance(selection, FragmentSpreadNode) else _pruned(cast(FieldNode, selection), variables)
        for selection in node.selection_set.selections
        if _is_included(cast(FieldNode, selection), variables)
    )
    return graphql_core.changed(node, selection_set=SelectionSetNode(selections=selections))


def _is_included(selection: FieldNode, variables: Mapping[str, Any]) -> bool:
    """Return False if @skip or @include excludes a selection. Raises BadRequest for a condition that is null."""
    try:
        return graphql_core.is_included(selection, variables)
    except GraphQLError as exc:
        raise BadRequest(exc.message) from exc
