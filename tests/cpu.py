"""The cost of work in CPU time, in units that are the same on a fast and on a slow machine."""

import time
from collections.abc import Callable

LOOP_SECONDS = 0.003
"""The CPU seconds of the loop in `slowness` where the bounds of tests were set."""


def cost(work: Callable[[], object], times: int = 3) -> float:
    """Return the CPU seconds of some work, in all threads, on a machine where the loop takes LOOP_SECONDS.

    It is the least of several runs: other processes and the garbage collector only add to it.
    """
    return min(_once(work) for _ in range(times)) / slowness()


def _once(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def slowness() -> float:
    """Return how many times LOOP_SECONDS a loop takes here and now, at least 1 and at most 3."""
    texts: dict[int, str] = {}
    began = time.thread_time()
    for number in range(40_000):
        texts[number % 1_000] = str(number)
    return min(3.0, max(1.0, (time.thread_time() - began) / LOOP_SECONDS))
