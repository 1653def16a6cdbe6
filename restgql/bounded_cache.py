"""A cache of a function's results that is bounded in bytes: `functools.lru_cache` alone keeps keys of any size."""

from collections.abc import Callable
from functools import lru_cache, wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_TEXT = frozenset({str})
_TEXTS, _COLLECTIONS = (str, bytes), (tuple, frozenset)


def bounded_cache(*, entries: int, characters: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache the results of a pure function: at most `entries`, evicted by use, safe under threads.

    A call whose arguments have more than `characters` of text or bytes runs the function and keeps nothing, so that
    the keys of the cache hold at most `entries` * `characters`. An argument may be a tuple or frozenset of others.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        cached = lru_cache(maxsize=entries)(function)
        kept, unkept = cast(Callable[..., R], cached), cast(Callable[..., R], function)

        def call_one(argument: Any) -> R:
            size = len(argument) if argument.__class__ is str else _size(argument)
            return kept(argument) if size <= characters else unkept(argument)

        def call(*args: Any, **kwargs: Any) -> R:
            size = 0
            for argument in args:
                size += len(argument) if argument.__class__ is str else _size(argument)
            for argument in kwargs.values():
                size += 0 if argument.__class__ is bool else _size(argument)
            return kept(*args, **kwargs) if size <= characters else unkept(*args, **kwargs)

        wrapper = wraps(function)(call_one if _takes_one(function) else call)
        vars(wrapper).update(cache_info=cached.cache_info, cache_clear=cached.cache_clear)
        return cast(Callable[P, R], wrapper)

    return decorate


def _takes_one(function: Callable[..., Any]) -> bool:
    """Return True for a function of one argument, which is then called more cheaply."""
    try:
        kinds = [parameter.kind for parameter in signature(function).parameters.values()]
    except ValueError:  # a class or builtin that does not tell its parameters
        return False
    return kinds == [Parameter.POSITIONAL_OR_KEYWORD]


def _size(argument: Any) -> int:
    """Return the characters and bytes of an argument, those within tuples and sets included."""
    if isinstance(argument, _TEXTS):
        return len(argument)
    if isinstance(argument, _COLLECTIONS):
        if _TEXT.issuperset(map(type, argument)):
            return sum(map(len, argument), len(argument))
        return sum(map(_size, argument), len(argument))
    return 0
