"""The parts of an answer that are left for later (RFC "Defer and Stream")."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLObjectType
from graphql.pyutils import Path

from restgql.documents.selected_field import Defer, Defers, SelectedField

MAX_LATER = 2_000
"""Fragments and lists of one answer that are left for later. Those over it come at once, as the RFC allows."""


class DeferredFragment(msgspec.Struct, frozen=True):
    """A deferred fragment that begins at an object, whether or not a field is left to it alone."""

    defer: Defer
    path: Path | None


class DeferredFields(msgspec.Struct, frozen=True):
    """Fields of an object that are left for later, and the fragments that they are deferred in."""

    type: GraphQLObjectType
    source: Any
    path: Path | None
    fields: tuple[SelectedField, ...]
    defers: Defers


class StreamedList(msgspec.Struct, frozen=True):
    """A list whose items from `first` on are left for later; `complete(executor, index)` completes one of them."""

    complete: Callable[[Any, int], Any]
    path: Path
    length: int
    first: int
    label: str | None


Later = DeferredFragment | DeferredFields | StreamedList
