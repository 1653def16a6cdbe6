"""Pass: collect every selection set of the operation, for each type on which it may be selected."""

import msgspec
from graphql import GraphQLError

from restgql.documents.collect_fields import Selections
from restgql.documents.documents import InvalidRequest
from restgql.plan.plan import Plan, PlanContext

_VERBS = (
    'RESTGQL_VERBS = ["GET", "POST"], set before Gateway(app), adds the field post; PUT, PATCH and DELETE add theirs.'
)


def select_fields(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan with its `selections`.

    Raises InvalidRequest if the schema has no such operation, BadRequest and LimitExceeded.
    """
    if context.schema.get_root_type(plan.node.operation) is None:
        cure = _VERBS if plan.is_mutation else "A gateway runs queries and mutations."
        message = f"The schema has no {plan.node.operation.value}. {cure}"
        raise InvalidRequest([GraphQLError(message, plan.node)])
    selections = Selections(
        context.schema, plan.document, plan.node, conditions=plan.conditions, incremental=plan.incremental
    )
    return msgspec.structs.replace(plan, selections=selections)
