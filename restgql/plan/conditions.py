"""Pass: leave out what @skip and @include leave out (GraphQL, section Type System, Directives)."""

from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar, cast

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.execution.collect_fields import should_include_node

from restgql.plan.plan import Plan, PlanContext

Node = TypeVar("Node", FieldNode, OperationDefinitionNode, FragmentDefinitionNode)


def conditions(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan of the same operation without the nodes that its conditions leave out."""
    node = _pruned(plan.node, plan.conditions)
    fragments = [
        _pruned(definition, plan.conditions)
        for definition in plan.document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    ]
    return msgspec.structs.replace(plan, document=DocumentNode(definitions=(node, *fragments)), node=node)


def _pruned(node: Node, variables: Mapping[str, Any]) -> Node:
    """Return the node with only the included selections. The document is shared between plans, so it is copied."""
    if node.selection_set is None:
        return node
    pruned = copy(node)
    pruned.selection_set = SelectionSetNode(
        selections=tuple(
            selection if isinstance(selection, FragmentSpreadNode) else _pruned(cast(FieldNode, selection), variables)
            for selection in node.selection_set.selections
            if should_include_node(dict(variables), cast(FieldNode, selection))
        )
    )
    return pruned
