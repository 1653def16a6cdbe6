"""Values of a document read as the type they should have: real documents have anything anywhere."""

from collections.abc import Mapping, Sequence
from typing import Any

JsonObject = Mapping[str, Any]

_NOTHING: JsonObject = {}
_WORDS = frozenset({"description", "summary"})


def as_mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else _NOTHING


def as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def first_description(*sources: Any) -> str:
    """The first description there is, else the first summary."""
    told = [source for source in sources if isinstance(source, dict) and not _WORDS.isdisjoint(source)]
    for key in ("description", "summary") if told else ():
        for source in told:
            if isinstance(found := source.get(key), str) and found:
                return found.strip()
    return ""
