"""The nodes of a plan: the fields that make sub-requests, or that a resolver of the user's own resolves."""

import enum
from collections.abc import Callable
from typing import Any

import msgspec

from restgql.bindings import Discriminator, RequestBinding, SelectBinding, UserResolver
from restgql.documents.selected_field import SelectedField
from restgql.formats.body import RequestBody
from restgql.formats.charge import Charge
from restgql.formats.template import Template
from restgql.model import SAFE_METHODS, Follow, Headers, SubRequest


class NodeKind(enum.Enum):
    """The kinds of plan nodes: the core schema's fields by name, a typed field with its own request (REQUEST), a typed
    field without one but with such nodes below it (SELECT), a field with a resolver of the user's own (RESOLVER).
    """

    GET = "get"
    FETCH = "fetch"
    AGGREGATE = "aggregate"
    GET_EACH = "getEach"
    EACH = "each"
    REQUEST = "(request)"
    SELECT = "(select)"
    RESOLVER = "(resolver)"


class NodeArguments(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The arguments of a node, coerced and validated; never modified.

    The names of `template` that are in `params`, or in `literal_names` even if absent there, come from `params`; the
    others come from the parent's JSON. A whole number for one of `float_names` is written with a fraction, `5.0`.
    `parts` are the keys and paths of an aggregate.
    """

    template: Template | None = None
    params: dict[str, Any] = {}
    literal_names: frozenset[str] = frozenset()
    float_names: frozenset[str] = frozenset()
    headers: Headers = ()
    follow: Follow = Follow.UNLESS_HTML
    over: str = "@"
    limit: int | None = None
    body: RequestBody | None = None
    parts: tuple[tuple[str, str], ...] = ()

    def is_declared(self, name: str) -> bool:
        """Return True if a name of the template comes from `params`, even if it is absent there."""
        if name in self.params or name in self.literal_names:
            return True
        head, dot, _ = name.partition(".")
        return bool(dot) and (head in self.params or head in self.literal_names)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the template that come from the parent's JSON."""
        names = self.template.names if self.template is not None else ()
        return tuple(dict.fromkeys(name.text for name in names if not self.is_declared(name.text)))


Convert = Callable[[Any], Any]


class Join(msgspec.Struct, frozen=True, eq=False):
    """A field of projected objects that makes requests: `slot` receives its JSON text.

    `keys` are the names that its template takes from the object, each with the slot of its value.
    """

    node: "PlanNode"
    slot: str
    keys: tuple[tuple[str, str], ...]
    is_required: bool


class ObjectSteps(msgspec.Struct, frozen=True, eq=False):
    """The steps from decoded objects to those of the answer: values that are lifted out of inner objects (`lifted`),
    values that other slots provide if a slot is null (`first_of`), values that are converted (`converts`), inner
    objects, each with the number of lists around it (`below`), slots that are omitted (`hidden`), and the `output`
    class with the response keys. An object with a value in an `unfit` slot is left to the executor. `nodes` is the
    number of plan nodes below the object.
    """

    lifted: tuple[tuple[str, tuple[str, ...]], ...]
    first_of: tuple[tuple[str, tuple[str, ...]], ...]
    converts: tuple[tuple[str, Convert], ...]
    below: tuple[tuple[str, int, "ObjectSteps | TypeSteps"], ...]
    joins: tuple[Join, ...]
    hidden: tuple[str, ...]
    unfit: tuple[str, ...]
    output: type[msgspec.Struct] | None
    nodes: int


class TypeSteps(msgspec.Struct, frozen=True, eq=False):
    """The steps of objects of several types, by the class to which they are decoded."""

    by_class: dict[type, ObjectSteps]

    @property
    def nodes(self) -> int:
        """The most plan nodes below an object."""
        return max(steps.nodes for steps in self.by_class.values())


class Projection(msgspec.Struct, frozen=True, eq=False):
    """The type to which a response is decoded; the answer takes the value at `keys`.

    The value has `depth` lists around its objects; `convert` is its own step, `steps` has those of its objects.
    """

    item_type: Any
    """The type of the value itself."""
    decoder: "msgspec.json.Decoder[Any]"
    """Decodes the value with the objects around it."""
    keys: tuple[str, ...]
    depth: int
    steps: ObjectSteps | TypeSteps | None
    convert: Convert | None
    key_bytes: int
    """The bytes of the response keys of one object, and of those below it."""
    has_lists: bool
    """True if the number of objects may differ from the number of the value's own items."""

    def size_of(self, value: Any, body: int) -> int:
        """Return the most bytes of the JSON text of a value, which was read from a body of `body` bytes."""
        count = len(value) if isinstance(value, list) else 1
        if self.has_lists:
            count = body // 2  # an object takes at least two bytes
        return body + count * self.key_bytes


class PlanNode(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A field of an operation that makes sub-requests, or has a resolver of the user's own. `key` is its response key.

    Its arguments come from `field`. If they contain no variable, they are `arguments`; `request` is its sub-request, if
    nothing else decides it. `children` depend on the value of this node; if that may be of several types, `cases` has
    the children of each, and `discriminator` resolves the type. `list_depth` is the number of lists around its type. A
    `deferred` node may be answered later. It `resolves_type` if a function of the user's own resolves the type of its
    value, or of a part of it. With a `projection` its response is decoded to the selected fields only. `selects` are
    the fields whose `select` is validated before the request.
    """

    key: str
    kind: NodeKind
    field: SelectedField | None = None
    method: str = "GET"
    binding: RequestBinding | SelectBinding | UserResolver | None = None
    children: tuple["PlanNode", ...] = ()
    cases: dict[str, tuple["PlanNode", ...]] = {}
    discriminator: Discriminator | None = None
    list_depth: int = 0
    deferred: bool = False
    resolves_type: bool = False
    arguments: NodeArguments | None = None
    request: SubRequest | None = None
    projection: Projection | None = None
    selects: tuple[SelectedField, ...] = ()

    def below(self) -> tuple["PlanNode", ...]:
        """Return the nodes that depend on this one, whatever the type of its value."""
        return (*self.children, *(node for nodes in self.cases.values() for node in nodes))

    def children_of(self, value: Any, charge: Charge) -> tuple["PlanNode", ...]:
        """Return the children for a value of this node. Raises BadSelect."""
        if self.discriminator is None:
            return self.children
        return self.cases.get(self.discriminator.type_of(value, charge) or "", ())

    @property
    def is_safe(self) -> bool:
        """False for an unsafe method, or for a resolver of the user's own in a mutation."""
        return self.method in SAFE_METHODS
