"""The errors of fields (GraphQL, section Errors): each with its path, and bounded in number and bytes."""

from typing import Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLOutputType, SourceLocation
from graphql.language import get_location
from graphql.pyutils import Path

from restgql.documents.selected_field import SelectedField
from restgql.errors import LimitExceeded
from restgql.meter import Tally

MAX_LIMITED = 100
"""Errors of fields that a limit has ended, in one part of an answer: the fields after them are null without one."""
ERROR_VALUES = 20
"""The values of the answer that an error costs as much as."""
_ERROR_SIZE = 150
"""The bytes of an error besides its message and its path, about."""

Locations = dict[int, list[SourceLocation]]
"""By the id of a field's first node: where its nodes are. To find a place is to read the document up to it."""


class FieldErrors:
    """The errors of one walk over an answer or a value; `tally` is charged for each."""

    __slots__ = ("_limited", "_locations", "_tally", "errors")

    def __init__(self, tally: Tally, locations: Locations) -> None:
        self._tally = tally
        self._locations = locations
        self._limited = 0
        self.errors: list[GraphQLError] = []

    def add(self, error: Exception, of_type: GraphQLOutputType, field: SelectedField, path: Path) -> None:
        """Add the error of a field. Raises it as a GraphQLError if the field may not be null."""
        if isinstance(of_type, GraphQLNonNull):
            raise self._located(error, field, path)
        if isinstance(error, LimitExceeded):
            self._limited += 1
            if self._limited > MAX_LIMITED:
                return
        located = self._located(error, field, path)
        try:
            self._tally.charge_values(ERROR_VALUES)
            self._tally.charge_output(_size_of(located))
        except LimitExceeded as exc:
            self._limited += 1
            if self._limited > MAX_LIMITED:
                return
            located = self._located(exc, field, path)
        self.errors.append(located)

    def _located(self, error: Exception, field: SelectedField, path: Path) -> GraphQLError:
        """Return the error with its path and the places of its field, unless it has them."""
        if isinstance(error, GraphQLError) and error.path is not None:
            return error
        extensions: Any = getattr(error, "extensions", None)
        message = error.message if isinstance(error, GraphQLError) else str(error)
        located = GraphQLError(message, path=path.as_list(), original_error=error, extensions=extensions or None)
        if isinstance(error, GraphQLError) and error.nodes:
            located.nodes, located.locations = error.nodes, error.locations
        else:
            located.nodes = list(field.group.nodes)
            located.locations = self._locations_of(field)
        return located

    def _locations_of(self, field: SelectedField) -> list[SourceLocation]:
        key = id(field.node)
        if key not in self._locations:
            nodes = (node for node in field.group.nodes if node.loc is not None)
            self._locations[key] = [get_location(node.loc.source, node.loc.start) for node in nodes if node.loc]
        return self._locations[key]


def _size_of(error: GraphQLError) -> int:
    path = sum(len(key) + 3 if isinstance(key, str) else 4 for key in error.path or ())
    return _ERROR_SIZE + len(error.message) + path
