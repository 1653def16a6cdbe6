"""Pass: collect every selection set of the operation, for each type on which it may be selected."""

import msgspec
from graphql import GraphQLError

from restgql.documents.collect_fields import Selections
from restgql.documents.documents import InvalidRequest
from restgql.plan.plan import Plan, PlanContext


def select_fields(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan with its `selections`.

    Raises InvalidRequest if the schema has no such operation, BadRequest and LimitExceeded.
    """
    if context.schema.get_root_type(plan.node.operation) is None:
        hint = " RESTGQL_VERBS opens post, put, patch and delete." if plan.is_mutation else ""
        message = f"The schema has no {plan.node.operation.value}.{hint}"
        raise InvalidRequest([GraphQLError(message, plan.node)])
    selections = Selections(
        context.schema, plan.document, plan.node, conditions=plan.conditions, incremental=plan.incremental
    )
    return msgspec.structs.replace(plan, selections=selections)
