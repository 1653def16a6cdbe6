"""The value of a projected field: objects decoded from the response, and the results of the fields that join them.

The executor reads the same value again if an error needs its location.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from restgql.bindings import RequestBinding, SelectBinding
from restgql.execution.result import NotSettled, Result
from restgql.execution.typed_value import select_value, typed_value
from restgql.formats import select
from restgql.formats.charge import UNMETERED
from restgql.meter import Meter
from restgql.plan.nodes import Join, NodeKind, ObjectSteps, PlanNode, Projection, TypeSteps
from restgql.plan.struct_builder import NotProjectable
from restgql.plan.template_scope import walk
from restgql.sub_response import SubResponse

_NULL = b"null"

JoinKey = Any
Objects = list[msgspec.Struct]


class JoinGroup(msgspec.Struct, eq=False):
    """The objects that share one request of a join. `values` are the values of its template's variables."""

    values: dict[str, Any]
    objects: Objects
    result: Result = msgspec.field(default_factory=Result)


class Projected:
    """The value of a typed field in projected objects.

    `groups` has the groups of each join by the values of its keys. The meter is charged as it is for a value that is
    not projected.
    """

    __slots__ = ("_meter", "_node", "_nodes", "_read", "_text", "_value", "groups")

    def __init__(
        self, node: PlanNode, projection: Projection, value: Any, read: Callable[[], Any], meter: Meter, body: int
    ) -> None:
        self._node = node
        self._read = read
        self._meter = meter
        self._text: bytes | None = None
        self.groups: dict[int, tuple[Join, dict[JoinKey, JoinGroup]]] = {}
        self._nodes = 0
        """The plan nodes and list items to charge."""
        if not meter.has_room(projection.size_of(value, body)):
            raise NotProjectable("The values are too large to be made at once.")
        if projection.convert is not None:
            value = projection.convert(value)
        self._value = value
        if projection.steps is not None:
            self._finish_within([value], projection.depth, projection.steps)
        if self._nodes and not meter.has_nodes(self._nodes):
            raise NotProjectable("The executor charges as many nodes as the limit allows.")
        if not self.groups:  # the text takes less memory than the objects
            self._text, self._value = msgspec.json.encode(value), None

    @classmethod
    def of_response(cls, node: PlanNode, response: SubResponse, meter: Meter) -> "Projected | None":
        """Return the projected value of a response, or None if it is an error, null by its status, or does not fit."""
        projection, binding = node.projection, node.binding
        assert isinstance(binding, RequestBinding)
        if projection is None or response.status in binding.null_on or meter.projected_room < len(response.body):
            return None
        try:
            value = response.decode(projection.decoder)
            if not response.is_data:
                return None
            for _ in projection.keys:
                value = None if value is None else value.inner
            read = partial(typed_value, binding, response, UNMETERED)
            projected = cls(node, projection, value, read, meter, len(response.json_text))
            if binding.select is not None:
                select.search(binding.select, None, meter.charge_elements)  # a path costs the same with every value
            return projected
        except Exception:  # the executor meets the error again, and reports its location
            return None

    @classmethod
    def of_item(cls, node: PlanNode, value: Any, meter: Meter, body: int) -> "Projected | None":
        """Return the projected value of an item of a batch, or None if it does not fit.

        `body` is the items' average size in bytes.
        """
        projection = node.projection
        if projection is None:
            return None
        try:
            return cls(node, projection, msgspec.convert(value, projection.item_type), lambda: value, meter, body)
        except Exception:
            return None

    def results(self) -> list[Result]:
        """Return the results of the joins, in the order of their requests."""
        return [group.result for _, groups in self.groups.values() for group in groups.values()]

    def text(self) -> bytes | None:
        """Return the JSON text of the value, or None if something within it has an error or is too large.

        Raises NotSettled.
        """
        if self._text is None:
            size = 0
            for join, groups in self.groups.values():
                for group in groups.values():
                    text = _text_of(group.result)
                    if text is None or (text == _NULL and join.is_required):
                        return None
                    size += len(text) * len(group.objects)
                    raw = msgspec.Raw(text)
                    for each in group.objects:
                        setattr(each, join.slot, raw)
            if not self._meter.has_room(size):
                return None
            self._text = msgspec.json.encode(self._value)
        return self._text

    def expand(self, result: Result) -> None:
        """Replace this value in a result by its value, items and children."""
        result.projected = None
        self._expand(self._node, self._read(), result, result.response, self._node.list_depth)

    def _expand(self, node: PlanNode, value: Any, result: Result, response: SubResponse | None, depth: int) -> None:
        result.value, result.settled = value, True
        if depth and isinstance(value, list):
            result.items = [Result() for _ in value]
            for item, of_item in zip(value, result.items, strict=True):
                self._expand(node, item, of_item, response, depth - 1)
        elif isinstance(value, dict):
            for child in node.children_of(value, UNMETERED):
                if child.kind is NodeKind.REQUEST:
                    join, groups = self.groups[id(child)]
                    result.children[child.key] = groups[_key([walk(value, name) for name, _ in join.keys])].result
                else:
                    assert isinstance(child.binding, SelectBinding)
                    below = result.children[child.key] = Result()
                    selected = select_value(child.binding, value, response, UNMETERED)
                    self._expand(child, selected, below, response, child.list_depth)

    def _finish_within(self, values: list[Any], depth: int, steps: ObjectSteps | TypeSteps) -> None:
        """Run the steps for the objects in values, with `depth` lists around them. Raises NotProjectable."""
        if depth and steps.nodes:
            self._nodes += sum(_count_items(value, depth) for value in values)
        self._finish(_objects(values, depth + 1), steps)

    def _finish(self, objects: Objects, steps: ObjectSteps | TypeSteps) -> None:
        """Run the steps, each for all objects. Raises NotProjectable."""
        if isinstance(steps, TypeSteps):
            for of_class, class_steps in steps.by_class.items():
                self._finish([each for each in objects if type(each) is of_class], class_steps)
            return
        self._nodes += steps.nodes * len(objects)
        for slot in steps.unfit:
            if any(getattr(each, slot) is not msgspec.UNSET for each in objects):
                raise NotProjectable("A key has dots.")
        for slot, place in steps.lifted:
            for each in objects:
                setattr(each, slot, _lifted(each, place))
        for join in steps.joins:
            self._join(join, objects)
        for slot, others in steps.first_of:
            for each in objects:
                if getattr(each, slot) is None:
                    values = (getattr(each, other) for other in others)
                    setattr(each, slot, next((value for value in values if value is not None), None))
        for slot, convert in steps.converts:
            for each in objects:
                setattr(each, slot, convert(getattr(each, slot)))
        for slot, depth, below in steps.below:
            self._finish_within([getattr(each, slot) for each in objects], depth, below)
        for slot in steps.hidden:
            for each in objects:
                setattr(each, slot, msgspec.UNSET)
        if steps.output is not None:
            for each in objects:
                each.__class__ = steps.output

    def _join(self, join: Join, objects: Objects) -> None:
        """Group the objects by the values that the template of a join takes from them."""
        _, groups = self.groups.setdefault(id(join.node), (join, {}))
        slots = [slot for _, slot in join.keys]
        for each in objects:
            values = [getattr(each, slot) for slot in slots]
            key = _key(values)
            group = groups.get(key)
            if group is None:
                names = (name for name, _ in join.keys)
                group = groups[key] = JoinGroup(dict(zip(names, values, strict=True)), [])
            group.objects.append(each)


