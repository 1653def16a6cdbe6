"""The charge for work that grows with a value: the caller counts it, and raises an error over its limit."""

from collections.abc import Callable
from typing import Any

from restgql.formats.file import File

Charge = Callable[[int], None]
"""Called with a count before work is done. An error that it raises ends the work."""

BATCH = 256
_CONTAINERS = (list, dict)
_SMALL = 1 << 63


def UNMETERED(count: int) -> None:
    """Charge nothing: then an expression is bounded by its own steps, a template by its size."""


class Work:
    """Collects the steps of one expression, and charges them in batches, so that a step costs little."""

    __slots__ = ("_charge", "_uncharged")

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self._uncharged = 0

    def spend(self, count: int) -> None:
        """Count steps that are about to be made."""
        self._uncharged += count
        if self._uncharged >= BATCH:
            self.settle()

    def settle(self) -> None:
        """Charge the steps that were counted."""
        if count := self._uncharged:
            self._uncharged = 0
            self._charge(count)


def weigh(value: Any, work: Work) -> int:
    """Return the approximate characters of a JSON value as text; a shared part counts for each time it is written.

    It charges a step for an array or object and for each 4 of its elements, the first time that it walks it. A file
    weighs its bytes.
    """
    return _weigh(value, work, {})


def _weigh(value: Any, work: Work, weights: dict[int, int]) -> int:
    if isinstance(value, str):
        return len(value) + 2
    if not isinstance(value, _CONTAINERS):
        if isinstance(value, File):
            return len(value.content)
        return 8 if not isinstance(value, int) or -_SMALL < value < _SMALL else value.bit_length() >> 1
    if (weight := weights.get(id(value))) is not None:
        return weight
    work.spend(1 + (len(value) >> 2))
    weight = 2
    if isinstance(value, list):
        for element in value:
            if element.__class__ is str:
                weight += len(element) + 2
            elif element.__class__ is int and -_SMALL < element < _SMALL:
                weight += 8
            else:
                weight += _weigh(element, work, weights)
    else:
        for key, element in value.items():
            weight += len(key) + 4 + _weigh(element, work, weights)
    weights[id(value)] = weight
    return weight
