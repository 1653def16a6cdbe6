"""The errors of fields (GraphQL, section Errors): each with its path, and limited in number and bytes."""

from contextlib import suppress
from typing import Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLOutputType, SourceLocation
from graphql.language import Source
from graphql.pyutils import Path

from restgql.documents.lines import Lines
from restgql.documents.selected_field import SelectedField
from restgql.errors import LimitExceeded, RestgqlError
from restgql.meter import Tally

MAX_LIMITED = 100
"""The most errors of fields in one answer that are due to a limit.

Fields after them are null without an error, but each walk has at least one.
"""
ERROR_VALUES = 20
"""An error costs as much as this many values of the answer."""
_ERROR_SIZE = 150
"""The approximate bytes of an error besides its message and its path."""


class Locations:
    """The locations of fields in their documents, each found once: a field of a list may have an error per item."""

    __slots__ = ("_by_node", "_lines")

    def __init__(self) -> None:
        self._by_node: dict[int, list[SourceLocation]] = {}
        """By the id of a field's first node."""
        self._lines: dict[int, Lines] = {}
        """By the id of the document's source."""

    def of(self, field: SelectedField) -> list[SourceLocation]:
        """Return the locations of a field's nodes."""
        key = id(field.node)
        if key not in self._by_node:
            places = [node.loc for node in field.group.nodes if node.loc is not None]
            self._by_node[key] = [SourceLocation(*self._of(place.source).location(place.start)) for place in places]
        return self._by_node[key]

    def _of(self, source: Source) -> Lines:
        lines = self._lines.get(id(source))
        if lines is None:
            lines = self._lines[id(source)] = Lines(source.body)
        return lines


class FieldErrors:
    """The errors of one walk over an answer or a value; `tally` is charged for each.

    `limited` is the number of errors that are due to a limit, including those of earlier walks.
    """

    __slots__ = ("_allowed", "_locations", "_tally", "errors", "limited")

    def __init__(self, tally: Tally, locations: Locations, limited_before: int = 0) -> None:
        self._tally = tally
        self._locations = locations
        self._allowed = max(MAX_LIMITED, limited_before + 1)
        self.limited = limited_before
        self.errors: list[GraphQLError] = []

    def add(self, error: Exception, of_type: GraphQLOutputType, field: SelectedField, path: Path) -> None:
        """Add the error of a field. Raise it as a GraphQLError if the field is non-null."""
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
        """Count an error that is due to a limit; return False if there are enough of these."""
        self.limited += 1
        return self.limited <= self._allowed

    def _located(self, error: Exception, field: SelectedField, path: Path) -> GraphQLError:
        """Return the error with its path and its field's locations, unless it has them."""
        if isinstance(error, GraphQLError) and error.path is not None:
            return error
        if isinstance(error, RestgqlError):
            error.with_traceback(None)  # its frames would keep the field's values in memory
        extensions: Any = getattr(error, "extensions", None)
        message = error.message if isinstance(error, GraphQLError) else str(error)
        located = GraphQLError(message, path=path.as_list(), original_error=error, extensions=extensions or None)
        if isinstance(error, GraphQLError) and error.nodes:
            located.nodes, located.locations = error.nodes, error.locations
        else:
            located.nodes = list(field.group.nodes)
            located.locations = self._locations.of(field)
        return located


def _size_of(error: GraphQLError) -> int:
    path = sum(len(key) + 3 if isinstance(key, str) else 4 for key in error.path or ())
    return _ERROR_SIZE + len(error.message) + path
