"""From an operation to its plan: the passes, in their order."""

from restgql.bounded_cache import WeightedCache
from restgql.documents.cache_size import FIELD_WEIGHT
from restgql.documents.documents import Documents, Operation
from restgql.large_frame import in_large_frame
from restgql.model import GraphQLRequest
from restgql.plan.collect_nodes import collect_nodes
from restgql.plan.conditions import conditions
from restgql.plan.constants import constants
from restgql.plan.plan import Pass, Plan, PlanContext
from restgql.plan.projections import projections
from restgql.plan.select_fields import select_fields

PASSES: tuple[Pass, ...] = (conditions, select_fields, collect_nodes, constants, projections)
CACHED_PLANS = 512


class Planner:
    """Makes plans, and caches recent ones: the same document with the same conditions has the same plan."""

    def __init__(self, documents: Documents, context: PlanContext) -> None:
        self._documents = documents
        self.context = context
        self._kept: WeightedCache[Plan] = WeightedCache(CACHED_PLANS, context.cache_size)

    def operation(self, request: GraphQLRequest) -> Operation:
        """Return the operation of a request. Raises LimitExceeded, BadRequest and InvalidRequest."""
        return self._documents.operation(request)

    def compile(self, text: str) -> None:
        """Parse, validate and plan a document of one operation before its first request.

        If variables decide @skip, @include, @defer or @stream, plans are made later, for each request's values. Raises
        LimitExceeded, BadRequest and InvalidRequest.
        """
        operation = self._documents.without_variables(text)
        if not operation.document.directives.conditions:
            self.plan(operation)

    def plan(self, operation: Operation, *, incremental: bool = False) -> Plan:
        """Return the plan of an operation. Raises LimitExceeded, BadRequest and InvalidRequest."""
        key = (operation.document.plan_key, operation.name, incremental, *operation.conditions.items())
        plan = self._kept.get(key)
        if plan is None:
            plan = self._make(operation, incremental=incremental)
            assert plan.selections is not None
            self._kept.put(key, plan, operation.document.weight + FIELD_WEIGHT * plan.selections.size)
        return plan

    @in_large_frame
    def _make(self, operation: Operation, *, incremental: bool) -> Plan:
        plan = Plan(
            document=operation.document.node,
            node=operation.node,
            hash=operation.document.hash,
            conditions=operation.conditions,
            incremental=incremental,
            stored=operation.stored,
        )
        for each in PASSES:
            plan = each(plan, self.context)
        return plan
