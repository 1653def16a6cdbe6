"""Many parents' keys in one request to a list route: which keys go into which request, and whose item is whose."""

from collections.abc import Iterator
from typing import Any

import msgspec

from restgql.bindings import BatchBinding
from restgql.errors import RestgqlError, UpstreamInvalid
from restgql.execution.result import Result
from restgql.execution.template_scope import TemplateScope, walk
from restgql.formats import headers, json, select, target, template
from restgql.model import PlanNode, SubRequest
from restgql.sub_response import Response

Key = tuple[str, ...]
Path = tuple[str | int, ...]


class ParentField(msgspec.Struct, frozen=True):
    """A typed field of one parent, to be asked for: `path` is the field's in the response, `response` the one that its
    parent's value came with."""

    scope: TemplateScope
    outcome: Result
    path: Path
    response: Response | None = None


KeyBatch = dict[Key, list[ParentField]]


def chunks(batch: BatchBinding, wanted: list[ParentField]) -> list[KeyBatch]:
    """Who wants which keys, `batch.size` keys at most in each. One whose parent lacks a key is refused."""
    by_key: KeyBatch = {}
    for one in wanted:
        try:
            key = tuple(json.spelled(one.scope.find(name)) for name in batch.by)
        except RestgqlError as exc:
            one.outcome.refuse(exc)
            continue
        by_key.setdefault(key, []).append(one)
    keys = list(by_key)
    return [{key: by_key[key] for key in keys[at : at + batch.size]} for at in range(0, len(keys), batch.size)]


def request_of(step: PlanNode, chunk: KeyBatch) -> SubRequest:
    """The request for the keys of a chunk. Raises what refuses it."""
    call = step.call
    assert call is not None
    assert call.batch is not None
    batch = call.batch
    carried = {name: [key[at] for key in chunk] for at, name in enumerate(batch.carries)}
    path = template.expand(batch.template, lambda name: carried[name] if name in carried else walk(step.params, name))
    scope = next(iter(chunk.values()))[0].scope
    to = target.parse(path)
    filled = ((name, template.fill(value, lambda of: walk(step.params, of))) for name, value in call.headers)
    return SubRequest(
        target=to,
        headers=tuple(headers.well_formed((name, value) for name, value in filled if value is not None)),
        cookie=scope.cookie(to.path),
        opened=call.opened,
        typed=True,
        timeout=call.timeout,
    )


def items_of(batch: BatchBinding, value: Any) -> dict[Key, list[Any]]:
    """The items of a batch's reply by their key, whatever their order. Raises UpstreamInvalid where it has none."""
    found = value if batch.select is None else select.search(batch.select, value)
    if not isinstance(found, list):
        raise UpstreamInvalid("The batch route did not answer with an array.")
    items: dict[Key, list[Any]] = {}
    for item in found:
        values = [walk(item, name) for name in batch.key]
        if all(isinstance(value, str | int | float) for value in values):
            items.setdefault(tuple(map(json.spelled, values)), []).append(item)
    return items


def values_of(step: PlanNode, chunk: KeyBatch, items: dict[Key, list[Any]]) -> Iterator[tuple[ParentField, Any]]:
    """Who gets what: all items of a key where the field is a list, else the first. What no item is for is left out."""
    call = step.call
    assert call is not None
    for key, wanted in chunk.items():
        if key in items:
            for one in wanted:
                yield one, items[key] if call.many else items[key][0]
