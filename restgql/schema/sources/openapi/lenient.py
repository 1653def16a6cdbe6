"""Tolerant access to a document: a value of an unexpected type reads as empty. Real documents have many such values."""

from collections.abc import Mapping, Sequence
from typing import Any

JsonObject = Mapping[str, Any]

_NOTHING: JsonObject = {}
_DESCRIPTIONS = frozenset({"description", "summary"})


def as_mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else _NOTHING


def as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def first_description(*sources: Any) -> str:
    """Return the first description of the sources, else the first summary, else an empty text."""
    described = [source for source in sources if isinstance(source, dict) and not _DESCRIPTIONS.isdisjoint(source)]
    for key in ("description", "summary") if described else ():
        for source in described:
            if isinstance(text := source.get(key), str) and text:
                return text.strip()
    return ""
