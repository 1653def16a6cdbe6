"""A schema with a field for every way to end, its values, and an executor of restgql over them."""

from collections.abc import Callable
from random import Random
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, OperationDefinitionNode, build_schema

from restgql.documents.collect_fields import Selections
from restgql.execution.field_errors import Locations
from restgql.execution.result import NotSettled, Result
from restgql.graphql_core import parse
from restgql.respond.answer_context import AnswerContext
from restgql.respond.delivery import Delivery
from restgql.respond.executor import Executor
from restgql.respond.field_sources import WalkContext
from restgql.schema.incremental_directives import DEFER, STREAM
from tests.metering import meter
from tests.respond.documents import VARIABLES, Field, Kind
from tests.respond.payloads import Merged

FIELDS = """
    a: String
    b: Int!
    nothing: String
    fails: String
    one: Thing
    sure: Thing!
    things: [Thing]
    full: [Thing!]
    grid: [[Thing]]
    node: Node
    nodes: [Node!]!
    any: [Any]
"""
BANGS = """
    bang: String!
    void: String!
    holed: [Thing!]
    lost: Thing!
"""
SDL = f"""
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
    type Query {{ {FIELDS} {BANGS} }}
    interface Node {{ a: String b: Int! one: Thing }}
    type Thing implements Node {{ {FIELDS} {BANGS} }}
    type Other implements Node {{ {FIELDS} {BANGS} }}
    union Any = Thing | Other
"""
THING, OTHER = {"__typename": "Thing"}, {"__typename": "Other"}
VALUES: dict[str, Any] = {
    "a": "a",
    "b": 1,
    "nothing": None,
    "one": THING,
    "sure": THING,
    "things": [THING, None, THING],
    "full": [THING, THING, THING],
    "grid": [[THING], None, [THING, THING]],
    "node": OTHER,
    "nodes": [THING, OTHER, THING],
    "any": [OTHER, None, THING],
    "void": None,
    "holed": [THING, None, THING],
    "lost": None,
}
"""The value of each field, on every type; `fails` and `bang` raise."""

_LEAVES = (Field("a"), Field("b"), Field("a2: a"), Field("b2: b"), Field("nothing"), Field("fails"))
_BELOW = (
    Field("one", "Thing"),
    Field("one2: one", "Thing"),
    Field("sure", "Thing"),
    Field("things", "Thing", listed=True),
    Field("full", "Thing", listed=True),
    Field("grid", "Thing", listed=True),
    Field("node", "Node"),
    Field("nodes", "Node", listed=True),
    Field("any", "Any", listed=True),
)
_BANGS = (Field("bang"), Field("void"), Field("holed", "Thing", listed=True), Field("lost", "Thing"))


def kinds(*, bangs: bool) -> dict[str, Kind]:
    """The types; with `bangs` those fields, too, whose null goes further up than the field."""
    fields = (*_LEAVES, *_BELOW, *(_BANGS if bangs else ()))
    node = Kind((Field("a"), Field("b"), Field("one", "Thing"), Field("__typename")), ("Thing", "Other"))
    any_ = Kind((Field("__typename"),), ("Thing", "Other", "Node"))
    return {"Query": Kind(fields), "Node": node, "Any": any_, "Thing": Kind(fields), "Other": Kind(fields)}


class Gates:
    """Fields whose value is not there until their gate is opened: those that `slow` names."""

    def __init__(self, slow: frozenset[str] = frozenset()) -> None:
        self.slow = slow
        self.closed: list[Result] = []
        self._by_path: dict[tuple[Any, ...], Result] = {}

    def pass_through(self, info: GraphQLResolveInfo) -> None:
        if info.field_name in self.slow:
            path = tuple(info.path.as_list())
            if path not in self._by_path:
                self._by_path[path] = Result()
                self.closed.append(self._by_path[path])
            if not self._by_path[path].settled:
                raise NotSettled(self._by_path[path])

    def open_one(self, random: Random) -> None:
        assert self.closed, "nothing that it could wait for"
        self.closed.pop(random.randrange(len(self.closed))).settled = True


def build() -> GraphQLSchema:
    schema = build_schema(SDL)
    for kind in (schema.type_map[name] for name in ("Query", "Thing", "Other")):
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            field.resolve = _resolver(name)
    return schema


def _resolver(name: str) -> Callable[..., Any]:
    def resolve(source: Any, info: GraphQLResolveInfo) -> Any:
        if isinstance(info.root_value, Gates):
            info.root_value.pass_through(info)
        if name in ("fails", "bang"):
            raise ValueError(name)
        return VALUES[name]

    return resolve


SCHEMA = build()
assert DEFER.args.keys() == SCHEMA.get_directive("defer").args.keys()  # type: ignore[union-attr]
assert STREAM.args.keys() == SCHEMA.get_directive("stream").args.keys()  # type: ignore[union-attr]


def answerable(text: str, *, incremental: bool) -> AnswerContext:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    selections = Selections(SCHEMA, document, operation, conditions=VARIABLES, incremental=incremental)
    assert SCHEMA.query_type is not None
    return AnswerContext(
        selections=selections, variables=VARIABLES, root_type=SCHEMA.query_type, at_once={}, locations=Locations()
    )


def begin(of: AnswerContext, root: Any, left_before: int = 0) -> tuple[Executor, WalkContext]:
    shape = WalkContext(lambda prefix: [], meter().tally(), lambda count: None)
    return Executor(of, shape, root, left_before=left_before), shape


def whole(text: str) -> Merged:
    executor, _ = begin(answerable(text, incremental=False), None)
    data = executor.root()
    assert not executor.awaited
    assert not executor.later
    errors = [{"path": error.path, "message": error.message} for error in executor.errors]
    return Merged().take({"data": data} | ({"errors": errors} if errors else {}))


def in_parts(text: str, slow: frozenset[str], random: Random) -> Merged:
    """The answer as the payloads give it, the gates opened one after the other, in any order."""
    gates, merged = Gates(slow), Merged()
    chosen = answerable(text, incremental=True)
    delivery = Delivery(
        lambda left_before: begin(chosen, gates, left_before),
        lambda executor, shape: None if executor.awaited else executor.errors,
        lambda error: {"path": error.path, "message": error.message},
    )
    ask = delivery.initial
    while not merged.ended:
        payload = ask()
        if payload is None:
            gates.open_one(random)
            continue
        if not merged.payloads and not payload["hasNext"]:
            del payload["hasNext"]
        ask = delivery.next
        merged.take(payload)
    return merged
