"""A registry of the types of one document: their names, definitions, users and problems."""

from collections import deque
from collections.abc import Callable, Iterable

import msgspec
from graphql import DefinitionNode, ObjectTypeDefinitionNode, TypeNode

from restgql import graphql_core
from restgql.schema.sdl import names
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.name_rules import NameRules
from restgql.schema.sdl.scalar_names import CORE, JSON
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.interfaces import implement
from restgql.schema.sources.openapi.lenient import JsonObject, first_description
from restgql.schema.sources.openapi.schema_shape import EnumShape, ListShape
from restgql.schema.sources.openapi.shape_resolver import ResolvedSchema, ShapeResolver

MAX_LISTS = 8
"""Levels of nested lists. A deeper list is JSON."""


class TypeRef(msgspec.Struct, frozen=True):
    """A reference to a type. `name` is the named type without lists, `problem` the reason if that is JSON."""

    node: TypeNode
    name: str
    problem: str = ""


class NamedSchema(msgspec.Struct, frozen=True):
    """A schema that gets a type.

    `name` is its name in the document. Without one, `hint` is a type name derived from its position, and `member` the
    property or parameter that has it.
    """

    schema: JsonObject
    name: str
    hint: str
    member: str = ""

    @property
    def word(self) -> str:
        """The name of the schema or of its property, in lower case."""
        return names.type_name(self.name or self.member).lower()


