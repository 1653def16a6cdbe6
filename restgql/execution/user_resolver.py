"""Fields with resolvers of the user's own: called once, in the caller's thread, and completed with all fields below."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
    default_field_resolver,
    default_type_resolver,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import Path, inspect, is_iterable

from restgql import graphql_core
from restgql.bindings import RequestBinding, SelectBinding, UserResolver
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import SelectedField, Variables
from restgql.errors import LATE, GatewayError, RestgqlError, UpstreamTimeout
from restgql.execution.field_errors import FieldErrors, Locations
from restgql.execution.result import Result
from restgql.formats import json
from restgql.meter import Meter
from restgql.upstream import Upstream, current_operation

RESOLVED_VALUES = 8
"""One call of a resolver costs as much as this many scalars of an answer, besides its own work."""
_CHARGED_AT_ONCE = 64
"""The items of a list that are charged at once: it may be a generator, with no length."""


class ResolverSource(dict[str, Any]):
    """A JSON object of a route as the source of a user's resolver: a dict that no other code shares."""

    @property
    def value(self) -> dict[str, Any]:
        """The object itself."""
        return self


def as_source(value: Any) -> Any:
    """Return a JSON value as the source of a user's resolver: a copy, which the resolver may change."""
    copied = json.value_of_response(json.encode(value))  # JSON may nest deeper than Python can copy it
    return ResolverSource(copied) if isinstance(copied, dict) else copied


class ResolverTask:
    """The call of one resolver, and the completion of its value. `result` is settled after `run`."""

    def __init__(
        self,
        selections: Selections,
        variables: Variables,
        upstream: Upstream,
        field: SelectedField,
        source: Any,
        path: tuple[str | int, ...],
        result: Result,
        locations: Locations,
    ) -> None:
        self._locations = locations
        self._selections = selections
        self._variables = variables
        self._upstream = upstream
        self._field = field
        self._source = source
        self._path = path
        self._result = result

    def run(self) -> None:
        """Call the resolver in this thread, unless the deadline has passed."""
        result = self._result
        completer = _Completer(self._selections, self._variables, self._upstream.meter, self._locations)
        try:
            with current_operation(self._upstream):
                result.data = completer.field(self._field, self._source, response_path(self._path))
        except Exception as exc:
            result.fail(exc)
        result.field_errors = completer.end()
        result.settled = True

    def cancel(self) -> None:
        """Settle the result without a call: the operation has ended."""
        self._result.fail(UpstreamTimeout(LATE))


