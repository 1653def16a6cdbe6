"""Rebuilding nodes from the leaves up, each once, because several parents may share the nodes below them."""

from collections.abc import Callable

import msgspec

from restgql.plan.nodes import PlanNode

Nodes = tuple[PlanNode, ...]
Change = Callable[[PlanNode], PlanNode]


def rebuild(nodes: Nodes, change: Change) -> Nodes:
    """Return nodes after applying `change` to each of them, and first to the nodes below it."""
    return _rebuild(nodes, change, {})


def _rebuild(nodes: Nodes, change: Change, rebuilt: dict[int, Nodes]) -> Nodes:
    if id(nodes) not in rebuilt:
        rebuilt[id(nodes)] = tuple(change(_with_rebuilt(node, change, rebuilt)) for node in nodes)
    return rebuilt[id(nodes)]


def _with_rebuilt(node: PlanNode, change: Change, rebuilt: dict[int, Nodes]) -> PlanNode:
    """Return a node with rebuilt nodes below it."""
    if not (node.children or node.cases):
        return node
    return msgspec.structs.replace(
        node,
        children=_rebuild(node.children, change, rebuilt),
        cases={name: _rebuild(nodes, change, rebuilt) for name, nodes in node.cases.items()},
    )
