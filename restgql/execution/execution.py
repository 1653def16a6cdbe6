"""The execution of one operation: its root nodes begin in order, and fill their results."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import msgspec

from restgql.config import Config
from restgql.errors import LimitExceeded, Unavailable
from restgql.execution import thread_pool
from restgql.execution.latency import RouteLatency
from restgql.execution.node_executor import NodeExecutor
from restgql.execution.result import Result, Results
from restgql.execution.scheduler import Scheduler, SchedulerSettings
from restgql.formats import cookies
from restgql.model import Timing
from restgql.plan.nodes import NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream
from restgql.upstream.threads import Threads

MAX_WAIT_SECONDS = 1.0
"""Seconds that an operation waits for a thread at most; a tenth of its deadline if that is less."""

_is_deferred = attrgetter("deferred")
_WITH_REQUEST = frozenset({NodeKind.GET, NodeKind.FETCH, NodeKind.REQUEST})


class Execution:
    """The results of a plan's root nodes, filled while it runs. It ends when finished or closed, or at its deadline.

    The root nodes of a mutation run one after the other, each until all nodes below it have ended; a safe request of
    one never reuses the response to an earlier one (GraphQL, section Mutation). After the first has run, every result
    is settled, whatever happens, so that the response has all data so far.
    """

    def __init__(
        self,
        nodes: tuple[PlanNode, ...],
        executor: NodeExecutor,
        scheduler: Scheduler,
        upstream: Upstream,
        *,
        serial: bool = False,
    ) -> None:
        self.results: Results = {node.key: Result() for node in nodes}
        self.upstream = upstream
        self._nodes = nodes
        self._executor = executor
        self._scheduler = scheduler
        self._serial = serial
        self._last_leaves: list[Result] | None = None

    def begin(self) -> "Execution":
        """Begin the root nodes, or the first one of a mutation. Raises LimitExceeded, with nothing sent."""
        if self._serial:
            self._check_budget()
        first = self._nodes[:1] if self._serial else sorted(self._nodes, key=_is_deferred)
        self._executor.begin(first, self.results)
        return self

    def join(self, nodes: tuple[PlanNode, ...], executor: NodeExecutor) -> "Execution":
        """Return the execution of another query of the same HTTP request, which shares the scheduler of this one."""
        return Execution(nodes, executor, self._scheduler, self.upstream).begin()

    def finish(self) -> "Execution":
        """Wait until every result is settled, or the deadline has passed. Raises Unavailable, with nothing sent."""
        self._scheduler.run()
        for node in self._later_nodes():
            self._begin_next(node)
            try:
                self._scheduler.run()
            except Unavailable as exc:
                self._fail_all(exc)
        self._last_leaves = self.leaves()
        return self

    def events(self) -> Iterator[None]:
        """Do as `finish`, and yield whenever a result may have been settled."""
        self._scheduler.notify_each = True
        yield from self._scheduler.events()
        for node in self._later_nodes():
            self._begin_next(node)
            try:
                yield from self._scheduler.events()
            except Unavailable as exc:
                self._fail_all(exc)

    def close(self) -> None:
        """End the execution: cancel sub-requests that have not begun, and do not wait for the others."""
        self._scheduler.cancel()

    @property
    def has_resolved(self) -> bool:
        """True if a resolver of the user's own was called."""
        return self._executor.has_resolved

    @property
    def has_resolvers(self) -> bool:
        """True if a node, or one below it, has a resolver of the user's own."""
        return self._executor.has_resolvers

    def leaves(self) -> list[Result]:
        """Return the results of single sub-requests, in document order."""
        if self._last_leaves is not None:
            return self._last_leaves
        leaves = []
        for result in self.results.values():
            leaves += result.leaves()
        return leaves

    def responses(self) -> list[SubResponse]:
        """Return the responses so far whose values are in the answer, each once, in document order."""
        return list(dict.fromkeys(leaf.response for leaf in self.leaves() if leaf.response is not None))

    def parts(self) -> list[SubResponse]:
        """Return all responses so far that the answer depends on, including those of redirects and batches."""
        parts = dict.fromkeys(response for leaf in self.leaves() for response in (*leaf.responses, leaf.response))
        return [response for response in parts if response is not None]

    def cookies(self) -> tuple[str, ...]:
        """Return the Set-Cookie values so far, in document order, each with the default path of its request."""
        responses = dict.fromkeys(each for leaf in self.leaves() for each in leaf.responses if each.cookies)
        site = self.upstream.client.site
        return tuple(
            cookies.with_path(cookie, site.public(response.url.partition("?")[0]))
            for response in responses
            for cookie in response.cookies
        )

    def timings(self) -> list[Timing]:
        """Return the timing of each sub-request."""
        return self._scheduler.timings()

    def _later_nodes(self) -> tuple[PlanNode, ...]:
        return self._nodes[1:] if self._serial else ()

    def _begin_next(self, node: PlanNode) -> None:
        self._scheduler.forget()
        try:
            self._executor.begin((node,), self.results)
        except LimitExceeded as exc:
            self.results[node.key].fail(exc)

    def _fail_all(self, error: Unavailable) -> None:
        for result in self.results.values():
            result.fail(error)

    def _check_budget(self) -> None:
        """Raise LimitExceeded if the root nodes alone make more sub-requests than the operation may make."""
        typed = sum(node.kind is NodeKind.REQUEST for node in self._nodes)
        self.upstream.meter.check_requests(sum(node.kind in _WITH_REQUEST for node in self._nodes), typed)


