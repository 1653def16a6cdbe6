"""Pass: no field sends more of files than one upload may hold, however often it names them."""

import msgspec

from restgql.errors import LimitExceeded
from restgql.formats.file import files_in
from restgql.model import PlanNode
from restgql.plan.plan import Plan, PlanContext


def uploads(plan: Plan, setting: PlanContext) -> Plan:
    """The plan whose root fields with too much are refused; no other field has a body."""
    if not plan.operation.uploads:
        return plan
    return msgspec.structs.replace(plan, steps=tuple(_held(step, setting.max_upload) for step in plan.steps))


def _held(step: PlanNode, allowed: int) -> PlanNode:
    body = [] if step.body is None else [step.body.value, *(file for _, file in step.body.files)]
    if sum(len(file.content) for file in files_in([step.params, *body])) <= allowed:
        return step
    refused = LimitExceeded(f"Its files are over {allowed} bytes.", limit="RESTGQL_MAX_UPLOAD", allowed=allowed)
    return PlanNode(key=step.key, field=step.field, refused=refused)
