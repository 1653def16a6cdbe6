"""The scalars of generated types: one table for every source."""

from typing import Any

JSON = "JSON"
BINARY = "Binary"
"""A file, a placeholder that no schema has: Upload in a multipart body or as the whole body, String elsewhere."""

CORE = frozenset({"Int", "Float", "String", "Boolean", "ID", JSON})
"""The scalars that are in every schema."""
CONVERTERS = {"int": "Long", "float": "Float", "uuid": "UUID"}
"""The scalars of arguments by URL converter. For any other converter it is String."""
INT = range(-(2**31), 2**31)

# Scalars and the scalar that can hold the values of all of them. A set in no row is JSON.
_WIDER = (
    (frozenset({"Int", "Long"}), "Long"),
    (frozenset({"Int", "Long", "Float"}), "Float"),
    (frozenset({"Int", "Long", "Float", "Decimal"}), "Decimal"),
    (frozenset({"String", "DateTime", "Date", "UUID", "URL", BINARY}), "String"),
)


def wider(scalars: set[str]) -> str | None:
    """Return the scalar that can hold the values of all these scalars, or None if only JSON can."""
    if len(scalars) == 1:
        return next(iter(scalars))
    return next((scalar for narrower, scalar in _WIDER if scalars <= narrower), None)


def of_value(value: Any) -> str:
    """Return the scalar of a JSON value. Every string is a String."""
    match value:
        case bool():
            return "Boolean"
        case int():
            return "Int" if value in INT else "Long"
        case float():
            return "Float"
        case str():
            return "String"
    return JSON
