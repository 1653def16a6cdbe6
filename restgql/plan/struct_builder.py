"""The struct to which the selected fields of one object type are decoded: a slot for each value that is read."""

import re
import secrets
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLFloat, GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLOutputType, GraphQLString

from restgql.bindings import RequestBinding, SelectBinding
from restgql.documents.selected_field import SelectedField
from restgql.formats.template import REQUEST
from restgql.plan.nodes import Convert, Join, ObjectSteps, PlanNode, TypeSteps
from restgql.plan.requests import takes_whole_parent

LONG = "Long"
"""The name of the scalar whose values are integers of any size."""
_KEY_TYPES = (GraphQLString, GraphQLInt, GraphQLFloat, GraphQLID)
"""The types of fields whose values a template writes exactly as the JSON has them."""
_UNRENAMABLE = re.compile(r'[\x00-\x1f"\\]')
NULL_BYTES = 16
"""The bytes of a key besides its name, and of a value that is missing in the JSON."""
_NO_KEY = f"~{secrets.token_hex(16)}"
"""The prefix of keys that no JSON object has."""


class NotProjectable(Exception):
    """Only the executor can complete a field or value."""


class Tag(NamedTuple):
    """The key of a JSON object that identifies its type, and the value for one type."""

    key: str
    value: str


class Output(msgspec.Struct, frozen=True):
    """A compiled output type: `depth` is the number of lists around its objects."""

    type: Any
    depth: int = 0
    steps: ObjectSteps | TypeSteps | None = None
    convert: Convert | None = None
    key_bytes: int = 0
    """The bytes of the response keys of one object, and of those below it, each once."""
    has_lists: bool = False
    """True if there may be many objects below one."""


class _Value(msgspec.Struct):
    """A value that is read from a JSON object: `slot` is its place in the answer, or in a join."""

    slot: str
    type: Any
    default: tuple[Any, ...]
    of_type: GraphQLOutputType | None


class StructBuilder:
    """Builds one struct: each field has a slot, the JSON key from which it is read, and the response key.

    `nodes` is the number of plan nodes below its objects.
    """

    def __init__(self, name: str, tag: Tag | None, nodes: int) -> None:
        self._name = name
        self._tag = tag
        self._nodes = nodes
        self._fields: list[tuple[Any, ...]] = []
        self._read_from: dict[str, str] = {}
        self._written_to: dict[str, str] = {}
        self._values: dict[tuple[str, ...], _Value] = {}
        """By their place in the JSON object."""
        self._lifted: list[tuple[str, tuple[str, ...]]] = []
        self._first_of: list[tuple[str, tuple[str, ...]]] = []
        self._converts: list[tuple[str, Convert]] = []
        self._below: list[tuple[str, int, ObjectSteps | TypeSteps]] = []
        self._joins: list[Join] = []
        self._hidden: list[str] = []
        self._unfit: list[str] = []
        self._key_bytes = 2
        self._has_lists = False

    def add(self, response_key: str, json_key: str | None, type: Any, *default: Any) -> str:
        """Add a slot and return its name; without a JSON key it keeps its default until it is set."""
        slot = f"f{len(self._fields)}"
        self._fields.append((slot, type, *default))
        self._read_from[slot] = f"{_NO_KEY}{slot}" if json_key is None else _renamable(json_key)
        self._written_to[slot] = response_key
        self._key_bytes += len(response_key) + NULL_BYTES
        return slot

    def add_selected(self, selected: SelectedField, binding: SelectBinding, output: Output) -> None:
        """Add a field that is read from its parent's JSON."""
        keys = binding.keys or binding.first_of[:1]
        if not keys or binding.header is not None or binding.status or binding.entries is not None:
            raise NotProjectable(f"{selected.name} is more than a key.")
        of_type = selected.definition.type
        is_required = isinstance(of_type, GraphQLNonNull)
        if self._tag is not None and self._tag.key in (keys[0], *binding.first_of):
            self._add_tag(selected, binding, output)
            return
        slot = self._read(selected.key, keys, output.type, () if is_required else (None,), of_type)
        if others := [self._other(key, output) for key in binding.first_of[1:]]:
            if is_required:
                raise NotProjectable(f"{selected.name} is required, under several keys.")
            self._first_of.append((slot, tuple(others)))
        if output.convert is not None:
            self._converts.append((slot, output.convert))
        if output.steps is not None:
            self._below.append((slot, output.depth, output.steps))
        self._key_bytes += output.key_bytes
        self._has_lists = self._has_lists or output.has_lists or bool(output.key_bytes and output.depth)

    def _other(self, key: str, output: Output) -> str:
        """Add a hidden slot for a value that replaces another slot's null."""
        slot = self._read(f"{_NO_KEY}{key}", (key,), output.type, (None,))
        self._hidden.append(slot)
        return slot

    def _add_tag(self, selected: SelectedField, binding: SelectBinding, output: Output) -> None:
        """Add the field of the key that identifies the type: its value is constant."""
        assert self._tag is not None
        if binding.keys != (self._tag.key,) or output.depth:
            raise NotProjectable(f"{selected.name} is within the tag.")
        try:
            value = msgspec.convert(self._tag.value, output.type)
            value = value if output.convert is None else output.convert(value)
        except Exception as exc:
            raise NotProjectable(f"{selected.name} does not fit the tag.") from exc
        self.add(selected.key, None, str, value)

    def join(self, selected: SelectedField, node: PlanNode, slot: str) -> None:
        """Add a field that makes requests, and the slots of the keys that its template needs."""
        keys = tuple((name, self._key_slot(name)) for name in _parent_names(node))
        self._joins.append(Join(node, slot, keys, isinstance(selected.definition.type, GraphQLNonNull)))

    def _read(
        self, response_key: str, at: tuple[str, ...], type: Any, default: tuple[Any, ...], of_type: Any = None
    ) -> str:
        """Add a slot for the value at a place of the JSON object."""
        if any(at[: len(other)] == other[: len(at)] for other in self._values):
            raise NotProjectable(f"{at} is taken twice.")
        direct = (at[0], type, *default) if len(at) == 1 else (None, Any, None)
        slot = self.add(response_key, *direct)
        self._values[at] = _Value(slot, type, default, of_type)
        return slot

    def _key_slot(self, name: str) -> str:
        at = tuple(name.split("."))
        if self._tag is not None and at[0] == self._tag.key:
            raise NotProjectable(f"{name} tells the type.")
        value = self._values.get(at)
        if value is None:
            slot = self._read(f"{_NO_KEY}{name}", at, Any, (msgspec.UNSET,))
            self._hidden.append(slot)
            if len(at) > 1:  # an object may have a key that contains dots
                self._unfit.append(self.add(f"{_NO_KEY}.{name}", name, Any, msgspec.UNSET))
            return slot
        of_type = value.of_type.of_type if isinstance(value.of_type, GraphQLNonNull) else value.of_type
        if of_type is not None and of_type not in _KEY_TYPES and getattr(of_type, "name", "") != LONG:
            raise NotProjectable(f"{name} is converted.")
        return value.slot

    def build(self) -> Output:
        """Return the struct, and the steps from its objects to those of the answer."""
        self._add_outer({at: value for at, value in self._values.items() if len(at) > 1})
        tag = self._tag
        read = struct(self._name, self._fields, self._read_from, tag)
        output = None
        if tag is not None or self._read_from != self._written_to:
            output = struct(self._name, self._fields, self._written_to)
        steps = ObjectSteps(
            tuple(self._lifted),
            tuple(self._first_of),
            tuple(self._converts),
            tuple(self._below),
            tuple(self._joins),
            tuple(self._hidden),
            tuple(self._unfit),
            output,
            self._nodes,
        )
        needs_steps = output is not None or steps.converts or steps.below
        return Output(read, 0, steps if needs_steps else None, None, self._key_bytes, self._has_lists)

    def _add_outer(self, values: dict[tuple[str, ...], _Value]) -> None:
        """Add hidden slots for the objects from which values are lifted."""
        for key in dict.fromkeys(at[0] for at in values):
            within = {at[1:]: value for at, value in values.items() if at[0] == key}
            outer, places = _outer(within)
            slot = self.add(f"{_NO_KEY}.{key}", key, *outer)
            self._hidden.append(slot)
            self._lifted += [(value.slot, (slot, *places[at])) for at, value in within.items()]


