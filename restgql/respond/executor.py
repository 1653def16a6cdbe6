"""An operation executed over its results (GraphQL, section Execution), whole or part by part, without any request."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import msgspec
from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    Undefined,
    default_field_resolver,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import Path, is_iterable

from restgql.bindings import TAKES_ANY, Discriminator, RequestBinding, SelectBinding, UserResolver
from restgql.documents.selected_field import (
    AT_ONCE,
    ArgumentError,
    Defers,
    SelectedField,
    SelectionSet,
)
from restgql.errors import LimitExceeded, UpstreamInvalid
from restgql.execution.field_errors import FieldErrors
from restgql.execution.result import NotSettled, Result
from restgql.execution.typed_value import select_value
from restgql.execution.user_resolver import resolve_info, runtime_type
from restgql.formats import json
from restgql.respond.answer_context import AnswerContext
from restgql.respond.deferred_parts import MAX_DEFERRED, DeferredFields, DeferredFragment, DeferredPart, StreamedList
from restgql.respond.field_sources import (
    MISSING,
    PROJECTED_BYTES,
    CoreSource,
    TypedSource,
    WalkContext,
    settled,
    written,
)
from restgql.respond.introspection import Data, Introspection
from restgql.respond.leaf import NUMBER_SIZE, serialize, serialize_scalar, size_of
from restgql.schema.introspected import introspected
from restgql.sub_response import SubResponse

Fields = tuple[SelectedField, ...]
_INTROSPECTION = frozenset({"__schema", "__type"})
_NULL = msgspec.Raw(b"null")
_OBJECT_COST = 5
_OTHER_COST = 9
"""The cost in scalars of a typed object: of an object, and of a field of any other kind in addition."""

_LIST_CURE = (
    ' A field of the type {} takes an object. If the object contains the list, @get(…, select: "items") names it.'
)


class Executor:
    """One walk over a part of the answer: its errors, the parts that it defers, and the results that it awaits.

    `root` is the source of the root fields. The walk may be repeated any number of times, and has the same outcome each
    time once every result is settled.
    """

    def __init__(
        self,
        answer_context: AnswerContext,
        context: WalkContext,
        root: Any,
        *,
        left_before: int = 0,
        limited_before: int = 0,
    ) -> None:
        self._answer_context = answer_context
        self._selections = answer_context.selections
        self._variables = answer_context.variables
        self._context = context
        self._tally = context.tally
        self._root = root
        self._left_before = left_before
        self._introspection = Introspection(answer_context.selections, answer_context.variables, context.tally)
        self._field_errors = FieldErrors(context.tally, answer_context.locations, limited_before)
        self.later: list[DeferredPart] = []
        """Parts of one field are adjacent, a fragment before the fields that it defers."""
        self.awaited: list[Result] = []

    @property
    def errors(self) -> list[GraphQLError]:
        """The errors of fields so far."""
        return self._field_errors.errors

    @property
    def limited(self) -> int:
        """The number of errors of fields that are due to a limit, including those of earlier walks."""
        return self._field_errors.limited

    def next(self) -> None:
        """Begin a walk over another part of the answer, which has its own errors and deferred parts."""
        self._field_errors.errors = []
        self._left_before += len(self.later)
        self.later = []

    def root(self) -> Data | None:
        """Return the data of the operation, or None if an error reaches its root."""
        of_type = self._answer_context.root_type
        try:
            return self._object(of_type, self._root, None, self._selections.root(of_type), AT_ONCE)
        except GraphQLError as exc:
            self.errors.append(exc)
            self.later.clear()
            return None

    def part(self, of: DeferredFields) -> Data:
        """Return the data of fields that were deferred. Raises the GraphQLError that leaves no data."""
        try:
            return self.fields(of.type, of.source, of.path, of.fields, of.defers)
        except LimitExceeded as exc:
            keys = None if of.path is None else of.path.as_list()
            raise GraphQLError(exc.message, path=keys, original_error=exc, extensions=exc.extensions) from exc

    def fields(
        self, of_type: GraphQLObjectType, source: Any, path: Path | None, fields: Fields, within: Defers
    ) -> Data:
        """ExecuteSelectionSet(). Raises the GraphQLError of a non-null field, and LimitExceeded."""
        data: Data = {}
        value = source.value if type(source) is TypedSource and type(source.value) is dict else None
        size = 0
        for field in fields:
            key = field.key
            if field.is_typename:
                data[key] = of_type.name
                continue
            if value is not None and field.scalar_key is not None:
                scalar = serialize_scalar(field, value.get(field.scalar_key))
                if scalar is not MISSING:
                    data[key] = scalar
                    size += len(scalar) if type(scalar) is str else NUMBER_SIZE
                    continue
            data[key] = self._field(source, Path(path, key, of_type.name), field, within)
        if size:
            self._tally.charge_output(size)
        return data

    @property
    def _is_full(self) -> bool:
        return self._left_before + len(self.later) >= MAX_DEFERRED

    def _object(
        self, of_type: GraphQLObjectType, source: Any, path: Path | None, selection_set: SelectionSet, within: Defers
    ) -> Data:
        if path is not None:
            self._tally.charge_values(_OBJECT_COST + len(selection_set.fields))
            self._tally.charge_output(selection_set.key_bytes)
        else:
            with suppress(LimitExceeded):  # the root itself cannot be null: its fields are, one by one
                self._tally.charge_output(selection_set.key_bytes)
        if not self._selections.incremental:
            return self.fields(of_type, source, path, selection_set.fields, within)
        if self._is_full:
            return self.fields(of_type, source, path, selection_set.at_once().fields, AT_ONCE)
        self.later += [DeferredFragment(defer, path) for defer in selection_set.defers]
        now: list[SelectedField] = []
        deferred: dict[Defers, list[SelectedField]] = {}
        for field in selection_set.fields:
            defers = field.group.defers
            (now if defers == within else deferred.setdefault(defers, [])).append(field)
        self.later += [
            DeferredFields(of_type, source, path, tuple(fields), defers) for defers, fields in deferred.items()
        ]
        return self.fields(of_type, source, path, tuple(now), within)

    def _field(self, source: Any, path: Path, field: SelectedField, within: Defers) -> Any:
        if field.is_plain_get and type(source) is CoreSource:
            try:
                text = source.plain_get(field.key, self._context)
            except Exception:  # it occurs again below, which reports its location
                text = MISSING
            if text is not MISSING:
                return text
        before = len(self.later)
        try:
            self._tally.charge_values(_OTHER_COST)
            return self._value(source, path, field, within)
        except NotSettled as exc:
            self.awaited.append(exc.result)
            return None
        except Exception as exc:
            return self._failed(exc, field.definition.type, field, path, before)

    def _value(self, source: Any, path: Path, field: SelectedField, within: Defers) -> Any:
        """Return the completed value of a field. Raises its error, and NotSettled."""
        of_type, resolve = field.definition.type, field.definition.resolve
        match resolve:
            case UserResolver():
                self._field_errors.errors += source.results[field.key].field_errors  # also if it has no data
                result = settled(source.results, field.key)
                self._tally.charge_output(size_of(result.data))
                return result.data
            case RequestBinding():
                result = settled(source.results, field.key)
                if result.projected is not None:
                    text = result.projected.text()
                    with suppress(LimitExceeded):  # as much as the limit allows is completed below
                        if text is not None:
                            return written(text, self._context, PROJECTED_BYTES)
                    result.projected.expand(result)
                return self._typed(of_type, field, path, result.value, result, result.response, within)
            case SelectBinding() if type(source) is TypedSource:
                field_result: Result | None = source.results.get(field.key)
                value = (
                    select_value(resolve, source.value, source.response, self._context.charge)
                    if field_result is None
                    else field_result.value
                )
                return self._typed(of_type, field, path, value, field_result, source.response, within)
        arguments = self._arguments(field)
        info = self._info(field, path)
        resolve = resolve or default_field_resolver
        if field.name in _INTROSPECTION:
            info = info._replace(schema=introspected(info.schema))
            return self._introspection.complete(of_type, field, resolve(source, info, **arguments), info)
        result = resolve(source, info, **arguments)
        return self._complete(of_type, field, path, result, within)

    def _arguments(self, field: SelectedField) -> Data:
        try:
            return field.read_arguments(self._variables)
        except ArgumentError as exc:
            raise GraphQLError(exc.message, exc.nodes, original_error=exc) from exc

    def _failed(
        self, error: Exception, of_type: GraphQLOutputType, field: SelectedField, path: Path, before: int
    ) -> None:
        self._field_errors.add(error, of_type, field, path)
        del self.later[before:]  # a null has no deferred parts

    def _complete(
        self, of_type: GraphQLOutputType, field: SelectedField, path: Path, value: Any, within: Defers
    ) -> Any:
        """CompleteValue() of a value of the core schema. Raises the error of a value that does not fit."""
        if isinstance(value, Exception):
            raise value
        if isinstance(of_type, GraphQLNonNull):
            completed = self._complete(of_type.of_type, field, path, value, within)
            if completed is None:
                where = f"{field.parent_type.name}.{field.name}"
                raise TypeError(f"Cannot return null for non-nullable field {where}.")
            return completed
        if value is None or value is Undefined:
            return None
        if isinstance(of_type, GraphQLList):
            if not is_iterable(value):
                where = f"{field.parent_type.name}.{field.name}"
                raise GraphQLError(f"Expected Iterable, but did not find one for field '{where}'.")
            items, inner = list(value), of_type.of_type
            is_leaf = is_leaf_type(get_nullable_type(inner))  # only the error of an item has its path

            def complete(executor: "Executor", field: SelectedField, index: int, within: Defers) -> Any:
                at = path if is_leaf else path.add_key(index, None)
                return executor._complete(inner, field, at, items[index], within)

            return self._list(inner, field, path, len(items), complete, within)
        if is_leaf_type(of_type):
            return serialize(
                self._tally,
                cast(GraphQLLeafType, of_type),
                value,
                is_charged=isinstance(value, msgspec.Raw | json.Spliced),
            )
        info = self._info(field, path)
        if is_abstract_type(of_type):
            of_type = runtime_type(self._selections, cast(GraphQLAbstractType, of_type), info, value)
        assert isinstance(of_type, GraphQLObjectType)
        return self._object(of_type, value, path, self._answer_context.below(field, of_type), within)

    def _typed(
        self,
        of_type: GraphQLOutputType,
        field: SelectedField,
        path: Path,
        value: Any,
        result: Result | None,
        response: SubResponse | None,
        within: Defers,
    ) -> Any:
        """CompleteValue() of a typed JSON value. Raises the error of a value that does not fit its type."""
        if result is not None and result.error is not None:
            raise result.error.with_traceback(None)  # a stored error would collect the frames of every raise
        if isinstance(of_type, GraphQLNonNull):
            if value is None or value == _NULL:
                raise UpstreamInvalid(f"The value is null, and {of_type} is never null.")
            of_type = of_type.of_type
        if value is None:
            return None
        if isinstance(of_type, GraphQLList):
            if not isinstance(value, list):
                if is_leaf_type(of_type.of_type) and isinstance(value, msgspec.Raw):
                    return serialize(self._tally, cast(GraphQLLeafType, of_type.of_type), value)
                cure = _LIST_CURE.format(of_type.of_type) if isinstance(value, dict) else ""
                raise UpstreamInvalid(f"The value is {json.type_name(value)}, and {of_type} is a list.{cure}")
            inner, results = of_type.of_type, result.items if result is not None else None
            is_leaf = is_leaf_type(get_nullable_type(inner))

            def complete(executor: "Executor", field: SelectedField, index: int, within: Defers) -> Any:
                item = results[index] if results else None
                at = path if is_leaf else path.add_key(index, None)
                return executor._typed(inner, field, at, value[index], item, response, within)

            return self._list(inner, field, path, len(value), complete, within)
        if is_leaf_type(of_type):
            return serialize(self._tally, cast(GraphQLLeafType, of_type), value)
        takes_any = not isinstance(of_type, GraphQLObjectType) or of_type.extensions.get(TAKES_ANY)
        if not isinstance(value, dict) and not takes_any:
            cure = f" A field of the type [{of_type}] takes an array." if isinstance(value, list) else ""
            raise UpstreamInvalid(f"The value is {json.type_name(value)}, and {of_type} is an object.{cure}")
        of_object = self._object_type(of_type, field, path, value)
        source = TypedSource(value, result.children if result is not None else {}, response)
        return self._object(of_object, source, path, self._answer_context.below(field, of_object), within)

    def _object_type(
        self, of_type: GraphQLOutputType, field: SelectedField, path: Path, value: Any
    ) -> GraphQLObjectType:
        """Return the object type of a typed JSON value. Raises the error of a value that matches none."""
        if isinstance(of_type, GraphQLObjectType):
            return of_type
        abstract = cast(GraphQLAbstractType, of_type)
        if isinstance(abstract.resolve_type, Discriminator):
            name = abstract.resolve_type.type_of(value, self._context.charge)
            object_type = self._selections.schema.get_type(name or "")
            if isinstance(object_type, GraphQLObjectType):
                return object_type
            raise UpstreamInvalid(f"The value matches none of the types of {abstract.name}.")
        return runtime_type(self._selections, abstract, self._info(field, path), value)

    def _list(
        self,
        inner: GraphQLOutputType,
        field: SelectedField,
        path: Path,
        length: int,
        complete: "Callable[[Executor, SelectedField, int, Defers], Any]",
        within: Defers,
    ) -> list[Any]:
        """Complete the items of a list now, or with @stream the first ones; the others follow later."""
        self._tally.charge_values(length)

        def item(executor: "Executor", field: SelectedField, index: int, within: Defers) -> Any:
            before = len(executor.later)
            try:
                return complete(executor, field, index, within)
            except Exception as exc:
                return executor._failed(exc, inner, field, path.add_key(index, None), before)

        is_inside = path.typename is None  # a list within a list is not streamed
        may_stream = self._selections.incremental and not is_inside and not self._is_full
        stream = self._selections.stream(field.group, self._variables) if may_stream else None
        count = length
        if stream is not None and length > (first := stream["initialCount"]):
            count, at_once = first, field.at_once()  # the items are sent separately, whatever defers the list
            streamed = StreamedList(
                lambda executor, index: item(executor, at_once, index, AT_ONCE),
                path,
                length,
                first,
                stream.get("label"),
            )
            self.later.append(streamed)
        return [item(self, field, index, within) for index in range(count)]

    def _info(self, field: SelectedField, path: Path) -> GraphQLResolveInfo:
        return resolve_info(self._selections, self._variables, field, path, self._root, self._context)
