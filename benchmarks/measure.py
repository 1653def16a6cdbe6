"""Interleaved medians: each case runs once a round, so that a drift of the machine is in all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping


def medians(cases: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float) -> dict[str, float]:
    """The median seconds a call of each case; a visit repeats it for about `seconds`."""
    repeats = {}
    for name, case in cases.items():
        case()
        started = time.perf_counter()
        case()
        repeats[name] = max(1, int(seconds / max(time.perf_counter() - started, 1e-7)))
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            gc.collect()
            started = time.perf_counter()
            for _ in range(repeats[name]):
                case()
            found[name].append((time.perf_counter() - started) / repeats[name])
    return {name: statistics.median(times) for name, times in found.items()}
