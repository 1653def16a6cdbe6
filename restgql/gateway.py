"""A request through the gateway, stage by stage: intake, plan, dispatch, respond."""

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from graphql import GraphQLSchema, OperationType

from restgql.config import Config
from restgql.dispatch import Upstream, answering
from restgql.dispatch.routes import Route
from restgql.dispatch.run import Pieces, Run, begin
from restgql.dispatch.waits import Waits
from restgql.errors import (
    BadRequest,
    NotAllowed,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    RestgqlError,
    Unavailable,
)
from restgql.formats.json import encode
from restgql.intake import aggregate as aggregate_intake
from restgql.intake import graphql as graphql_intake
from restgql.model import AggregateParams, Field, GraphQLParams, Headers, Inbound, Outbound, Step, Streaming
from restgql.persisted.documents import PersistedDocuments
from restgql.persisted.registry import MemoryRegistry
from restgql.plan.collect import parts
from restgql.plan.document import Documents, InvalidRequest
from restgql.plan.extent import Extent
from restgql.plan.passes import Planner
from restgql.plan.plan import Plan, Setting
from restgql.plan.rules import NO_INTROSPECTION, NO_ROUTES_FIELD, RULES, Rule
from restgql.profile import OPEN, Profile
from restgql.respond import graphql as graphql_answer
from restgql.respond import merged, problem, timings
from restgql.respond.aggregate import Map
from restgql.respond.framing import FRAMINGS, Framing
from restgql.respond.graphql import Answer
from restgql.respond.merged import NO_STORE
from restgql.respond.weight import Weight

logger = logging.getLogger("restgql")

