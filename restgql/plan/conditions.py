"""Pass: leave out what @skip and @include leave out (GraphQL, section Type System, Directives)."""

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


def conditions(plan: Plan, setting: PlanContext) -> Plan:
    """The plan of the same operation without what its variables leave out."""
    operation = plan.operation
    if not operation.conditional:
        return plan
    variables = operation.variables
    node = _pruned(operation.node, variables)
    fragments = [
        _pruned(definition, variables)
        for definition in operation.document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    ]
    document = DocumentNode(definitions=(node, *fragments))
    pruned = msgspec.structs.replace(operation, document=document, node=node)
    return msgspec.structs.replace(plan, operation=pruned)


def _pruned(node: Node, variables: dict[str, Any]) -> Node:
    """The node with only what is included; the document itself is shared between requests, and stays as it is."""
    if node.selection_set is None:
        return node
    pruned = copy(node)
    pruned.selection_set = SelectionSetNode(
        selections=tuple(
            selection if isinstance(selection, FragmentSpreadNode) else _pruned(cast(FieldNode, selection), variables)
            for selection in node.selection_set.selections
            if should_include_node(variables, cast(FieldNode, selection))
        )
    )
    return pruned
