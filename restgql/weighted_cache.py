"""A cache of values with a weight: the least recently used go when there are too many, or when they weigh too much."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class WeightedCache(Generic[Value]):
    """At most `entries` values that weigh at most `weight` in all. `_lock` guards everything else.

    A value that alone weighs more than an eighth of `weight` is not kept, so that a few cannot displace all others.
    """

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
        if weight > self._allowed // 8:
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
