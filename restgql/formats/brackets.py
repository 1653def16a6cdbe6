"""Nested values as fields of a query or a form: each level is a key in brackets, `filter[geo][lat]=1`."""

from collections.abc import Iterator
from typing import Any

from restgql.errors import BadRequest

MAX_DEPTH = 32
MAX_NAME = 1_024
"""The most characters of a name, which is repeated for each value below it."""


def fields(name: str, value: Any, list_mark: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of a value: scalars and files, each with its name. Null is omitted.

    A list is a repeated field; within brackets its name ends with `list_mark`. Objects and lists in a list are
    numbered: `items[0][id]`. Raises BadRequest for a value that is nested too deep.
    """
    if isinstance(value, dict | list):
        yield from _within(name, value, list_mark, 0)
    elif value is not None:
        yield name, value


def _within(name: str, value: dict[str, Any] | list[Any], mark: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH or (depth and len(name) > MAX_NAME):
        raise BadRequest(f"A name is nested more than {MAX_DEPTH} deep, or over {MAX_NAME} characters.")
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list):
                yield from _within(f"{name}[{key}]", item, mark, depth + 1)
            elif item is not None:
                yield f"{name}[{key}]", item
        return
    repeated = name + mark if depth else name
    for index, item in enumerate(value):
        if isinstance(item, dict | list):
            yield from _within(f"{name}[{index}]", item, mark, depth + 1)
        elif item is not None:
            yield repeated, item
