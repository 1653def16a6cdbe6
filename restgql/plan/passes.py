"""From an operation to its plan: the passes, in their order."""

from collections.abc import Iterable

from restgql.documents.documents import Documents, Operation
from restgql.formats.json import encode
from restgql.model import GraphQLRequest, PlanNode
from restgql.plan.collect import collect
from restgql.plan.conditions import conditions
from restgql.plan.dedupe import dedupe
from restgql.plan.dependencies import dependencies
from restgql.plan.limits import limits
from restgql.plan.plan import Pass, Plan, PlanContext
from restgql.plan.uploads import uploads

PASSES: tuple[Pass, ...] = (conditions, collect, uploads, dependencies, dedupe, limits)
CACHED_PLANS = 256
MAX_CACHED_VARIABLES = 2_048


class Planner:
    """Makes plans, and keeps the last ones: the same document with the same variables is the same plan."""

    def __init__(self, documents: Documents, setting: PlanContext) -> None:
        self._documents = documents
        self.setting = setting
        self._kept: dict[tuple[object, ...], Plan] = {}

    def operation(self, params: GraphQLRequest) -> Operation:
        """The operation that is asked for. Raises LimitExceeded, BadRequest and InvalidRequest."""
        return self._documents.operation(params)

    def plan(self, params: GraphQLRequest, operation: Operation, *, incremental: bool = False) -> Plan:
        """The plan of an operation. Raises LimitExceeded and InvalidRequest."""
        if operation.uploads:  # files are not kept
            return self._made(operation, incremental=incremental)
        variables = encode(operation.variables) if operation.variables else b""
        key = (params.query, params.operation_name, variables, incremental)
        plan = self._kept.get(key)
        if plan is None:
            plan = self._made(operation, incremental=incremental)
            # An error that is raised again and again collects all that it was raised through.
            if len(variables) <= MAX_CACHED_VARIABLES and not _is_refused(plan.steps, set()):
                if len(self._kept) >= CACHED_PLANS:
                    self._kept.pop(next(iter(self._kept)), None)
                self._kept[key] = plan
        return plan

    def _made(self, operation: Operation, *, incremental: bool) -> Plan:
        plan = Plan(operation=operation, incremental=incremental)
        for each in PASSES:
            plan = each(plan, self.setting)
        return plan


def _is_refused(steps: Iterable[PlanNode], seen: set[int]) -> bool:
    """Whether one of them or below them is refused; what several have below them is seen once."""
    for step in steps:
        if id(step) not in seen:
            seen.add(id(step))
            if step.refused is not None or _is_refused(step.below(), seen):
                return True
    return False
