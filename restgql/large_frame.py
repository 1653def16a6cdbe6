"""A stack frame with room for the frames of everything that is called in it.

CPython keeps the frames of Python functions in chunks of 16 KB (cpython, Python/pystate.c, push_chunk). A loop whose
calls begin at the end of a chunk maps the next chunk into memory and unmaps it for each call, which takes longer than
most functions do. The end of a chunk depends on all calls that led there, so by chance one query would take 5 times as
long as similar ones.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SLOTS = 16_400
"""The number of values that the frame declares. CPython rounds its chunk up to 256 KB, so 130 KB remain free."""


def in_large_frame(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that calls another in a large frame.

    That takes some ten microseconds and no memory: the system never allocates pages of a frame that no value is written
    to.
    """

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        return function(*arguments, **named)

    call.__code__ = call.__code__.replace(co_stacksize=SLOTS)
    return wraps(function)(call)
