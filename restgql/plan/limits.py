"""Pass: the number of sub-requests that the document alone decides."""

from restgql.errors import LimitExceeded
from restgql.model import NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext


def limits(plan: Plan, setting: PlanContext) -> Plan:
    """The plan as it is. Raises LimitExceeded where its steps that depend on nothing are too many."""
    untyped, typed = (sum(_requests(step, is_typed) for step in plan.steps) for is_typed in (False, True))
    for count, allowed, key in (
        (untyped, setting.max_subrequests, "RESTGQL_MAX_SUBREQUESTS"),
        (untyped + typed, max(setting.max_subrequests, setting.max_typed_subrequests), "RESTGQL_MAX_TYPED_SUBREQUESTS"),
    ):
        if count > allowed:
            message = f"The document makes too many sub-requests: more than {allowed}."
            raise LimitExceeded(message, limit=key, allowed=allowed)
    return plan


def _requests(step: PlanNode, is_typed: bool) -> int:
    """How many a step makes that depends on nothing, of one kind."""
    if step.field is NodeKind.AGGREGATE:
        return sum(_requests(part, is_typed) for part in step.steps)
    return int(step.refused is None and step.twin is None and (step.field is NodeKind.CALL) is is_typed)
