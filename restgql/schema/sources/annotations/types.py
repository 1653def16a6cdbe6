"""The GraphQL types that annotations stand for."""

import enum
from collections import abc, deque
from collections.abc import Hashable, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

import msgspec

from restgql.formats import json
from restgql.schema.sdl.naming import Naming
from restgql.schema.sdl.scalar_names import JSON, wider
from restgql.schema.sources.annotations import classes, hints
from restgql.schema.sources.annotations.definitions import Definition, Labels, Typed, labels, part, spelled
from restgql.schema.sources.annotations.hints import Unknown

MAX_NESTING = 8
"""Of type arguments: a generic class may lead to itself with ever more."""

_SCALARS: dict[type, str] = {
    bool: "Boolean", int: "Int", float: "Float", str: "String", datetime: "DateTime", date: "Date", UUID: "UUID",
    Decimal: "Decimal",
}  # fmt: skip
_LISTS: tuple[Any, ...] = (
    list, tuple, set, frozenset, deque, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable, abc.Set,
    abc.MutableSet,
)  # fmt: skip
_WRAPPERS = frozenset({"ClassVar", "Final", "NotRequired", "ReadOnly", "Required"})
"""By name, since typing_extensions has its own of some."""
_AWAITED: tuple[Any, ...] = (abc.Awaitable, abc.Coroutine)
_ANYTHING: tuple[Any, ...] = (Any, object, None, NoneType)
_NOTHING: tuple[Any, ...] = (None, NoneType, msgspec.UnsetType)


class Types:
    """Collects the types of one document; after each, `finish` types what it leads to."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._found: dict[Hashable, Definition] = {}
        self._ahead: deque[tuple[Definition, list[classes.Property]]] = deque()

    @property
    def definitions(self) -> Sequence[Definition]:
        return list(self._found.values())

    def typed(self, hint: Any, called: Labels) -> Typed:
        """The type of an annotation; an enum that has no name of its own is `called` so."""
        try:
            return self._type(hint, called)
        except Exception as exc:  # whatever a class does when it is looked at, it spoils this field alone
            return Typed(JSON, problem=f"{type(exc).__name__}: {exc}")

    def finish(self) -> None:
        while self._ahead:
            definition, properties = self._ahead.popleft()
            for one in properties:
                typed = self.typed(one.hint, part(definition.labels, one.key))
                definition.members[one.key] = (typed, one.description)

    def _type(self, hint: Any, called: Labels) -> Typed:
        if isinstance(hint, Unknown):
            return Typed(JSON, problem=hint.reason)
        if isinstance(hint, NewType):
            return self._type(hint.__supertype__, called)
        origin, arguments = get_origin(hint) or hint, get_args(hint)
        if type(origin).__name__ == "TypeAliasType":  # of a type statement, from 3.12 on
            bound = dict(zip(origin.__type_params__, arguments, strict=False))
            return self._type(hints.filled(origin.__value__, bound), labels(hint))
        if origin is Annotated or getattr(origin, "_name", "") in _WRAPPERS:
            return self._type(arguments[0], called)
        if origin in _AWAITED and arguments:
            return self._type(arguments[-1], called)
        if origin in (Union, UnionType):
            return self._union(arguments, called)
        if origin is Literal:
            return self._literal(arguments, called)
        if origin in _LISTS:
            return self._list(origin, arguments, called)
        if origin in _ANYTHING:
            return Typed(JSON)
        if isinstance(origin, type):
            return self._class(origin, arguments, hint)
        return _no_type(hint)

    def _union(self, arguments: Sequence[Any], called: Labels) -> Typed:
        found = {self._type(argument, called): argument for argument in arguments if argument not in _NOTHING}
        if len(found) == 1:
            return next(iter(found))
        scalars = {typed.of for typed in found if isinstance(typed.of, str) and not typed.lists}
        scalar = wider(scalars) if len(scalars) == len(found) else None
        if scalar is not None:
            return Typed(scalar)
        return Typed(JSON, problem=f"it is one of {', '.join(map(spelled, found.values()))}"[:200])

    def _literal(self, arguments: Sequence[Any], called: Labels) -> Typed:
        values = [value for value in arguments if value is not None]
        kinds = tuple({type(value) for value in values})
        if kinds != (str,):
            return self._union(kinds, called)
        if ("", *called, *values) not in self._found:
            found = self._found["", *called, *values] = Definition(called)
            found.values = self._naming.values(dict(zip(values, values, strict=True)))
        return Typed(self._found["", *called, *values])

    def _list(self, origin: Any, arguments: tuple[Any, ...], called: Labels) -> Typed:
        if origin is tuple and arguments[1:] and arguments[1] is not Ellipsis:
            item = self._union(arguments, called)
        else:
            item = self._type(arguments[0] if arguments else Any, called)
        return Typed(item.of, item.lists + 1, item.problem)

    def _class(self, cls: type, arguments: tuple[Any, ...], hint: Any) -> Typed:
        if (known := self._found.get((cls, arguments))) is not None:
            return Typed(known)
        if issubclass(cls, enum.Enum) and not issubclass(cls, enum.Flag):
            return self._enum(cls)
        if (wrapped := classes.root(cls)) is not None:
            return self._type(wrapped, labels(hint))
        properties = classes.properties(cls, arguments)
        if properties is not None:
            if not properties or _nesting(arguments) > MAX_NESTING:
                return Typed(JSON, problem=f"{spelled(hint)} has {'too many types' if properties else 'no fields'}")
            definition = self._found[cls, arguments] = Definition(labels(hint), classes.described(cls))
            self._ahead.append((definition, properties))
            return Typed(definition)
        if issubclass(cls, abc.Mapping):
            return Typed(JSON)
        scalar = (
            "URL" if classes.is_url(cls) else next((_SCALARS[base] for base in cls.__mro__ if base in _SCALARS), "")
        )
        return Typed(scalar) if scalar else _no_type(hint)

    def _enum(self, cls: type[enum.Enum]) -> Typed:
        if not all(isinstance(member.value, str | int | float) for member in cls) or not len(cls):
            return Typed(JSON, problem=f"{cls.__qualname__} has values that are no scalars")
        definition = self._found[cls, ()] = Definition(labels(cls), classes.described(cls))
        definition.values = self._naming.values({json.spelled(member.value): member.name for member in cls})
        return Typed(definition)


def _no_type(hint: Any) -> Typed:
    return Typed(JSON, problem=f"nothing is known of the JSON of {spelled(hint)}")


def _nesting(arguments: tuple[Any, ...]) -> int:
    return max((1 + _nesting(get_args(argument)) for argument in arguments), default=0)
