"""The checks of typed values in debug: a `select` that is null for every row, a `batch` whose key no item has, objects
without any key of their type.

They read the JSON of a response before it is projected or executed, so they cover both.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from restgql.bindings import BatchBinding, Discriminator, RequestBinding, SelectBinding
from restgql.debug_log import DebugLog, listed, plain, shortened, suggestion
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import SelectedField
from restgql.execution.key_batches import KeyBatch
from restgql.formats import json, select
from restgql.plan.nodes import PlanNode
from restgql.plan.template_scope import walk
from restgql.schema.field_binding import keys_of
from restgql.sub_response import SubResponse

JsonRow = dict[str, Any]
MAX_ROWS = 1_000
"""The rows of one response that are checked."""


class ValueChecks:
    """The checks of one operation, whose warnings go to `log`. They never fail an operation."""

    __slots__ = ("_log", "_selections")

    def __init__(self, log: DebugLog, selections: Selections) -> None:
        self._log = log
        self._selections = selections

    def check_response(self, node: PlanNode, binding: RequestBinding, response: SubResponse) -> None:
        """Check the selects of a field that made a request, and those of the fields below it."""
        if node.field is not None and response.hint:
            self._log.warn(("route", _name(node.field)), f"{_name(node.field)}: {response.hint}")
        if node.field is None or binding.passthrough or response.status in binding.null_on or not response.is_data:
            return
        try:
            value = response.parsed()
            if binding.select is not None:
                if binding.opens_route and isinstance(value, dict):
                    where = f"@{binding.method.lower()}(select: {binding.select!r})"
                    keys = keys_of(binding.select)
                    self._check_select(node.field, keys, binding.select, where, [value], response)
                value = select.search(binding.select, value)
            self._check_below(node.field, list(_rows(value)), response)
        except Exception:  # the executor raises it again, with its location
            return

    def check_batch(
        self, node: PlanNode, batch: BatchBinding, keys: KeyBatch, items: list[Any], response: SubResponse
    ) -> None:
        """Check that an item of a batch has a requested key, and the selects of the fields below."""
        if node.field is None:
            return
        name = _name(node.field)
        rows = list(_rows(items))
        items_keys = {tuple(json.to_text(walk(row, key)) for key in batch.key) for row in rows}
        if items and items_keys.isdisjoint(keys):
            self._log.warn(("batch", name), _batch_message(name, batch, keys, items, rows, response))
        elif items:
            self._log.dismiss(("batch", name))
        try:
            self._check_below(node.field, rows, response)
        except Exception:
            return

    def _check_below(self, field: SelectedField, rows: Sequence[JsonRow], response: SubResponse) -> None:
        if not rows or field.node.selection_set is None:
            return
        for of_type, typed_rows in self._by_type(get_named_type(field.definition.type), rows):
            self._check_keys(of_type, typed_rows, response)
            for each in self._selections.below(field.group, of_type).fields:
                binding = each.definition.resolve
                if not isinstance(binding, SelectBinding) or binding.header is not None or binding.status:
                    continue
                if not binding.is_handwritten and binding.keys is not None and len(binding.keys) == 1:
                    self._check_spelling(of_type, each, binding.keys[0], typed_rows, response)
                elif binding.is_handwritten:
                    where = f"@select(from: {binding.select!r})"
                    self._check_select(each, binding.keys, binding.select or "@", where, typed_rows, response)
                self._check_below(each, list(_rows([binding.of(row) for row in typed_rows])), response)

    def _check_keys(self, of_type: GraphQLObjectType, rows: Sequence[JsonRow], response: SubResponse) -> None:
        """Check that an object has a key that its type reads."""
        key = ("keys", of_type.name)
        if not rows or not self._log.is_open(key):
            return
        names = _keys_of(of_type)
        if not names or any(not names.isdisjoint(row) for row in rows):
            self._log.dismiss(key)
            return
        objects = "the object" if len(rows) == 1 else f"any of the {len(rows)} objects"
        keys_present = list(dict.fromkeys(name for row in rows for name in row))
        near = next((text for name in sorted(names) if (text := suggestion(name, keys_present))), "")
        self._log.warn(
            key,
            f"{of_type.name}: none of its fields has a key of {objects} of {shortened(response.url)}, so all are null. "
            f"They have: {listed(keys_present)}; the type reads: {listed(sorted(names))}.{near}",
        )

    def _check_spelling(
        self,
        of_type: GraphQLObjectType,
        field: SelectedField,
        name: str,
        rows: Sequence[JsonRow],
        response: SubResponse,
    ) -> None:
        """Check that a field without @select has its key, if objects have one of another case or underscores."""
        key = ("spelling", _name(field))
        if not self._log.is_open(key) or any(name in row for row in rows):
            return
        if _keys_of(of_type).isdisjoint(each for row in rows for each in row):
            return  # all fields of the type are null, and its warning says so
        near = next((each for row in rows for each in row if plain(each) == plain(name)), None)
        if near is not None:
            self._log.warn(
                key,
                f"{_name(field)}: no object of {shortened(response.url)} has the key {name!r}, so it is null. Did you "
                f'mean {near!r}? Write @select(from: "{near}"), or set RESTGQL_CAMEL_CASE.',
            )
        elif field.is_required:
            self._log.warn(key, f"{_name(field)}: its type is never null, and {lacking('objects', [name], rows)}")

    def _by_type(self, of_type: Any, rows: Sequence[JsonRow]) -> Iterator[tuple[GraphQLObjectType, Sequence[JsonRow]]]:
        """Yield the rows of each object type, without those whose type a function of the user's own resolves."""
        if isinstance(of_type, GraphQLObjectType):
            yield of_type, rows
        elif isinstance(discriminator := getattr(of_type, "resolve_type", None), Discriminator):
            names = [discriminator.type_of(row) for row in rows]
            for name in dict.fromkeys(names):
                possible = self._selections.schema.get_type(name or "")
                if isinstance(possible, GraphQLObjectType):
                    yield possible, [row for row, each in zip(rows, names, strict=True) if each == name]

    def _check_select(
        self,
        field: SelectedField,
        keys: tuple[str, ...] | None,
        expression: str,
        where: str,
        rows: Sequence[JsonRow],
        response: SubResponse,
    ) -> None:
        key = ("select", _name(field), where)
        if not rows or not self._log.is_open(key):
            return
        if any(select.search(expression, row) is not None for row in rows):
            self._log.dismiss(key)
            return
        reason = _reason(expression, keys, rows)
        if reason:
            every = "the object" if len(rows) == 1 else f"all {len(rows)} objects"
            place = f"{_name(field)}: {where} is null for {every} of {shortened(response.url)}"
            self._log.warn(key, f"{place}: {reason}")


