"""The check of `select` in debug: an expression that finds nothing in a value, because the value has no such key."""

import re
from typing import Any

from restgql.debug_log import DebugLog, shortened
from restgql.execution.value_checks import lacking
from restgql.formats import json, select

_OF_ELEMENTS = re.compile(r"(?:\[\*?\]|\*)\.(?P<name>[A-Za-z_]\w*)")
_OF_ARRAY = re.compile(r"(?P<array>[A-Za-z_]\w*)\.(?P<rest>[A-Za-z_]\w*)")
_LITERAL = re.compile(r'==\s*"(?P<text>[^"]*)"')
MAX_ROWS = 1_000


def check_select(log: DebugLog, expression: str, value: Any, selected: Any, url: str) -> None:
    """Log why `expression` selects nothing from a value that is not empty."""
    if selected not in (None, []) or value in (None, [], {}, ""):
        return
    path = url.partition("?")[0]
    key = ("untyped select", expression, path)
    if not log.is_open(key):
        return
    reason = _reason(expression, value)
    if reason:
        log.warn(key, f"select: {shortened(expression)!r} finds nothing in the JSON of {shortened(path)}: {reason}")


def _reason(expression: str, value: Any) -> str:
    """Return the reason, empty if the data alone may be the reason."""
    literal = _LITERAL.search(expression)
    if literal is not None:
        return f"\"{literal['text']}\" in double quotes is a key; a text has single quotes, '{literal['text']}'."
    names = sorted(select.names_of(expression))
    if isinstance(value, list):
        rows = [row for row in value[:MAX_ROWS] if isinstance(row, dict)]
        of_elements = _OF_ELEMENTS.match(expression)
        if of_elements is not None:
            name = of_elements["name"]
            return "" if not rows or any(name in row for row in rows) else lacking("objects", [name], rows)
        if not names:
            return ""
        return f"it is an array of {len(value)}, which has no key {names[0]!r}. Did you mean '[].{expression}'?"
    if isinstance(value, dict) and (of_elements := _OF_ELEMENTS.match(expression)) is not None:
        key = _array_with(of_elements["name"], value)
        return "" if key is None else f"it is an object, not an array. Did you mean '{key}{expression}'?"
    if isinstance(value, dict) and (of_array := _OF_ARRAY.match(expression)) is not None:
        name, rest = of_array["array"], of_array["rest"]
        if isinstance(value.get(name), list) and value[name]:
            return f"{name!r} is an array of {len(value[name])}. Did you mean '{name}[].{rest}'?"
    if isinstance(value, dict):
        return "" if not names or any(name in value for name in names) else lacking("objects", names, [value])
    return f"it is {json.type_name(value)}, which has no keys." if names else ""


def _array_with(name: str, value: dict[str, Any]) -> str | None:
    """Return the key of an array whose objects have the key `name`."""
    for key, rows in value.items():
        if isinstance(rows, list) and any(isinstance(row, dict) and name in row for row in rows[:MAX_ROWS]):
            return key
    return None
