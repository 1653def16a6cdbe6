"""Executes plan nodes into results: each response starts the nodes that depend on it, independent of its siblings."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec
from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, get_named_type

from restgql.bindings import RequestBinding
from restgql.errors import Cancelled, GatewayError, LimitExceeded, RestgqlError
from restgql.execution.field_errors import Locations
from restgql.execution.key_batches import ResponsePath, settle_without_key
from restgql.execution.params_check import check_params
from restgql.execution.result import Result, Results
from restgql.execution.scheduler import Scheduler
from restgql.execution.sub_requests import PendingRequest, SubRequests
from restgql.execution.typed_fields import TypedFields, TypedTask
from restgql.execution.user_resolver import ResolverTask, resolve_info, response_path, runtime_type
from restgql.execution.value_checks import ValueChecks
from restgql.formats import target
from restgql.formats.headers import IDEMPOTENCY_KEY, is_value
from restgql.log import logger
from restgql.model import SAFE_METHODS, SubRequest
from restgql.plan.arguments import arguments_of
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext
from restgql.plan.requests import elements, forward_query, request_of
from restgql.plan.select_checks import SelectChecks
from restgql.plan.template_scope import NullKey, TemplateScope
from restgql.plan.whole_numbers import WholeNumbers
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream


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
        self._select_checks = SelectChecks(variables, upstream.meter.charge_elements)
        self._whole_numbers = WholeNumbers()
        self._locations = Locations()
        self._mutations = list(upstream.cookie_history)
        self.has_resolved = False
        """True once a resolver of the user's own was called."""

    @property
    def has_resolvers(self) -> bool:
        """True if the plan has a resolver of the user's own."""
        return self._plan is not None and self._plan.has_resolvers

    # Created for each use: a stored one would form a reference cycle, which keeps all responses until a garbage
    # collection.
    @property
    def _requests(self) -> SubRequests:
        return SubRequests(self._scheduler, self._client, self._arrived)

    @property
    def _typed(self) -> TypedFields:
        return TypedFields(self, self._requests, self._upstream, self._checks)

    @property
    def _checks(self) -> ValueChecks | None:
        """The checks of typed values, or None outside debug."""
        log = self._upstream.debug_log
        if log is None or self._plan is None or self._plan.selections is None:
            return None
        return ValueChecks(log, self._plan.selections)

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
            self.expand(node, None, result, (node.key,), pending)
            if node.kind is NodeKind.AGGREGATE and isinstance(result.error, LimitExceeded):
                raise result.error
        self._requests.reserve(pending)
        for node in resolvers:
            self.expand(node, None, results[node.key], (node.key,), pending)
        self._requests.send(pending)

    def _begin_children(
        self, nodes: tuple[PlanNode, ...], scope: TemplateScope, results: Results, path: ResponsePath
    ) -> None:
        """Begin the children of a response; if they exceed the budget, only as many as it allows."""
        requests = self._requests
        begun: list[tuple[Result, list[PendingRequest]]] = []
        try:
            self._meter.charge_nodes(len(nodes))
        except RestgqlError as exc:
            results.update({node.key: Result(error=exc) for node in nodes})
            return
        for node in nodes:
            result = Result()
            pending: list[PendingRequest] = []
            results[node.key] = result
            self.expand(node, scope, result, (*path, node.key), pending)
            begun.append((result, pending))
        try:
            requests.reserve(each for _, pending in begun for each in pending)
        except LimitExceeded:
            for result, pending in begun:
                try:
                    requests.reserve(pending)
                except LimitExceeded as exc:
                    result.refuse(exc)
                    continue
                requests.send(pending)
            return
        for _, pending in begun:
            requests.send(pending)

    def arguments_of(self, node: PlanNode) -> NodeArguments:
        """Return the arguments of a node in this request. Raises their error."""
        if node.arguments is not None:
            return node.arguments
        arguments = self._arguments.get(id(node))
        if arguments is None:
            try:
                arguments = arguments_of(
                    node,
                    self._variables,
                    self._context,
                    has_uploads=self._has_uploads,
                    whole_numbers=self._whole_numbers,
                )
            except RestgqlError as exc:
                arguments = exc
            self._arguments[id(node)] = arguments
        if isinstance(arguments, RestgqlError):
            raise arguments.with_traceback(None)
        return arguments

    def expand(
        self,
        node: PlanNode,
        scope: TemplateScope | None,
        result: Result,
        path: ResponsePath,
        pending: list[PendingRequest],
    ) -> None:
        """Add the sub-requests that a node makes now, or settle its result with the error that prevents them."""
        before = len(pending)
        try:
            self._select_checks.check(node)
            match node.kind:
                case NodeKind.GET | NodeKind.FETCH | NodeKind.REQUEST:
                    pending.append(self._pending(node, self.arguments_of(node), scope, result, path))
                case NodeKind.RESOLVER:
                    self.call_resolver(node, None, result, path)
                case NodeKind.AGGREGATE:
                    self._expand_aggregate(node, result, path, pending)
                case NodeKind.GET_EACH:
                    arguments = self.arguments_of(node)
                    for index, element, item in self._items(arguments, scope, result):
                        at = (*path, index)
                        try:
                            pending.append(self._pending(node, arguments, element, item, at))
                        except RestgqlError as exc:
                            item.fail(exc)
                    result.settled = True
                case NodeKind.EACH:
                    for index, element, item in self._items(self.arguments_of(node), scope, result):
                        self._meter.charge_nodes(len(node.children))
                        for child in node.children:
                            item.children[child.key] = Result()
                            self.expand(child, element, item.children[child.key], (*path, index, child.key), pending)
                        item.settled = True
                    result.settled = True
                case NodeKind.SELECT:
                    raise AssertionError("a SELECT node is part of its parent's value")
        except NullKey as exc:
            settle_without_key(node, result, exc)
        except Exception as exc:
            del pending[before:]  # nobody could read their responses
            result.fail(self.expected(exc, path))

    def _pending(
        self, node: PlanNode, arguments: NodeArguments, scope: TemplateScope | None, result: Result, path: ResponsePath
    ) -> PendingRequest:
        """Return the sub-request of a node. Raises the error that prevents it."""
        request = node.request
        if (log := self._upstream.debug_log) is not None and not isinstance(node.binding, RequestBinding):
            check_params(log, arguments)
        if request is None:
            request = request_of(node, arguments, scope, self._client.site, self._meter)
        elif scope is not None and (cookie := scope.cookie(request.target.path)) is not None:
            request = msgspec.structs.replace(request, cookie=cookie)
        if isinstance(node.binding, RequestBinding) and node.binding.forward:
            request = forward_query(node.binding, request, self._client.query, self._client.site)
        if self._is_alone and request.method not in SAFE_METHODS:
            request = self._with_idempotency_key(request)
        if scope is not None:
            return PendingRequest(node, request, result, path, cookie_history=scope.cookie_history)
        return self._pending_root(node, request, result, path)

    def _pending_root(self, node: PlanNode, request: SubRequest, result: Result, path: ResponsePath) -> PendingRequest:
        """Return a root field's sub-request, with the cookies of the mutations before it, as a browser sends them."""
        history = tuple(self._mutations)
        if history:
            request = msgspec.structs.replace(request, cookie=self._client.cookie_along(history, request.target.path))
        return PendingRequest(node, request, result, path, cookie_history=history)

    def _expand_aggregate(
        self, node: PlanNode, result: Result, path: ResponsePath, pending: list[PendingRequest]
    ) -> None:
        arguments = self.arguments_of(node)
        parts = arguments.parts
        allowed = self._meter.limits.max_subrequests
        if len(parts) > allowed:
            message = f"More than {allowed} paths."
            raise LimitExceeded(message, limit="RESTGQL_MAX_SUBREQUESTS", allowed=allowed)
        self._meter.charge_nodes(len(parts))
        result.parts = {key: Result() for key, _ in parts}
        for key, text in parts:
            part = result.parts[key]
            try:
                request = SubRequest(target=target.parse(text), headers=arguments.headers)
                pending.append(self._pending_root(node, request, part, (*path, key)))
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

    def call_resolver(self, node: PlanNode, source: Any, result: Result, path: ResponsePath) -> None:
        """Submit the call of a resolver of the user's own to the caller's thread."""
        assert self._plan is not None
        assert self._plan.selections is not None
        assert node.field is not None
        self.has_resolved = True
        upstream = self._upstream
        if self._mutations:
            upstream = msgspec.structs.replace(upstream, cookie_history=tuple(self._mutations))
        task = ResolverTask(
            self._plan.selections, self._variables, upstream, node.field, source, path, result, self._locations
        )
        self._scheduler.submit_call(task, later=node.deferred)

    def _arrived(self, pending: PendingRequest, request: SubRequest, response: SubResponse) -> None:
        """Settle the results of a request, and begin what depends on them."""
        if pending.request.method not in SAFE_METHODS:  # a redirect may have changed its method
            self._mutations.append((msgspec.structs.replace(pending.request, body=b""), response))
        node, result = pending.node, pending.result
        if node.kind is NodeKind.REQUEST:
            if node.resolves_type:
                self._scheduler.submit_call(TypedTask(self._typed, pending, request, response), later=node.deferred)
            else:
                self._typed.settle(pending, request, response)
            return
        result.response = response
        if node.children and node.kind is not NodeKind.AGGREGATE:
            self._begin_dependents(pending, request, response)
        result.settled = True

    def scope(self, value: Any, pending: PendingRequest, request: SubRequest, response: SubResponse) -> TemplateScope:
        """Return the scope of the nodes that depend on a response, with the cookies that it has set."""
        history = pending.cookie_history
        if response.cookies:
            history = (*history, (request, response))
        client = self._client
        is_typed = isinstance(pending.node.binding, RequestBinding)
        return TemplateScope(
            value,
            response.url,
            lambda path: client.cookie_along(history, path),
            cookie_history=history,
            arguments=self.arguments_of(pending.node).params if is_typed else {},
            suggests=self._upstream.suggests,
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
        scope = self.scope(value, pending, request, response)
        self._begin_children(pending.node.children, scope, children, pending.path)

    def expected(self, error: Exception, path: ResponsePath) -> RestgqlError | GraphQLError:
        """Return the field error for an exception; log an unexpected one."""
        if isinstance(error, RestgqlError | GraphQLError):
            return error
        logger.error("Exception in the field %s", list(path), exc_info=error)
        return GatewayError("Internal error.")

    def runtime_type(self, node: PlanNode, value: Any, path: ResponsePath) -> GraphQLObjectType:
        """Return the type that the user's own code resolves for a value. Raises its errors."""
        assert self._plan is not None
        assert self._plan.selections is not None
        assert node.field is not None
        selections = self._plan.selections
        info = resolve_info(selections, self._variables, node.field, response_path(path))
        of_type = cast(GraphQLAbstractType, get_named_type(node.field.definition.type))
        return runtime_type(selections, of_type, info, value)
