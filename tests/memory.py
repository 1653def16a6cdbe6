"""How much memory stays taken."""

import gc
import tracemalloc
from collections.abc import Callable


def kept(act: Callable[[int], None], times: int = 10) -> int:
    """The bytes that are kept of `act`, done so many times after a first one."""
    act(0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, times + 1):
            act(number)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
