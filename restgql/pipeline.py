"""The stages that the endpoints share, set up for one schema, configuration and profile."""

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.documents.documents import Documents, Operation
from restgql.documents.persisted import PersistedDocuments
from restgql.documents.registry import MemoryRegistry
from restgql.documents.rules import NO_INTROSPECTION, NO_ROUTES_FIELD, RULES, WITHOUT_SUGGESTIONS, Rule
from restgql.errors import BadRequest
from restgql.execution.latency import RouteLatency
from restgql.execution.run import Run, begin
from restgql.http import cache_control as merged
from restgql.http.cache_control import NO_STORE
from restgql.model import GraphQLRequest, Headers, PlanNode
from restgql.plan.passes import Planner
from restgql.plan.plan import Plan, PlanContext
from restgql.profile import OPEN, Profile
from restgql.respond.answer import Answer
from restgql.respond.weight import Weight
from restgql.upstream import Upstream, answering
from restgql.upstream.routes import Route

logger = logging.getLogger("restgql")


class Connect(Protocol):
    """Gives the upstream of one request; for an operation that is `stored`, with the budget of one."""

    def __call__(self, *, stored: bool = False) -> Upstream:
        """It is called when nothing is left to refuse."""


class Done(msgspec.Struct, frozen=True):
    """An operation that was run: its response map, what raised each of its errors, and whether the map has a value that
    no route gave."""

    run: Run
    result: dict[str, Any]
    causes: list[Exception | None]
    by_hand: bool

    def caching(self, *varies: str, told: bool) -> Headers:
        """Cache-Control and Vary of an answer with the response map; what was `told` of timings is for nobody else."""
        if self.causes or told:
            return NO_STORE
        return merged.caching(self.run.parts(), varies=varies, by_hand=self.by_hand)


class Pipeline:
    """The stages, set up for one schema, configuration and profile; it connects when nothing is left to refuse.

    `routes` are those that can be asked for, `app_logger` has the app's own tracebacks. Stored operations are of `own`,
    the schema of the app's own code, and no profile closes anything to them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        config: Config,
        routes: Iterable[Route],
        app_logger: logging.Logger,
        *,
        profile: Profile = OPEN,
        persisted: PersistedDocuments | None = None,
        own: GraphQLSchema | None = None,
    ) -> None:
        self.config = config
        self.profile = profile
        self.persisted = persisted or PersistedDocuments(config, MemoryRegistry(0, 0), {})
        self._routes = routes
        self._app_logger = app_logger
        told = (config.timings,) if isinstance(config.timings, str) else ()
        self.varies = ("Accept", *told)
        self._waits = RouteLatency()
        suggestions = profile.suggestions
        documents = Documents(schema, config, _rules(profile), suggestions=suggestions)
        self.setting = PlanContext.of(schema, config)
        self._clients = Planner(documents, self.setting)
        # Stored operations have documents and plans that no other request displaces.
        own = own or schema
        self.documents = Documents(own, config, RULES, suggestions=suggestions, stored=True)
        self._stored = Planner(self.documents, PlanContext.of(own, config, stored=True))

    def admitted(self, params: GraphQLRequest, method: str) -> tuple[GraphQLRequest, Operation]:
        """A client's request with its document, and the operation that it may run. Raises what refuses it."""
        params = self.persisted.resolve(params)
        self.persisted.admit(params, method, self.profile)
        stored = self.persisted.stored_text(params.query)
        ready = params if stored is None else msgspec.structs.replace(params, query=stored)
        operation = self._planner(stored=stored is not None).operation(ready)
        if method != "POST" and operation.type is not OperationType.QUERY:
            raise BadRequest(f"{method} runs queries only; send the operation by POST.", status=405)
        self.persisted.register(params)
        return ready, operation

    def planned(self, params: GraphQLRequest, operation: Operation, *, incremental: bool = False) -> Plan:
        """The plan of an operation that was admitted. Raises LimitExceeded and InvalidRequest."""
        return self._planner(stored=operation.stored).plan(params, operation, incremental=incremental)

    def execute(self, params: GraphQLRequest, connect: Connect) -> dict[str, Any]:
        """The response map of an operation. Raises the errors that refuse it whole."""
        return self.run(params, connect).result

    def run(self, params: GraphQLRequest, connect: Connect, *, name: str = "") -> Done:
        """An operation, run to its end; `name` is that of a stored one. Raises the errors that refuse it whole."""
        started = time.perf_counter()
        operation = self._planner(stored=bool(name)).operation(params)
        plan = self.planned(params, operation)
        upstream = connect(stored=operation.stored)
        run = self.begin(plan.steps, upstream, serial=plan.operation.type is OperationType.MUTATION).finish()
        with answering(upstream):
            done = self.done(plan, run)
        self.log(run, name or operation.name, operation.hash[:12], started)
        return done

    def plan(self, params: GraphQLRequest, *, incremental: bool = False, stored: bool = False) -> Plan:
        """The plan of an operation, of which nothing is asked. Raises the errors that refuse it whole."""
        operation = self._planner(stored=stored).operation(params)
        return self.planned(params, operation, incremental=incremental)

    def _planner(self, *, stored: bool) -> Planner:
        return self._stored if stored else self._clients

    def begin(self, steps: Sequence[PlanNode], upstream: Upstream, *, serial: bool = False) -> Run:
        """A run of these steps, `serial` where each waits for the one before it."""
        return begin(steps, upstream, self.config, self._waits, self._app_logger, serial=serial)

    def done(self, plan: Plan, run: Run, weight: Weight | None = None) -> Done:
        """The response map of an operation that was run; `weight` is that of all that is answered with it."""
        answer = self.answer(plan, run, weight)
        return Done(run, answer.whole(), answer.causes, answer.by_hand)

    def answer(self, plan: Plan, run: Run, weight: Weight | None = None) -> Answer:
        """The answer to an operation, while it runs or once it has."""
        assert plan.selection is not None
        return Answer(plan.selection, run.outcomes, self._with_prefix, weight or self.weight(), self._app_logger)

    def weight(self) -> Weight:
        """How much one answer may hold."""
        return Weight(self.config.max_replies)

    def _with_prefix(self, prefix: str | None) -> list[Any]:
        return [route for route in self._routes if route.path.startswith(prefix or "")]

    def log(self, run: Run, name: str, document: str, started: float) -> None:
        """One line an operation: what it was, and what came of each part."""
        if not logger.isEnabledFor(logging.INFO):
            return
        statuses = [
            str(leaf.response.status) if leaf.response else leaf.refused.code if leaf.refused else "-"
            for leaf in run.leaves()
        ]
        logger.info(
            "request=%s operation=%s document=%s parts=%s ms=%.1f",
            run.request_id,
            name or "-",
            document,
            ",".join(statuses) or "-",
            (time.perf_counter() - started) * 1000,
        )


def _rules(profile: Profile) -> tuple[Rule, ...]:
    rules = RULES if profile.suggestions else WITHOUT_SUGGESTIONS
    closed = () if profile.introspection else (NO_INTROSPECTION,)
    return (*rules, *closed, *(() if profile.routes_field else (NO_ROUTES_FIELD,)))
