"""Pass: compile the arguments and sub-requests that depend on no variable and no parent, once for all requests."""

from contextlib import suppress
from functools import partial

import msgspec

from restgql.errors import RestgqlError
from restgql.model import SubRequest
from restgql.plan.arguments import arguments_of
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext
from restgql.plan.rebuild import rebuild
from restgql.plan.requests import needs_parent, request_of

_WITH_REQUEST = frozenset({NodeKind.GET, NodeKind.FETCH, NodeKind.REQUEST})
_WITHOUT_ARGUMENTS = frozenset({NodeKind.SELECT, NodeKind.RESOLVER})


def constants(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan with the `arguments` and the `request` of every node that has constant ones.

    Errors are left to each request: a stored exception would collect the tracebacks of every raise.
    """
    return msgspec.structs.replace(plan, nodes=rebuild(plan.nodes, partial(_compile, context=context)))


def _compile(node: PlanNode, context: PlanContext) -> PlanNode:
    if node.kind in _WITHOUT_ARGUMENTS or node.field is None or node.field.constant_arguments is None:
        return node
    with suppress(RestgqlError):
        arguments = arguments_of(node, {}, context)
        node = msgspec.structs.replace(node, arguments=arguments)
        return msgspec.structs.replace(node, request=_request(node, arguments))
    return node


def _request(node: PlanNode, arguments: NodeArguments) -> SubRequest | None:
    """Return the sub-request of a node that needs neither its parent, nor the site, nor the caller. Raises BadPath."""
    if node.kind not in _WITH_REQUEST or needs_parent(node, arguments):
        return None
    return request_of(node, arguments, None, None, None)
