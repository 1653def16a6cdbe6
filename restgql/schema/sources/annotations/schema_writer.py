"""Writes the JSON Schema of annotations, for the JSON of their values."""

import enum
import functools
from collections import abc, deque
from collections.abc import Hashable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, LiteralString, NewType, Self, Union, get_args, get_origin
from uuid import UUID

import msgspec

from restgql.formats import json
from restgql.schema.sources.annotations import classes, hints, pydantic_schemas
from restgql.schema.sources.annotations.components import Component, describe, error_text, labels, type_text
from restgql.schema.sources.annotations.hints import UnknownType
from restgql.schema.sources.openapi.extension_keywords import VALUE

JsonSchema = dict[str, Any]

MAX_NESTING = 8
"""Levels of type arguments. A generic class may refer to itself with deeper and deeper arguments."""

_SCALARS: tuple[type, ...] = (bool, int, float, str, datetime, date, time, timedelta, UUID, Decimal, bytes)
_MORE: dict[type, JsonSchema] = {Decimal: {VALUE: {"scalar": "Decimal"}}, datetime: {"format": "date-time"}}
"""Additions to msgspec's schema of a scalar. Its `date-time` is only for values with a time zone."""
LISTS: tuple[Any, ...] = (
    list, tuple, set, frozenset, deque, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable, abc.Set,
    abc.MutableSet,
)  # fmt: skip
_WRAPPERS = frozenset({"ClassVar", "Final", "NotRequired", "ReadOnly", "Required"})
"""Names, since typing_extensions has its own versions of some."""
_AWAITED: tuple[Any, ...] = (abc.Awaitable, abc.Coroutine)
_ANYTHING: tuple[Any, ...] = (Any, object)
_FUNCTIONS: tuple[Any, ...] = (abc.Callable,)
_NULL: tuple[Any, ...] = (None, NoneType)
_NO_OWNER = UnknownType("Self has no class here")


class _PendingClass(msgspec.Struct, frozen=True):
    """A class whose component has no properties yet. `hint` is the class with its type arguments."""

    component: Component
    hint: Any
    properties: list[classes.Property]


