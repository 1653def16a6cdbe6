"""The fields of introspection (GraphQL, section Introspection), which depend only on the schema and the selection."""

from typing import Any, cast

from graphql import (
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    default_field_resolver,
    is_leaf_type,
)

from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import SelectedField, SelectionSet, Variables
from restgql.meter import Tally

Data = dict[str, Any]
"""An object of the answer: its completed fields by their response keys."""
_OBJECT = 3
"""An object costs as much as this many fields."""


class Introspection:
    """Completes introspection's objects, each with each selection once: most types are referred to many times.

    They are never deferred, which the RFC "Defer and Stream" permits.
    """

    def __init__(self, selections: Selections, variables: Variables, tally: Tally) -> None:
        self._selections = selections
        self._variables = variables
        self._tally = tally
        self._completed: dict[tuple[int, int], tuple[Any, Data, int]] = {}
        """By the ids of an object and of a selection set: the object, so that its id stays unique, and its data."""

    def complete(self, of_type: GraphQLOutputType, field: SelectedField, value: Any, info: GraphQLResolveInfo) -> Any:
        """Return the completed value of `__schema` or `__type`. Raises LimitExceeded."""
        return self._complete(of_type, field, value, info)[0]

    def _complete(
        self, of_type: GraphQLOutputType, field: SelectedField, value: Any, info: GraphQLResolveInfo
    ) -> tuple[Any, int]:
        """Return a completed value, and its approximate bytes in the answer."""
        if isinstance(of_type, GraphQLNonNull):
            of_type = of_type.of_type
        if value is None:
            return None, 4
        if isinstance(of_type, GraphQLList):
            items = [self._complete(of_type.of_type, field, item, info) for item in value]
            return [item for item, _ in items], 2 + sum(size for _, size in items) + len(items)
        if is_leaf_type(of_type):
            leaf = cast(GraphQLLeafType, of_type).serialize(value)
            size = len(leaf) + 2 if isinstance(leaf, str) else 5
            self._tally.charge_output(size)
            return leaf, size
        assert isinstance(of_type, GraphQLObjectType)
        selection_set = self._selections.below(field.group, of_type)
        # graphql-core has the fields of a type as pairs of a name and a definition, which it makes anew each time
        key = id(value[1] if isinstance(value, tuple) else value), id(selection_set)
        completed = self._completed.get(key)
        if completed is not None:
            _, data, size = completed
            self._tally.charge_introspection(1)
            self._tally.charge_output(size)
            return data, size
        data, size = self._object(of_type, selection_set, value, info)
        self._completed[key] = value, data, size
        return data, size

    def _object(
        self, of_type: GraphQLObjectType, selection_set: SelectionSet, value: Any, info: GraphQLResolveInfo
    ) -> tuple[Data, int]:
        self._tally.charge_introspection(_OBJECT + len(selection_set.fields))
        self._tally.charge_output(selection_set.key_bytes)
        data: Data = {}
        size = selection_set.key_bytes
        for field in selection_set.fields:
            if field.is_typename:
                data[field.key] = of_type.name
                continue
            resolve = field.definition.resolve or default_field_resolver
            resolved = resolve(value, info, **field.read_arguments(self._variables))
            data[field.key], size_of_field = self._complete(field.definition.type, field, resolved, info)
            size += size_of_field
        return data, size