def _outer(values: dict[tuple[str, ...], _Value]) -> tuple[tuple[Any, ...], dict[tuple[str, ...], tuple[str, ...]]]:
    """Return the type of an object from which values are lifted, its default, and the slots that lead to each."""
    fields: list[tuple[Any, ...]] = []
    renamed: dict[str, str] = {}
    places: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key in dict.fromkeys(at[0] for at in values):
        within = {at[1:]: value for at, value in values.items() if at[0] == key}
        slot = f"f{len(fields)}"
        renamed[slot] = _renamable(key)
        if () in within:
            value = within[()]
            fields.append((slot, value.type, *value.default))
            places[(key,)] = (slot,)
        else:
            type, below = _outer(within)
            fields.append((slot, *type))
            places |= {(key, *at): (slot, *place) for at, place in below.items()}
    outer: Any = struct("Outer", fields, renamed)
    is_required = any(len(field) == 2 for field in fields)
    return ((outer,) if is_required else (outer | None, None)), places


def struct(
    name: str, fields: list[tuple[Any, ...]], rename: dict[str, str], tag: Tag | None = None
) -> type[msgspec.Struct]:
    """Return a struct of slots, each renamed to its key in JSON."""
    tagged: dict[str, Any] = {} if tag is None else {"tag_field": tag.key, "tag": tag.value}
    return msgspec.defstruct(name, fields, rename=rename, gc=False, kw_only=True, **tagged)


def _renamable(key: str) -> str:
    if _UNRENAMABLE.search(key):
        raise NotProjectable(f"{key} cannot be the name of a slot.")
    return key


def _parent_names(node: PlanNode) -> tuple[str, ...]:
    """Return the names that the requests of a field take from its parent's JSON. Raises NotProjectable."""
    binding = node.binding
    assert isinstance(binding, RequestBinding)
    if node.projection is None and not binding.passthrough:
        raise NotProjectable(f"{node.key} is not projectable.")
    filled = [name.text for name in binding.template.names]
    filled += [name.text for _, value in binding.headers for name in value.names]
    if takes_whole_parent(binding):
        raise NotProjectable(f"{node.key} takes more than keys of its parent.")
    batch = () if binding.batch is None else binding.batch.by
    of_parent = [name for name in filled if name.partition(".")[0] not in binding.arguments]
    if any(name.startswith(REQUEST) for name in (*of_parent, *batch)):
        raise NotProjectable(f"{node.key} takes arguments of its parent.")
    return tuple(dict.fromkeys([*of_parent, *batch]))
