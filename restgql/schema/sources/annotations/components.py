"""Named schemas. Their names do not depend on the order in which views are read."""

from collections import Counter
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from restgql.schema.sdl import names
from restgql.schema.sdl.reserved import ReservedNames

PREFIX = "#/components/schemas/"

Labels = tuple[str, str, str]
"""Three names of a class, each longer than the one before: `User`, `models User`, `shop.models User`."""


class Component:
    """A named schema. It keeps the places of references to it, and writes them once it has a name."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.schema: dict[str, Any] = {}
        self._places: list[tuple[dict[str, Any], str]] = []

    def refer(self, holder: dict[str, Any], key: str = "$ref") -> dict[str, Any]:
        """Make `holder[key]` a reference to this component, and return the holder. A copy of it gets no name."""
        holder[key] = f"{PREFIX}{id(self)}"
        self._places.append((holder, key))
        return holder

    def write(self, name: str) -> None:
        """Write the name of this component to all references."""
        for holder, key in self._places:
            holder[key] = PREFIX + name


def describe(schema: dict[str, Any], description: Any) -> dict[str, Any]:
    """Add a description to a schema, and return the same object: a component does not find a copy of a reference."""
    if isinstance(description, str) and description:
        schema["description"] = description
    return schema


def name_components(components: Iterable[Component], reserved: ReservedNames) -> dict[str, dict[str, Any]]:
    """Name the components, write the references to them and return their schemas by name."""
    schemas = {}
    for component, name in _names(list(components), reserved).items():
        component.write(name)
        schemas[name] = component.schema
    return schemas


def labels(hint: Any) -> Labels:
    """Return the three names of a class, or of a generic class with its arguments."""
    return _label(hint, 0), _label(hint, 1), _label(hint, 2)


def type_text(hint: Any) -> str:
    """Return a type as text for a message, 80 characters at most."""
    text: str = str(hint) if get_args(hint) else getattr(hint, "__qualname__", str(hint))
    return text if len(text) <= 80 else f"{text[:77]}..."


def error_text(exc: Exception) -> str:
    """Return the first line of an error with its type."""
    return f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}"


def _label(hint: Any, level: int) -> str:
    generic = getattr(hint, "__pydantic_generic_metadata__", None) or {}
    origin, arguments = generic.get("origin") or get_origin(hint), generic.get("args") or get_args(hint)
    if origin is Annotated:
        return _label(arguments[0], level)
    if origin in (Union, UnionType):
        return " Or ".join(_label(member, level) for member in arguments)
    if hint is NoneType:
        return "None"
    if origin is not None and arguments:
        return " ".join(_label(piece, level) for piece in (origin, *arguments))
    name = getattr(hint, "__name__", str(hint))
    module = getattr(hint, "__module__", "builtins")
    if level == 0 or module in ("builtins", "typing", "types"):
        return str(name)
    qualified = getattr(hint, "__qualname__", name).replace("<locals>.", "")
    return f"{module.rpartition('.')[2] if level == 1 else module} {qualified}"


def _names(components: list[Component], reserved: ReservedNames) -> dict[Component, str]:
    """Give each component its shortest unique label. If several share one, all of them get a longer one."""
    taken = reserved.types
    level = dict.fromkeys(components, 0)
    while True:
        labels = {component: names.type_name(component.labels[level[component]]) for component in components}
        count = Counter(labels.values())
        ambiguous = [
            component
            for component, label in labels.items()
            if level[component] < 2 and (count[label] > 1 or label in taken)
        ]
        if not ambiguous:
            scope = names.NameScope(taken)
            return {component: scope.take(label) for component, label in labels.items()}
        for component in ambiguous:
            level[component] += 1
