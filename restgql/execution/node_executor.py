"""Executes plan nodes into results: each response starts the nodes that depend on it, independent of its siblings."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec
from graphql import GraphQLAbstractType, GraphQLError, get_named_type

from restgql.bindings import RequestBinding, SelectBinding
from restgql.errors import (
    LATE,
    Cancelled,
    ClientError,
    GatewayError,
    LimitExceeded,
    RestgqlError,
    UpstreamInvalid,
    UpstreamTimeout,
)
from restgql.execution.key_batches import (
    KeyBatch,
    ParentField,
    Path,
    batch_request,
    items_by_key,
    key_batches,
    values_of,
)
from restgql.execution.redirects import RedirectChain
from restgql.execution.result import Result, Results
from restgql.execution.scheduler import Answer, Scheduler
from restgql.execution.typed_value import select_value, typed_value
from restgql.execution.user_resolver import ResolverTask, as_source, resolve_info, response_path, runtime_type
from restgql.formats import target
from restgql.formats.headers import IDEMPOTENCY_KEY, is_value
from restgql.model import SAFE_METHODS, SubRequest
from restgql.plan.arguments import arguments_of
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext
from restgql.plan.requests import elements, request_of
from restgql.plan.template_scope import TemplateScope
from restgql.sub_response import REDIRECTS, SubResponse
from restgql.upstream import Upstream, current_operation
from restgql.upstream.client_context import CookieHistory


class PendingRequest(msgspec.Struct, frozen=True, eq=False):
    """A sub-request that a node makes, and the result that its response settles. `path` is the field's response path.
    A request for the keys of several parents has these in `batch`."""

    node: PlanNode
    request: SubRequest
    result: Result
    path: Path
    batch: KeyBatch | None = None
    cookie_history: CookieHistory = ()


class TypedTask(msgspec.Struct, frozen=True, eq=False):
    """The typed value of a response, for the caller's thread: functions of the user's own tell the types in it."""

    executor: "NodeExecutor"
    pending: PendingRequest
    request: SubRequest
    response: SubResponse

    def run(self) -> None:
        """Settle the result of the request, and send what depends on it."""
        self.executor.settle_typed(self.pending, self.request, self.response)

    def cancel(self) -> None:
        """Settle the result without its value: the operation has ended."""
        self.executor.fail(self.pending, UpstreamTimeout(LATE))


ParentsByNode = dict[int, tuple[PlanNode, list[ParentField]]]
"""By the id of a node: the node, and every parent that it is asked for."""


class NodeExecutor:
    """The execution of one operation's nodes. `is_alone` is True for a mutation of one field."""

    def __init__(
        self,
        plan: Plan | None,
        variables: dict[str, Any],
        context: PlanContext,
        scheduler: Scheduler,
        upstream: Upstream,
        *,
        is_alone: bool = False,
        has_uploads: bool = False,
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._context = context
        self._scheduler = scheduler
        self._upstream = upstream
        self._client = upstream.client
        self._meter = upstream.meter
        self._is_alone = is_alone
        self._has_uploads = has_uploads
        self._arguments: dict[int, NodeArguments | RestgqlError] = {}
        self._mutations: list[tuple[SubRequest, SubResponse]] = []
        self.has_resolved = False
        """True once a resolver of the user's own was asked for a value."""

    @property
    def has_resolvers(self) -> bool:
        """True if the plan has a resolver of the user's own."""
        return self._plan is not None and self._plan.has_resolvers

    def begin(self, nodes: Iterable[PlanNode], results: Results) -> None:
        """Begin nodes without a parent, whose results are filled while the scheduler runs. Raises LimitExceeded, with
        nothing sent, if they make more sub-requests than an operation may."""
        pending: list[PendingRequest] = []
        resolvers: list[PlanNode] = []
        for node in nodes:
            if node.kind is NodeKind.RESOLVER:
                resolvers.append(node)
                continue
            result = results[node.key]
            self._expand(node, None, result, (node.key,), pending)
            if node.kind is NodeKind.AGGREGATE and isinstance(result.error, LimitExceeded):
                raise result.error
        self._scheduler.reserve([each.request for each in pending])
        for node in resolvers:
            self._expand(node, None, results[node.key], (node.key,), pending)
        self._send_all(pending)

    def _begin_children(self, nodes: tuple[PlanNode, ...], scope: TemplateScope, results: Results, path: Path) -> None:
        """Begin the children of a response: all of them or, if they are over the budget, those that it has room for."""
        begun: list[tuple[Result, list[PendingRequest]]] = []
        try:
            self._meter.charge_nodes(len(nodes))
        except RestgqlError as exc:
            results.update({node.key: Result(error=exc) for node in nodes})
            return
        for node in nodes:
            result, pending = Result(), list[PendingRequest]()
            results[node.key] = result
            self._expand(node, scope, result, (*path, node.key), pending)
            begun.append((result, pending))
        try:
            self._scheduler.reserve([each.request for _, pending in begun for each in pending])
        except LimitExceeded:
            for result, pending in begun:
                try:
                    self._scheduler.reserve([each.request for each in pending])
                except LimitExceeded as exc:
                    result.refuse(exc)
                    continue
                self._send_all(pending)
            return
        for _, pending in begun:
            self._send_all(pending)

    def _reserve_and_send(self, pending: list[PendingRequest]) -> None:
        """Send all of a fan-out or, if it is over the budget, nothing of it."""
        try:
            self._scheduler.reserve([each.request for each in pending])
        except LimitExceeded as exc:
            for each in pending:
                self.fail(each, exc)
            return
        self._send_all(pending)

    def _send_all(self, pending: list[PendingRequest]) -> None:
        for each in pending:
            self._send(each, None, each.request)

    def _arguments_of(self, node: PlanNode) -> NodeArguments:
        """Return the arguments of a node in this request. Raises their error."""
        if node.arguments is not None:
            return node.arguments
        arguments = self._arguments.get(id(node))
        if arguments is None:
            try:
                arguments = arguments_of(node, self._variables, self._context, has_uploads=self._has_uploads)
            except RestgqlError as exc:
                arguments = exc
            self._arguments[id(node)] = arguments
        if isinstance(arguments, RestgqlError):
            raise arguments.with_traceback(None)
        return arguments

    def _expand(
        self, node: PlanNode, scope: TemplateScope | None, result: Result, path: Path, pending: list[PendingRequest]
    ) -> None:
        """Add the sub-requests that a node makes now, or settle its result with the error that prevents them."""
        before = len(pending)
        try:
            match node.kind:
                case NodeKind.GET | NodeKind.FETCH | NodeKind.REQUEST:
                    pending.append(self._pending(node, self._arguments_of(node), scope, result, path))
                case NodeKind.RESOLVER:
                    self._call_resolver(node, None, result, path)
                case NodeKind.AGGREGATE:
                    self._expand_aggregate(node, result, path, pending)
                case NodeKind.GET_EACH:
                    arguments = self._arguments_of(node)
                    for index, element, item in self._items(arguments, scope, result):
                        at = (*path, index)
                        try:
                            pending.append(self._pending(node, arguments, element, item, at))
                        except RestgqlError as exc:
                            item.fail(exc)
                    result.settled = True
                case NodeKind.EACH:
                    for index, element, item in self._items(self._arguments_of(node), scope, result):
                        self._meter.charge_nodes(len(node.children))
                        for child in node.children:
                            item.children[child.key] = Result()
                            self._expand(child, element, item.children[child.key], (*path, index, child.key), pending)
                        item.settled = True
                    result.settled = True
                case NodeKind.SELECT:
                    raise AssertionError("a SELECT node is part of its parent's value")
        except Exception as exc:
            del pending[before:]  # nobody would see their responses
            result.fail(self._expected(exc, path))

    def _pending(
        self, node: PlanNode, arguments: NodeArguments, scope: TemplateScope | None, result: Result, path: Path
    ) -> PendingRequest:
        """Return the sub-request of a node. Raises the error that prevents it."""
        request = node.request
        if request is None:
            request = request_of(node, arguments, scope, self._client.site, self._meter)
        elif scope is not None and (cookie := scope.cookie(request.target.path)) is not None:
            request = msgspec.structs.replace(request, cookie=cookie)
        if self._is_alone and request.method not in SAFE_METHODS:
            request = self._with_idempotency_key(request)
        history = scope.cookie_history if scope is not None else tuple(self._mutations)
        if scope is None and history:  # a browser would send the cookies of the mutations before it
            request = msgspec.structs.replace(request, cookie=self._client.cookie_along(history, request.target.path))
        return PendingRequest(node, request, result, path, cookie_history=history)

    def _expand_aggregate(self, node: PlanNode, result: Result, path: Path, pending: list[PendingRequest]) -> None:
        parts = self._arguments_of(node).parts
        allowed = self._meter.limits.max_subrequests
        if len(parts) > allowed:
            message = f"More than {allowed} paths."
            raise LimitExceeded(message, limit="RESTGQL_MAX_SUBREQUESTS", allowed=allowed)
        self._meter.charge_nodes(len(parts))
        result.parts = {key: Result() for key, _ in parts}
        for key, text in parts:
            part = result.parts[key]
            try:
                request = SubRequest(target=target.parse(text))
                pending.append(PendingRequest(node, request, part, (*path, key)))
            except RestgqlError as exc:
                part.fail(exc)
        result.settled = True

    def _with_idempotency_key(self, request: SubRequest) -> SubRequest:
        """Return the request with the caller's Idempotency-Key, unless the field has its own."""
        key = self._client.idempotency_key
        if key is None or not is_value(key) or any(name == IDEMPOTENCY_KEY for name, _ in request.headers):
            return request
        return msgspec.structs.replace(request, headers=(*request.headers, (IDEMPOTENCY_KEY, key)))

    def _items(
        self, arguments: NodeArguments, scope: TemplateScope | None, result: Result
    ) -> Iterator[tuple[int, TemplateScope, Result]]:
        """Return the elements that a node iterates over, each with its result."""
        assert scope is not None, "only a response has fields that go over its elements"
        scopes = elements(arguments, scope, self._meter)
        result.items = [Result(value=each.value) for each in scopes]
        return zip(range(len(scopes)), scopes, result.items, strict=True)

    def _call_resolver(self, node: PlanNode, source: Any, result: Result, path: Path) -> None:
        """Have the caller's thread call a resolver of the user's own."""
        assert self._plan is not None
        assert self._plan.selections is not None
        assert node.field is not None
        self.has_resolved = True
        task = ResolverTask(self._plan.selections, self._variables, self._upstream, node.field, source, path, result)
        self._scheduler.submit_call(task, later=node.deferred)

    def _send(self, pending: PendingRequest, chain: RedirectChain | None, request: SubRequest) -> None:
        self._scheduler.submit(
            request, lambda answer: self._answered(pending, chain, request, answer), later=pending.node.deferred
        )

    def _answered(
        self, pending: PendingRequest, chain: RedirectChain | None, request: SubRequest, answer: Answer
    ) -> None:
        try:
            if isinstance(answer, ClientError):
                self.fail(pending, answer)
                return
            pending.result.responses.append(answer)
            if answer.status not in REDIRECTS and chain is None:
                self._arrived(pending, request, answer)
            else:
                chain = chain or RedirectChain(pending.request, self._client)
                self._redirected(pending, chain, request, answer)
        except RestgqlError as exc:
            self.fail(pending, exc)
        except Exception:
            self.fail(pending, UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _redirected(
        self, pending: PendingRequest, chain: RedirectChain, request: SubRequest, response: SubResponse
    ) -> None:
        following = chain.then(request, response)
        if isinstance(following, SubResponse):
            self._arrived(pending, request, following)
            return
        self._scheduler.reserve([following[1]])
        self._send(pending, *following)

    def _arrived(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        if pending.request.method not in SAFE_METHODS:  # a redirect may have changed its method
            self._mutations.append((msgspec.structs.replace(pending.request, body=b""), response))
        node, result = pending.node, pending.result
        if node.kind is NodeKind.REQUEST:
            if node.resolves_type:
                self._scheduler.submit_call(TypedTask(self, pending, request, response), later=node.deferred)
            else:
                self._typed(pending, request, response)
            return
        result.response = response
        if node.children and node.kind is not NodeKind.AGGREGATE:
            self._begin_dependents(pending, request, response)
        result.settled = True

    def _scope(self, value: Any, pending: PendingRequest, request: SubRequest, response: SubResponse) -> TemplateScope:
        history = pending.cookie_history
        if response.cookies:
            history = (*history, (request, response))
        client = self._client
        return TemplateScope(
            value, response.url, lambda path: client.cookie_along(history, path), cookie_history=history
        )

    def _begin_dependents(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        children = pending.result.children
        try:
            value: Any = response.parsed()
        except RestgqlError as exc:
            message = f"The request that this one depends on has failed: {exc.message}"
            cancelled = Cancelled(message, parent=list(pending.path))
            cancelled.__cause__ = exc
            children.update({node.key: Result(error=cancelled) for node in pending.node.children})
            return
        scope = self._scope(value, pending, request, response)
        self._begin_children(pending.node.children, scope, children, pending.path)

    def settle_typed(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        """Settle the typed field that a response is for in the caller's thread."""
        try:
            with current_operation(self._upstream):
                self._typed(pending, request, response)
        except RestgqlError as exc:
            self.fail(pending, exc)
        except Exception:
            self.fail(pending, UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _typed(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        """Settle the typed field that a response is for, or those of a batch."""
        binding, parents = pending.node.binding, ParentsByNode()
        assert isinstance(binding, RequestBinding)
        scope = self._scope(None, pending, request, response)
        if pending.batch is not None:
            values = self._batch_values(pending, binding, pending.batch, scope, response)
        else:
            pending.result.response = response
            value = typed_value(binding, response, self._meter.charge_elements)
            values = [(ParentField(scope, pending.result, pending.path, response), value)]
        for parent, value in values:
            self._spread(pending.node, value, parent, parents, pending.node.list_depth)
        self._send_parents(parents)

    def _batch_values(
        self,
        pending: PendingRequest,
        binding: RequestBinding,
        keys: KeyBatch,
        scope: TemplateScope,
        response: SubResponse,
    ) -> list[tuple[ParentField, Any]]:
        """Return the value of each parent's field; request one by one those that the batch's response lacks."""
        assert binding.batch is not None
        for parent in (parent for parents in keys.values() for parent in parents):
            parent.result.response = response
        if response.status in binding.null_on:
            return [(parent, None) for parents in keys.values() for parent in parents]
        items = items_by_key(binding.batch, response.parsed(), self._meter.charge_elements)
        values = [
            (msgspec.structs.replace(parent, scope=scope, response=response), value)
            for parent, value in values_of(binding, keys, items)
        ]
        lacking = [parent for key, parents in keys.items() if key not in items for parent in parents]
        self._reserve_and_send(self._one_by_one(pending.node, lacking))
        return values

    def _spread(self, node: PlanNode, value: Any, parent: ParentField, parents: ParentsByNode, list_depth: int) -> None:
        """Settle the value of a typed field, and collect the children of each object in it."""
        result = parent.result
        result.value = value
        try:
            if node.children or node.cases:
                self._spread_children(node, value, parent, parents, list_depth)
        except Exception as exc:  # the children of other objects are still to be sent
            result.fail(self._expected(exc, parent.path))
        result.settled = True

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
                    result.fail(self._expected(exc, field.path))

    def _children_of(self, node: PlanNode, value: Any, path: Path) -> tuple[PlanNode, ...]:
        """Return the children that a value of a node has. Raises what a function that tells its type raises."""
        if not node.cases or node.discriminator is not None:
            return node.children_of(value, self._meter.charge_elements)
        assert self._plan is not None
        assert self._plan.selections is not None
        assert node.field is not None
        selections = self._plan.selections
        info = resolve_info(selections, self._variables, node.field, response_path(path))
        of_type = cast(GraphQLAbstractType, get_named_type(node.field.definition.type))
        return node.cases[runtime_type(selections, of_type, info, value).name]

    def _spread_child(self, node: PlanNode, value: Any, field: ParentField, parents: ParentsByNode) -> None:
        if node.kind is NodeKind.REQUEST:
            parents.setdefault(id(node), (node, []))[1].append(field)
        elif node.kind is NodeKind.RESOLVER:
            self._call_resolver(node, as_source(value), field.result, field.path)
        else:
            assert isinstance(node.binding, SelectBinding)
            selected = select_value(node.binding, value, field.response, self._meter.charge_elements)
            self._spread(node, selected, field, parents, node.list_depth)

    def _send_parents(self, parents_by_node: ParentsByNode) -> None:
        for node, parents in parents_by_node.values():
            assert isinstance(node.binding, RequestBinding)
            batch = node.binding.batch
            self._reserve_and_send(
                self._one_by_one(node, parents) if batch is None else self._batched(node, node.binding, parents)
            )

    def _one_by_one(self, node: PlanNode, parents: list[ParentField]) -> list[PendingRequest]:
        pending: list[PendingRequest] = []
        try:
            self._meter.charge_nodes(len(parents))
        except RestgqlError as exc:
            for parent in parents:
                parent.result.fail(exc)
            return []
        for parent in parents:
            self._expand(node, parent.scope, parent.result, parent.path, pending)
        return pending

    def _batched(self, node: PlanNode, binding: RequestBinding, parents: list[ParentField]) -> list[PendingRequest]:
        assert binding.batch is not None
        pending: list[PendingRequest] = []
        for keys in key_batches(binding.batch, parents):
            first = next(iter(keys.values()))[0]
            try:
                arguments = self._arguments_of(node)
                request = batch_request(binding, binding.batch, arguments, keys, self._meter)
            except RestgqlError as exc:
                for parent in (parent for parents in keys.values() for parent in parents):
                    parent.result.fail(exc)
                continue
            history = first.scope.cookie_history
            pending.append(PendingRequest(node, request, first.result, first.path, keys, history))
        return pending

    def _expected(self, error: Exception, path: Path) -> RestgqlError | GraphQLError:
        """Return the error that a field has for an exception; log one that is not expected."""
        if isinstance(error, RestgqlError | GraphQLError):
            return error
        self._scheduler.logger.error("Exception in the field %s", list(path), exc_info=error)
        return GatewayError("Internal error.")

    @staticmethod
    def fail(pending: PendingRequest, error: RestgqlError) -> None:
        """Settle every result that waits for a request with an error."""
        results = [parent.result for parents in pending.batch.values() for parent in parents] if pending.batch else []
        for result in results or [pending.result]:
            result.fail(error)
