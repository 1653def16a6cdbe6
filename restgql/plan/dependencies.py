"""Pass: which names each step takes from its parent's JSON, and which can come from nowhere."""

import msgspec

from restgql.errors import MissingParameter
from restgql.model import Step
from restgql.plan.plan import Plan, Setting


def dependencies(plan: Plan, setting: Setting) -> Plan:
    """The plan with the `needs` of its steps; one without a parent that needs a value is refused."""
    return msgspec.structs.replace(plan, steps=tuple(_with_needs(step, is_root=True) for step in plan.steps))


def _with_needs(step: Step, *, is_root: bool) -> Step:
    template = step.template if step.call is None else step.call.template
    names = dict.fromkeys(name for name in template.names if not step.is_declared(name.text)) if template else ()
    missing = next((name for name in names if not name.optional), None)
    refused = step.refused
    if is_root and missing is not None and refused is None:
        refused = MissingParameter(f"The path needs a value for {{{missing.text}}}.", parameter=missing.text)
    return msgspec.structs.replace(
        step,
        needs=() if is_root else tuple(dict.fromkeys(name.text for name in names)),
        refused=refused,
        steps=tuple(_with_needs(below, is_root=False) for below in step.steps),
        cases={name: tuple(_with_needs(below, is_root=False) for below in steps) for name, steps in step.cases.items()},
    )