def _keys_of(of_type: GraphQLObjectType) -> frozenset[str]:
    """Return the keys that the fields of a type read; empty if one may read any key, or if each has its own check."""
    names: set[str] = set()
    is_plain = False
    for field in of_type.fields.values():
        match field.resolve:
            case SelectBinding(header=None, status=False) as binding:
                keys = binding.keys[:1] if binding.keys is not None else tuple(select.names_of(binding.select or "@"))
                if not keys or binding.entries is not None:
                    return frozenset()
                names.update(keys)
                is_plain = is_plain or not binding.is_handwritten
            case SelectBinding():
                pass
            case RequestBinding() as binding:
                names.update(name.text.partition(".")[0] for name in binding.template.names)
                names.update(() if binding.batch is None else (name.partition(".")[0] for name in binding.batch.by))
            case _:
                return frozenset()
    return frozenset(names if is_plain else ())


def _reason(expression: str, keys: tuple[str, ...] | None, rows: Sequence[JsonRow]) -> str:
    """Return the reason why an expression is null for every row, empty if the data alone may be the reason.

    A key that is null, or an array that is empty, is data. A key that no row has is not.
    """
    if keys is None:
        names = select.names_of(expression)
        if names and not any(name in row for name in names for row in rows):
            return lacking("objects", names, rows)
        is_filled = any(row.get(name) not in (None, [], {}, "") for name in names for row in rows)
        hint = f"The objects have {listed(sorted(names))}, so the fault is in the rest of the expression."
        return hint if len(rows) > 1 and is_filled else ""
    parents, place = list(rows), "objects"
    for key in keys:
        if not parents:
            return ""
        values = [parent[key] for parent in parents if key in parent]
        if not values:
            return lacking(place, [key], parents)
        parents, place = [value for value in values if isinstance(value, dict) and value], f"objects at {key!r}"
        if not parents and any(value is not None and not isinstance(value, dict) for value in values):
            return f"The value of {key!r} is not an object; it is {shortened(json.to_text(values[0]))}."
    return ""


def lacking(place: str, names: Iterable[str], rows: Sequence[JsonRow]) -> str:
    """Return the message about objects of which none has one of these keys."""
    missing = list(names)
    keys_present = list(dict.fromkeys(name for row in rows for name in row))
    near = suggestion(missing[0], keys_present)
    return f"none of the {place} has the key {listed(map(repr, missing))}; they have: {listed(keys_present)}.{near}"


def _batch_message(
    name: str, batch: BatchBinding, keys: KeyBatch, items: list[Any], rows: Sequence[JsonRow], response: SubResponse
) -> str:
    url = shortened(response.url)
    no_item_has = (
        f"the item of {url} does not have" if len(items) == 1 else f"none of the {len(items)} items of {url} has"
    )
    head = f"{name}: its batch matches nothing, so each parent is requested singly: "
    for key in batch.key:
        if not any(walk(row, key) is not None for row in rows):
            keys_present = list(dict.fromkeys(each for row in rows for each in row))
            has = (
                f"they have: {listed(keys_present)}.{suggestion(key, keys_present)}"
                if keys_present
                else "they are not objects."
            )
            return f"{head}batch.key names {key!r}, which {no_item_has}; {has}"
    parent_values = listed("/".join(key) for key in keys)
    item_values = listed("/".join(json.to_text(walk(row, key)) for key in batch.key) for row in rows)
    by = f"batch.by ({listed(batch.by)}) of the parents is: {parent_values}"
    return f"{head}{no_item_has} a requested key. {by}; batch.key ({listed(batch.key)}) is: {item_values}."


def _rows(value: Any) -> Iterator[JsonRow]:
    """Yield the objects in a value of lists within lists, the first ones if there are many."""
    pending, count = [value], 0
    while pending and count < MAX_ROWS:
        each = pending.pop()
        if isinstance(each, list):
            pending += reversed(each)
        elif isinstance(each, dict) and each:
            count += 1
            yield each


def _name(field: SelectedField) -> str:
    return f"{field.parent_type.name}.{field.name}"
