"""Random graphene types whose resolvers look at the request and change what they are given, and operations on them."""

import contextvars
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from enum import Enum
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import graphene
from flask import abort, g, request, session
from flask_login import current_user
from graphql import GraphQLError

from restgql import JSON

CALLER = "X-Caller"
ALONE = "/alone"
ALOUD = "The user is told this."
SECRET = "what nobody is told"

correlation: contextvars.ContextVar[str | None] = contextvars.ContextVar("correlation", default=None)

OBJECTS = ("Ant", "Bee", "Cat")
THINGS = ("Ant", "Bee")
ANY = ("Ant", "Cat")
LEAVES = ("String", "JSON", "Int", "Strings", "Grid")
SEEN = ("header", "user", "session", "g", "get", "path", "context", "context")
FAILURES = ("raise", "aloud", "aloud", "abort", "returned", "wrong")
VALUES = {"String": "text", "JSON": {"a": [1, {"b": None}]}, "Int": 7, "Strings": ["x", None], "Grid": [[1, 2], None]}
WRONG = {"String": None, "JSON": None, "Int": "no number", "Strings": 5, "Grid": [3]}


class Kind(graphene.Enum):
    BIG = 1
    SMALL = 2


class Filter(graphene.InputObjectType):
    text = graphene.String()
    tags = graphene.List(graphene.String)
    least = graphene.Int(default_value=3)
    below = graphene.InputField(lambda: Filter)


ARGUMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "text": (graphene.String, "String"),
    "count": (graphene.Int, "Int"),
    "flag": (graphene.Boolean, "Boolean"),
    "kind": (Kind, "Kind"),
    "json": (JSON, "JSON"),
    "tags": (lambda: graphene.List(graphene.String), "[String]"),
    "grid": (lambda: graphene.List(graphene.List(graphene.Int)), "[[Int]]"),
    "filter": (lambda: graphene.Argument(Filter), "Filter"),
    "filters": (lambda: graphene.List(graphene.NonNull(Filter)), "[Filter!]"),
}
"""The arguments of fields: the graphene type of each, and its GraphQL type."""


class Calls:
    """The calls of resolvers and of routes that write, each by its path; and the values that they wrote."""

    def __init__(self) -> None:
        self.made: list[tuple[str | int, ...]] = []
        self.written: list[str] = []

    def clear(self) -> None:
        self.made.clear()
        self.written.clear()


class OwnField(NamedTuple):
    """A field of a user's type. `of` is an object, an abstract type or one of LEAVES."""

    name: str
    of: str
    is_list: bool
    required: bool
    arguments: tuple[str, ...]
    action: str
    form: str
    length: int

    @property
    def by_default(self) -> bool:
        return self.action == "default"


