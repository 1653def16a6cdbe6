"""Pass: which names each step takes from its parent's JSON, and which can come from nowhere."""

import msgspec

from restgql.errors import MissingParameter, RestgqlError
from restgql.execution.template_scope import walk
from restgql.formats import target, template
from restgql.formats.template import Template
from restgql.model import NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext

Known = dict[int, tuple[PlanNode, ...]]
"""By the id of steps that several have below them: what becomes of them."""

_PATHS = frozenset({NodeKind.GET, NodeKind.FETCH})


def dependencies(plan: Plan, setting: PlanContext) -> Plan:
    """The plan with the `needs` of its steps; one without a parent that needs a value is refused."""
    return msgspec.structs.replace(plan, steps=tuple(_with_needs(step, {}, is_root=True) for step in plan.steps))


def _all_with_needs(steps: tuple[PlanNode, ...], known: Known) -> tuple[PlanNode, ...]:
    found = known.get(id(steps))
    if found is None:
        found = known[id(steps)] = tuple(_with_needs(step, known, is_root=False) for step in steps)
    return found


def _with_needs(step: PlanNode, known: Known, *, is_root: bool) -> PlanNode:
    taken = step.template if step.call is None else step.call.template
    names = dict.fromkeys(name for name in taken.names if not step.is_declared(name.text)) if taken else ()
    missing = next((name for name in names if not name.optional), None)
    refused = step.refused
    if is_root and missing is not None and refused is None:
        refused = MissingParameter(f"The path needs a value for {{{missing.text}}}.", parameter=missing.text)
    path = step.path
    if step.template is not None and step.field in _PATHS and not names and refused is None:
        try:
            path = _filled(step, step.template)
        except RestgqlError as exc:
            refused = exc
    return msgspec.structs.replace(
        step,
        path=path,
        needs=() if is_root else tuple(dict.fromkeys(name.text for name in names)),
        refused=refused,
        steps=_all_with_needs(step.steps, known),
        cases={name: _all_with_needs(steps, known) for name, steps in step.cases.items()},
    )


def _filled(step: PlanNode, path: Template) -> str:
    """The path of a step that needs nothing of a parent; empty where only the site can tell. Raises what refuses it."""
    if path.text.startswith("{+"):
        return ""
    found = template.expand(path, lambda name: walk(step.params, name))
    return str(target.parse(found, quoted=not path.names))
