"""An operation executed over the outcomes it has (GraphQL, section Execution), at once or as they come."""

from typing import Any, cast

import msgspec
from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    Undefined,
    default_field_resolver,
    default_type_resolver,
    is_abstract_type,
    is_leaf_type,
    located_error,
)
from graphql.pyutils import Path, inspect, is_iterable

from restgql.bindings import SelectBinding, UserResolver
from restgql.documents.collect_fields import AT_ONCE, Defer, Defers, FieldGroup, Selection, SelectionSet
from restgql.errors import BadRequest
from restgql.execution.result import NotSettled, Result
from restgql.respond.source import Source
from restgql.respond.typed import MISSING, Object

Data = dict[str, Any]
_SCALARS = frozenset({str, int, float, bool})

MAX_LATER = 10_000
"""Fragments and lists of one answer that are left for later. What is over it comes at once, as the RFC lets it."""


class Begun(msgspec.Struct, frozen=True):
    """A deferred fragment that begins at an object, whether or not any field is left to it alone."""

    defer: Defer
    path: Path | None


class Deferred(msgspec.Struct, frozen=True):
    """Fields of an object that are left for later, and the fragments that they are deferred in."""

    type: GraphQLObjectType
    source: Any
    path: Path | None
    fields: dict[str, FieldGroup]
    defers: Defers


class Streamed(msgspec.Struct, frozen=True):
    """A list whose items from `first` on are left for later."""

    type: GraphQLOutputType
    group: FieldGroup
    info: GraphQLResolveInfo
    path: Path
    items: list[Any]
    first: int
    label: str | None


Later = Begun | Deferred | Streamed


