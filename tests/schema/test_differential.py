"""Random schemas, data and operations: graphql-core's executor with plain resolvers gives the same data and errors.

What is allowed to differ, and so is not compared or not generated:

- The messages of errors, which each executor words in its own way, and their order: graphql-core sorts them.
- A type with a field that selects from the whole of its value (`@select(from: "@")`, JMESPath, a header field) takes
  any JSON value for an object, which GraphQL leaves to the executor: here @select leads through keys only.
- An enum finds its values by how JSON spells them, so that the number 7 is `@value(is: "7")`: both spell it so here.
- A join whose parent lacks its key is an error, where a resolver may as well give null: both give the error here.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random
from typing import Any, Protocol
from urllib.parse import parse_qsl

from graphql import (
    FieldDefinitionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    ObjectTypeDefinitionNode,
    build_schema,
    execute_sync,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from restgql import config as configuration
from restgql.formats import json as json_format
from restgql.formats.target import Site
from restgql.graphql_core import output_coercion, parse, set_output_coercion
from restgql.meter import Meter
from restgql.model import GraphQLRequest, SubRequest
from restgql.pipeline import Pipeline
from restgql.schema import core, directives
from restgql.schema.compile import compile
from restgql.schema.type_source import TypeSource
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream
from restgql.upstream.client_context import ClientContext

LIMITS = ("max_typed_subrequests", "max_aliases", "max_directives", "max_fields", "max_tokens", "max_document")
OPERATIONS = 8
"""Of each schema."""
LEAVES = ("Int", "Float", "String", "Boolean", "ID", "State")
OBJECTS = ("Ant", "Bee", "Cat")
MEMBERS = {"Any": ("Ant", "Bee"), "Node": ("Bee", "Cat")}
COMPOSITE = (*OBJECTS, *MEMBERS)
ENTRY = "Pair"
STATES = {"OPEN": "OPEN", "LATE": "too late", "SEVEN": "7"}
ENUM = 'enum State { OPEN LATE @value(is: "too late") SEVEN @value(is: "7") }'
ABSTRACT = """
union Any @discriminator(from: "kind") = Ant | Bee
interface Node @discriminator(from: "kind", otherwise: "Bee") { shared: %s other: %s }
"""
VARIABLES = {"yes": True, "no": False}

Replies = dict[str, tuple[int, Any]]
"""The status and value, or the JSON text, of each path."""


class Field:
    """A field of a type: `kind` is its named type; `where` its directive, which says where its value is."""

    def __init__(self, name: str, of_type: str, where: str = "") -> None:
        self.name = name
        self.of_type = of_type
        self.kind = of_type.strip("[]!").rstrip("]!")
        self.where = "get" if where == "batch" and ("[" in of_type or self.kind in LEAVES) else where

    @property
    def sdl(self) -> str:
        batch = f'batch: {{path: "/batch{{?id*}}", by: "{self.key}", key: "id", size: 3}}'
        directive = {
            "": "",
            "get": f'@get(path: "/r/{{ref.{self.name}}}")',
            "strict": f'@get(path: "/r/{{{self.key}}}", nullOn: [])',
            "batch": f'@get(path: "/r/{{{self.key}}}", {batch})',
            "select": f'@select(from: "deep.{self.name}")',
            "quoted": f'@select(from: "\\"{self.key}\\"")',
            "entries": f'@select(from: "{self.name}", entries: true)',
        }
        return f"{self.name}: {self.of_type} {directive[self.where]}"

    @property
    def key(self) -> str:
        return f"k_{self.name}"


class Case:
    """A schema, the replies of its routes, and operations on it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.wrongness = self.random.choice([0, 0.03, 0.15])
        self.bangs = self.random.choice([0, 0.15, 0.4])
        shared = [
            Field("shared", self._wrapped(self._one(LEAVES))),
            Field("other", self._wrapped(self._one(COMPOSITE))),
        ]
        self.types = {name: self._fields(name) for name in OBJECTS}
        self.types[ENTRY] = [Field("key", "String"), Field("value", self._wrapped(self._one((*LEAVES, *COMPOSITE))))]
        self.types["Ant"] += [Field("pairs", f"[{ENTRY}]", "entries")]
        self.types["Ant"] += [Field("mate", "Bee", "batch"), Field("kin", self._one(["Ant", "Any", "Ant!"]), "batch")]
        for name in MEMBERS["Node"]:
            self.types[name] += [Field(each.name, each.of_type, self._where()) for each in shared]
        self.types["Node"] = shared
        self.types["Any"] = []
        self.roots = [Field(f"q{n}", self._wrapped(self._one((*COMPOSITE, *COMPOSITE, *LEAVES)))) for n in range(4)]
        self.roots += [Field("ants", self._one(["[Ant]", "[Ant!]!", "[[Ant]]", "[Any]"]))]
        self.replies: Replies = {}
        self._known: dict[str, list[str]] = {}
        for field in self.roots:
            self.replies[field.name] = self._reply(field.of_type, 4)
        self.sdl = self._sdl([each.of_type for each in shared])
        self.operations = [self._operation() for _ in range(OPERATIONS)]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _one(self, among: Any) -> Any:
        return self.random.choice(among)

    def _where(self) -> str:
        return str(self._one(["", "", "", "select", "quoted", "get", "batch", "batch", "strict"]))

    def _wrapped(self, named: str) -> str:
        for _ in range(self._one([0, 0, 0, 1, 1, 2])):
            named = f"[{named}{'!' * self._chance(self.bangs)}]"
        return named + "!" * self._chance(self.bangs)

    def _fields(self, of: str) -> list[Field]:
        kinds = [self._one(LEAVES), *(self._one((*LEAVES, *COMPOSITE)) for _ in range(self.random.randint(1, 4)))]
        return [Field(f"{of.lower()}{n}", self._wrapped(kind), self._where()) for n, kind in enumerate(kinds)]

    def _sdl(self, shared: list[str]) -> str:
        roots = [f'{each.name}: {each.of_type} @get(path: "/r/{each.name}")' for each in self.roots]
        parts = [f"type Query {{ {' '.join(roots)} }}", ENUM, ABSTRACT % tuple(shared)]
        for name in (*OBJECTS, ENTRY):
            implements = " implements Node" if name in MEMBERS["Node"] else ""
            value = ' @value(is: "the cat")' if name == "Cat" else ""
            fields = "\n  ".join(field.sdl for field in self.types[name])
            parts.append(f"type {name}{implements}{value} {{\n  {fields}\n}}")
        return "\n".join(parts)

    # Data

    def _reply(self, of_type: str, depth: int) -> tuple[int, Any]:
        status = self._one([404, 410, 500, 403, 204, 201]) if self._chance(self.wrongness + 0.03) else 200
        return status, self._value(of_type, depth)

    def _value(self, of_type: str, depth: int) -> Any:
        if self._chance(self.wrongness):
            return self._one(
                [None, None, 5, 1.5, "x", "", True, {}, {"kind": "Ant"}, [], [None], [[1]], ["x", 2], 2**40]
            )
        if of_type.endswith("!"):
            return self._value(of_type[:-1], depth)
        if self._chance(0.08) or (depth <= 0 and of_type in COMPOSITE):
            return None
        if of_type.startswith("["):
            return [self._value(of_type[1:-1], depth) for _ in range(self.random.randint(0, 3))]
        return self._leaf(of_type) if of_type in LEAVES else self._object(of_type, depth)

    def _leaf(self, kind: str) -> Any:
        values = {
            "Int": [0, 7, -3, 2.0, True, "12"],
            "Float": [0.5, 3, -1e10, False, "1.5"],
            "String": ["", "text", "ü☃", 5, True, 1.5],
            "Boolean": [True, False, 0, 1.0],
            "ID": ["a", 5, "", 7.0],
            "State": [*STATES.values(), 7],
        }
        return self._one(values[kind])

    def _object(self, kind: str, depth: int) -> Any:
        name = self._one(MEMBERS.get(kind, (kind,)))
        found: dict[str, Any] = {"kind": "the cat" if name == "Cat" else name, "ref": {}, "deep": {}}
        if self._chance(self.wrongness):
            found["kind"] = self._one([None, "none", 5])
        for field in self.types[name]:
            if self._chance(0.05):
                continue
            if field.where in ("get", "strict", "batch"):
                at = found["ref"] if field.where == "get" else found
                at[field.name if field.where == "get" else field.key] = self._reference(field.of_type, depth)
                continue
            if field.where == "entries" and not self._chance(self.wrongness):
                of_value = self.types[ENTRY][1].of_type
                found[field.name] = {key: self._value(of_value, depth - 2) for key in "ab"[: self.random.randint(0, 2)]}
                continue
            at, key = (found["deep"], field.name) if field.where == "select" else (found, field.name)
            at[field.key if field.where == "quoted" else key] = self._value(field.of_type, depth - 1)
        return found

    def _reference(self, of_type: str, depth: int) -> Any:
        if self._chance(self.wrongness):
            return self._one([None, "", [], {}, ["a"], True, 404, "no/where"])
        known = self._known.setdefault(of_type, [])
        if known and (depth <= 0 or self._chance(0.5)):
            name = self._one(known)
        else:
            name = str(len(self.replies) + 100)
            known.append(name)
            self.replies[name] = (200, None)
            self.replies[name] = self._reply(of_type, depth - 1)
        return int(name) if self._chance(0.5) else name

    # Operations

    def _operation(self) -> str:
        self._fragments: dict[str, str] = {}
        body = " ".join(self._part(self.roots, "Query", 4) for _ in range(self.random.randint(1, 3)))
        fragments = " ".join(self._fragments.values())
        used = "yes: __typename @skip(if: $yes) no: __typename @skip(if: $no)"
        return f"query ($yes: Boolean!, $no: Boolean = true) {{ {used} {body} }} {fragments}"

    def _selection(self, kind: str, depth: int) -> str:
        parts = [self._part(self.types[kind], kind, depth) for _ in range(self.random.randint(1, 3))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, fields: list[Field], kind: str, depth: int) -> str:
        choice = self.random.random()
        if choice < 0.2:
            of = kind if kind == "Query" else self._one([kind, *MEMBERS.get(kind, ()), *self._above(kind)])
            inner = self._inner(of, depth - 1)
            if self._chance(0.5):
                return f"... {f'on {of} ' if of != kind or self._chance(0.5) else ''}{self._condition()}{inner}"
            name = f"F{len(self._fragments)}"
            self._fragments[name] = f"fragment {name} on {of} {inner}"
            again = f" ...{name}" if self._chance(0.2) else ""
            return f"...{name} {self._condition()}{again}"
        fitting = [each for each in fields if depth > 0 or each.kind in LEAVES]
        if choice < 0.28 or not fitting:
            return "__typename" if self._chance(0.5) else "t: __typename"
        field = self._one(fitting)
        alias = f"{self._one('ab')}_{field.name}: " if self._chance(0.25) else ""
        below = "" if field.kind in LEAVES else self._selection(field.kind, depth - 1)
        return f"{alias}{field.name} {self._condition()}{below}"

    def _inner(self, of: str, depth: int) -> str:
        if of != "Query":
            return self._selection(of, max(depth, 0))
        return f"{{ {' '.join(self._part(self.roots, of, depth) for _ in range(2))} }}"

    @staticmethod
    def _above(kind: str) -> list[str]:
        return [name for name, members in MEMBERS.items() if kind in members]

    def _condition(self) -> str:
        name = self._one(["skip", "include"])
        return f"@{name}(if: {self._one(['true', 'false', '$yes', '$no'])}) " if self._chance(0.12) else ""


