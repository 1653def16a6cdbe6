"""The sources of fields: results of the core schema's fields, and typed JSON values."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLError, GraphQLResolveInfo

from restgql.debug_log import DebugLog
from restgql.errors import RestgqlError
from restgql.execution.result import NotSettled, Result, Results
from restgql.formats import select
from restgql.formats.charge import Charge
from restgql.formats.json import Spliced, encode
from restgql.meter import Tally
from restgql.respond.aggregate_map import Map
from restgql.respond.select_check import check_select
from restgql.sub_response import SubResponse

MISSING = object()
LONG_TEXT = 16_384
"""The size in bytes from which a JSON text is cheaper to send as a piece of its own than to copy."""
ENCODED_BYTES = 1_000
"""Writing this many bytes of a JSON value costs as much as a field of the answer."""

PROJECTED_BYTES = 100
"""The same for a projected value: if the answer has no room for it, it is completed field by field."""

ListRoutes = Callable[[str | None], list[Any]]
"""Returns the exposed routes, by prefix."""


class WalkContext:
    """The context of one walk: the `routes`, its `tally`, the `charge` of its expressions, and the errors within
    scalars. `debug_log` is None outside debug mode.
    """

    __slots__ = ("charge", "debug_log", "errors", "routes", "tally")

    def __init__(self, routes: ListRoutes, tally: Tally, charge: Charge, debug_log: DebugLog | None = None) -> None:
        self.debug_log = debug_log
        self.routes = routes
        self.tally = tally
        self.charge = charge
        self.errors: list[GraphQLError] = []


class TypedSource:
    """A typed JSON object: its value, the results of its fields with requests, and the response that contained it."""

    __slots__ = ("response", "results", "value")

    def __init__(self, value: Any, results: Results, response: SubResponse | None) -> None:
        self.value = value
        self.results = results
        self.response = response


def settled(results: Results, key: str) -> Result:
    """Return the result of a field. Raises NotSettled, and the error that the field has instead of a value."""
    result = results[key]
    if (waiting := result.unsettled()) is not None:
        raise NotSettled(waiting)
    if result.error is not None:
        raise result.error.with_traceback(None)  # a stored error would collect the frames of every raise
    return result


class CoreSource:
    """The root of an operation, a RestResponse or a RestItem: the source of the core schema's resolvers.

    The `WalkContext` of the current walk is `info.context`, because one source may be used by several walks.
    """

    __slots__ = ("response", "results", "value")

    def __init__(self, results: Results, *, response: SubResponse | None = None, value: Any = None) -> None:
        self.response = response
        self.results = results
        self.value = value

    def answer(self, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
        """Return the value of a field that made sub-requests. Raises its error instead, and NotSettled."""
        assert isinstance(info.path.key, str)
        context: WalkContext = info.context
        result = settled(self.results, info.path.key)
        match info.field_name:
            case "aggregate":
                return Spliced(Map(result.parts or {}, context.tally, envelope=False).pieces())
            case "getEach":
                return _each_value(context, info, result, arguments.get("select"))
            case "each":
                return [CoreSource(item.children, value=item.value) for item in result.items or ()]
        assert result.response is not None
        if info.field_name != "get":  # fetch, and the verbs
            return CoreSource(result.children, response=result.response)
        expression = arguments.get("select")
        value = result.response.data(expression, context.charge)
        if context.debug_log is not None and expression is not None:
            check_select(context.debug_log, expression, result.response.parsed(), value, result.response.url)
        return _charged(value, context)

    def plain_get(self, key: str, context: WalkContext) -> Any:
        """Return the JSON text of a `get` without `select`; MISSING if it has an error or is absent."""
        result = self.results[key]
        response = result.response
        if not result.settled or response is None or not response.is_data:
            return MISSING
        text = response.json_text
        context.tally.charge_output(len(text))
        return _written(text)

    def json(self, info: GraphQLResolveInfo, expression: str | None) -> Any:
        """Return the JSON value of a response or an item, or the part that an expression selects. Raises BadSelect."""
        context: WalkContext = info.context
        if self.response is not None:
            selected = self.response.value(expression, context.charge)
            if context.debug_log is not None and expression is not None and self.response.is_data:
                check_select(context.debug_log, expression, self.response.parsed(), selected, self.response.url)
            return _charged(selected, context)
        value = self.value if expression is None else select.search(expression, self.value, context.charge)
        return _charged(value, context)

    def routes(self, info: GraphQLResolveInfo, prefix: str | None) -> list[Any]:
        """Return the exposed routes."""
        routes: list[Any] = info.context.routes(prefix)
        return routes


def _charged(value: Any, context: WalkContext) -> msgspec.Raw | Spliced:
    """Return the JSON text of a value, and charge its size."""
    if isinstance(value, msgspec.Raw):
        context.tally.charge_output(memoryview(value).nbytes)
        return value
    return written(encode(value), context)


def written(text: bytes, context: WalkContext, value_bytes: int = ENCODED_BYTES) -> msgspec.Raw | Spliced:
    """Return a JSON text as a value of the answer; charge its size, and the number of values by its size."""
    context.tally.charge_output(len(text))
    context.tally.charge_values(len(text) // value_bytes)
    return _written(text)


def _written(text: bytes) -> msgspec.Raw | Spliced:
    """Return a JSON text as a value of the answer; a long one is not copied."""
    return Spliced([text]) if len(text) > LONG_TEXT else msgspec.Raw(text)


def _each_value(context: WalkContext, info: GraphQLResolveInfo, result: Result, expression: str | None) -> Any:
    """Return the array of the values; a failed one is null, with an error at its index."""
    values = []
    for index, item in enumerate(result.items or ()):
        try:
            if item.error is not None:
                raise item.error.with_traceback(None)
            assert item.response is not None
            value = item.response.parsed() if expression else item.response.data()
        except RestgqlError as exc:
            value, path = None, [*info.path.as_list(), index]
            context.errors.append(
                GraphQLError(exc.message, info.field_nodes, path=path, original_error=exc, extensions=exc.extensions)
            )
        if isinstance(value, msgspec.Raw):  # each is charged before any is written
            context.tally.charge_output(memoryview(value).nbytes)
        values.append(value)
    if expression is None:
        return msgspec.Raw(encode(values))
    return _charged(select.search(expression, values, context.charge), context)
