"""A frame with room for the frames of all that is called in it.

CPython keeps the frames of Python functions in chunks of 16 KB (cpython, Python/pystate.c, push_chunk). A loop whose
calls begin at the end of a chunk maps the next one into memory and unmaps it for each call, which takes longer than
most functions do. Where a chunk ends depends on all that has led there: by chance, one query would take 5 times as
long as others of its kind.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SLOTS = 16_400
"""The values that the frame says it needs. CPython rounds its chunk up to 256 KB, and the rest, 130 KB, is the room."""


def in_large_frame(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that calls another in a large frame. That takes some ten microseconds, and no memory: the
    pages of a frame that no value is written to are never taken."""

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        return function(*arguments, **named)

    call.__code__ = call.__code__.replace(co_stacksize=SLOTS)
    return wraps(function)(call)
