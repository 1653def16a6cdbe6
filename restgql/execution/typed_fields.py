"""The typed fields of an operation: a JSON value settles a field, and the requests of the fields below it begin."""

from typing import Any, Protocol

import msgspec
from graphql import GraphQLError, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType, get_named_type

from restgql.bindings import RequestBinding, SelectBinding
from restgql.errors import LATE, BadPath, RestgqlError, UpstreamInvalid, UpstreamTimeout
from restgql.execution.key_batches import (
    KeyBatch,
    ParentField,
    ResponsePath,
    batch_request,
    halves,
    items_by_key,
    items_of,
    key_batches,
    values_of,
)
from restgql.execution.projected import Projected
from restgql.execution.result import Result
from restgql.execution.sub_requests import PendingRequest, SubRequests
from restgql.execution.typed_value import select_value, typed_value
from restgql.execution.user_resolver import as_source
from restgql.execution.value_checks import ValueChecks
from restgql.formats.media import essence, is_json
from restgql.large_frame import in_large_frame
from restgql.model import SubRequest
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.requests import forward_query
from restgql.plan.template_scope import TemplateScope
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream, current_operation


class NodeExecution(Protocol):
    """The execution of an operation's nodes."""

    def expand(
        self,
        node: PlanNode,
        scope: TemplateScope | None,
        result: Result,
        path: ResponsePath,
        pending: list[PendingRequest],
    ) -> None:
        """Add the sub-requests that a node makes now, or settle its result with the error that prevents them."""

    def arguments_of(self, node: PlanNode) -> NodeArguments:
        """Return the arguments of a node in this request. Raises their error."""

    def call_resolver(self, node: PlanNode, source: Any, result: Result, path: ResponsePath) -> None:
        """Have the caller's thread call a resolver of the user's own."""

    def scope(self, value: Any, pending: PendingRequest, request: SubRequest, response: SubResponse) -> TemplateScope:
        """Return the scope of what depends on a response, with the cookies that it has set."""

    def expected(self, error: Exception, path: ResponsePath) -> RestgqlError | GraphQLError:
        """Return the error that a field has for an exception; log one that is not expected."""

    def runtime_type(self, node: PlanNode, value: Any, path: ResponsePath) -> GraphQLObjectType:
        """Return the type that the user's own code tells for a value. Raises what that raises."""


class TypedTask(msgspec.Struct, frozen=True, eq=False):
    """The typed value of a response, for the caller's thread: functions of the user's own resolve the types in it."""

    fields: "TypedFields"
    pending: PendingRequest
    request: SubRequest
    response: SubResponse

    def run(self) -> None:
        """Settle the result of the request, and send what depends on it."""
        self.fields.settle_in_caller(self.pending, self.request, self.response)

    def cancel(self) -> None:
        """Settle the result without its value: the operation has ended."""
        self.pending.fail(UpstreamTimeout(LATE))


ParentsByNode = dict[int, tuple[PlanNode, list[ParentField]]]
"""By the id of a node: the node, and the parents of which it is a field."""


LARGE_BODY = 16_384
"""The size in bytes of a body with enough values to be worth a large stack frame."""

_READ_AS_JSON = frozenset({"Boolean", "Date", "DateTime", "Float", "Int", "JSON", "Long", "UUID"})
"""The scalars whose text is JSON; a String may be any text."""


def _as_json(node: PlanNode, response: SubResponse) -> SubResponse:
    """Return the response as JSON if the field's type accepts only JSON: many routes send it as text/html."""
    content_type = response.field_map.get("content-type", "")
    if content_type == "application/json" or is_json(essence(content_type)) or node.field is None:
        return response
    of_type = node.field.definition.type
    bare = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
    name = get_named_type(of_type).name
    is_text = isinstance(bare, GraphQLScalarType) and name not in _READ_AS_JSON
    return response if is_text else response.read_as_json(structured=name == "JSON")


