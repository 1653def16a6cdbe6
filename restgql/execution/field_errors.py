"""The errors of fields (GraphQL, section Errors): each with its path, and bounded in number and bytes."""

from contextlib import suppress
from typing import Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLOutputType, SourceLocation
from graphql.language import get_location
from graphql.pyutils import Path

from restgql.documents.selected_field import SelectedField
from restgql.errors import LimitExceeded, RestgqlError
from restgql.meter import Tally

MAX_LIMITED = 100
"""Errors of fields that a limit has ended, in one answer: the fields after them are null without one, but that each
walk has one."""
ERROR_VALUES = 20
"""The values of the answer that an error costs as much as."""
_ERROR_SIZE = 150
"""The bytes of an error besides its message and its path, about."""

Locations = dict[int, list[SourceLocation]]
"""By the id of a field's first node: where its nodes are. To find a place is to read the document up to it."""


class FieldErrors:
    """The errors of one walk over an answer or a value; `tally` is charged for each. `limited` is the number of errors
    that a limit has ended, those of earlier walks included."""

    __slots__ = ("_allowed", "_locations", "_tally", "errors", "limited")

    def __init__(self, tally: Tally, locations: Locations, limited_before: int = 0) -> None:
        self._tally = tally
        self._locations = locations
        self._allowed = max(MAX_LIMITED, limited_before + 1)
        self.limited = limited_before
        self.errors: list[GraphQLError] = []

    def add(self, error: Exception, of_type: GraphQLOutputType, field: SelectedField, path: Path) -> None:
        """Add the error of a field. Raises it as a GraphQLError if the field may not be null."""
        if isinstance(of_type, GraphQLNonNull):
            raise self._located(error, field, path)
        is_limited = isinstance(error, LimitExceeded)
        if is_limited and not self._admits_limited():
            with suppress(LimitExceeded):
                self._tally.charge_values(ERROR_VALUES)
            return
        located = self._located(error, field, path)
        try:
            self._tally.charge_values(ERROR_VALUES)
            self._tally.charge_output(_size_of(located))
        except LimitExceeded as exc:
            if not is_limited and not self._admits_limited():
                return
            located = self._located(exc, field, path)
        self.errors.append(located)

    def _admits_limited(self) -> bool:
        """Count an error that a limit has ended; return False if there are enough of these."""
        self.limited += 1
        return self.limited <= self._allowed

    def _located(self, error: Exception, field: SelectedField, path: Path) -> GraphQLError:
        """Return the error with its path and the places of its field, unless it has them."""
        if isinstance(error, GraphQLError) and error.path is not None:
            return error
        if isinstance(error, RestgqlError):
            error.with_traceback(None)  # its frames would keep the values that the field has come to
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
