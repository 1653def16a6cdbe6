"""Pass: which steps ask for what another one asks for already; the scheduler makes them one sub-request."""

import msgspec

from restgql.formats.json import encode
from restgql.model import SAFE_METHODS, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext

Seen = dict[tuple[object, ...], str]
Known = dict[tuple[int, str], tuple[PlanNode, ...]]
"""By the id of steps that several have below them, and their path: what becomes of them."""


def dedupe(plan: Plan, setting: PlanContext) -> Plan:
    """The plan whose steps know their `twin`: the response path of the first that is the same, of those that depend
    on the same parent."""
    return msgspec.structs.replace(plan, steps=_marked(plan.steps, "", {}, {}))


def _below(steps: tuple[PlanNode, ...], above: str, known: Known) -> tuple[PlanNode, ...]:
    found = known.get((id(steps), above))
    if found is None:
        found = known[id(steps), above] = _marked(steps, above, {}, known)
    return found


def _marked(steps: tuple[PlanNode, ...], above: str, seen: Seen, known: Known) -> tuple[PlanNode, ...]:
    marked = []
    for step in steps:
        path = f"{above}.{step.key}".lstrip(".")
        if step.field is NodeKind.AGGREGATE:
            step = msgspec.structs.replace(step, steps=_marked(step.steps, path, seen, known))
        elif step.refused is None:
            is_alone = step.field in (NodeKind.EACH, NodeKind.PICK) or not _is_safe(step)
            twin = path if is_alone else seen.setdefault(_identity(step), path)
            below = _below(step.steps, path, known)
            cases = {name: _below(steps, path, known) for name, steps in step.cases.items()}
            step = msgspec.structs.replace(step, twin=twin if twin != path else None, steps=below, cases=cases)
        marked.append(step)
    return tuple(marked)


def _is_safe(step: PlanNode) -> bool:
    return (step.method if step.call is None else step.call.method) in SAFE_METHODS


def _identity(step: PlanNode) -> tuple[object, ...]:
    if step.call is not None:
        return (step.call.method, step.call.template.text, encode(step.params), id(step.call))
    over = (step.over, step.limit) if step.field is NodeKind.GET_EACH else ()
    if step.path:
        return (step.path, b"", step.headers, over)
    text = step.template.text if step.template else ""
    return (text, encode(step.params) if step.template and step.template.names else b"", step.headers, over)