class Executions(msgspec.Struct, frozen=True, kw_only=True):
    """Starts the executions of one schema. `latency` is the observed waiting time of its routes."""

    config: Config
    context: PlanContext
    latency: RouteLatency

    def start(
        self, plan: Plan, variables: dict[str, Any], upstream: Upstream, *, has_uploads: bool = False
    ) -> Execution:
        """Begin a plan. Nothing is sent before the execution is run. Raises LimitExceeded."""
        scheduler = self._scheduler(upstream)
        is_alone = plan.is_mutation and len(plan.nodes) == 1
        executor = NodeExecutor(
            plan, variables, self.context, scheduler, upstream, is_alone=is_alone, has_uploads=has_uploads
        )
        return Execution(plan.nodes, executor, scheduler, upstream, serial=plan.is_mutation).begin()

    def start_with(self, first: Execution, plan: Plan, variables: dict[str, Any]) -> Execution:
        """Begin another query of the HTTP request of `first`; identical sub-requests are made once."""
        executor = NodeExecutor(plan, variables, self.context, first._scheduler, first.upstream)
        return first.join(plan.nodes, executor)

    def start_node(self, node: PlanNode, upstream: Upstream) -> Execution:
        """Begin a node without a document, for Python's gateway.get or POST /aggregate. Raises LimitExceeded."""
        scheduler = self._scheduler(upstream)
        executor = NodeExecutor(None, {}, self.context, scheduler, upstream)
        return Execution((node,), executor, scheduler, upstream).begin()

    def _scheduler(self, upstream: Upstream) -> Scheduler:
        config = self.config
        return Scheduler(
            upstream.dispatch,
            SchedulerSettings(
                subrequest_timeout=config.subrequest_timeout,
                in_flight=config.in_flight if upstream.threads is Threads.MANY else 1,
                max_replies=config.max_replies,
                max_wait=min(MAX_WAIT_SECONDS, config.deadline / 10),
                max_waiting=config.max_waiting,
                inline=upstream.threads is Threads.SERVER,
                uses_own_thread=upstream.uses_own_thread,
                nested=upstream.nested,
            ),
            pool=thread_pool.shared(config.threads),
            meter=upstream.meter,
            latency=self.latency,
        )