class _Completer:
    """CompleteValue() over the values of a user's own resolvers (GraphQL, section Executing Selection Sets).

    The data that it returns is JSON; values that JSON cannot write are errors at their places.
    """

    def __init__(self, selections: Selections, variables: Variables, meter: Meter, locations: Locations) -> None:
        self._selections = selections
        self._variables = variables
        self._meter = meter
        self._shaping = meter.for_shaping()
        self._tally = self._shaping.tally()
        self._field_errors = FieldErrors(self._tally, locations)

    def end(self) -> list[GraphQLError]:
        """Count the errors of fields in the meter, and return them."""
        self._tally.commit()
        return self._field_errors.errors

    def field(self, field: SelectedField, source: Any, path: Path) -> Any:
        """Resolve and complete a field. Raises the GraphQLError of a field that may not be null."""
        definition = field.definition
        of_type = definition.type
        try:
            resolve = definition.resolve or default_field_resolver
            if type(resolve) is SelectBinding and field.scalar_key is not None:
                value = resolve.of_object(source)
                if type(value) is str and field.scalar_type is GraphQLString:
                    return value if value.isascii() else _leaf(GraphQLString, value)
                return self._complete(of_type, field, path, value)
            self._shaping.charge_values(RESOLVED_VALUES)
            arguments = field.arguments(self._variables)
            if arguments:  # defaults and variables are shared; the resolver gets a copy
                arguments = deepcopy(arguments, {id(leaf): leaf for leaf in _leaves(arguments)})
            if isinstance(resolve, RequestBinding):
                message = (
                    f"{field.parent_type.name}.{field.name} requests a route with values of its parent, but its parent "
                    "is the value of a resolver. Call gateway.get in the resolver instead."
                )
                raise GatewayError(message)
            if type(resolve) is UserResolver:
                self._meter.check_deadline()
                if resolve.of_root:
                    source = None
                resolve = resolve.resolve
            value = resolve(source, self._info(field, path), **arguments)
            return self._complete(of_type, field, path, value)
        except Exception as exc:
            self._fail(exc, of_type, field, path)
            return None

    def _fail(self, error: Exception, of_type: GraphQLOutputType, field: SelectedField, path: Path) -> None:
        self._field_errors.add(error, of_type, field, path)

    def _complete(self, of_type: GraphQLOutputType, field: SelectedField, path: Path, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        if isinstance(of_type, GraphQLNonNull):
            completed = self._complete(of_type.of_type, field, path, value)
            if completed is None:
                where = f"{field.parent_type.name}.{field.name}"
                raise TypeError(f"Cannot return null for non-nullable field {where}.")
            return completed
        if value is None or value is Undefined:
            return None
        if isinstance(of_type, GraphQLList):
            return self._list(of_type, field, path, value)
        if is_leaf_type(of_type):
            return _leaf(cast(GraphQLLeafType, of_type), value)
        return self._object(of_type, field, path, value)

    def _list(self, of_type: GraphQLList[Any], field: SelectedField, path: Path, value: Any) -> list[Any]:
        if not is_iterable(value):
            where = f"{field.parent_type.name}.{field.name}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{where}'.")
        inner = of_type.of_type
        completed: list[Any] = []
        for index, item in enumerate(value):
            if index % _CHARGED_AT_ONCE == 0:
                self._shaping.charge_values(_CHARGED_AT_ONCE)
            at = path.add_key(index, None)
            try:
                completed.append(self._complete(inner, field, at, item))
            except Exception as exc:
                self._fail(exc, inner, field, at)
                completed.append(None)
        return completed

    def _object(self, of_type: GraphQLOutputType, field: SelectedField, path: Path, value: Any) -> dict[str, Any]:
        info = self._info(field, path)
        if is_abstract_type(of_type):
            of_type = runtime_type(self._selections, cast(GraphQLAbstractType, of_type), info, value)
        assert isinstance(of_type, GraphQLObjectType)
        if of_type.is_type_of is not None and not of_type.is_type_of(value, info):
            message = f"Expected value of type '{of_type.name}' but got: {inspect(value)}."
            raise GraphQLError(message, field.group.nodes)
        selection_set = self._selections.below(field.group, of_type)
        self._shaping.charge_values(1 + len(selection_set.fields))
        return {
            each.key: self.field(each, value, path.add_key(each.key, of_type.name)) for each in selection_set.fields
        }

    def _info(self, field: SelectedField, path: Path) -> GraphQLResolveInfo:
        return resolve_info(self._selections, self._variables, field, path)


def _leaves(value: Any) -> Iterator[Any]:
    """Yield the values within lists and objects: a scalar type may serialize to objects that cannot be copied."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def response_path(keys: tuple[str | int, ...]) -> Path:
    """Return a response path of one key or more, as resolvers get it."""
    path = None
    for key in keys:
        path = Path(path, key, None)
    assert path is not None
    return path


def resolve_info(
    selections: Selections,
    variables: Variables,
    field: SelectedField,
    path: Path,
    root_value: Any = None,
    context: Any = None,
) -> GraphQLResolveInfo:
    """Return the information that a resolver gets besides its source and its arguments."""
    return graphql_core.resolve_info(
        selections.schema,
        variables,
        field_name=field.name,
        field_nodes=field.group.nodes,
        return_type=field.definition.type,
        parent_type=field.parent_type,
        path=path,
        fragments=selections.fragments,
        root_value=root_value,
        operation=selections.operation,
        context=context,
        is_awaitable=_is_awaitable,
    )


def runtime_type(
    selections: Selections, of_type: GraphQLAbstractType, info: GraphQLResolveInfo, value: Any
) -> GraphQLObjectType:
    """Return the object type of a value of an interface or union. Raises GraphQLError if it matches none."""
    resolve = of_type.resolve_type or default_type_resolver
    name = resolve(value, info, of_type)
    resolved = selections.schema.get_type(name) if isinstance(name, str) else name
    if not isinstance(resolved, GraphQLObjectType) or not selections.schema.is_sub_type(of_type, resolved):
        where = f"{info.parent_type.name}.{info.field_name}"
        raise GraphQLError(f"{of_type.name} cannot be {inspect(name)} at {where}.")
    return resolved


def _leaf(of_type: GraphQLLeafType, value: Any) -> Any:
    """Return a serialized value as JSON. Raises GraphQLError for one that JSON cannot write."""
    serialized = of_type.serialize(value)
    if serialized is None or serialized is Undefined:
        raise TypeError(f"Expected `{inspect(of_type)}.serialize({inspect(value)})` to return a value.")
    if type(serialized) is bool or (type(serialized) is int and -(2**53) < serialized < 2**53):
        return serialized
    try:
        return json.raw(serialized)
    except (json.NotJson, RestgqlError) as exc:
        raise GraphQLError(f"{of_type} has a value that JSON cannot write: {exc}") from None


def _is_awaitable(value: Any) -> bool:
    return False