def _count_items(value: Any, depth: int) -> int:
    """Return the number of items of the lists in a value; `depth` is the number of lists around its objects."""
    if value is None:
        return 0
    return len(value) + (sum(_count_items(each, depth - 1) for each in value) if depth > 1 else 0)


def _objects(value: Any, depth: int) -> Objects:
    """Return the objects in a value, without nulls; `depth` is the number of lists around them."""
    if not depth:
        return [] if value is None else [value]
    if depth == 1:
        return [each for each in value or () if each is not None]
    return [each for items in value or () for each in _objects(items, depth - 1)]


def _lifted(value: Any, place: tuple[str, ...]) -> Any:
    for slot in place:
        value = getattr(value, slot)
        if value is None:
            return None
    return value


def _key(values: Sequence[Any]) -> JoinKey:
    """Return the key of equal template values. Raises NotProjectable if one is missing, TypeError for an array."""
    if len(values) == 1:
        (value,) = values
        if value.__class__ is int or value.__class__ is str:
            return value
    for value in values:
        if value is None or value is msgspec.UNSET:
            raise NotProjectable("A key has no value.")
    return tuple((value.__class__, value) for value in values)


def _text_of(result: Result) -> bytes | None:
    """Return the JSON text of a result, or None if it has an error, or was not projected. Raises NotSettled."""
    if not result.settled:
        raise NotSettled(result)
    if result.error is not None:
        return None
    if result.projected is not None:
        return result.projected.text()
    if isinstance(result.value, msgspec.Raw):
        return bytes(result.value)
    return _NULL if result.value is None else None
