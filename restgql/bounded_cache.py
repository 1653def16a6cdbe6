"""Caches that are bounded in bytes: of a function's results, because `functools.lru_cache` takes keys of any size; and
of values with a weight.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from inspect import Parameter, signature
from typing import Any, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
Value = TypeVar("Value")

_TEXT = frozenset({str})
_TEXTS, _COLLECTIONS = (str, bytes), (tuple, frozenset)


def bounded_cache(*, entries: int, characters: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache the results of a pure function: at most `entries`, the least recently used dropped first, safe under
    threads.

    A call whose arguments have more than `characters` of text or bytes is not cached, so the keys of the cache hold at
    most `entries` * `characters`. An argument may be a tuple or frozenset of others.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        cached = lru_cache(maxsize=entries)(function)
        kept, unkept = cast(Callable[..., R], cached), cast(Callable[..., R], function)

        def call_one(argument: Any) -> R:
            size = len(argument) if argument.__class__ is str else _size(argument)
            return kept(argument) if size <= characters else unkept(argument)

        def call(*args: Any, **kwargs: Any) -> R:
            if not kwargs and len(args) == 1:  # nearly always
                return call_one(args[0])
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
    """Return True for a function of one argument, which has a cheaper call."""
    try:
        kinds = [parameter.kind for parameter in signature(function).parameters.values()]
    except ValueError:  # a class or builtin without a signature
        return False
    return kinds == [Parameter.POSITIONAL_OR_KEYWORD]


def _size(argument: Any) -> int:
    """Return the characters and bytes of an argument, including those within tuples and sets."""
    if isinstance(argument, _TEXTS):
        return len(argument)
    if not isinstance(argument, _COLLECTIONS):
        return 0
    if _TEXT.issuperset(map(type, argument)):
        return sum(map(len, argument), len(argument))
    return len(repr(argument))  # at least the size of its texts; a loop over them would take longer


class WeightedCache(Generic[Value]):
    """At most `entries` values with a total weight of at most `weight`. `_lock` guards all other attributes.

    A value that weighs more than a third of `weight` is not stored, so that a few cannot displace all others.
    """

    SHARE = 3

    def __init__(self, entries: int, weight: int) -> None:
        self._entries = entries
        self._allowed = weight
        self._lock = threading.Lock()
        self._weight = 0
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return the value of a key, or None."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            return kept[0]

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep a value; the first value of a key stays."""
        if weight > self._allowed // self.SHARE:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = (value, weight)
            self._weight += weight
            while len(self._kept) > self._entries or self._weight > self._allowed:
                _, (_, freed) = self._kept.popitem(last=False)
                self._weight -= freed

    def __len__(self) -> int:
        return len(self._kept)