# The plain executor


class Plain:
    """graphql-core's executor, whose resolvers look replies up."""

    def __init__(self, case: Case) -> None:
        self._replies = case.replies
        self.schema = build_schema(f"{directives.SDL}\n{case.sdl}", assume_valid=True)
        for definition in parse(case.sdl).definitions:
            of_type = self.schema.type_map[definition.name.value]  # type: ignore[attr-defined]
            if isinstance(definition, ObjectTypeDefinitionNode):
                assert isinstance(of_type, GraphQLObjectType)
                if of_type.name != "Query":
                    of_type.is_type_of = lambda value, info: isinstance(value, dict)
                for node in definition.fields:
                    of_type.fields[node.name.value].resolve = self._resolver(node)
            elif isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType):
                of_type.resolve_type = self._type_of
        state = self.schema.type_map["State"]
        assert isinstance(state, GraphQLEnumType)
        for name, value in STATES.items():
            state.values[name].value = value
        serialize = output_coercion(state)

        def spelled(output_value: Any) -> str:
            return str(serialize(output_value if isinstance(output_value, str) else json.dumps(output_value)))

        set_output_coercion(state, spelled)

    def execute(self, text: str) -> tuple[str, list[Any]]:
        result = execute_sync(self.schema, parse(text), {}, variable_values=VARIABLES)
        return json.dumps(_whole(result.data)), _sorted(error.path for error in result.errors or ())

    @staticmethod
    def _type_of(value: Any, info: Any, of_type: Any) -> str | None:
        if not isinstance(value, dict):
            return None
        kinds = {"Bee": "Bee", "the cat": "Cat"} if of_type.name == "Node" else {"Ant": "Ant", "Bee": "Bee"}
        kind = value.get("kind")
        known = kinds.get(kind) if isinstance(kind, str) else None
        return "Bee" if known is None and of_type.name == "Node" else known

    def _resolver(self, node: FieldDefinitionNode) -> Any:
        name, said = node.name.value, {d.name.value: d for d in node.directives}
        if "get" in said:
            given: dict[str, Any] = {argument.name.value: argument.value for argument in said["get"].arguments}
            path = given["path"].value.removeprefix("/r/")
            null = () if "nullOn" in given else (404, 410)
            return lambda source, info: self._called(source, info, path, null)
        selected: Any = said["select"].arguments[0].value if "select" in said else None
        where = name if selected is None else selected.value.strip('"')
        if "select" in said and len(said["select"].arguments) > 1:
            return lambda source, info: self._entries(_walked(source, where))
        return lambda source, info: _walked(source, where)

    @staticmethod
    def _entries(value: Any) -> Any:
        return [{"key": key, "value": item} for key, item in value.items()] if isinstance(value, dict) else value

    def _called(self, source: Any, info: GraphQLResolveInfo, path: str, null: tuple[int, ...]) -> Any:
        key: Any = path
        if path.startswith("{"):
            key = _walked(source, path.strip("{}"))
            if _is_null(source, path.strip("{}")) and not isinstance(info.return_type, GraphQLNonNull):
                return None
            if key is None or key == "" or isinstance(key, list | dict):
                raise GraphQLError("The path cannot be filled.")
        status, value = self._replies.get(key if isinstance(key, str) else json.dumps(key), (404, None))
        if status in null and not isinstance(info.return_type, GraphQLNonNull):
            return None
        if status >= 400:
            raise GraphQLError(f"The route answered {status}.")
        return None if status == 204 else value