AGGREGATE = "aggregate"
# Of what GET may not run: by what it may be.
_ALLOWED = {BadRequest.code: "POST", NotAllowed.code: "POST, QUERY"}
_OF_THE_DOCUMENT = (InvalidRequest, PersistedQueryNotFound, PersistedQueryNotSupported)

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
        self._config = config
        self._profile = profile
        self._persisted = persisted or PersistedDocuments(config, MemoryRegistry(0, 0), {})
        self._routes = routes
        self._app_logger = app_logger
        told = (config.timings,) if isinstance(config.timings, str) else ()
        self._varies = ("Accept", *told)
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
        self._planner = Planner(documents, self.setting)
        # Stored operations have the budget of typed fields, and documents and plans that no other request displaces.
        budget = max(config.max_subrequests, config.max_typed_subrequests)
        self._stored = Planner(self.documents, msgspec.structs.replace(self.setting, max_subrequests=budget))

    def graphql(self, inbound: Inbound, connect: Connect) -> Outbound:
        """The answer of the GraphQL endpoint (GraphQL over HTTP, section Response)."""
        started = time.perf_counter()
        media_type = graphql_intake.JSON
        try:
            accepted = graphql_intake.accepted(inbound.accept)
            media_type = accepted.whole
            params = self._persisted.resolve(graphql_intake.read(inbound, self._config))
            self._persisted.admit(params, inbound.method, self._profile)
            operation = self._planner.operation(params)
            self._persisted.register(params)
            if inbound.method != "POST" and operation.type is not OperationType.QUERY:
                raise BadRequest("A GET request runs queries only; send the operation by POST.", status=405)
            incremental = accepted.parts is not None and operation.incremental
            plan = self._planner.plan(params, operation, incremental=incremental)
            upstream = connect()
            run = self.begin(plan.steps, upstream, serial=plan.operation.type is OperationType.MUTATION)
            if accepted.parts is not None and (incremental or accepted.only_parts):
                return self._graphql_parts(inbound, plan, run, FRAMINGS[accepted.parts], started)
            run.finish()
            with answering(upstream):
                done = self._done(plan, run)
        except _OF_THE_DOCUMENT as exc:
            # Under application/json a well-formed request is 200, whatever becomes of its document.
            status = 200 if media_type == graphql_intake.JSON else exc.status
            errors = exc.errors if isinstance(exc, InvalidRequest) else exc
            return _json(status, media_type, graphql_answer.refused(errors))
        except RestgqlError as exc:
            headers = (("Allow", _ALLOWED[exc.code]),) if exc.status == 405 else _retry_after(exc)
            return _json(exc.status, media_type, graphql_answer.refused(exc), (*NO_STORE, *headers))
        self._log(run, operation.name, operation.hash[:12], started)
        told = {"extensions": timings.extension(run.timings())} if inbound.timings else {}
        headers = (*done.caching(*self._varies, told=bool(told)), *server_timing(inbound, run))
        return _json(200, media_type, done.result | told, headers, run.cookies())

    def aggregate(self, inbound: Inbound, connect: Connect) -> Outbound:
        """The answer of /aggregate: the map, or problem details (RFC 9457)."""
        started = time.perf_counter()
        try:
            params = aggregate_intake.read(inbound, self._config.max_subrequests)
            self._persisted.admit_unlisted(f"operation={AGGREGATE}")
            run = self.begin((Step(key=AGGREGATE, field=Field.AGGREGATE, steps=parts(params.paths)),), connect())
            if (refused := run.outcomes[AGGREGATE].refused) is not None:
                raise refused
            if params.streaming is not None:
                return self._aggregate_parts(params, params.streaming, run, started)
            run.finish()
        except RestgqlError as exc:
            return refusal(exc)
        body = self._map(run, envelope=params.envelope).text()
        self._log(run, AGGREGATE, "-", started)
        found, is_refused = run.responses(), any(leaf.refused for leaf in run.leaves())
        status, shown = (200, ()) if is_refused else merged.shared_status(found)
        caching = NO_STORE if is_refused else merged.caching(run.parts(), varies=self._varies)
        return Outbound(
            status=status,
            content_type="application/json",
            body=body,
            headers=(*caching, *shown, *server_timing(inbound, run)),
            cookies=run.cookies(),
        )

    def execute(self, params: GraphQLParams, connect: Connect) -> dict[str, Any]:
        """The response map of an operation. Raises the errors that refuse it whole."""
        return self.run(params, connect).result

    def run(self, params: GraphQLParams, connect: Connect, *, name: str = "") -> Done:
        """An operation, run to its end; `name` is that of a stored one. Raises the errors that refuse it whole."""
        started = time.perf_counter()
        planner = self._stored if name else self._planner
        operation = planner.operation(params)
        plan = planner.plan(params, operation)
        upstream = connect()
        run = self.begin(plan.steps, upstream, serial=plan.operation.type is OperationType.MUTATION).finish()
        with answering(upstream):
            done = self._done(plan, run)
        self._log(run, name or operation.name, operation.hash[:12], started)
        return done

    def plan(self, params: GraphQLParams, *, incremental: bool = False, stored: bool = False) -> Plan:
        """The plan of an operation, of which nothing is asked. Raises the errors that refuse it whole."""
        planner = self._stored if stored else self._planner
        return planner.plan(params, planner.operation(params), incremental=incremental)

    def begin(self, steps: Sequence[Step], upstream: Upstream, *, serial: bool = False) -> Run:
        """A run of these steps, `serial` where each waits for the one before it."""
        return begin(steps, upstream, self._config, self._waits, self._app_logger, serial=serial)

    def _done(self, plan: Plan, run: Run) -> Done:
        answer = self._answer(plan, run)
        return Done(run, answer.whole(), answer.causes, answer.by_hand)

    def _answer(self, plan: Plan, run: Run) -> Answer:
        assert plan.selection is not None
        weight = Weight(self._config.max_replies)
        return Answer(plan.selection, run.outcomes, self._with_prefix, weight, self._app_logger)

    def _graphql_parts(self, inbound: Inbound, plan: Plan, run: Run, framing: Framing, started: float) -> Outbound:
        delivery = self._answer(plan, run).delivery()
        operation = plan.operation

        def payloads() -> Iterator[dict[str, Any]]:
            """Each as soon as it is there; once nothing runs any longer, all that there will be."""
            pulses = run.pulses()
            running, begun = True, False
            while True:
                payload = delivery.next() if begun else delivery.initial()
                if payload is None:
                    assert running, "all is there when nothing runs"
                    running = self._goes_on(pulses, begun=begun)
                    continue
                last = not payload["hasNext"]
                if last and not begun:
                    del payload["hasNext"]  # it is whole
                begun = True
                if last and inbound.timings:
                    payload["extensions"] = timings.extension(run.timings())
                yield payload
                if last:
                    return

        def pieces() -> Generator[bytes]:
            opening = framing.begin
            try:
                for payload in payloads():
                    yield opening + framing.frame(encode(payload))
                    opening = b""
                yield framing.end
            finally:
                self._log(run, operation.name, operation.hash[:12], started)

        return _streamed(framing.content_type, pieces(), run)

    @staticmethod
    def _goes_on(pulses: Iterator[None], *, begun: bool) -> bool:
        """Whether anything runs any longer, after waiting for what may have happened. Raises Unavailable."""
        try:
            return next(pulses, False) is None
        except Unavailable:
            if not begun:
                raise
            return False  # the status is sent: what is missing has timed out, each at its own place

    def _aggregate_parts(self, params: AggregateParams, streaming: Streaming, run: Run, started: float) -> Outbound:
        framing = FRAMINGS.get(streaming.value)
        envelope = params.envelope or framing is not None

        def pieces() -> Generator[bytes]:
            members = self._map(run, envelope=envelope)
            opening = b"" if framing else b"{"
            try:
                for _ in _and_once_more(run.pulses()):
                    for member in members.fresh(in_order=framing is None):
                        yield framing.frame(b"{" + member + b"}") if framing else opening + member
                        opening = b"" if framing else b","
                yield framing.end if framing else b"}" if members.sent else b"{}"
            finally:
                self._log(run, AGGREGATE, "-", started)

        return _streamed(framing.content_type if framing else "application/json", pieces(), run)

    def _map(self, run: Run, *, envelope: bool) -> Map:
        return Map(run.outcomes[AGGREGATE].parts or {}, Weight(self._config.max_replies), envelope=envelope)

    def _with_prefix(self, prefix: str | None) -> list[Any]:
        return [route for route in self._routes if route.path.startswith(prefix or "")]

    def _log(self, run: Run, name: str, document: str, started: float) -> None:
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


