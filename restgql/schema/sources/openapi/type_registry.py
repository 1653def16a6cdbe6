"""The types of one document: their names, their definitions, who uses whom, and what is wrong with them."""

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
"""Of lists within lists; what is deeper is JSON."""


class TypeRef(msgspec.Struct, frozen=True):
    """A type, the name of what is in its lists, and, where that is JSON for a problem, the problem."""

    node: TypeNode
    name: str
    problem: str = ""


class NamedSchema(msgspec.Struct, frozen=True):
    """The schema that a type is of; the document's name for it, or else where it stands, and its own name there."""

    schema: JsonObject
    name: str
    hint: str
    member: str = ""

    @property
    def word(self) -> str:
        """The name of the schema, or of the property that it is of, whatever its case."""
        return names.type_name(self.name or self.member).lower()


class TypeRegistry:
    """Not thread-safe: made, filled and read while one document is turned into types.

    Types are made from a list of work, so a chain of them may be as long as it likes.
    """

    def __init__(self, shapes: ShapeResolver, builder: SdlBuilder, components: Iterable[str], rules: NameRules) -> None:
        self.shapes = shapes
        self.builder = builder
        self.naming = rules.naming
        self._prefix = rules.prefix
        self._own = rules.reserved.own_types
        self._names = names.NameScope(rules.reserved.types)
        # A named schema has its name, whatever comes before it
        self._reserved = {name: self._names.take(self.type_name(name)) for name in components}
        self._known: dict[tuple[int, str], str] = {}
        self._pending: deque[tuple[str, Callable[[str], None]]] = deque()
        self._values: dict[str, tuple[str, ...]] = {}
        self._told_together: dict[str, list[list[str]]] = {}
        """By an object type: the members of each union and interface that it is one of."""
        self.interface_members: dict[str, list[str]] = {}
        """The object types of each interface."""
        self._problems: dict[str, list[str]] = {}
        self._users: dict[str, set[str]] = {}
        self._scalars: dict[str, TypeRef] = {}
        self.definitions: dict[str, DefinitionNode] = {}
        self.enums: dict[str, dict[str, str]] = {}
        self._equal_enums: dict[tuple[frozenset[str], str], str] = {}
        """By their values and the property that has them."""

    def type_name(self, name: str) -> str:
        """The name of the type of a schema that the document has a name for; a hint has its prefix already."""
        return self._prefix.of_type(names.type_name(name))

    def finish(self) -> None:
        """Makes the types that those made so far need; one that cannot be made is a scalar, which takes what comes."""
        while self._pending:
            name, define = self._pending.popleft()
            try:
                define(name)
            except Exception as exc:  # whatever a document holds, it spoils this type alone
                self.definitions[name] = self.builder.scalar(name)
                self.note(name, f"{name} has no type, {type(exc).__name__}: {exc}")

    def document(self) -> list[DefinitionNode]:
        """All definitions, those of scalars last."""
        for name, values in self._values.items():
            node = self.definitions[name]
            if isinstance(node, ObjectTypeDefinitionNode):
                directives = tuple(self.builder.directive("value", {"is": value}) for value in values)
                self.definitions[name] = graphql_core.changed(node, directives=directives)
        implement(self.definitions, self.interface_members, self.builder)
        scalars = sorted(self._users.keys() - self.definitions.keys() - CORE)
        return [*self.definitions.values(), *(self.builder.scalar(name) for name in scalars)]

    def unwrap_lists(self, schema: object, hint: str) -> tuple[ResolvedSchema, int, str]:
        """What a schema is a list of, in how many lists, and a hint of its name. Raises Problem."""
        located = self.shapes.resolve(schema)
        lists = 0
        while lists < MAX_LISTS and isinstance(shape := self.shapes.shape(located.schema), ListShape):
            hint = names.type_name(f"{self.type_name(located.name) if located.name else hint}Item")
            located = self.shapes.resolve(shape.item)
            lists += 1
        return located, lists, hint

    def scalar(self, name: str) -> TypeRef:
        typed = self._scalars.get(name)
        if typed is None:
            typed = self._scalars[name] = self.typed(name)
        return typed

    def typed(self, name: str, lists: int = 0, problem: str = "") -> TypeRef:
        if name not in self._users:
            self._users[name] = set()
        return TypeRef(self.builder.type(name, lists), name, problem)

    def define_once(self, source: NamedSchema, use: str, define: Callable[[str], None]) -> str:
        """The name of the type of a schema for a use; `define` will be called with it, once."""
        identity = (id(source.schema), use)
        name = self._known.get(identity)
        if name is None:
            name = self._known[identity] = self._name(source, use)
            self._pending.append((name, define))
        return name

    def enum(self, source: NamedSchema, shape: EnumShape) -> str:
        """Return the name of an enum. Enums without a name of their own are one type if values and property are."""
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

    def within(self, owner: str, text: str, kind: Callable[[object, str, str], TypeRef], schema: object) -> TypeRef:
        """The type of a property, JSON where it has none; what is wrong with it is noted of its owner."""
        try:
            typed = kind(schema, f"{owner}{text[:1].upper()}{text[1:]}", text)
        except DocumentProblem as exc:
            typed = self.typed(JSON, problem=exc.message)
        if typed.problem:
            self.note(owner, f"{owner}.{text} is JSON, {typed.problem}")
        self._users[typed.name].add(owner)
        return typed

    def uses(self, owner: str, name: str) -> None:
        self._users[name].add(owner)

    def note(self, owner: str, problem: str) -> None:
        """Keep a problem of a type."""
        if problem and problem not in (problems := self._problems.setdefault(owner, [])):
            problems.append(problem)

    def assign_discriminators(self, values: dict[str, tuple[str, ...]]) -> bool:
        """Give object types the values that tell each in a union; False where two of one union would have the same."""
        merged = {name: tuple(dict.fromkeys((*self._values.get(name, ()), *own))) for name, own in values.items()}
        together = [list(values), *(each for name in values for each in self._told_together.get(name, ()))]
        for members in together:
            told = [value for name in members for value in merged.get(name) or self._values.get(name, ())]
            if len(set(told)) < len(told):
                return False
        self._values |= merged
        for name in values:
            self._told_together.setdefault(name, []).append(list(values))
        return True

    def problems_by_type(self) -> dict[str, str]:
        """Every type with something wrong in it or in a type that it leads to, and what that is."""
        found = {name: "; ".join(problems) for name, problems in self._problems.items()}
        pending = list(found)
        while pending:
            name = pending.pop()
            for owner in self._users.get(name, ()):
                if owner not in found:
                    found[owner] = found[name]
                    pending.append(owner)
        return found

    def _name(self, source: NamedSchema, use: str) -> str:
        if not use and source.name in self._reserved:
            return self._reserved.pop(source.name)
        wanted = self.type_name(source.name) if source.name else names.type_name(source.hint)
        return self._names.take(wanted if wanted.endswith(use) else wanted + use, avoid=self._own)
