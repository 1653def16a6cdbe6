"""Infers SDL with directives from sample responses, for review: a sample shows only part of what a route returns."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from graphql import DefinitionNode, DocumentNode, TypeNode

from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl import names, scalar_names
from restgql.schema.sdl.builder import SdlBuilder, key_expression
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sdl.route_fields import Endpoint, RouteFields
from restgql.schema.sdl.singulars import singular

MAX_KEYS = 50
"""Keys of an object type. An object with more keys is a map, whose keys are data."""
MAX_DEPTH = 32

_DATE = r"\d{4}-\d\d-\d\d"
_FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], object]], ...] = (
    ("DateTime", re.compile(rf"{_DATE}[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?\Z"), datetime.fromisoformat),
    ("Date", re.compile(rf"{_DATE}\Z"), date.fromisoformat),
    ("UUID", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"), str),
)
_LIKE_A_NAME = re.compile(r"[@$]?[A-Za-z_][\w.: -]*\Z")
_LIKE_AN_ID = re.compile(r"(?=.*\d)[0-9a-f-]{16,}\Z")
_MANY = ("items", "data", "results", "entries", "values", "hits")
"""Common keys for the items of a page."""
_VERSION = re.compile(r"v\d+(\.\d+)*\Z|api\Z")


class Sample(Endpoint, frozen=True, kw_only=True):
    """A route, and the JSON values of its successful GET responses. An empty body is null."""

    answers: Sequence[Any]


class SampleShape:
    """The common structure of some JSON values. Any of them may be null."""

    def __init__(self) -> None:
        self.scalars: set[str] = set()
        self.items: SampleShape | None = None
        self.members: dict[str, SampleShape] | None = None

    def add(self, value: Any, depth: int = 0) -> None:
        """Extend the structure by a value."""
        match value:
            case None:
                pass
            case dict() | list() if depth == MAX_DEPTH:
                self.scalars.add("JSON")
            case dict():
                self.members = {} if self.members is None else self.members
                for name, member in value.items():
                    self.members.setdefault(name, SampleShape()).add(member, depth + 1)
            case list():
                self.items = self.items or SampleShape()
                for item in value:
                    self.items.add(item, depth + 1)
            case _:
                self.scalars.add(_scalar(value))

    def merge(self, other: "SampleShape") -> None:
        """Extend the structure by that of other values."""
        if other is self:
            return
        self.scalars |= other.scalars
        if other.items is not None:
            self.items = self.items or SampleShape()
            self.items.merge(other.items)
        if other.members is not None:
            self.members = {} if self.members is None else self.members
            for name, member in other.members.items():
                self.members.setdefault(name, SampleShape()).merge(member)

    @property
    def kind(self) -> str:
        """A scalar, `list`, `object`, or an empty text if all values are null."""
        kinds = [*(["list"] if self.items else []), *(["object"] if self.members is not None else [])]
        if self.scalars:
            kinds.append(scalar_names.wider(self.scalars) or "JSON")
        if len(kinds) > 1 or (kinds == ["object"] and self._is_map()):
            return "JSON"
        return kinds[0] if kinds else ""

    def fits(self, other: "SampleShape") -> bool:
        """Return True if the values of both may have one type.

        Known kinds must agree, and objects must share at least half of the keys of the smaller one.
        """
        kinds = {self.kind, other.kind} - {""}
        if len(kinds) > 1:
            return "JSON" not in kinds and scalar_names.wider(kinds) is not None
        if self.items and other.items:
            return self.items.fits(other.items)
        if kinds == {"object"} and self.members and other.members:
            common = self.members.keys() & other.members.keys()
            enough = 2 * len(common) >= min(len(self.members), len(other.members))
            return enough and all(self.members[name].fits(other.members[name]) for name in common)
        return True

    def _is_map(self) -> bool:
        members = self.members or {}
        if (
            not members
            or len(members) > MAX_KEYS
            or any(len(key_expression(name)) > MAX_EXPRESSION for name in members)
        ):
            return True
        if any(_LIKE_A_NAME.match(name) and not _LIKE_AN_ID.match(name) for name in members):
            return False
        return len({member.kind for member in members.values()} - {""}) <= 1


def infer(
    samples: Iterable[Sample], *, camel_case: bool = False, reserved: ReservedNames | None = None
) -> DocumentNode:
    """Infer the SDL of samples: a nullable field of Query for each route.

    Compile the result with the same `camel_case`. Raises BadPath for a path that is not a valid template.
    """
    builder, reserved = SdlBuilder(), reserved or reserve()
    fields = RouteFields(builder, NamingConvention(camel_case), reserved)
    types = _Types(builder, fields, reserved)
    ordered = sorted(samples, key=lambda sample: (sample.path, sample.name))
    shapes = [types.add(sample) for sample in ordered]
    root_names = fields.root_names(ordered)
    roots = [
        fields.root_field(sample, name, types.node(shape, sample.name))
        for sample, name, shape in zip(ordered, root_names, shapes, strict=True)
    ]
    definitions: list[DefinitionNode] = [builder.object("Query", roots), *types] if roots else []
    return DocumentNode(definitions=tuple(definitions))


class _Types:
    """The object types of one document. Routes of one resource share a type if their samples fit."""

    def __init__(self, builder: SdlBuilder, fields: RouteFields, reserved: ReservedNames) -> None:
        self._builder = builder
        self._fields = fields
        self._scope = names.NameScope(reserved.types | reserved.own_types)
        self._resources: dict[str, list[SampleShape]] = {}
        self._type_names: dict[int, str] = {}
        self._pending: deque[SampleShape] = deque()

    def add(self, sample: Sample) -> SampleShape:
        """Return the shape of a route's responses. Routes that are added later may extend it."""
        shape = SampleShape()
        for answer in sample.answers:
            shape.add(answer)
        segments = _static(sample.path) or [sample.name]
        if shape.kind == "object" and not _is_item_path(sample.path) and shape.members is not None:
            for name in (segments[-1], *_MANY):
                if (items := shape.members.get(name)) is not None and items.kind == "list":
                    self._share_items(items, segments)
            return self._share_type(shape, names.type_name(segments[-1]), segments)
        document_shape = SampleShape()
        document_shape.items = shape
        self._share_items(document_shape, segments)
        return document_shape.items

    def node(self, shape: SampleShape, preferred: str) -> TypeNode:
        """Return the type of a shape. An object type without a name gets the preferred one."""
        lists = 0
        while shape.kind == "list" and shape.items:
            shape, lists = shape.items, lists + 1
        kind = shape.kind or "JSON"
        if kind != "object":
            return self._builder.type(kind, lists)
        if id(shape) not in self._type_names:
            self._name(shape, names.type_name(preferred if not lists else singular(preferred)))
        return self._builder.type(self._type_names[id(shape)], lists)

    def __iter__(self) -> Iterator[DefinitionNode]:
        while self._pending:
            shape = self._pending.popleft()
            type_name = self._type_names[id(shape)]
            members = {
                name: (self.node(member, f"{type_name} {name}"), "") for name, member in (shape.members or {}).items()
            }
            yield self._builder.object(type_name, self._fields.object_fields(members))

    def _share_items(self, array: SampleShape, segments: Sequence[str]) -> None:
        """Give the objects in an array, or in nested arrays, the type of the resource that a path names."""
        while array.items is not None and array.items.kind == "list":
            array = array.items
        if array.items is not None and array.items.kind == "object":
            array.items = self._share_type(array.items, names.type_name(singular(segments[-1])), segments)

    def _share_type(self, shape: SampleShape, preferred: str, segments: Sequence[str]) -> SampleShape:
        resources = self._resources.setdefault(preferred, [])
        for shared_shape in resources:
            if shared_shape.fits(shape):
                shared_shape.merge(shape)
                return shared_shape
        if resources:
            preferred = names.type_name(" ".join([*map(singular, segments[:-1]), preferred]))
        resources.append(shape)
        self._name(shape, preferred)
        return shape

    def _name(self, shape: SampleShape, preferred: str) -> None:
        self._type_names[id(shape)] = self._scope.take(preferred)
        self._pending.append(shape)


def _is_item_path(path: str) -> bool:
    """Return True if the last segment of a path is a variable: the path has one item of a collection."""
    return "{" in path.partition("{?")[0].rstrip("/").rpartition("/")[2]


def _static(path: str) -> list[str]:
    """Return the segments of a path without variables and without the version of the API."""
    segments = [segment.partition(".")[0] for segment in path.partition("{?")[0].split("/") if "{" not in segment]
    return [segment for segment in segments if segment and not _VERSION.match(segment)]


def _scalar(value: Any) -> str:
    """Return the scalar of a JSON value; that of a text by its format. An integer is Long: others may be larger."""
    if isinstance(value, str):
        return next((name for name, form, parse in _FORMS if form.match(value) and _parses(value, parse)), "String")
    scalar = scalar_names.of_value(value)
    return "Long" if scalar == "Int" else scalar


def _parses(text: str, parse: Callable[[str], object]) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
