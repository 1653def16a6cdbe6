"""Writes documents and values that are long, deep or many."""

import json
from typing import Any


def many(count: int, form: str, separator: str = " ") -> str:
    """Return `form` so many times, `#` in it the number."""
    return separator.join(form.replace("#", str(number)) for number in range(count))


def nest(depth: int, opening: str, inner: str) -> str:
    """Return `inner` within so many selection sets, each after `opening`."""
    return f"{opening} {{ " * depth + inner + " }" * depth


def quote(value: Any) -> str:
    """Return a value as JSON, which a string of GraphQL is spelled as."""
    return json.dumps(value)


def literal(count: int, item: str = "0") -> str:
    """Return a JMESPath literal of an array of so many items."""
    return f"`[{','.join([item] * count)}]`"


def multiplied(times: int, count: int = 10) -> str:
    """Return an expression that makes an array of itself, so often."""
    return "|".join([f"[{','.join('@' * count)}]"] * times)


def flattened(times: int, count: int = 10) -> str:
    """Return an expression whose array has `count` times as many elements, so often."""
    return "|".join([f"[{','.join('@' * count)}][]"] * times)


def text_of(times: int, start: str = "aaaaaaaaaa") -> str:
    """Return an expression of a string that is ten times as long, so often."""
    return f"'{start}'" + "|join('', [@,@,@,@,@,@,@,@,@,@])" * times
