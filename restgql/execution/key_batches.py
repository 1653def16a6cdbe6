"""Many parents' keys in one request to a list route: the keys of each request, and the parents of each item."""

from collections.abc import Iterator
from typing import Any

import msgspec
from graphql import GraphQLNonNull

from restgql.bindings import BatchBinding, RequestBinding
from restgql.errors import RestgqlError, UpstreamInvalid
from restgql.execution.result import Result
from restgql.formats import headers, json, select, target, template
from restgql.formats.charge import Charge
from restgql.meter import Meter
from restgql.model import SubRequest
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.template_scope import NullKey, TemplateScope, walk
from restgql.sub_response import SubResponse

ItemKey = tuple[str, ...]
ResponsePath = tuple[str | int, ...]


class ParentField(msgspec.Struct, frozen=True):
    """A typed field of one parent that needs a request: `response` has its parent's value, `path` is its place.

    Projected parents with the same keys are one, which `count`s them.
    """

    scope: TemplateScope
    result: Result
    path: ResponsePath
    response: SubResponse | None = None
    count: int = 1


KeyBatch = dict[ItemKey, list[ParentField]]
"""The keys of one request, each with its parents."""


def settle_without_key(node: PlanNode, result: Result, error: NullKey) -> None:
    """Settle a field whose parent has null for its key: null for a typed field that is nullable, else the error."""
    if (
        node.kind is not NodeKind.REQUEST
        or node.field is None
        or isinstance(node.field.definition.type, GraphQLNonNull)
    ):
        result.fail(error)
    else:
        result.settled = True  # its value is None


def key_batches(node: PlanNode, batch: BatchBinding, parents: list[ParentField]) -> list[KeyBatch]:
    """Return the parents by key, at most `batch.size` keys in each; settle the field of each parent without a key."""
    by_key: KeyBatch = {}
    for parent in parents:
        try:
            key = tuple(json.to_text(parent.scope.find(name)) for name in batch.by)
        except NullKey as exc:
            settle_without_key(node, parent.result, exc)
            continue
        except RestgqlError as exc:
            parent.result.fail(exc)
            continue
        by_key.setdefault(key, []).append(parent)
    keys = list(by_key)
    return [{key: by_key[key] for key in keys[at : at + batch.size]} for at in range(0, len(keys), batch.size)]


def halves(keys: KeyBatch) -> list[KeyBatch]:
    """Return the two halves of the keys of a batch."""
    items = list(keys.items())
    middle = len(items) // 2
    return [dict(items[:middle]), dict(items[middle:])]


def batch_request(
    binding: RequestBinding, batch: BatchBinding, arguments: NodeArguments, keys: KeyBatch, meter: Meter
) -> SubRequest:
    """Return the request for the keys of a batch. Raises BadPath, MissingParameter and LimitExceeded."""
    charge = meter.charge_expansion
    carried = {name: [key[at] for key in keys] for at, name in enumerate(batch.carries)}

    def find(name: str) -> Any:
        return carried[name] if name in carried else walk(arguments.params, name)

    to = target.parse(template.expand(batch.template, find, charge=charge))
    filled = (
        (name, template.fill(value, lambda of: walk(arguments.params, of), charge=charge))
        for name, value in binding.headers
    )
    scope = next(iter(keys.values()))[0].scope
    return SubRequest(
        target=to,
        headers=tuple(headers.well_formed((name, value) for name, value in filled if value is not None)),
        cookie=scope.cookie(to.path),
        opens=batch.template.shape if binding.opens_route else "",
        typed=True,
        timeout=binding.timeout,
    )


def items_of(batch: BatchBinding, value: Any, charge: Charge) -> list[Any]:
    """Return the items of a batch's response. Raises UpstreamInvalid and BadSelect."""
    items = value if batch.select is None else select.search(batch.select, value, charge)
    if not isinstance(items, list):
        raise UpstreamInvalid("The batch route did not answer with an array.")
    return items


def items_by_key(batch: BatchBinding, items: list[Any]) -> dict[ItemKey, list[Any]]:
    """Return the items of a batch's response by their key, in any order."""
    by_key: dict[ItemKey, list[Any]] = {}
    for item in items:
        values = [walk(item, name) for name in batch.key]
        if all(isinstance(value, str | int | float) for value in values):
            by_key.setdefault(tuple(map(json.to_text, values)), []).append(item)
    return by_key


def values_of(
    binding: RequestBinding, keys: KeyBatch, items: dict[ItemKey, list[Any]]
) -> Iterator[tuple[ParentField, Any]]:
    """Yield the value of each parent's field: all items of its key if the field is a list, else the first."""
    for key, parents in keys.items():
        if key in items:
            for parent in parents:
                yield parent, items[key] if binding.is_list else items[key][0]
