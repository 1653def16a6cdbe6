"""What a source of types says of each route that it looked at."""

from typing import Literal

import msgspec

Kind = Literal["typed", "partly", "json"]


class OperationNote(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an operation: `partly` and `json` have a reason. `path` is as the source has it."""

    method: str
    path: str
    field: str
    kind: Kind
    reason: str = ""
    declared: bool = True
    """Whether the source says what the response is."""


class SkippedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that has no field. It `is_chosen` if the document or the configuration wants none."""

    method: str
    path: str
    reason: str
    is_chosen: bool = False