class Walk:
    """One walk over a part of the response: its errors, what it leaves for later, and what it had to wait for."""

    def __init__(self, selection: Selection, root_value: Any) -> None:
        self._selection = selection
        self._schema = selection.schema
        self._root_value = root_value
        self.errors: list[GraphQLError] = []
        self.later: list[Later] = []
        """What is found of a field stands together, a fragment before what it defers."""
        self.awaited: list[Result] = []
        self.by_hand = False
        """Whether a resolver of the user's own gave a value."""
        self.before = 0
        """How much the walks before this one have left for later."""

    def root(self, root_type: GraphQLObjectType) -> Data | None:
        """The data of the operation, null where an error reaches its root."""
        try:
            return self._object(root_type, self._root_value, None, self._selection.root(root_type), AT_ONCE)
        except GraphQLError as exc:
            self.errors.append(exc)
            self.later.clear()
            return None

    def fields(
        self, of_type: GraphQLObjectType, source: Any, path: Path | None, groups: dict[str, FieldGroup], within: Defers
    ) -> Data:
        """ExecuteSelectionSet(). Raises the GraphQLError of a field that may not be null."""
        data: Data = {}
        for key, group in groups.items():
            definition = group.definition(self._schema, of_type)
            if definition is not None:
                data[key] = self._field(of_type, source, Path(path, key, of_type.name), group, definition, within)
        return data

    def item(self, of: Streamed, index: int) -> Any:
        """One item of a streamed list. Raises the GraphQLError of one that may not be null."""
        return self._caught(of.type, of.group, of.info, of.path.add_key(index, None), of.items[index], AT_ONCE)

    @property
    def _is_full(self) -> bool:
        return self.before + len(self.later) >= MAX_LATER

    def _object(
        self, of_type: GraphQLObjectType, source: Any, path: Path | None, selected: SelectionSet, within: Defers
    ) -> Data:
        if not self._selection.incremental:
            return self.fields(of_type, source, path, selected.groups, within)
        if self._is_full:
            at_once = {key: group.at_once() for key, group in selected.groups.items()}
            return self.fields(of_type, source, path, at_once, AT_ONCE)
        self.later += [Begun(defer, path) for defer in selected.defers]
        now: dict[str, FieldGroup] = {}
        deferred: dict[Defers, dict[str, FieldGroup]] = {}
        for key, group in selected.groups.items():
            (now if group.defers == within else deferred.setdefault(group.defers, {}))[key] = group
        self.later += [Deferred(of_type, source, path, fields, defers) for defers, fields in deferred.items()]
        return self.fields(of_type, source, path, now, within)

    def _field(
        self,
        parent: GraphQLObjectType,
        source: Any,
        path: Path,
        group: FieldGroup,
        definition: GraphQLField,
        within: Defers,
    ) -> Any:
        if type(definition.resolve) is SelectBinding and type(source) is Object:
            found = _scalar(definition, source, str(path.key))
            if found is not MISSING:
                return found
        elif type(source) is Source and group.name == "get":
            found = _got(source, str(path.key), group, definition, self._selection.variables)
            if found is not MISSING:
                return found
        info = self._info(parent, path, group, definition)
        before = len(self.later)
        try:
            resolve = definition.resolve or default_field_resolver
            self.by_hand = self.by_hand or type(resolve) is UserResolver
            result = resolve(source, info, **self._arguments(group, definition))
            return self._complete(definition.type, group, info, path, result, within)
        except NotSettled as exc:
            self.awaited.append(exc.outcome)
            return None
        except Exception as exc:
            return self._failed(exc, definition.type, group, path, before)

    def _arguments(self, group: FieldGroup, definition: GraphQLField) -> Data:
        """The coerced arguments. Raises GraphQLError where a variable is null and the argument may not be."""
        try:
            return group.arguments(definition, self._selection.variables)
        except GraphQLError as exc:
            raise GraphQLError(exc.message, exc.nodes, original_error=BadRequest(exc.message)) from exc

    def _caught(
        self,
        of_type: GraphQLOutputType,
        group: FieldGroup,
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
        within: Defers,
    ) -> Any:
        """An item of a list, whose errors are its own where it may be null."""
        before = len(self.later)
        try:
            return self._complete(of_type, group, info, path, result, within)
        except Exception as exc:
            return self._failed(exc, of_type, group, path, before)

    def _failed(self, error: Exception, of_type: GraphQLOutputType, group: FieldGroup, path: Path, before: int) -> None:
        located = located_error(error, group.nodes, path.as_list())
        if isinstance(of_type, GraphQLNonNull):
            raise located
        self.errors.append(located)
        del self.later[before:]  # what is null has no parts that come later

    def _complete(
        self,
        of_type: GraphQLOutputType,
        group: FieldGroup,
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
        within: Defers,
    ) -> Any:
        """CompleteValue(). Raises what a value that does not fit its type is an error for."""
        if isinstance(result, Exception):
            raise result
        if isinstance(of_type, GraphQLNonNull):
            completed = self._complete(of_type.of_type, group, info, path, result, within)
            if completed is None:
                raise TypeError(f"Cannot return null for non-nullable field {info.parent_type.name}.{info.field_name}.")
            return completed
        if result is None or result is Undefined:
            return None
        if isinstance(of_type, GraphQLList):
            return self._list(of_type, group, info, path, result, within)
        if is_leaf_type(of_type):
            return _leaf(cast(GraphQLLeafType, of_type), result)
        if is_abstract_type(of_type):
            of_type = self._runtime_type(cast(GraphQLAbstractType, of_type), info, result)
        assert isinstance(of_type, GraphQLObjectType)
        if of_type.is_type_of is not None and not of_type.is_type_of(result, info):
            raise GraphQLError(f"Expected value of type '{of_type.name}' but got: {inspect(result)}.", group.nodes)
        return self._object(of_type, result, path, self._selection.below(group, of_type), within)

    def _list(
        self,
        of_type: GraphQLList[Any],
        group: FieldGroup,
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
        within: Defers,
    ) -> list[Any]:
        if not is_iterable(result):
            where = f"{info.parent_type.name}.{info.field_name}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{where}'.")
        items, inner = list(result), of_type.of_type
        inside = path.typename is None  # a list within a list is not streamed
        stream = None if inside or self._is_full else self._selection.stream(group)
        if stream is not None and len(items) > (first := stream["initialCount"]):
            # The items come on their own, whatever fragment the list was deferred in
            self.later.append(Streamed(inner, group.at_once(), info, path, items, first, stream.get("label")))
            items = items[:first]
        return [
            self._caught(inner, group, info, path.add_key(index, None), item, within)
            for index, item in enumerate(items)
        ]

    def _runtime_type(self, of_type: GraphQLAbstractType, info: GraphQLResolveInfo, result: Any) -> GraphQLObjectType:
        resolve = of_type.resolve_type or default_type_resolver
        name = resolve(result, info, of_type)
        found = self._schema.get_type(name) if isinstance(name, str) else name
        if not isinstance(found, GraphQLObjectType) or not self._schema.is_sub_type(of_type, found):
            raise GraphQLError(
                f"{of_type.name} cannot be {inspect(name)} at {info.parent_type.name}.{info.field_name}."
            )
        return found

    def _info(
        self, parent: GraphQLObjectType, path: Path, group: FieldGroup, definition: GraphQLField
    ) -> GraphQLResolveInfo:
        selection = self._selection
        return GraphQLResolveInfo(
            group.name,
            group.nodes,
            definition.type,
            parent,
            path,
            selection.schema,
            selection.fragments,
            self._root_value,
            selection.operation,
            selection.variables,
            None,
            _never,
        )


def _scalar(definition: GraphQLField, source: Object, key: str) -> Any:
    """The value of a field that is a scalar under a key, without all that an error would need; MISSING of any other."""
    of_type: Any = definition.type
    if type(of_type) is GraphQLNonNull:
        of_type = of_type.of_type
    if type(of_type) is not GraphQLScalarType:
        return MISSING
    value = source.scalar(cast(SelectBinding, definition.resolve), key)
    if value is None:
        return None if of_type is definition.type else MISSING
    if type(value) not in _SCALARS:
        return MISSING
    try:
        return of_type.serialize(value)
    except Exception:  # it is found again on the long way, which says where
        return MISSING


def _got(source: Source, key: str, group: FieldGroup, definition: GraphQLField, variables: Data) -> Any:
    """The JSON of a `get`, without all that an error would need; MISSING of any that is none or not there."""
    try:
        if group.arguments(definition, variables).get("select") is not None:
            return MISSING
        return source.got(key)
    except Exception:  # it is found again on the long way, which says where
        return MISSING


def _never(value: Any) -> bool:
    return False


def _leaf(of_type: GraphQLLeafType, result: Any) -> Any:
    found = of_type.serialize(result)
    if found is None or found is Undefined:
        raise TypeError(f"Expected `{inspect(of_type)}.serialize({inspect(result)})` to return a value.")
    return found
