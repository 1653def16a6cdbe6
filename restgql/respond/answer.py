"""The GraphQL response (GraphQL, section Response): an operation executed over its outcomes, whole or in parts."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError, GraphQLObjectType

from restgql.documents.collect_fields import Selection
from restgql.errors import RestgqlError
from restgql.execution.result import Results
from restgql.respond.executor import Walk
from restgql.respond.incremental import Delivery
from restgql.respond.source import Shape, Source
from restgql.respond.weight import Weight

Result = dict[str, Any]


class Answer:
    """The answer to one operation, from its selection and outcomes."""

    def __init__(
        self,
        selection: Selection,
        outcomes: Results,
        routes: Callable[[str | None], list[Any]],
        weight: Weight,
        logger: logging.Logger,
    ) -> None:
        root_type = selection.schema.get_root_type(selection.operation.operation)
        assert isinstance(root_type, GraphQLObjectType)
        self._root_type = root_type
        self._selection = selection
        self._shape = Shape(routes, weight)
        self._source = Source(self._shape, outcomes)
        self._weight = weight
        self._logger = logger
        self.by_hand = False
        """Whether the response map has a value that a resolver of the user's own gave."""
        self.causes: list[Exception | None] = []

    def whole(self) -> Result:
        """The response map, once all outcomes are there. Never raises for what a field raises: `causes` has it."""
        walk = self._begin()
        data = walk.root(self._root_type)
        self._settle(walk)
        self.by_hand = walk.by_hand
        self.causes = list(map(_cause, walk.errors))
        errors = {"errors": list(map(self._format, walk.errors))} if walk.errors else {}
        return errors | {"data": data}

    def delivery(self) -> Delivery:
        """The payloads, each as soon as what it holds is there."""
        return Delivery(self._root_type, self._begin, self._settle, self._format)

    def _begin(self) -> Walk:
        self._weight.mark()
        self._shape.errors.clear()
        return Walk(self._selection, self._source)

    def _settle(self, walk: Walk) -> bool:
        """End a walk: whether all was there. What was not is walked again, so its weight does not count."""
        if walk.awaited:
            self._weight.restore()
            return False
        walk.errors += self._shape.errors
        self._shape.errors.clear()
        return True

    def _format(self, error: GraphQLError) -> Result:
        return format_error(error, self._logger)


def refused(errors: Iterable[GraphQLError] | RestgqlError) -> Result:
    """The response map of a request error: there is no data entry."""
    if isinstance(errors, RestgqlError):
        errors = [GraphQLError(errors.message, original_error=errors, extensions=errors.extensions)]
    return {"errors": [_formatted(error, error.extensions or {"code": "BAD_REQUEST"}) for error in errors]}


def format_error(error: GraphQLError, logger: logging.Logger) -> Result:
    """An error of the response map; of an exception that nobody foresaw only that there was one."""
    original = _cause(error)
    if isinstance(original, RestgqlError):
        return _formatted(error, original.extensions)
    if original is None:  # the value does not fit its type
        return _formatted(error, {"code": "UPSTREAM_INVALID"})
    logger.error("Exception in the field %s", error.path, exc_info=original)
    return _formatted(error, {"code": "INTERNAL"}, "Internal error.")


def _cause(error: GraphQLError) -> Exception | None:
    """What a field raised; None where its value does not fit its type."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _formatted(error: GraphQLError, extensions: dict[str, Any], message: str | None = None) -> Result:
    formatted: Result = {"message": message or error.message}
    if error.locations:
        formatted["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted | {"extensions": extensions}
