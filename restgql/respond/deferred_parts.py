"""The deferred parts of an answer (RFC "Defer and Stream")."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLObjectType
from graphql.pyutils import Path

from restgql.documents.selected_field import Defer, Defers, SelectedField

MAX_DEFERRED = 2_000
"""The most deferred fragments and lists of one answer. The others are sent at once, which the RFC permits."""


class DeferredFragment(msgspec.Struct, frozen=True):
    """A deferred fragment that begins at an object, even if no field belongs to it alone."""

    defer: Defer
    path: Path | None


class DeferredFields(msgspec.Struct, frozen=True):
    """Deferred fields of an object, and the fragments that defer them."""

    type: GraphQLObjectType
    source: Any
    path: Path | None
    fields: tuple[SelectedField, ...]
    defers: Defers


class StreamedList(msgspec.Struct, frozen=True):
    """A list whose items are deferred from `first` on; `complete(executor, index)` completes one of them."""

    complete: Callable[[Any, int], Any]
    path: Path
    length: int
    first: int
    label: str | None


DeferredPart = DeferredFragment | DeferredFields | StreamedList
