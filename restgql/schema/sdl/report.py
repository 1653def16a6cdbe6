"""Reports of a source of types: one row for each operation of a document or view."""

from typing import Literal

import msgspec

Kind = Literal["typed", "partly", "json"]


class OperationNote(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that got a field. `path` is written as in the source.

    `kind` is `typed`, `partly` if parts of it have no type, or `json` if its response has none; the latter two have a
    `reason`.
    """

    method: str
    path: str
    field: str
    kind: Kind
    reason: str = ""
    declared: bool = True
    """True if the source describes the response."""


class SkippedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation without a field. `is_chosen` if the document or the configuration excludes it."""

    method: str
    path: str
    reason: str
    is_chosen: bool = False