class TypedFields:
    """The typed fields of one operation, whose other nodes `nodes` executes.

    `checks` is None unless the app is in debug.
    """

    __slots__ = ("_checks", "_meter", "_nodes", "_requests", "_upstream")

    def __init__(
        self, nodes: NodeExecution, requests: SubRequests, upstream: Upstream, checks: ValueChecks | None = None
    ) -> None:
        self._checks = checks
        self._nodes = nodes
        self._requests = requests
        self._upstream = upstream
        self._meter = upstream.meter

    def settle(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        """Settle the typed field that a response is for, or those of a batch."""
        response = _as_json(pending.node, response)
        binding = pending.node.binding
        parents: ParentsByNode = {}
        assert isinstance(binding, RequestBinding)
        scope = self._nodes.scope(None, pending, request, response)
        if pending.batch is not None:
            values = self._batch_values(pending, binding, pending.batch, scope, response)
        else:
            pending.result.response = response
            if self._checks is not None:
                self._checks.check_response(pending.node, binding, response)
            value = Projected.of_response(pending.node, response, self._meter) or typed_value(
                binding, response, self._meter.charge_elements
            )
            values = [(ParentField(scope, pending.result, pending.path, response), value)]
        is_large = len(response.body) > LARGE_BODY
        for parent, value in values:
            spread = self._spread_large if is_large and not isinstance(value, Projected) else self._spread
            spread(pending.node, value, parent, parents, pending.node.list_depth)
        self._send_parents(parents)

    def settle_in_caller(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        """Settle the typed field that a response is for in the caller's thread."""
        try:
            with current_operation(self._upstream):
                self.settle(pending, request, response)
        except RestgqlError as exc:
            pending.fail(exc)
        except Exception:
            pending.fail(UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _batch_values(
        self,
        pending: PendingRequest,
        binding: RequestBinding,
        keys: KeyBatch,
        scope: TemplateScope,
        response: SubResponse,
    ) -> list[tuple[ParentField, Any]]:
        """Return the value of each parent's field; request singly those that the batch's response lacks."""
        assert binding.batch is not None
        for parent in (parent for parents in keys.values() for parent in parents):
            parent.result.response = response
        if response.status in binding.null_on:
            return [(parent, None) for parents in keys.values() for parent in parents]
        array = items_of(binding.batch, response.parsed(), self._meter.charge_elements)
        items = items_by_key(binding.batch, array)
        if self._checks is not None:
            self._checks.check_batch(pending.node, binding.batch, keys, array, response)
        size = len(response.body) // max(1, len(items))
        values = [
            (
                msgspec.structs.replace(parent, scope=scope, response=response),
                Projected.of_item(pending.node, value, self._meter, size) or value,
            )
            for parent, value in values_of(binding, keys, items)
        ]
        lacking = [parent for key, parents in keys.items() if key not in items for parent in parents]
        self._requests.reserve_and_send(self._one_by_one(pending.node, lacking))
        return values

    def _spread(self, node: PlanNode, value: Any, parent: ParentField, parents: ParentsByNode, list_depth: int) -> None:
        """Settle the value of a typed field, and collect the children of each object in it."""
        result = parent.result
        if not isinstance(value, Projected):
            result.value = value
        try:
            if isinstance(value, Projected):
                result.projected = value
                self._spread_joins(value, parent, parents)
            elif node.children or node.cases:
                self._spread_children(node, value, parent, parents, list_depth)
        except Exception as exc:  # the children of other objects must still be sent
            result.fail(self._nodes.expected(exc, parent.path))
        result.settled = True

    def _spread_joins(self, projected: Projected, parent: ParentField, parents: ParentsByNode) -> None:
        """Collect the children of projected objects, one for all objects with the same keys."""
        for join, groups in projected.groups.values():
            path = (*parent.path, join.node.key)
            parents.setdefault(id(join.node), (join.node, []))[1].extend(
                ParentField(
                    msgspec.structs.replace(parent.scope, value=group.values),
                    group.result,
                    path,
                    parent.response,
                    len(group.objects),
                )
                for group in groups.values()
            )

    _spread_large = in_large_frame(_spread)

    def _spread_children(
        self, node: PlanNode, value: Any, parent: ParentField, parents: ParentsByNode, list_depth: int
    ) -> None:
        if list_depth and isinstance(value, list):
            self._meter.charge_nodes(len(value))
            parent.result.items = [Result(value=item) for item in value]
            for index, (item, result) in enumerate(zip(value, parent.result.items, strict=True)):
                at = ParentField(parent.scope, result, (*parent.path, index), parent.response)
                self._spread(node, item, at, parents, list_depth - 1)
        elif not list_depth and value is not None and not isinstance(value, msgspec.Raw):
            scope = msgspec.structs.replace(parent.scope, value=value)
            children = self._children_of(node, value, parent.path)
            self._meter.charge_nodes(len(children))
            for child in children:
                result = parent.result.children[child.key] = Result()
                field = ParentField(scope, result, (*parent.path, child.key), parent.response)
                try:
                    self._spread_child(child, value, field, parents)
                except Exception as exc:
                    result.fail(self._nodes.expected(exc, field.path))

    def _spread_child(self, node: PlanNode, value: Any, field: ParentField, parents: ParentsByNode) -> None:
        if node.kind is NodeKind.REQUEST:
            parents.setdefault(id(node), (node, []))[1].append(field)
        elif node.kind is NodeKind.RESOLVER:
            self._nodes.call_resolver(node, as_source(value), field.result, field.path)
        else:
            assert isinstance(node.binding, SelectBinding)
            selected = select_value(node.binding, value, field.response, self._meter.charge_elements)
            self._spread(node, selected, field, parents, node.list_depth)

    def _children_of(self, node: PlanNode, value: Any, path: ResponsePath) -> tuple[PlanNode, ...]:
        """Return the children of a node that its value's type has.

        Raises the errors of a function that resolves the type.
        """
        if not node.cases or node.discriminator is not None:
            return node.children_of(value, self._meter.charge_elements)
        return node.cases[self._nodes.runtime_type(node, value, path).name]

    def _send_parents(self, parents_by_node: ParentsByNode) -> None:
        for node, parents in parents_by_node.values():
            assert isinstance(node.binding, RequestBinding)
            batch = node.binding.batch
            self._requests.reserve_and_send(
                self._one_by_one(node, parents) if batch is None else self._batched(node, node.binding, parents)
            )

    def _one_by_one(self, node: PlanNode, parents: list[ParentField]) -> list[PendingRequest]:
        pending: list[PendingRequest] = []
        try:
            self._meter.charge_nodes(sum([parent.count for parent in parents]))
        except RestgqlError as exc:
            for parent in parents:
                parent.result.fail(exc)
            return []
        for parent in parents:
            self._nodes.expand(node, parent.scope, parent.result, parent.path, pending)
        return pending

    def _batched(self, node: PlanNode, binding: RequestBinding, parents: list[ParentField]) -> list[PendingRequest]:
        assert binding.batch is not None
        pending: list[PendingRequest] = []
        waiting = key_batches(node, binding.batch, parents)[::-1]
        while waiting:
            keys = waiting.pop()
            first = next(iter(keys.values()))[0]
            try:
                arguments = self._nodes.arguments_of(node)
                request = batch_request(binding, binding.batch, arguments, keys, self._meter)
                if binding.forward:
                    client = self._upstream.client
                    request = forward_query(binding, request, client.query, client.site)
            except RestgqlError as exc:
                if isinstance(exc, BadPath) and len(keys) > 1:  # too long, or one key is the reason
                    waiting += halves(keys)[::-1]
                else:
                    for parent in (parent for parents in keys.values() for parent in parents):
                        parent.result.fail(exc)
                continue
            history = first.scope.cookie_history
            pending.append(PendingRequest(node, request, first.result, first.path, keys, history))
        return pending
