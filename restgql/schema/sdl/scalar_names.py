"""The scalars of generated types: one table for every source."""

from typing import Any

JSON = "JSON"
BINARY = "Binary"
"""Stands for a file: an Upload in a multipart body or as the whole of one, a String elsewhere; it is in no schema."""

CORE = frozenset({"Int", "Float", "String", "Boolean", "ID", JSON})
"""The scalars that are in every schema."""
CONVERTERS = {"int": "Long", "float": "Float", "uuid": "UUID"}
"""The scalars of arguments by the converters of their variables; of any other converter it is String."""
INT = range(-(2**31), 2**31)

# The scalar that holds the values of all of these; of a set that is in no row the values are JSON.
_WIDER = (
    (frozenset({"Int", "Long"}), "Long"),
    (frozenset({"Int", "Long", "Float"}), "Float"),
    (frozenset({"Int", "Long", "Float", "Decimal"}), "Decimal"),
    (frozenset({"String", "DateTime", "Date", "UUID", "URL", BINARY}), "String"),
)


def wider(scalars: set[str]) -> str | None:
    """Return the scalar that holds the values of all of these; None if only JSON does."""
    if len(scalars) == 1:
        return next(iter(scalars))
    return next((scalar for narrower, scalar in _WIDER if scalars <= narrower), None)


def of_value(value: Any) -> str:
    """Return the scalar of a JSON value; that of a text is String."""
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