def refusal(error: RestgqlError) -> Outbound:
    """The answer of a request that is refused as a whole, outside of GraphQL: problem details (RFC 9457)."""
    return Outbound(
        status=error.status,
        content_type=problem.MEDIA_TYPE,
        body=problem.of_error(error),
        headers=(*NO_STORE, *_retry_after(error)),
    )


def _json(
    status: int, media_type: str, result: dict[str, Any], headers: Headers = NO_STORE, cookies: tuple[str, ...] = ()
) -> Outbound:
    return Outbound(
        status=status,
        content_type=f"{media_type}; charset=utf-8",
        body=encode(result),
        headers=headers,
        cookies=cookies,
    )


def _streamed(content_type: str, pieces: Generator[bytes], run: Run) -> Outbound:
    """A response in pieces. Its cookies are those that are there before its first byte. Raises Unavailable."""
    body = Pieces(pieces, run)
    # nginx would collect the pieces otherwise
    headers = (*NO_STORE, ("X-Accel-Buffering", "no"))
    return Outbound(status=200, content_type=content_type, body=body, headers=headers, cookies=run.cookies())


def _and_once_more(pulses: Iterator[None]) -> Iterator[None]:
    yield from pulses
    yield None


def server_timing(inbound: Inbound, run: Run) -> Headers:
    """Server-Timing, where the client may be told."""
    found = timings.server_timing(run.timings()) if inbound.timings else ""
    return (("Server-Timing", found),) if found else ()


def _retry_after(error: RestgqlError) -> Headers:
    return (("Retry-After", "1"),) if isinstance(error, Unavailable) else ()
