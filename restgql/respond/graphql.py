"""The GraphQL response: the operation executed over the outcomes it already has, and its HTTP form."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute_sync

from restgql.errors import RestgqlError
from restgql.model import Outcomes
from restgql.respond.aggregate import map_text
from restgql.respond.response import Response

Result = dict[str, Any]


class Root:
    """What the root fields read their answers from. `routes` gives the value of the field `routes`."""

    def __init__(self, outcomes: Outcomes, routes: Callable[[str | None], list[Any]], max_size: int) -> None:
        self._outcomes = outcomes
        self._routes = routes
        self._max_size = max_size

    def answer(self, field: str, key: str, arguments: dict[str, Any]) -> Any:
        """The value of a root field. Raises the error that it has instead."""
        if field == "routes":
            return self._routes(arguments.get("prefix"))
        outcome = self._outcomes[key]
        if outcome.refused is not None:
            raise outcome.refused
        if outcome.parts is not None:
            return msgspec.Raw(map_text(outcome.parts, envelope=False, max_size=self._max_size))
        assert outcome.reply is not None
        response = Response(outcome.reply, self._max_size)
        return response if field == "fetch" else response.data(arguments.get("select"))


def execute(
    schema: GraphQLSchema, document: Any, root: Root, variables: dict[str, Any], name: str, logger: logging.Logger
) -> Result:
    """The response map of an operation (GraphQL, section Response). Never raises for what a field raises."""
    result = execute_sync(schema, document, root_value=root, variable_values=variables, operation_name=name or None)
    assert isinstance(result, ExecutionResult)
    response: Result = {}
    if result.errors:
        response["errors"] = [format_error(error, logger) for error in result.errors]
    return response | {"data": result.data}


def refused(errors: Iterable[GraphQLError] | RestgqlError) -> Result:
    """The response map of a request error: there is no data entry."""
    if isinstance(errors, RestgqlError):
        errors = [GraphQLError(errors.message, original_error=errors, extensions=errors.extensions)]
    return {"errors": [_formatted(error, error.extensions or {"code": "BAD_REQUEST"}) for error in errors]}


def format_error(error: GraphQLError, logger: logging.Logger) -> Result:
    """An error of the response map; of an exception that nobody foresaw only that there was one."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    if isinstance(original, RestgqlError):
        return _formatted(error, original.extensions)
    if original is None:  # the value does not fit its type
        return _formatted(error, {"code": "UPSTREAM_INVALID"})
    logger.error("Exception in the field %s", error.path, exc_info=original)
    return _formatted(error, {"code": "INTERNAL"}, "Internal error.")


def _formatted(error: GraphQLError, extensions: dict[str, Any], message: str | None = None) -> Result:
    formatted: Result = {"message": message or error.message}
    if error.locations:
        formatted["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted | {"extensions": extensions}
