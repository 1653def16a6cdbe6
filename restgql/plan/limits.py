"""Pass: the number of sub-requests that the document alone decides."""

from restgql.errors import LimitExceeded
from restgql.model import Field, Step
from restgql.plan.plan import Plan, Setting


def limits(plan: Plan, setting: Setting) -> Plan:
    """The plan as it is. Raises LimitExceeded where its steps that depend on nothing are too many."""
    allowed = setting.max_subrequests
    if sum(map(_requests, plan.steps)) > allowed:
        raise LimitExceeded(
            f"The document makes too many sub-requests: more than {allowed}.",
            limit="RESTGQL_MAX_SUBREQUESTS",
            allowed=allowed,
        )
    return plan


def _requests(step: Step) -> int:
    if step.field is Field.AGGREGATE:
        return sum(map(_requests, step.steps))
    return int(step.refused is None and step.twin is None)
