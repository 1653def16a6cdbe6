"""Values of a document read as the type they should have: real documents have anything anywhere."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_NOTHING: Schema = {}
_WORDS = frozenset({"description", "summary"})


def mapping(value: Any) -> Schema:
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def description(*sources: Any) -> str:
    """The first description there is, else the first summary."""
    told = [source for source in sources if isinstance(source, dict) and not _WORDS.isdisjoint(source)]
    for key in ("description", "summary") if told else ():
        for source in told:
            if isinstance(found := source.get(key), str) and found:
                return found.strip()
    return ""