class SchemaWriter:
    """A writer of the schemas of one document. `components` are the named schemas.

    Pydantic writes the schemas of its own types. Other classes are written from a queue, not by recursion, so that a
    chain of classes can have any length.
    """

    def __init__(self) -> None:
        self._mode: pydantic_schemas.Mode = "serialization"
        self._components: dict[Hashable, Component] = {}
        self._pending: deque[_PendingClass] = deque()
        self._open_tuples: set[type] = set()
        """The NamedTuples whose fields are being written."""
        self._owner: Any = _NO_OWNER
        """The class whose properties are written, which is the value of `Self` in their types."""

    @property
    def components(self) -> Sequence[Component]:
        """The named schemas that were written so far."""
        return list(self._components.values())

    def write(self, hint: Any, mode: pydantic_schemas.Mode = "serialization") -> JsonSchema:
        """Write the schema of an annotation, and the named schemas that it needs."""
        self._mode, self._owner = mode, _NO_OWNER
        schema = self._of(hint)
        self._finish()
        return schema

    def fields(self, hint: Any) -> JsonSchema | None:
        """Write the object schema of a class that a query is validated with. Return None for any other type.

        Raises any error that a class raises on inspection.
        """
        self._mode = "validation"
        if pydantic_schemas.is_pydantic(hint):
            schema = self._within(pydantic_schemas.write(hint, self._mode))
        else:
            origin = get_origin(hint) or hint
            properties = classes.properties(origin, get_args(hint)) if isinstance(origin, type) else None
            self._owner = hint
            schema = self._whole(properties) if properties else {}
        self._finish()
        return schema if "properties" in schema else None

    def _whole(self, properties: list[classes.Property]) -> JsonSchema:
        return {
            "properties": {member.key: self._property(member) for member in properties},
            "required": [member.key for member in properties if self._is_required(member)],
        }

    def _finish(self) -> None:
        while self._pending:
            pending = self._pending.popleft()
            self._owner = pending.hint
            pending.component.schema |= self._whole(pending.properties)

    def _of(self, hint: Any) -> JsonSchema:
        try:
            return self._schema(hint)
        except Exception as exc:  # a class can raise anything on inspection; a failure costs this field only
            return problem(error_text(exc))

    def _is_required(self, member: classes.Property) -> bool:
        return member.required if self._mode == "serialization" else not member.has_default

    def _property(self, member: classes.Property) -> JsonSchema:
        schema = {"const": member.tag} if member.tag is not None else self._of(member.hint)
        return describe(schema, member.description)

    def _schema(self, hint: Any) -> JsonSchema:
        if hints.is_unknown(hint):
            return problem(hint.reason)
        if isinstance(hint, NewType):
            return self._schema(hint.__supertype__)
        origin, arguments = get_origin(hint) or hint, get_args(hint)
        if hints.is_alias(hint):
            return self._alias(hint, origin, arguments)
        if (inner := classes.mapped(hint)) is not None:
            return self._schema(inner)
        if origin is Annotated:
            return self._annotated(hint, arguments)
        if getattr(origin, "_name", "") in _WRAPPERS:
            return self._schema(arguments[0])
        if origin in _AWAITED and arguments:
            return self._schema(arguments[-1])
        if origin in (Union, UnionType):
            return self._union(arguments)
        if origin is Literal:
            return self._literal(arguments)
        if origin in LISTS:
            return self._list(origin, arguments)
        if origin in _NULL:
            return {"type": "null"}
        if origin in _ANYTHING:
            return {}
        if origin is Self:
            return self._schema(self._owner)
        if origin is LiteralString:
            return self._schema(str)
        if isinstance(origin, type) and origin not in _FUNCTIONS:
            return self._class(origin, arguments, hint)
        return unknown(hint)

    def _alias(self, hint: Any, alias: Any, arguments: tuple[Any, ...]) -> JsonSchema:
        key = ("alias", alias, arguments)
        if key not in self._components:
            component = self._components[key] = Component(labels(hint))
            component.schema = self._of(hints.of_alias(hint))
        return self._components[key].refer({})

    def _annotated(self, hint: Any, arguments: tuple[Any, ...]) -> JsonSchema:
        if any(map(pydantic_schemas.constrains, arguments[1:])):
            return self._by_pydantic(hint)
        if arguments[0] in _SCALARS and any(isinstance(metadata, msgspec.Meta) for metadata in arguments[1:]):
            return _scalar(hint, arguments[0])
        return self._schema(arguments[0])

    def _union(self, arguments: Sequence[Any]) -> JsonSchema:
        members = [argument for argument in arguments if argument is not msgspec.UnsetType]
        schemas: list[JsonSchema] = []
        for schema in map(self._schema, members):
            if schema not in schemas:
                schemas.append(schema)
        return schemas[0] if len(schemas) == 1 else {**pydantic_schemas.any_of(schemas), **self._discriminator(members)}

    def _discriminator(self, members: Sequence[Any]) -> JsonSchema:
        """Return the discriminator of a union of tagged Structs, or an empty schema for any other union."""
        kinds = [(get_origin(member) or member, get_args(member)) for member in members if member not in _NULL]
        tags = [classes.tag(cls) for cls, _ in kinds]
        names = {name for name, _ in tags}
        if len(names) != 1 or "" in names:
            return {}
        mapping: JsonSchema = {}
        for kind, (_, value) in zip(kinds, tags, strict=True):
            self._components[self._key(*kind)].refer(mapping, str(value))
        return {"discriminator": {"propertyName": names.pop(), "mapping": mapping}}

    def _literal(self, arguments: Sequence[Any]) -> JsonSchema:
        kinds = {type(value) for value in arguments if value is not None}
        if len(kinds) == 1 and issubclass(kind := kinds.pop(), enum.Enum):
            return self._schema(kind)
        return {"enum": list(arguments)}

    def _list(self, origin: Any, arguments: tuple[Any, ...]) -> JsonSchema:
        if origin is tuple and arguments[1:] and arguments[1] is not Ellipsis:
            return {"type": "array", "items": self._union(arguments)}
        return {"type": "array", "items": self._schema(arguments[0]) if arguments else {}}

    def _class(self, cls: type, arguments: tuple[Any, ...], hint: Any) -> JsonSchema:
        if (component := self._components.get(self._key(cls, arguments))) is not None:
            return component.refer({})
        if issubclass(cls, enum.Enum) and not issubclass(cls, enum.Flag):
            return self._enum(cls)
        if pydantic_schemas.is_pydantic(cls):
            return self._by_pydantic(hint)
        properties = classes.properties(cls, arguments)
        if properties is not None:
            return self._object(cls, arguments, hint, properties)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return self._named_tuple(cls, arguments)
        if issubclass(cls, abc.Mapping):
            values = arguments[1] if len(arguments) > 1 else Any
            return {"type": "object", "additionalProperties": self._schema(values)}
        scalar = next((base for base in cls.__mro__ if base in _SCALARS), None)
        return _scalar(scalar, scalar) if scalar else unknown(hint)

    def _named_tuple(self, cls: type, arguments: tuple[Any, ...]) -> JsonSchema:
        if cls in self._open_tuples:
            return problem(f"{cls.__qualname__} contains itself")
        self._open_tuples.add(cls)
        owner, self._owner = self._owner, cls
        try:
            return self._list(tuple, tuple(hints.of_class(cls, arguments).values()))
        finally:
            self._owner = owner
            self._open_tuples.discard(cls)

    def _object(
        self, cls: type, arguments: tuple[Any, ...], hint: Any, properties: list[classes.Property]
    ) -> JsonSchema:
        if not properties or _nesting(arguments) > MAX_NESTING:
            return problem(f"{type_text(hint)} has {'too many types' if properties else 'no fields'}")
        component = self._components[self._key(cls, arguments)] = Component(labels(hint))
        component.schema = {"type": "object", "description": classes.described(cls)}
        self._pending.append(_PendingClass(component, hint, properties))
        return component.refer({})

    def _enum(self, cls: type[enum.Enum]) -> JsonSchema:
        if not all(isinstance(member.value, str | int | float) for member in cls) or not len(cls):
            return problem(f"{cls.__qualname__} has values that are not scalars")
        values = {json.to_text(member.value): member.name for member in cls}
        component = self._components[self._key(cls)] = Component(labels(cls))
        component.schema = {VALUE: {"names": values}, "description": classes.described(cls)}
        return component.refer({})

    def _by_pydantic(self, hint: Any) -> JsonSchema:
        """Return pydantic's schema of a type. Each class in it becomes one component."""
        written = pydantic_schemas.write(hint, self._mode)
        if written.cls is None or issubclass(written.cls, enum.Enum):
            return self._within(written)
        component = self._components.setdefault(self._key(written.cls), Component(labels(written.cls)))
        component.schema = self._within(written)
        return component.refer({})

    def _within(self, written: pydantic_schemas.PydanticSchema) -> JsonSchema:
        """Return pydantic's schema with its references replaced by references to components."""
        components = {name: self._definition(name, part, written) for name, part in written.definitions.items()}
        for part in (written.schema, *written.definitions.values()):
            for holder, key in list(pydantic_schemas.references(part)):
                components[holder[key]].refer(holder, key)
        return written.schema

    def _definition(self, name: str, schema: JsonSchema, written: pydantic_schemas.PydanticSchema) -> Component:
        cls = written.classes.get(name)
        key = self._key(cls) if cls else (name, msgspec.json.encode(schema))
        if key not in self._components:
            if cls is not None and issubclass(cls, enum.Enum):
                self._enum(cls)
            else:
                names = labels(cls) if cls else (name.rpartition("/")[2],) * 3
                self._components[key] = Component(names)
                self._components[key].schema = schema
        return self._components[key]

    def _key(self, cls: type, arguments: tuple[Any, ...] = ()) -> Hashable:
        """Return the identity of a component. An enum has the same schema in requests and responses."""
        return (cls, arguments, "" if issubclass(cls, enum.Enum) else self._mode)


def problem(reason: str) -> JsonSchema:
    """Return the schema of a value that is JSON, with the reason."""
    return {VALUE: {"problem": reason}}


def unknown(hint: Any) -> JsonSchema:
    return problem(f"the JSON of {type_text(hint)} is unknown")


def _scalar(hint: Any, scalar: type) -> JsonSchema:
    return dict(_of_scalar(scalar)) if hint is scalar else {**msgspec.json.schema(hint), **_MORE.get(scalar, {})}


@functools.cache
def _of_scalar(scalar: type) -> JsonSchema:
    return {**msgspec.json.schema(scalar), **_MORE.get(scalar, {})}


def _nesting(arguments: tuple[Any, ...]) -> int:
    return max((1 + _nesting(get_args(argument)) for argument in arguments), default=0)
