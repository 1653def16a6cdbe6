"""The number of times that a JMESPath expression may repeat its value. The result of `[@,@]|[@,@]|…` is small in
memory, where parts are shared, and endless as text.

An expression that repeats no part produces at most the text of its value and the text that was charged.
"""

from typing import Any

from restgql.formats.functions import SCALAR

ExpressionNode = dict[str, Any]
"""A node of the syntax trees of the jmespath library."""

_CHAINS = frozenset(
    {
        "filter_projection",
        "flatten",
        "index_expression",
        "pipe",
        "projection",
        "slice",
        "subexpression",
        "value_projection",
    }
)
"""The nodes whose first child makes the value of the others."""


def copies(node: ExpressionNode) -> int:
    """Return the most times that any part of a value may occur in the expression's result."""
    children = [child for child in node["children"] if isinstance(child, dict)]  # a slice has numbers
    match node["type"]:
        case "literal" | "comparator" | "not_expression":
            return 0
        case "and_expression" | "or_expression":
            return max(map(copies, children))
        case "multi_select_dict" | "multi_select_list":
            return _of_many(children)
        case "function_expression":
            return _of_function(node["value"], children)
        case "filter_projection":
            return _of_chain(children[:2])
        case _:
            return _of_chain(children)


def _of_chain(nodes: list[ExpressionNode]) -> int:
    """Return the product, in which a literal counts as a value of its own."""
    total = 1
    for index, node in enumerate(nodes):
        total = max(1, total) * copies(node) if index else copies(node)
    return total


def _of_function(name: str, arguments: list[ExpressionNode]) -> int:
    if name in SCALAR:
        return 0
    if name == "map":
        return _of_chain(arguments[::-1])
    return sum(map(copies, arguments))


def _of_many(children: list[ExpressionNode]) -> int:
    """Return the sum; of parts that begin with different fields, and so share nothing, only the largest."""
    whole = 0
    by_field: dict[str, int] = {}
    for child in children:
        field = _first_field(child)
        if field is None:
            whole += copies(child)
        else:
            by_field[field] = by_field.get(field, 0) + copies(child)
    return whole + max(by_field.values(), default=0)


def _first_field(node: ExpressionNode) -> str | None:
    """Return the field that an expression reads first, or None if it may read more than one field."""
    while node["type"] in _CHAINS or node["type"] == "key_val_pair":
        if not node["children"] or not isinstance(node["children"][0], dict):
            return None
        node = node["children"][0]
    return node["value"] if node["type"] == "field" else None
