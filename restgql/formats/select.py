"""JMESPath (jmespath.org/specification) over JSON values, with `split` of JEP-014, bounded in time and size."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from json import dumps
from math import isfinite
from typing import Any

import jmespath
from jmespath import functions, visitor
from jmespath.exceptions import JMESPathError

from restgql.errors import BadSelect
from restgql.formats import json

MAX_EXPRESSION = 1_024
MAX_NESTING = 32
MAX_STEPS = 500_000
MAX_SIZE = 5_000_000
"""Of any value on the way: its characters and elements together, counted as often as they would be written."""

_QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`""", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"
# The nodes that make a value; the others only find one that is there.
_MAKERS = frozenset(
    {
        "filter_projection",
        "flatten",
        "function_expression",
        "multi_select_dict",
        "multi_select_list",
        "projection",
        "slice",
        "value_projection",
    }
)
_REFERENCE_TAKERS = frozenset({"map", "max_by", "min_by", "sort_by"})


class _Functions(functions.Functions):
    @functions.signature({"types": ["string"]}, {"types": ["string"]})
    def _func_split(self, subject: str, search: str) -> list[str]:
        """`split(subject, search)`, JEP-014; an empty search splits into characters."""
        return subject.split(search) if search else list(subject)

    @functions.signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, values: list[str]) -> str:
        """`join(glue, array)`, refused before it is made where it would be too large."""
        if len(separator) * len(values) + sum(map(len, values)) > MAX_SIZE:
            raise _too_large()
        return separator.join(values)

    @functions.signature({"types": []})
    def _func_to_number(self, given: Any) -> Any:
        """A string that is no JSON number, `NaN` and `1_0` say, is null."""
        if not isinstance(given, str):
            return given if isinstance(given, int | float) and not isinstance(given, bool) else None
        try:
            return json.value(given.encode("utf-8", "surrogatepass"), int | float)
        except json.NotJson:
            return None


class _Interpreter(visitor.TreeInterpreter):
    """Counts its steps and weighs what it makes: sharing makes `[@,@]|[@,@]|…` small here and endless as text."""

    def __init__(self) -> None:
        super().__init__(jmespath.Options(custom_functions=_Functions()))
        self._steps = 0
        self._weighed: dict[int, tuple[Any, int]] = {}  # the value is kept, so that its id stays its own

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise BadSelect(f"The expression takes more than {MAX_STEPS} steps.")
        result = super().visit(node, *args, **kwargs)
        if isinstance(result, float) and not isfinite(result):
            raise BadSelect("The expression makes a number that is out of range.")
        if node["type"] in _MAKERS and self.weigh(result) > MAX_SIZE:
            raise _too_large()
        return result

    def weigh(self, value: Any) -> int:
        """The size of a value as text, near enough."""
        if isinstance(value, str):
            return len(value) + 1
        if not isinstance(value, list | dict):
            return 1
        if (known := self._weighed.get(id(value))) is not None:
            return known[1]
        if isinstance(value, list):
            weight = 1 + sum(map(self.weigh, value))
        else:
            weight = 1 + sum(len(key) + self.weigh(part) for key, part in value.items())
        self._weighed[id(value)] = (value, weight)
        return weight


def check(expression: str) -> None:
    """Raises BadSelect for an expression that cannot be used, whatever it is used on."""
    if len(expression) > MAX_EXPRESSION:
        raise BadSelect(f"The expression is over {MAX_EXPRESSION} characters.")
    if _nesting(expression) > MAX_NESTING:
        raise BadSelect(f"The expression is nested more than {MAX_NESTING} deep.")
    with _refusing(expression):
        _compiled(expression)


def search(expression: str, value: Any) -> Any:
    """What a JMESPath expression selects of a JSON value. Raises BadSelect."""
    check(expression)
    with _refusing(expression):
        return _Interpreter().visit(_compiled(expression), value)


@contextmanager
def _refusing(expression: str) -> Iterator[None]:
    """Makes what the library raises BadSelect."""
    try:
        yield
    except JMESPathError as exc:
        # The library's message unescapes a literal, and so may hold a lone surrogate.
        message = str(exc)[:200].encode(errors="backslashreplace").decode()
        raise BadSelect(f"{_shown(expression)}: {message}") from exc
    # The library lets a function's own TypeError, ValueError or KeyError through, and warns of an old syntax.
    except (RecursionError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, Warning) as exc:
        raise BadSelect(f"{_shown(expression)} cannot be evaluated on this value.") from exc


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    """The syntax tree of an expression that can only make JSON values. Raises BadSelect and ValueError."""
    tree = jmespath.compile(expression).parsed
    _check(tree)
    return tree


def _check(node: Any, *, taken: bool = False) -> None:
    """The library lets `&x` be a value, and reads literals and names with NaN and lone surrogates in them."""
    if node["type"] == "expref" and not taken:
        raise BadSelect("&… stands only in a function that takes an expression.")
    dumps(node.get("value"), allow_nan=False, ensure_ascii=False).encode()
    taken = node["type"] == "function_expression" and node["value"] in _REFERENCE_TAKERS
    for child in node["children"]:
        if isinstance(child, dict):  # a slice has numbers
            _check(child, taken=taken)


def _nesting(expression: str) -> int:
    depth = deepest = 0
    for character in _QUOTED.sub("", expression):
        if character in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSING:
            depth -= 1
    return deepest


def _too_large() -> BadSelect:
    return BadSelect(f"The expression makes more than {MAX_SIZE} characters or elements.")


def _shown(expression: str) -> str:
    return repr(expression if len(expression) <= 80 else expression[:77] + "...")
