"""The stages that the endpoints share, set up for one schema, configuration and profile."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.dispatch import Upstream, answering
from restgql.dispatch.routes import Route
from restgql.dispatch.run import Run, begin
from restgql.dispatch.waits import Waits
from restgql.errors import BadRequest
from restgql.model import GraphQLParams, Headers, Step
from restgql.persisted.documents import PersistedDocuments
from restgql.persisted.registry import MemoryRegistry
from restgql.plan.document import Documents, Operation
from restgql.plan.extent import Extent
from restgql.plan.passes import Planner
from restgql.plan.plan import Plan, Setting
from restgql.plan.rules import NO_INTROSPECTION, NO_ROUTES_FIELD, RULES, Rule
from restgql.profile import OPEN, Profile
from restgql.respond import merged
from restgql.respond.graphql import Answer
from restgql.respond.merged import NO_STORE
from restgql.respond.weight import Weight

logger = logging.getLogger("restgql")

Connect = Callable[[], Upstream]


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

    `routes` are those that can be asked for, `logger` has the app's own tracebacks.
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
    ) -> None:
        self.config = config
        self.profile = profile
        self.persisted = persisted or PersistedDocuments(config, MemoryRegistry(0, 0), {})
        self._routes = routes
        self._app_logger = app_logger
        told = (config.timings,) if isinstance(config.timings, str) else ()
        self.varies = ("Accept", *told)
        self._waits = Waits()
        extent = Extent(
            max_depth=config.max_depth,
            max_aliases=config.max_aliases,
            max_directives=config.max_directives,
            max_fields=config.max_fields,
        )
        documents, self.documents = (
            Documents(
                schema,
                extent,
                _rules(profile),
                suggestions=profile.suggestions,
                max_document=config.max_document,
                max_tokens=config.max_tokens,
            )
            for _ in range(2)
        )
        self.setting = Setting(
            schema=schema,
            added_headers=frozenset(name.lower() for name in config.subrequest_headers),
            max_upload=config.max_upload,
            max_subrequests=config.max_subrequests,
            max_typed_subrequests=config.max_typed_subrequests,
        )
        self.planner = Planner(documents, self.setting)
        # Stored operations have the budget of typed fields, and documents and plans that no other request displaces.
        budget = max(config.max_subrequests, config.max_typed_subrequests)
        self._stored = Planner(self.documents, msgspec.structs.replace(self.setting, max_subrequests=budget))

    def admitted(self, params: GraphQLParams, method: str) -> tuple[GraphQLParams, Operation]:
        """A client's request with its document, and the operation that it may run. Raises what refuses it."""
        params = self.persisted.resolve(params)
        self.persisted.admit(params, method, self.profile)
        operation = self.planner.operation(params)
        self.persisted.register(params)
        if method != "POST" and operation.type is not OperationType.QUERY:
            raise BadRequest("A GET request runs queries only; send the operation by POST.", status=405)
        return params, operation

    def execute(self, params: GraphQLParams, connect: Connect) -> dict[str, Any]:
        """The response map of an operation. Raises the errors that refuse it whole."""
        return self.run(params, connect).result

    def run(self, params: GraphQLParams, connect: Connect, *, name: str = "") -> Done:
        """An operation, run to its end; `name` is that of a stored one. Raises the errors that refuse it whole."""
        started = time.perf_counter()
        planner = self._stored if name else self.planner
        operation = planner.operation(params)
        plan = planner.plan(params, operation)
        upstream = connect()
        run = self.begin(plan.steps, upstream, serial=plan.operation.type is OperationType.MUTATION).finish()
        with answering(upstream):
            done = self.done(plan, run)
        self.log(run, name or operation.name, operation.hash[:12], started)
        return done

    def plan(self, params: GraphQLParams, *, incremental: bool = False, stored: bool = False) -> Plan:
        """The plan of an operation, of which nothing is asked. Raises the errors that refuse it whole."""
        planner = self._stored if stored else self.planner
        return planner.plan(params, planner.operation(params), incremental=incremental)

    def begin(self, steps: Sequence[Step], upstream: Upstream, *, serial: bool = False) -> Run:
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
    closed = () if profile.introspection else (NO_INTROSPECTION,)
    return (*RULES, *closed, *(() if profile.routes_field else (NO_ROUTES_FIELD,)))
