"""JMESPath syntax trees, compiled into functions of a value that charge their steps before they run them.

A function does not charge its own static steps, those outside of loops: the surrounding loop charges them for each
element, and the whole expression charges them once.
"""

import operator
from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

from restgql.errors import BadSelect
from restgql.formats import functions
from restgql.formats.charge import Work, weigh
from restgql.formats.copies import ExpressionNode

Run = Callable[[Any, Work], Any]


class Program(NamedTuple):
    """The function that runs a node, and the most static steps that it takes."""

    run: Run
    steps: int


def compile(node: ExpressionNode) -> Program:
    """Compile a syntax tree of the jmespath library."""
    return _COMPILERS[node["type"]](node)


def _current(node: ExpressionNode) -> Program:
    return Program(lambda value, work: value, 1)


def _field(node: ExpressionNode) -> Program:
    name = node["value"]
    return Program(lambda value, work: value.get(name) if isinstance(value, dict) else None, 1)


def _literal(node: ExpressionNode) -> Program:
    """Compile a literal, charged by its size: each use may be written again."""
    literal = node["value"]
    return Program(lambda value, work: literal, 1 + (weigh(literal, Work(lambda count: None)) >> 5))


def _index(node: ExpressionNode) -> Program:
    index = node["value"]

    def run(value: Any, work: Work) -> Any:
        if not isinstance(value, list):
            return None
        return value[index] if -len(value) <= index < len(value) else None

    return Program(run, 1)


def _slice(node: ExpressionNode) -> Program:
    bounds = slice(*node["children"])

    def run(value: Any, work: Work) -> Any:
        if not isinstance(value, list):
            return None
        work.spend(len(range(*bounds.indices(len(value)))))
        return value[bounds]

    return Program(run, 1)


_CHAINS = frozenset({"index_expression", "pipe", "subexpression"})


def _chain(node: ExpressionNode) -> Program:
    """Compile nodes that each take the value of the one before, however the parser nested them."""
    nodes = _unnested(node, _CHAINS)
    programs = [compile(part) for part in nodes]
    steps = sum(program.steps for program in programs)
    if all(part["type"] == "field" for part in nodes):
        return Program(_path([part["value"] for part in nodes]), steps)
    runs = [program.run for program in programs]

    def run(value: Any, work: Work) -> Any:
        for each in runs:
            value = each(value, work)
        return value

    return Program(run, steps)


def _unnested(node: ExpressionNode, types: frozenset[str]) -> list[ExpressionNode]:
    """Return the operands of nodes of such types that the parser nested into each other."""
    operands, left = [], [node]
    while left:
        part = left.pop()
        if part["type"] in types:
            left.extend(reversed(part["children"]))
        else:
            operands.append(part)
    return operands


def _path(names: list[str]) -> Run:
    def run(value: Any, work: Work) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return run


def _comparator(node: ExpressionNode) -> Program:
    (left, left_steps), (right, right_steps) = map(compile, node["children"])
    compare = _COMPARISONS[node["value"]]
    return Program(
        lambda value, work: compare(left(value, work), right(value, work), work), 1 + left_steps + right_steps
    )


