"""Values of a document read as the type they should have: real documents have anything anywhere."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_NOTHING: Schema = {}


def mapping(value: Any) -> Schema:
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def description(*sources: Any) -> str:
    """The first description there is, else the first summary or title."""
    for key in ("description", "summary"):
        for source in sources:
            if found := text(mapping(source).get(key)).strip():
                return found
    return ""
