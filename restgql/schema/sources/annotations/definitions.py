"""The types that a document defines, and names for them that do not depend on the order in which they were found."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

import msgspec
from graphql import DefinitionNode, TypeNode

from restgql.schema.sdl import names
from restgql.schema.sdl.fields import Fields
from restgql.schema.sdl.nodes import Nodes
from restgql.schema.sdl.reserved import Reserved
from restgql.schema.sdl.scalar_names import JSON

Labels = tuple[str, str, str]
"""What a type is called: alone, among those of its name, and among those of its name in modules of one name."""


class Definition:
    """An enum of `values`, which are names by the values in JSON, or an object of `members`."""

    def __init__(self, labels: Labels, description: str = "") -> None:
        self.labels = labels
        self.description = description
        self.values: dict[str, str] = {}
        self.members: dict[str, tuple[Typed, str]] = {}


class Typed(msgspec.Struct, frozen=True):
    """A type in so many lists, and the reason why it is JSON, unless that is what was meant."""

    of: str | Definition
    lists: int = 0
    problem: str = ""


class Document:
    """The nodes of some definitions."""

    def __init__(self, definitions: Sequence[Definition], nodes: Nodes, fields: Fields, reserved: Reserved) -> None:
        self._definitions = definitions
        self._called = _called(definitions, reserved)
        self._nodes = nodes
        self._fields = fields

    def __iter__(self) -> Iterator[DefinitionNode]:
        for definition in self._definitions:
            called = self._called[definition]
            if definition.values:
                yield self._nodes.enum(called, definition.values, definition.description)
            else:
                members = {key: (self.type(typed), said) for key, (typed, said) in definition.members.items()}
                yield self._nodes.object(called, self._fields.members(members), definition.description)

    def type(self, typed: Typed) -> TypeNode:
        return self._nodes.type(typed.of if isinstance(typed.of, str) else self._called[typed.of], typed.lists)

    def problems(self, typed: Typed) -> Iterator[str]:
        """Why parts of a type are JSON, each with its place."""
        seen: set[Definition] = set()
        ahead = deque([typed])
        while ahead:
            definition = ahead.popleft().of
            if isinstance(definition, str) or definition in seen:
                continue
            seen.add(definition)
            for key, (member, _) in definition.members.items():
                if member.problem:
                    yield f"{self._called[definition]}.{key} is {JSON}, {member.problem}"
                ahead.append(member)


def labels(hint: Any) -> Labels:
    """What a class, or a generic one of some types, is called."""
    return _label(hint, 0), _label(hint, 1), _label(hint, 2)


def part(of: Labels, key: str) -> Labels:
    """What the type of a key is called, that has no name of its own."""
    return f"{of[0]} {key}", f"{of[1]} {key}", f"{of[2]} {key}"


def spelled(hint: Any) -> str:
    """A type for a sentence."""
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


def _called(definitions: Sequence[Definition], reserved: Reserved) -> dict[Definition, str]:
    """The shortest label of each that no other wants; of one that several want, none has it."""
    taken = reserved.types
    level = dict.fromkeys(definitions, 0)
    while True:
        wanted = {one: names.pascal(one.labels[level[one]]) for one in definitions}
        count = Counter(wanted.values())
        longer = [one for one in definitions if level[one] < 2 and (count[wanted[one]] > 1 or wanted[one] in taken)]
        if not longer:
            scope = names.Names(taken)
            return {one: scope.take(wanted[one]) for one in definitions}
        for one in longer:
            level[one] += 1