def _equals(left: Any, right: Any, work: Work) -> bool:
    """Compare as the library does: a boolean never equals a number, except within an array or object."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, list | dict):
        if type(left) is not type(right) or len(left) != len(right):
            return False
        work.spend(weigh(left, work) >> 6)
    elif isinstance(left, str):
        work.spend(len(left) >> 6)
    return bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Work], bool | None]:
    def run(left: Any, right: Any, work: Work) -> bool | None:
        if not (_is_comparable(left) and _is_comparable(right)):
            return None
        if isinstance(left, str):
            work.spend(len(left) >> 6)
        return compare(left, right)

    return run


def _is_comparable(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


_COMPARISONS: dict[str, Callable[[Any, Any, Work], bool | None]] = {
    "eq": _equals,
    "ne": lambda left, right, work: not _equals(left, right, work),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
}


def _is_false(value: Any) -> bool:
    """Return True for null, false, and an empty string, array or object; 0 is true."""
    return not value and (value is None or value is False or isinstance(value, str | list | dict))


def _logical(node: ExpressionNode) -> Program:
    """Compile `or` and `and`: the first operand that decides, or the last. True decides an `or`, false an `and`."""
    programs = [compile(operand) for operand in _unnested(node, frozenset({node["type"]}))]
    *runs, last = [program.run for program in programs]
    decides = node["type"] == "and_expression"

    def run(value: Any, work: Work) -> Any:
        for each in runs:
            result = each(value, work)
            if _is_false(result) is decides:
                return result
        return last(value, work)

    return Program(run, sum(1 + program.steps for program in programs))


def _not(node: ExpressionNode) -> Program:
    (inner, steps), *_ = map(compile, node["children"])
    return Program(lambda value, work: _is_false(inner(value, work)), 1 + steps)


def _multi_select_list(node: ExpressionNode) -> Program:
    programs = [compile(child) for child in node["children"]]
    runs = [program.run for program in programs]

    def run(value: Any, work: Work) -> Any:
        return None if value is None else [each(value, work) for each in runs]

    return Program(run, 1 + sum(program.steps for program in programs))


def _multi_select_dict(node: ExpressionNode) -> Program:
    programs = [(child["value"], compile(child["children"][0])) for child in node["children"]]
    runs = [(name, program.run) for name, program in programs]

    def run(value: Any, work: Work) -> Any:
        return None if value is None else {name: each(value, work) for name, each in runs}

    return Program(run, 1 + sum((len(name) >> 5) + program.steps for name, program in programs))


def _projection(node: ExpressionNode) -> Program:
    (base, base_steps), (each, steps) = map(compile, node["children"])
    is_identity = node["children"][1]["type"] in ("identity", "current")

    def run(value: Any, work: Work) -> Any:
        elements = base(value, work)
        if not isinstance(elements, list):
            return None
        if is_identity:
            work.spend(len(elements))
            return [element for element in elements if element is not None]
        return _projected(elements, each, 1 + steps, work)

    return Program(run, 1 + base_steps)


def _value_projection(node: ExpressionNode) -> Program:
    (base, base_steps), (each, steps) = map(compile, node["children"])

    def run(value: Any, work: Work) -> Any:
        members = base(value, work)
        if not isinstance(members, dict):
            return None
        return _projected(members.values(), each, 1 + steps, work)

    return Program(run, 1 + base_steps)


def _projected(elements: Any, each: Run, steps: int, work: Work) -> list[Any]:
    collected = []
    for element in elements:
        work.spend(steps)
        if (result := each(element, work)) is not None:
            collected.append(result)
    return collected


def _filter_projection(node: ExpressionNode) -> Program:
    (base, base_steps), (each, each_steps), (condition, condition_steps) = map(compile, node["children"])
    steps = 1 + condition_steps + each_steps

    def run(value: Any, work: Work) -> Any:
        elements = base(value, work)
        if not isinstance(elements, list):
            return None
        collected = []
        for element in elements:
            work.spend(steps)
            if not _is_false(condition(element, work)) and (result := each(element, work)) is not None:
                collected.append(result)
        return collected

    return Program(run, 1 + base_steps)


def _flatten(node: ExpressionNode) -> Program:
    (base, steps), *_ = map(compile, node["children"])

    def run(value: Any, work: Work) -> Any:
        elements = base(value, work)
        if not isinstance(elements, list):
            return None
        work.spend(len(elements))
        merged: list[Any] = []
        for element in elements:
            if isinstance(element, list):
                work.spend(len(element))
                merged.extend(element)
            else:
                merged.append(element)
        return merged

    return Program(run, 1 + steps)


def _function(node: ExpressionNode) -> Program:
    name, programs = node["value"], [compile(child) for child in node["children"]]
    runs = [program.run for program in programs]

    def run(value: Any, work: Work) -> Any:
        result = functions.call(name, [each(value, work) for each in runs], work)
        if isinstance(result, float) and not isfinite(result):
            raise BadSelect("The expression makes a number that is out of range.")
        return result

    return Program(run, functions.STEPS.get(name, functions.CALL) + sum(program.steps for program in programs))


def _reference(node: ExpressionNode) -> Program:
    run, steps = compile(node["children"][0])
    return Program(lambda value, work: functions.Reference(run, 1 + steps, work), 1)


_COMPILERS: dict[str, Callable[[ExpressionNode], Program]] = {
    "and_expression": _logical,
    "comparator": _comparator,
    "current": _current,
    "expref": _reference,
    "field": _field,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": _function,
    "identity": _current,
    "index": _index,
    "index_expression": _chain,
    "literal": _literal,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "not_expression": _not,
    "or_expression": _logical,
    "pipe": _chain,
    "projection": _projection,
    "slice": _slice,
    "subexpression": _chain,
    "value_projection": _value_projection,
}