def _whole(data: Any) -> Any:
    """Write whole numbers alike: graphql-core makes 3 of a Float 3.0, the gateway keeps what the JSON has."""
    match data:
        case dict():
            return {name: _whole(value) for name, value in data.items()}
        case list():
            return [_whole(value) for value in data]
        case float() if data.is_integer():
            return int(data)
    return data


def _sorted(paths: Iterable[Any]) -> list[Any]:
    return sorted(paths, key=json.dumps)


def _is_null(value: Any, names: str) -> bool:
    """Return True if the JSON has null at a name, or on the way to it."""
    for name in names.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
        if value is None:
            return True
    return False


def _walked(value: Any, names: str) -> Any:
    for name in names.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


# The gateway


class Texts(Protocol):
    """A schema, and the replies of its routes."""

    sdl: str
    replies: Replies


class Gateway:
    """restgql over the same replies; `asked` counts the paths."""

    def __init__(self, case: "Case | Texts") -> None:
        self._replies = case.replies
        self._config = configuration.load({"sequential": True} | dict.fromkeys(LIMITS, 100_000), {})
        schema = compile(_core(), [TypeSource(document=parse(case.sdl))])
        self._pipeline = Pipeline(schema, self._config, [])
        self.asked: Counter[str] = Counter()
        self.projected: Counter[str] = Counter()
        """The ways that the results of the last operation took."""

    def execute(self, text: str) -> tuple[str, list[Any]]:
        result = self.respond(text)
        data = json_format.value(json_format.encode(result["data"]))
        return json.dumps(_whole(data)), _sorted(error["path"] for error in result.get("errors", []))

    def respond(self, text: str) -> dict[str, Any]:
        """Return the response to an operation, and count the ways that its results took."""
        self.asked.clear()
        operation = self._pipeline.read(GraphQLRequest(query=text, variables=VARIABLES))
        run = self._pipeline.run(operation, self._connect)
        result, waiting = run.response_map, list(run.execution.results.values())
        self.projected.clear()
        while waiting:
            each = waiting.pop()
            self.projected["projected" if each.projected is not None else "expanded"] += 1
            self.projected["joined"] += each.projected is not None and bool(each.projected.results())
            waiting += each.children.values() if each.projected is None else each.projected.results()
        assert [error for error in result.get("errors", []) if error["extensions"]["code"] == "INTERNAL"] == []
        return result

    def route(self, request: SubRequest) -> object:
        return request.target.path

    def __call__(self, request: SubRequest) -> SubResponse:
        assert request.opens
        path = str(request.target)
        self.asked[path] += 1
        status, value = self._replies.get(path.removeprefix("/r/"), (404, None))
        if request.target.path == "/batch":
            status, value = 200, [*self._items(request.target.query or "")]
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        body = b"" if status == 204 else text
        return SubResponse(url=path, status=status, fields=(("Content-Type", "application/json"),), body=body)

    def _items(self, query: str) -> Iterator[Any]:
        """The values of those that have one, the last one first: what is lacking is asked for singly."""
        for _, key in reversed(parse_qsl(query)):
            status, value = self._replies.get(key, (404, None))
            if status == 200 and isinstance(value, dict):
                yield {**value, "id": key}

    def _connect(self, *, stored: bool = False) -> Upstream:
        return Upstream(
            dispatch=self,
            client=ClientContext(Site(origins=frozenset({"http://localhost"})), "http://localhost", ""),
            meter=Meter(configuration.limits_of(self._config), time.monotonic() + 60),
            nested=False,
        )


