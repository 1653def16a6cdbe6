"""Interleaved rounds: each case runs once a round, so that a drift of the machine is in all of them alike."""

import gc
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor

Round = dict[str, float]
"""The seconds of each case, in one round."""


def on_one_core(measured: Callable[[], list[Round]]) -> list[Round]:
    """What `measured` finds in a process of its own that has one core, as a worker of a server may; where the system
    cannot give it one, it has all."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_pin) as process:
        return process.submit(measured).result()


def _pin() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def rounds(cases: Mapping[str, Callable[[], object]], *, count: int, seconds: float) -> list[Round]:
    """The seconds a call of each case; a visit repeats it for about `seconds`."""
    repeats = {}
    for name, case in cases.items():
        case()
        started = time.perf_counter()
        case()
        repeats[name] = max(1, int(seconds / max(time.perf_counter() - started, 1e-7)))
    found: list[Round] = []
    for _ in range(count):
        gc.collect()
        found.append({name: _visit(case, repeats[name]) for name, case in cases.items()})
    return found


def _visit(case: Callable[[], object], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        case()
    return (time.perf_counter() - started) / repeats


def median(found: list[Round], case: str) -> float:
    """The median seconds of a case."""
    return statistics.median(each[case] for each in found)


def ratio(found: list[Round], case: str, base: str) -> float:
    """The median of how many times `base` a case takes, round by round: what slows a round down slows both."""
    return statistics.median(each[case] / each[base] for each in found)
