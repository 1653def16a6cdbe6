"""Named schemas, and names for them that do not depend on the order in which the views are read."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from restgql.schema.sdl import names
from restgql.schema.sdl.reserved import ReservedNames

PREFIX = "#/components/schemas/"

Labels = tuple[str, str, str]
"""The names of a class: alone, among classes of its name, and among classes of its name in modules of one name."""


class Component:
    """A named schema. `places` are the keys of other schemas that refer to it; they are written once it has a name."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.schema: dict[str, Any] = {}
        self._places: list[tuple[dict[str, Any], str]] = []

    def refer(self, holder: dict[str, Any], key: str = "$ref") -> dict[str, Any]:
        """Note that `holder[key]` refers to this component."""
        holder[key] = f"{PREFIX}{id(self)}"
        self._places.append((holder, key))
        return holder

    def write(self, name: str) -> None:
        for holder, key in self._places:
            holder[key] = PREFIX + name


def named(components: Iterable[Component], reserved: ReservedNames) -> dict[str, dict[str, Any]]:
    """Name the components, write the references to them and return their schemas by name."""
    schemas = {}
    for component, name in _names(list(components), reserved).items():
        component.write(name)
        schemas[name] = component.schema
    return schemas


def labels(hint: Any) -> Labels:
    """Return the names of a class, or of a generic class with its arguments."""
    return _label(hint, 0), _label(hint, 1), _label(hint, 2)


def spelled(hint: Any) -> str:
    """Return a type as text for a sentence."""
    text: str = str(hint) if get_args(hint) else getattr(hint, "__qualname__", str(hint))
    return text if len(text) <= 80 else f"{text[:77]}..."


def _label(hint: Any, level: int) -> str:
    generic = getattr(hint, "__pydantic_generic_metadata__", None) or {}
    origin, arguments = generic.get("origin") or get_origin(hint), generic.get("args") or get_args(hint)
    if origin is not None and arguments:
        return " ".join(_label(piece, level) for piece in (origin, *arguments))
    name = getattr(hint, "__name__", str(hint))
    module = getattr(hint, "__module__", "builtins")
    if level == 0 or module in ("builtins", "typing", "types"):
        return str(name)
    qualified = getattr(hint, "__qualname__", name).replace("<locals>.", "")
    return f"{module.rpartition('.')[2] if level == 1 else module} {qualified}"


def _names(components: list[Component], reserved: ReservedNames) -> dict[Component, str]:
    """Give each component its shortest label that is no other's; of a label that several share, none has it."""
    taken = reserved.types
    level = dict.fromkeys(components, 0)
    while True:
        wanted = {one: names.type_name(one.labels[level[one]]) for one in components}
        count = Counter(wanted.values())
        longer = [one for one in components if level[one] < 2 and (count[wanted[one]] > 1 or wanted[one] in taken)]
        if not longer:
            scope = names.NameScope(taken)
            return {one: scope.take(wanted[one]) for one in components}
        for one in longer:
            level[one] += 1