@cache
def _core() -> GraphQLSchema:
    return core.build()


def test_an_operation_has_the_data_and_the_errors_of_a_plain_executor() -> None:
    seen: Counter[str] = Counter()

    @settings(derandomize=True, max_examples=80, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32 - 1))
    def compare(seed: int) -> None:
        case = Case(seed)
        plain, gateway = Plain(case), Gateway(case)
        for text in case.operations:
            expected, found = plain.execute(text), gateway.execute(text)
            assert found == expected, f"{case.sdl}\n{json.dumps(case.replies)}\n{text}"
            assert all(count == 1 for count in gateway.asked.values()), gateway.asked
            seen.update(_features(text, *found))
            seen.update(+gateway.projected)
            seen["batches"] += any(path.startswith("/batch") and path.count("id=") > 1 for path in gateway.asked)

    compare()
    assert {feature: count for feature, count in seen.items() if count < 20} == {}
    assert seen.keys() == FEATURES


IN_TEXT = ("... on", "fragment", "@skip", "@include", "Node", "Any", "a_")
IN_DATA = ("null", "LATE", "Cat", "[[", "ant", '"t": "', "[null", '"key": "')
IN_ALL = frozenset(
    {"null data", "data", "errors", "no errors", "deep errors", "batches", "projected", "expanded", "joined"}
)
FEATURES = IN_ALL | {*IN_TEXT} | {f"{each} in data" for each in IN_DATA}


def _features(text: str, data: str, errors: list[Any]) -> Iterator[str]:
    """What there is to an operation and its response: the test is worth as much as it has seen."""
    yield "null data" if data == "null" else "data"
    yield "errors" if errors else "no errors"
    yield from (each for each in IN_TEXT if each in text)
    yield from (f"{each} in data" for each in IN_DATA if each in data)
    if any(len(path) > 3 for path in errors):
        yield "deep errors"