class OwnTypes:
    """Random types by their names; `Query` and `Mutation` are the roots. `ask` is the value of GET /who by a way."""

    def __init__(self, random: Random, calls: Calls, ask: Callable[[], Any]) -> None:
        self.random = random
        self.calls = calls
        self.ask = ask
        self.fields = {name: self._fields(name) for name in (*OBJECTS, "Query", "Mutation")}
        self.label = self._field("label", ("String",), actions=SEEN)
        self.types: dict[str, Any] = {}
        self.abstract = self._abstract()
        for name in OBJECTS:
            self.types[name] = self._type(name)
        self.abstract["Any"] = self._union()
        self.query = self._type("Query")
        self.mutation = self._type("Mutation")

    def _fields(self, owner: str) -> dict[str, OwnField]:
        is_root = owner in ("Query", "Mutation")
        found = {}
        for index in range(self.random.randint(3, 6)):
            leaves = ("String", "JSON", *LEAVES)  # the two that say what was seen
            of = (*leaves, *OBJECTS, "Thing", "Any") if is_root or self.random.random() < 0.5 else leaves
            name = f"{owner.lower()}_{index}" if self.random.random() < 0.3 else f"{owner.lower()}{index}"
            actions = SEEN if is_root or self.random.random() < 0.6 else ("default",)
            field = self._field(name, of, actions=actions)
            if owner == "Mutation" and (field.of not in LEAVES or field.action in (*FAILURES, "null")):
                field = field._replace(required=False)  # so that the data of a mutation is never null
            found[name] = field
        return found

    def _field(self, name: str, of: tuple[str, ...], *, actions: tuple[str, ...]) -> OwnField:
        random = self.random
        action = random.choice(actions)
        if action != "default" and random.random() < 0.18:
            action = random.choice((*FAILURES, "null"))
        return OwnField(
            name=name,
            of=random.choice(of),
            is_list=random.random() < 0.45,
            required=random.random() < (0.25 if action not in (*FAILURES, "null") else 0.2),
            arguments=tuple(name for name in ARGUMENTS if random.random() < 0.3) if action != "default" else (),
            action=action,
            form=random.choice(("dict", "object", "graphene")),
            length=random.choice((0, 1, 2, 2, 3)),
        )

    def _abstract(self) -> dict[str, Any]:
        types = self.types

        def resolve_type(cls: Any, instance: Any, info: Any) -> Any:
            return types[kind_of(instance)]

        namespace = {
            "label": self._graphene_field(self.label),
            "resolve_type": classmethod(resolve_type),
            "resolve_label": staticmethod(self._resolver(self.label)),
        }
        return {"Thing": type("Thing", (graphene.Interface,), namespace)}

    def _union(self) -> Any:
        types = self.types

        def resolve_type(cls: Any, instance: Any, info: Any) -> Any:
            return types[kind_of(instance)]

        meta = type("Meta", (), {"types": tuple(types[name] for name in ANY)})
        return type("Any", (graphene.Union,), {"Meta": meta, "resolve_type": classmethod(resolve_type)})

    def _type(self, name: str) -> Any:
        namespace: dict[str, Any] = {}
        if name in THINGS:
            namespace["Meta"] = type("Meta", (), {"interfaces": (self.abstract["Thing"],)})
        for field in self.fields[name].values():
            namespace[field.name] = self._graphene_field(field)
            if not field.by_default:
                namespace[f"resolve_{field.name}"] = staticmethod(self._resolver(field))
        if name == "Query":  # a type that is behind an interface alone is not in a schema
            namespace |= {f"every_{each.lower()}": graphene.Field(self.types[each]) for each in OBJECTS}
        return type(name, (graphene.ObjectType,), namespace)

    def _graphene_field(self, field: OwnField) -> Any:
        def of_type() -> Any:
            leaf = {
                "String": graphene.String,
                "JSON": JSON,
                "Int": graphene.Int,
                "Strings": graphene.List(graphene.String),
                "Grid": graphene.List(graphene.List(graphene.Int)),
            }
            found = leaf.get(field.of) or self.types.get(field.of) or self.abstract[field.of]
            return graphene.List(found) if field.is_list else found

        arguments = {name: ARGUMENTS[name][0]() for name in field.arguments}
        return graphene.Field(of_type, args=arguments, required=field.required)

    def _resolver(self, field: OwnField) -> Callable[..., Any]:
        def resolve(source: Any, info: Any, /, **arguments: Any) -> Any:
            self.calls.made.append(tuple(info.path.as_list()))
            sent = plain(arguments)
            if request.path != ALONE:  # graphene alone gives one object for a variable to each call
                spoil(arguments)
            match field.action:
                case "raise":
                    raise ValueError(SECRET)
                case "aloud":
                    raise GraphQLError(ALOUD)
                case "abort":
                    abort(403)
                case "returned":
                    return ValueError(SECRET)
                case "null":
                    return None
            if info.parent_type.name == "Mutation":
                self.calls.written.append(field.name)
            if field.action == "wrong":
                return 5 if field.is_list else WRONG.get(field.of, SimpleNamespace(kind="Nobody"))
            seen = self._seen(field.action, info)
            return self._value(field, [seen, sent])

        return resolve

    def _seen(self, action: str, info: Any) -> Any:
        match action:
            case "header":
                return [request.headers.get(CALLER), request.method]
            case "user":
                return current_user.name
            case "session":
                return session.get("name")
            case "g":
                return g.caller
            case "get":
                return self.ask()
            case "path":
                return [info.path.as_list(), info.field_name, str(info.return_type), info.parent_type.name]
            case "context":
                return correlation.get()
        return None

    def _value(self, field: OwnField, seen: Any) -> Any:
        one = [self._one(field, index, seen) for index in range(field.length if field.is_list else 1)]
        return one if field.is_list else one[0]

    def _one(self, field: OwnField, index: int, seen: Any) -> Any:
        match field.of:
            case "String":
                return json.dumps(seen, sort_keys=True)
            case "JSON":
                return {"seen": seen}
            case leaf if leaf in LEAVES:
                return deepcopy(VALUES[leaf])
            case "Thing" | "Any" as abstract:
                members = THINGS if abstract == "Thing" else ANY
                name = members[index % len(members)]
            case name:
                pass
        values = {each.name: default_of(each) for each in self.fields[name].values() if each.by_default}
        if field.form == "graphene":
            return self.types[name](**values)
        return {"kind": name, **values} if field.form == "dict" else SimpleNamespace(kind=name, **values)

    # Operations.

    def operation(self, root: str) -> "Operation":
        return Operation(self, root)


def default_of(field: OwnField) -> Any:
    """The value of a field without a resolver: leaves only, so that an object without one is null."""
    if field.of not in LEAVES:
        return [] if field.is_list else ({"kind": field.of} if field.of in OBJECTS else {"kind": "Ant"})
    value = deepcopy(VALUES[field.of])
    return [value] * field.length if field.is_list else value


def kind_of(instance: Any) -> str:
    """The name of an object's type."""
    if isinstance(instance, dict):
        return str(instance["kind"])
    return str(getattr(instance, "kind", type(instance).__name__))


