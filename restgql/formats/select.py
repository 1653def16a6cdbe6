"""JMESPath (jmespath.org/specification) over JSON values, with `split` of JEP-014, bounded in time and size."""

import re
from difflib import get_close_matches
from json import dumps
from math import isfinite
from typing import Any

import msgspec
from jmespath import parser
from jmespath.exceptions import JMESPathError, JMESPathTypeError, UnknownFunctionError

from restgql.bounded_cache import bounded_cache
from restgql.errors import BadSelect
from restgql.formats import expression as expressions
from restgql.formats import json
from restgql.formats.charge import UNMETERED, Charge, Work, weigh
from restgql.formats.copies import copies
from restgql.formats.functions import MAX_SIZE, REFERENCE_TAKERS, names_of_functions, too_large

MAX_EXPRESSION = 1_024
MAX_NESTING = 32
MAX_CHAIN = 340
"""The most depth of an expression's tree, which is walked by recursion; each `|`, `||` and `!` adds to it."""
MAX_STEPS = 100_000
"""The most steps of an expression that is not metered."""
STEPS_A_CHARACTER = 5
"""The steps per character of an expression that must be compiled first."""
MAX_SHOWN = 200
SHORT = 256

_QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`""", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


class _JmespathParser(parser.Parser):
    """The library's parser without its own cache of 512 trees."""

    _CACHE: dict[str, Any] = {}  # noqa: RUF012  # as the library has it
    _MAX_SIZE = 0


class _Compiled(msgspec.Struct, frozen=True):
    """An expression that can be run. `multiplies` is True if its result may repeat a part of its value."""

    program: expressions.Program
    multiplies: bool


class _Entry:
    """An entry of the cache: the first use of an expression compiles it, and is charged for that."""

    __slots__ = ("compiled",)

    def __init__(self) -> None:
        self.compiled: _Compiled | None = None


CALL = 25
"""The start of an expression costs as much as this many steps."""


class _Steps:
    """Charges the steps of an expression that is not metered."""

    def __init__(self) -> None:
        self._steps = 0

    def __call__(self, count: int) -> None:
        self._steps += count
        if self._steps > MAX_STEPS:
            raise BadSelect(f"The expression takes more than {MAX_STEPS} steps.")


def check(expression: str, charge: Charge = UNMETERED) -> None:
    """Raise BadSelect for an expression that is invalid whatever the value, and errors of `charge`."""
    try:
        _compiled(expression, _Steps() if charge is UNMETERED else charge)
    except _ERRORS as exc:
        raise _bad_select(expression, exc) from exc


def search(expression: str, value: Any, charge: Charge = UNMETERED) -> Any:
    """Return the value that a JMESPath expression selects from a JSON value. Raises BadSelect, and errors of `charge`.

    `charge` is called with the number of steps and elements before the expression walks them, many at a time.
    """
    work = Work(_Steps() if charge is UNMETERED else charge)
    try:
        compiled = _compiled(expression, work.spend)
        run, steps = compiled.program
        work.spend(CALL + steps)
        try:
            result = run(value, work)
            if compiled.multiplies and weigh(result, work) > MAX_SIZE:
                raise too_large()
        finally:
            work.settle()
    except _ERRORS as exc:
        raise _bad_select(expression, exc) from exc
    if isinstance(result, float) and not isfinite(result):
        raise BadSelect("The expression makes a number that is out of range.")
    return result


def names_of(expression: str) -> frozenset[str]:
    """Return the keys that an expression reads of its value: `a` and `b` for `a[0].x || length(b)`."""
    names: set[str] = set()
    waiting = [_JmespathParser().parse(expression).parsed]
    while waiting:
        node = waiting.pop()
        children = [child for child in node["children"] if isinstance(child, dict)]
        if node["type"] == "field":
            names.add(node["value"])
        elif node["type"] in _STEPS_DOWN:
            first = children[0]["type"] in ("current", "identity") and len(children) > 1
            waiting.append(children[1 if first else 0])
        elif node["type"] != "expref":
            waiting += children
    return frozenset(names)


_STEPS_DOWN = frozenset(
    {"subexpression", "index_expression", "pipe", "projection", "filter_projection", "value_projection", "flatten"}
)
"""The nodes of which only the first child reads their value; the other children read parts of it."""

# The library does not catch a function's own TypeError, ValueError or KeyError, and warns of an old syntax.
_ERRORS = (
    JMESPathError,
    RecursionError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    Warning,
)


_PYTHON_NAMES = {"dict": "object", "list": "array", "OutOfRange": "number out of range"}
"""The kinds of values that the library names by their Python types in messages of some functions."""


def _bad_select(expression: str, error: Exception) -> BadSelect:
    """Return the error that clients see for an error of the library."""
    if not isinstance(error, JMESPathError):
        return BadSelect(f"{_shown(expression)} cannot be evaluated on this value.")
    if isinstance(error, JMESPathTypeError):
        error.actual_type = _PYTHON_NAMES.get(error.actual_type, error.actual_type)
        error.current_value = _brief(error.current_value)
    # The library's message unescapes a literal, so it may contain a lone surrogate.
    message = str(error)[:MAX_SHOWN].encode(errors="backslashreplace").decode()
    cure = ""
    if isinstance(error, UnknownFunctionError):
        cure = _function(expression)
    elif len(expression) <= SHORT:
        cure = next((cure for pattern, cure in _CURES if pattern.search(expression)), "")
    return BadSelect("\n".join(filter(None, (f"{_shown(expression)}: {message}", cure))))


_CURES = (
    (
        re.compile(r"^\s*\{\s*\w+(?:\s+\w+)*\s*\}\s*$"),
        "JMESPath writes an object as {name: name}, and a list as [name].",
    ),
    (re.compile(r"^\s*\$"), "JMESPath has no $: begin with a key, or with @."),
    (re.compile(r"^\s*\."), "An expression begins with a key, without a dot."),
    (
        re.compile(r"^\s*\w+(?:\s*,\s*|\s+)\w+(?:(?:\s*,\s*|\s+)\w+)*\s*$"),
        "Write several keys as {a: a, b: b}, or [a, b].",
    ),
    (re.compile(r"(?:^|\.)\s*\d"), "An index has brackets: write [0].name."),
    (re.compile(r"\w-\w"), 'A key with a dash is quoted, "user-name".'),
    (re.compile(r"\[\?[^\]]*[^=!<>]=[^=]"), "JMESPath compares with ==."),
    (re.compile(r"^\s*$"), "Leave select out for the whole value."),
)
"""The cures for what other languages write, by their syntax."""


def _function(expression: str) -> str:
    """Return the function that was probably meant by one that there is not."""
    names = re.findall(r"(\w+)\s*\(", expression)[:MAX_NESTING]
    near = next(
        (
            match
            for name in names
            if name not in names_of_functions
            for match in get_close_matches(name, names_of_functions, 1)
        ),
        None,
    )
    return "" if near is None else f"Did you mean {near}()?"


def _brief(value: Any) -> Any:
    """Return a value for a message, or its kind if it is large: shared parts may make its text endless."""
    if isinstance(value, str):
        return value[:MAX_SHOWN]
    try:
        return value if weigh(value, Work(_few)) <= 10 * MAX_SHOWN else json.type_name(value)
    except (OverflowError, RecursionError):
        return json.type_name(value)


def _few(count: int) -> None:
    raise OverflowError


# A compiled expression takes some hundred bytes per character, so few long ones are cached.
@bounded_cache(entries=256, characters=SHORT)
def _short(expression: str) -> _Entry:
    return _Entry()


@bounded_cache(entries=64, characters=MAX_EXPRESSION)
def _long(expression: str) -> _Entry:
    return _Entry()


def _compiled(expression: str, charge: Charge) -> _Compiled:
    """Return an expression that can only produce JSON values. Raises BadSelect and ValueError."""
    if len(expression) > MAX_EXPRESSION:
        raise BadSelect(f"The expression is over {MAX_EXPRESSION} characters.")
    entry = (_short if len(expression) <= SHORT else _long)(expression)
    if entry.compiled is None:
        charge(STEPS_A_CHARACTER * len(expression))
        if _nesting(expression) > MAX_NESTING:
            raise BadSelect(f"The expression is nested more than {MAX_NESTING} deep.")
        tree: Any = _JmespathParser().parse(expression).parsed
        _check(tree)
        entry.compiled = _Compiled(expressions.compile(tree), copies(tree) > 1)
    return entry.compiled


def _check(tree: Any) -> None:
    """Raise an error for a tree that is too deep for recursion, with `&x` as a value, or with an unknown function.

    The library accepts `&x` as a value. It also reads literals and names with NaN and lone surrogates: ValueError.
    """
    waiting = [(tree, False, 1)]
    while waiting:
        node, taken, depth = waiting.pop()
        if depth > MAX_CHAIN:
            raise BadSelect(f"The expression chains more than {MAX_CHAIN} steps.")
        if node["type"] == "expref" and not taken:
            raise BadSelect("&… is only allowed as an argument of a function that takes an expression.")
        if node["type"] == "function_expression" and node["value"] not in names_of_functions:
            raise UnknownFunctionError(f"Unknown function: {node['value']}()")
        dumps(node.get("value"), allow_nan=False, ensure_ascii=False).encode()
        taken = node["type"] == "function_expression" and node["value"] in REFERENCE_TAKERS
        children = [child for child in node["children"] if isinstance(child, dict)]  # a slice has numbers
        waiting += [(child, taken, depth + 1) for child in children]


def _nesting(expression: str) -> int:
    depth = deepest = 0
    for character in _QUOTED.sub("", expression):
        if character in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSING:
            depth -= 1
    return deepest


def _shown(expression: str) -> str:
    return repr(expression if len(expression) <= 80 else expression[:77] + "...")
