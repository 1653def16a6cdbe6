"""The GraphQL response (GraphQL, section Response): an operation executed over its results, whole or in parts."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError

from restgql.debug_log import DebugLog
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import Variables
from restgql.documents.shape import Relocation
from restgql.errors import RestgqlError
from restgql.execution.field_errors import Locations
from restgql.execution.result import NotSettled, Results
from restgql.formats import json
from restgql.large_frame import in_large_frame
from restgql.log import logger
from restgql.meter import Meter
from restgql.respond.answer_context import AnswerContext
from restgql.respond.delivery import Delivery
from restgql.respond.executor import Executor
from restgql.respond.field_sources import CoreSource, ListRoutes, WalkContext

MAX_MESSAGE = 2_000

ResponseMap = dict[str, Any]
"""A response in JSON (GraphQL, section Response Format), or an error in it."""


class Answer:
    """The answer to one operation, from its selections and results."""

    def __init__(
        self,
        selections: Selections,
        variables: Variables,
        results: Results,
        routes: ListRoutes,
        meter: Meter,
        introspection: int,
        relocation: Relocation | None = None,
        debug_log: DebugLog | None = None,
    ) -> None:
        root_type = selections.root_type
        assert root_type is not None
        self._answer_context = AnswerContext(
            selections=selections, variables=variables, root_type=root_type, at_once={}, locations=Locations()
        )
        self._results = results
        self._routes = routes
        self._meter = meter.for_shaping()
        self._introspection = introspection
        self._relocation = relocation
        self._debug_log = debug_log
        self._limited = 0
        self.causes: list[Exception | None] = []
        """The exception behind each error, or None for a value that does not fit its type."""

    def whole(self) -> ResponseMap:
        """Return the response map, once every result is settled.

        It has the errors of fields, whose exceptions are in `causes`.
        """
        # A projected value is not walked.
        walks = any(result.projected is None for result in self._results.values())
        return self._whole_with_lists() if walks and self._answer_context.selections.has_lists else self._whole()

    def _whole(self) -> ResponseMap:
        executor, context = self._begin(0)
        data = executor.root()
        while (
            errors := self._settle(executor, context)
        ) is None:  # an error of ours: never return null without an error
            for result in executor.awaited:
                result.fail(NotSettled(result))
            executor, context = self._begin(0)
            data = executor.root()
        self.causes = list(map(_cause, errors))
        formatted = {"errors": list(map(self._format, errors))} if errors else {}
        return formatted | {"data": data}

    _whole_with_lists = in_large_frame(_whole)

    def delivery(self) -> Delivery:
        """Return the payloads, each as soon as every result that it needs is settled."""
        return Delivery(self._begin, self._settle, self._format)

    def _begin(self, left_before: int) -> tuple[Executor, WalkContext]:
        tally = self._meter.tally(self._introspection)
        context = WalkContext(self._routes, tally, self._meter.charge_elements, self._debug_log)
        root = CoreSource(self._results)
        executor = Executor(self._answer_context, context, root, left_before=left_before, limited_before=self._limited)
        return executor, context

    def _settle(self, executor: Executor, context: WalkContext) -> list[GraphQLError] | None:
        """End a walk: return its errors, or None if it met an unsettled result and must be repeated."""
        if executor.awaited:
            return None
        context.tally.commit()
        self._limited = executor.limited
        self._introspection = context.tally.introspection_left
        return [*executor.errors, *context.errors]

    def _format(self, error: GraphQLError) -> ResponseMap:
        formatted = format_error(error)
        if self._relocation is not None and "locations" in formatted:
            places = [self._relocation(at["line"], at["column"]) for at in formatted["locations"]]
            formatted["locations"] = [{"line": line, "column": column} for line, column in places]
        return formatted


def refused(errors: Iterable[GraphQLError] | RestgqlError) -> ResponseMap:
    """Return the response map of a request error, which has no data entry."""
    if isinstance(errors, RestgqlError):
        errors = [GraphQLError(errors.message, original_error=errors, extensions=errors.extensions)]
    return {"errors": [_of_gateway(error, error.extensions or {"code": "BAD_REQUEST"}) for error in errors]}


def format_error(error: GraphQLError) -> ResponseMap:
    """Return an error of the response map. An unexpected exception is logged, and its message is hidden."""
    original = _cause(error)
    if isinstance(original, RestgqlError):
        return _of_gateway(error, original.extensions)
    if original is None:  # the value does not fit its type, or a resolver of the user's own raised a GraphQLError
        return _writable(_formatted(error, {"code": "UPSTREAM_INVALID"} | (error.extensions or {})))
    logger.error("Exception in the field %s", error.path, exc_info=original)
    return _formatted(error, {"code": "INTERNAL"}, "Internal error.")


def _writable(formatted: ResponseMap) -> ResponseMap:
    """Return an error that JSON can represent: the message escaped, the extensions without other values."""
    try:
        json.raw(formatted)
        return formatted
    except (json.NotJson, RestgqlError):
        logger.error("An error of a resolver cannot be written as JSON: %r", formatted)
    message = formatted["message"].encode(errors="backslashreplace").decode()
    return formatted | {"message": message, "extensions": {"code": "UPSTREAM_INVALID"}}


def _cause(error: GraphQLError) -> Exception | None:
    """Return the exception that a field raised, or None if its value does not fit its type."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _of_gateway(error: GraphQLError, extensions: dict[str, Any]) -> ResponseMap:
    """Return an error whose message the gateway or graphql-core wrote, shortened: it may quote what the client sent."""
    message = error.message
    return _formatted(error, extensions, message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…")


def _formatted(error: GraphQLError, extensions: dict[str, Any], message: str | None = None) -> ResponseMap:
    formatted: ResponseMap = {"message": message or error.message}
    if error.locations:
        formatted["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted | {"extensions": extensions}