def plain(value: Any) -> Any:
    """A copy of arguments as JSON has them."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case Enum():
            return value.name
    return value


def spoil(value: Any) -> None:
    """Change arguments in place, at every depth."""
    match value:
        case dict():
            for each in value.values():
                spoil(each)
            value.setdefault("owner", request.headers.get(CALLER))
            value.pop("text", None)
        case list():
            for each in value:
                spoil(each)
            value.append(request.headers.get(CALLER))


class Operation:
    """A random operation. `text` has directives for parts; `variables` makes values for its variables."""

    def __init__(self, types: OwnTypes, root: str) -> None:
        self.types = types
        self.random = types.random
        self.variables_types: dict[str, str] = {}
        self._count = 0
        self._later = 0
        selection = self._selection(root, 0)
        if root == "Query":
            selection += ' r0: get(path: "/who") ... { r1: get(path: "/who?n=1", select: "caller") }'
        else:
            own = selection.split("\n")
            for index in range(self.random.randint(0, 3)):
                write = f'w{index}: post(path: "/note/{index}") {{ status get(path: "/written") }}'
                own.insert(self.random.randint(0, len(own)), write)
            selection = "\n".join(own)
        declared = ", ".join(f"${name}: {of}" for name, of in self.variables_types.items())
        declared = f"({declared})" if declared else ""
        self.text = f"{root.lower()} Op{declared} {{\n{selection}\n}}"
        self.whole = re.sub(r" @(defer|stream)(\([^)]*\))?", "", self.text)

    def variables(self) -> dict[str, Any]:
        """Values for the variables, some of which are left out."""
        named = {name: self._json(of) for name, of in self.variables_types.items()}
        return {name: value for name, value in named.items() if self.random.random() < 0.9}

    def _selection(self, owner: str, depth: int) -> str:
        fields = self.types.fields[owner]
        lines = [self._line(field, depth) for field in self._some([*fields.values()], 4 if depth == 0 else 3)]
        if owner in THINGS and self.random.random() < 0.4:
            lines.append(self._line(self.types.label, depth))
        if depth and self.random.random() < 0.5 and self._later < 12:
            self._later += 1
            cut = self.random.randrange(len(lines))
            repeated = [line for line in lines[:cut] if "{" not in line and self.random.random() < 0.5]
            lines = [*lines[:cut], f"... @defer {{ {' '.join(repeated + lines[cut:])} }}"]
        elif self.random.random() < 0.2:
            again = self.random.choice(lines)
            if "@stream" not in again:  # which may stand once alone
                lines = [*lines, f"... {{ {again} }}"]
        return ("\n" if depth == 0 else " ").join(lines)

    def _some(self, fields: list[OwnField], most: int) -> list[OwnField]:
        return [self.random.choice(fields) for _ in range(self.random.randint(1, most))]

    def _line(self, field: OwnField, depth: int) -> str:
        self._count += 1
        name = re.sub(r"_(\w)", lambda match: match[1].upper(), field.name)
        arguments = [self._argument(each) for each in field.arguments if self.random.random() < 0.8]
        line = f"f{self._count}: {name}" + (f"({', '.join(arguments)})" if arguments else "")
        if field.of in LEAVES:
            return line
        may_stream = depth > 0 or field.name.startswith("query")  # not at the root of a mutation
        if may_stream and field.is_list and self.random.random() < 0.8 and self._later < 12:
            self._later += 1
            line += f" @stream(initialCount: {self.random.randint(0, 2)})"
        return f"{line} {{ {self._below(field.of, depth + 1)} }}"

    def _below(self, of: str, depth: int) -> str:
        if depth > 3:
            return "__typename"
        if of in OBJECTS:
            return self._selection(of, depth)
        members = THINGS if of == "Thing" else ANY
        parts = [f"... on {name} {{ {self._selection(name, depth)} }}" for name in members]
        return " ".join(["__typename", *parts, *(["label"] if of == "Thing" else [])])

    def _argument(self, name: str) -> str:
        of = ARGUMENTS[name][1]
        if self.random.random() < 0.5:
            variable = f"v{len(self.variables_types)}"
            self.variables_types[variable] = of
            return f"{name}: ${variable}"
        return f"{name}: {literal(self._json(of), of)}"

    def _json(self, of: str) -> Any:
        random = self.random
        if not of.endswith("!") and random.random() < 0.1:
            return None
        of = of.removesuffix("!")
        if of.startswith("["):
            return [self._json(of[1:-1]) for _ in range(random.randint(0, 3))]
        match of:
            case "Filter":
                return dict(self._filter())
            case "JSON":
                return {"a": [random.randint(0, 9)], "b": {"c": "d"}}
        scalars = {"String": f"s{random.randint(0, 99)}", "Int": random.randint(-9, 9)}
        return {**scalars, "Boolean": random.random() < 0.5, "Kind": random.choice(("BIG", "SMALL"))}[of]

    def _filter(self) -> Iterator[tuple[str, Any]]:
        for name, of in (("text", "String"), ("tags", "[String]"), ("least", "Int")):
            if self.random.random() < 0.5:
                yield name, self._json(of)
        if self.random.random() < 0.3:
            yield "below", self._json("Filter!")


def literal(value: Any, of: str) -> str:
    """A value as GraphQL writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {literal(each, '')}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(literal(each, of) for each in value) + "]"
        case str() if "Kind" in of:
            return value
    return json.dumps(value)
