"""The stages that the endpoints share, read from top to bottom: admit, plan, execute, respond."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.documents.documents import Documents, InvalidRequest, Operation
from restgql.documents.persisted import PersistedDocuments
from restgql.documents.registry import MemoryRegistry
from restgql.documents.rules import (
    NO_INTROSPECTION,
    NO_ROUTES_FIELD,
    RULES,
    WITH_SUGGESTIONS,
    WITHOUT_SUGGESTIONS,
    Rule,
)
from restgql.errors import BadRequest, RestgqlError
from restgql.execution.execution import Execution, Executions
from restgql.execution.latency import RouteLatency
from restgql.log import logger
from restgql.model import GraphQLRequest
from restgql.plan.nodes import PlanNode
from restgql.plan.passes import Planner
from restgql.plan.plan import FloatVariables, Plan, PlanContext, no_float_variables
from restgql.profile import OPEN, Profile
from restgql.respond.answer import Answer
from restgql.schema.compile import calls
from restgql.schema.introspected import hide_routes_field
from restgql.upstream import Upstream
from restgql.upstream.routes import Route


class Connect(Protocol):
    """Returns the upstream of one HTTP request; for a `stored` operation, with its larger budget."""

    def __call__(self, *, stored: bool = False) -> Upstream:
        """Connect when the request can no longer be rejected. Raises NestedRequest."""


class OperationResult(msgspec.Struct, frozen=True):
    """The response map of an operation that was run, and the exception behind each of its errors, or None for a value
    that does not fit its type.
    """

    execution: Execution
    response_map: dict[str, Any]
    causes: list[Exception | None]


class Pipeline:
    """The stages, set up for one schema, configuration and profile. `routes` are the exposed ones.

    Stored operations use `own`, the schema of the app's own code, which no profile restricts. If a part of the schema
    could not be built, `missing` returns the error for an operation that does not fit the rest.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        config: Config,
        routes: Iterable[Route],
        *,
        profile: Profile = OPEN,
        persisted: PersistedDocuments | None = None,
        own: GraphQLSchema | None = None,
        missing: Callable[[], RestgqlError] | None = None,
        float_variables: FloatVariables = no_float_variables,
    ) -> None:
        self.config = config
        self.profile = profile
        self.persisted = persisted or PersistedDocuments(config, MemoryRegistry(0, 0), {})
        self._routes = routes
        timings_header = (config.timings,) if isinstance(config.timings, str) else ()
        self.varies = ("Accept", *timings_header)
        suggestions = profile.suggestions
        self._missing = missing
        self.forwarded = frozenset(name for _, _, binding in calls(schema) for name in binding.forward)
        """The query parameters of a client's request that some field forwards."""
        rules = _rules(profile, is_whole=missing is None)
        own = own or schema
        if profile.introspection and not profile.routes_field:
            schema = hide_routes_field(schema)
        documents = Documents(schema, config, rules, suggestions=suggestions)
        self._clients = Planner(documents, PlanContext.of(schema, config, float_variables=float_variables))
        # Stored operations have their own caches, so that no other request displaces their documents and plans.
        self.documents = Documents(own, config, RULES, suggestions=suggestions, stored=True)
        stored = PlanContext.of(own, config, stored=True, float_variables=float_variables)
        self._stored = Planner(self.documents, stored)
        latency = RouteLatency()
        self._executions, self._stored_executions = (
            Executions(config=config, context=planner.context, latency=latency)
            for planner in (self._clients, self._stored)
        )

    def admit(self, request: GraphQLRequest, method: str) -> Operation:
        """Return the operation that a client may run. Raises BadRequest, InvalidRequest, LimitExceeded, NotAllowed."""
        request = self.persisted.resolve(request)
        self.persisted.check_allowed(request, method, self.profile)
        stored = self.persisted.stored_text(request.query)
        ready = request if stored is None else msgspec.structs.replace(request, query=stored)
        operation = self._operation(ready, stored=stored is not None)
        if method != "POST" and operation.type is not OperationType.QUERY:
            raise BadRequest(f"{method} runs queries only; send the operation by POST.", status=405)
        self.persisted.register(request)
        return operation

    def read(self, request: GraphQLRequest, *, stored: bool = False) -> Operation:
        """Return the operation of the app's own code, or a stored one. Raises BadRequest and InvalidRequest."""
        return self._operation(request, stored=stored)

    def compile_stored(self, texts: Iterable[str]) -> None:
        """Compile the documents of stored operations, so that the first request for one finds its plan."""
        for text in texts:
            with suppress(RestgqlError):  # each request for it reports the error
                self._stored.compile(text)

    def plan(self, operation: Operation, *, incremental: bool = False) -> Plan:
        """Return the plan of an operation. Raises LimitExceeded, BadRequest and InvalidRequest."""
        return self._planner(stored=operation.stored).plan(operation, incremental=incremental)

    def start(self, plan: Plan, operation: Operation, upstream: Upstream) -> Execution:
        """Begin a plan with the variables of an operation. Raises LimitExceeded."""
        executions = self._stored_executions if operation.stored else self._executions
        return executions.start(plan, operation.variables, upstream, has_uploads=operation.has_uploads)

    def start_with(self, first: Execution, plan: Plan, operation: Operation) -> Execution:
        """Begin another query of the same HTTP request. Raises LimitExceeded."""
        executions = self._stored_executions if operation.stored else self._executions
        return executions.start_with(first, plan, operation.variables)

    def start_node(self, node: PlanNode, upstream: Upstream) -> Execution:
        """Begin a node that belongs to no document. Raises LimitExceeded."""
        return self._executions.start_node(node, upstream)

    def answer(self, plan: Plan, operation: Operation, execution: Execution) -> Answer:
        """Return the answer to an operation, during or after its execution."""
        assert plan.selections is not None
        return Answer(
            plan.selections,
            operation.variables,
            execution.results,
            self._routes_below,
            execution.upstream.meter,
            self.context(stored=operation.stored).introspection,
            operation.document.relocation,
            execution.upstream.debug_log,
        )

    def result(self, plan: Plan, operation: Operation, execution: Execution) -> OperationResult:
        """Return the result of an operation that was run."""
        answer = self.answer(plan, operation, execution)
        return OperationResult(execution, answer.whole(), answer.causes)

    def run(self, operation: Operation, connect: Connect, *, name: str = "") -> OperationResult:
        """Run an operation to its end; `name` is that of a stored one. Raises the errors that reject it as a whole."""
        started = time.perf_counter()
        plan = self.plan(operation)
        execution = self.start(plan, operation, connect(stored=operation.stored)).finish()
        result = self.result(plan, operation, execution)
        self.log(execution, name or operation.name, operation.document.hash[:12], started)
        return result

    @property
    def added_headers(self) -> frozenset[str]:
        """The names of header fields that RESTGQL_SUBREQUEST_HEADERS adds."""
        return self._clients.context.added_headers

    def context(self, *, stored: bool = False) -> PlanContext:
        """Return the context in which arguments are read."""
        return self._planner(stored=stored).context

    def _operation(self, request: GraphQLRequest, *, stored: bool) -> Operation:
        """Return the valid operation of a request. An unknown field may be one that could not be built."""
        try:
            return self._planner(stored=stored).operation(request)
        except InvalidRequest as exc:
            if self._missing is None:
                raise
            raise self._missing() from exc

    def _planner(self, *, stored: bool) -> Planner:
        return self._stored if stored else self._clients

    def _routes_below(self, prefix: str | None) -> list[Any]:
        return [route for route in self._routes if route.path.startswith(prefix or "")]

    def log(self, execution: Execution, name: str, document: str, started: float) -> None:
        """Log an operation in one line: its document, the status of each part, its time."""
        if not logger.isEnabledFor(logging.INFO):
            return
        statuses = [
            str(leaf.response.status)
            if leaf.response
            else leaf.error.code
            if isinstance(leaf.error, RestgqlError)
            else "-"
            for leaf in execution.leaves()
        ]
        logger.info(
            "request=%s operation=%s document=%s parts=%s ms=%.1f",
            execution.upstream.request_id(),
            name or "-",
            document,
            ",".join(statuses) or "-",
            (time.perf_counter() - started) * 1000,
        )


def _rules(profile: Profile, *, is_whole: bool) -> tuple[Rule, ...]:
    """Return the rules of a profile.

    An incomplete schema cannot be introspected: a client generator would take it for complete.
    """
    rules = WITH_SUGGESTIONS if profile.suggestions else WITHOUT_SUGGESTIONS
    closed = () if profile.introspection and is_whole else (NO_INTROSPECTION,)
    return (*rules, *closed, *(() if profile.routes_field else (NO_ROUTES_FIELD,)))