class TypeRegistry:
    """The types of one document. Not thread-safe.

    Types are defined from a queue, not by recursion, so that a chain of types can have any length.
    """

    def __init__(self, shapes: ShapeResolver, builder: SdlBuilder, components: Iterable[str], rules: NameRules) -> None:
        self.shapes = shapes
        self.builder = builder
        self.naming = rules.naming
        self._prefix = rules.prefix
        self._own = rules.reserved.own_types
        self._names = names.NameScope(rules.reserved.types)
        # named schemas get their names before all others
        self._reserved = {name: self._names.take(self.type_name(name)) for name in components}
        self._names_by_schema: dict[tuple[int, str], str] = {}
        self._pending: deque[tuple[str, Callable[[str], None]]] = deque()
        self._values: dict[str, tuple[str, ...]] = {}
        self._discriminated_together: dict[str, list[list[str]]] = {}
        """By object type: the members of each union and interface that it belongs to."""
        self.interface_members: dict[str, list[str]] = {}
        """The object types of each interface."""
        self._problems: dict[str, list[str]] = {}
        self._users: dict[str, set[str]] = {}
        self._scalars: dict[str, TypeRef] = {}
        self.definitions: dict[str, DefinitionNode] = {}
        self.enums: dict[str, dict[str, str]] = {}
        self._equal_enums: dict[tuple[frozenset[str], str], str] = {}
        """The names of enums by their values and their property."""

    def type_name(self, name: str) -> str:
        """Return the type name for a named schema, with the prefix. A hint already has the prefix."""
        return self._prefix.of_type(names.type_name(name))

    def finish(self) -> None:
        """Define all types that are referred to. A type that cannot be defined becomes a scalar without checks."""
        while self._pending:
            name, define = self._pending.popleft()
            try:
                define(name)
            except Exception as exc:  # a document can hold anything; a failure costs this type only
                self.definitions[name] = self.builder.scalar(name)
                self.note(name, f"{name} has no type, {type(exc).__name__}: {exc}")

    def document(self) -> list[DefinitionNode]:
        """Return all definitions, scalars last."""
        for name, values in self._values.items():
            node = self.definitions[name]
            if isinstance(node, ObjectTypeDefinitionNode):
                directives = tuple(self.builder.directive("value", {"is": value}) for value in values)
                self.definitions[name] = graphql_core.changed(node, directives=directives)
        implement(self.definitions, self.interface_members, self.builder)
        scalars = sorted(self._users.keys() - self.definitions.keys() - CORE)
        return [*self.definitions.values(), *(self.builder.scalar(name) for name in scalars)]

    def unwrap_lists(self, schema: object, hint: str) -> tuple[ResolvedSchema, int, str]:
        """Return the innermost item schema of nested lists, the number of lists, and a hint for the item's name.

        Raises DocumentProblem.
        """
        resolved = self.shapes.resolve(schema)
        lists = 0
        while lists < MAX_LISTS and isinstance(shape := self.shapes.shape(resolved.schema), ListShape):
            hint = names.type_name(f"{self.type_name(resolved.name) if resolved.name else hint}Item")
            resolved = self.shapes.resolve(shape.item)
            lists += 1
        return resolved, lists, hint

    def scalar(self, name: str) -> TypeRef:
        type_ref = self._scalars.get(name)
        if type_ref is None:
            type_ref = self._scalars[name] = self.type_ref(name)
        return type_ref

    def type_ref(self, name: str, lists: int = 0, problem: str = "") -> TypeRef:
        if name not in self._users:
            self._users[name] = set()
        return TypeRef(self.builder.type(name, lists), name, problem)

    def define_once(self, source: NamedSchema, use: str, define: Callable[[str], None]) -> str:
        """Return the type name of a schema for a use (a suffix such as `Input`). `define(name)` is called once."""
        identity = (id(source.schema), use)
        name = self._names_by_schema.get(identity)
        if name is None:
            name = self._names_by_schema[identity] = self._name(source, use)
            self._pending.append((name, define))
        return name

    def enum(self, source: NamedSchema, shape: EnumShape) -> str:
        """Return the name of an enum. Unnamed enums with equal values and an equal property name share a type."""
        equal = frozenset(shape.values), source.word
        if not source.name and source.member and equal in self._equal_enums:
            return self._equal_enums[equal]

        def define(name: str) -> None:
            self.definitions[name] = self.builder.enum(name, self.enums[name], first_description(source.schema))

        name = self.define_once(source, "", define)
        self._equal_enums.setdefault(equal, name)
        if name not in self.enums:
            self.enums[name] = self.naming.enum_value_names(shape.names or {text: text for text in shape.values})
        return name

    def property_type(
        self, owner: str, text: str, kind: Callable[[object, str, str], TypeRef], schema: object, prefix: str = ""
    ) -> TypeRef:
        """Return the type of a property, or JSON; the reason is recorded for the owning type.

        The name of an unnamed type begins with `prefix`, by default with the name of the owning type.
        """
        try:
            type_ref = kind(schema, f"{prefix or owner}{text[:1].upper()}{text[1:]}", text)
        except DocumentProblem as exc:
            type_ref = self.type_ref(JSON, problem=exc.message)
        if type_ref.problem:
            self.note(owner, f"{owner}.{text} is JSON, {type_ref.problem}")
        self._users[type_ref.name].add(owner)
        return type_ref

    def uses(self, owner: str, name: str) -> None:
        """Record that the type `owner` refers to the type `name`."""
        self._users[name].add(owner)

    def note(self, owner: str, problem: str) -> None:
        """Record a problem of a type, once."""
        if problem and problem not in (problems := self._problems.setdefault(owner, [])):
            problems.append(problem)

    def assign_discriminators(self, values: dict[str, tuple[str, ...]]) -> bool:
        """Assign discriminator values to object types. Return False if two members of one union would share a value."""
        merged = {name: tuple(dict.fromkeys((*self._values.get(name, ()), *own))) for name, own in values.items()}
        groups = [list(values), *(group for name in values for group in self._discriminated_together.get(name, ()))]
        for members in groups:
            values_of_members = [value for name in members for value in merged.get(name) or self._values.get(name, ())]
            if len(set(values_of_members)) < len(values_of_members):
                return False
        self._values |= merged
        for name in values:
            self._discriminated_together.setdefault(name, []).append(list(values))
        return True

    def problems_by_type(self) -> dict[str, str]:
        """Return the problems of each type that has some itself, or refers to a type that does."""
        by_type = {name: "; ".join(problems) for name, problems in self._problems.items()}
        pending = list(by_type)
        while pending:
            name = pending.pop()
            for owner in self._users.get(name, ()):
                if owner not in by_type:
                    by_type[owner] = by_type[name]
                    pending.append(owner)
        return by_type

    def _name(self, source: NamedSchema, use: str) -> str:
        if not use and source.name in self._reserved:
            return self._reserved.pop(source.name)
        base = self.type_name(source.name) if source.name else names.type_name(source.hint)
        return self._names.take(base if base.endswith(use) else base + use, avoid=self._own)
