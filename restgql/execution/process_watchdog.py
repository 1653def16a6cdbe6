"""The watchdog thread of the process: it checks all operations whose callers wait, so that these can sleep."""

import math
import os
import threading
import time
from typing import Protocol

from restgql.log import logger

LOOK_SECONDS = 0.002
"""Seconds between two checks while threads of the process wait."""
MAX_LOOK_SECONDS = 0.032
"""The most seconds between two checks: each one that finds the process busy doubles them."""
BUSY_SHARE = 0.75
"""The share of CPU time since the last check from which the process counts as busy."""
LATE_SECONDS = 0.0005
"""Seconds by which the watchdog wakes later than usual if other threads have the GIL, or other programs the cores.

The process counts as busy then, too: its threads are ready, however little CPU time they get.
"""
IDLE_CHECKS = 2
"""A process is idle if so many checks in a row find it so. A single one may fall into a moment without work."""
REST_SECONDS = 1.0
"""Seconds without an operation after which the thread ends."""


class Watched(Protocol):
    """An operation that a thread waits for, or whose jobs run in that thread."""

    def look(self, *, is_idle: bool) -> None:
        """Start threads if a job blocks others; wake the caller if a job is late.

        The process `is_idle` if no thread of it computed for some of the time since the last check, or was ready to.
        """


class ProcessWatchdog:
    """Checks operations regularly. `_lock` guards all attributes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[Watched] = set()
        self._has_thread = False
        self._least_late = math.inf
        """The seconds by which the system's timer is always late."""

    def watch(self, operation: Watched) -> None:
        """Check an operation from now on, until `leave`."""
        with self._lock:
            self._watched.add(operation)
            has_thread, self._has_thread = self._has_thread, True
        if not has_thread:  # without the lock: gevent switches to other greenlets here
            try:
                threading.Thread(target=self._run, name="restgql-watchdog", daemon=True).start()
            except RuntimeError:  # the system cannot start another thread
                self._has_thread = False

    def leave(self, operation: Watched) -> None:
        """Stop checking an operation."""
        with self._lock:
            self._watched.discard(operation)

    def _run(self) -> None:
        interval, last_use, idle_checks = LOOK_SECONDS, time.perf_counter(), 0
        last_check = last_use, time.process_time()
        while True:
            slept_from = time.perf_counter()
            time.sleep(interval)
            now = time.perf_counter(), time.process_time()
            elapsed, cpu_time = now[0] - last_check[0], now[1] - last_check[1]
            last_check = now
            late = now[0] - slept_from - interval
            self._least_late = min(self._least_late, late)
            is_late = late > self._least_late + LATE_SECONDS
            idle_checks = 0 if is_late or cpu_time >= elapsed * BUSY_SHARE else idle_checks + 1
            # threads of a busy process take turns (the GIL), and this one would take turns from them
            interval = LOOK_SECONDS if idle_checks else min(MAX_LOOK_SECONDS, 2 * interval)
            with self._lock:
                watched = list(self._watched)
                last_use = now[0] if watched else last_use
                if now[0] - last_use > REST_SECONDS:
                    self._has_thread = False
                    return
            while watched:  # no variable refers to an operation while this thread sleeps
                try:
                    watched.pop().look(is_idle=idle_checks >= IDLE_CHECKS)
                except Exception:  # an error of ours must not end the watch over all operations
                    logger.exception("Exception in the watchdog of operations")


_SHARED: list[ProcessWatchdog] = []
# A fork has none of the threads, and a server may replace threads by greenlets after it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.clear)


def shared() -> ProcessWatchdog:
    """Return the watchdog of this process; create it at the first call."""
    if not _SHARED:
        _SHARED.append(ProcessWatchdog())
    return _SHARED[0]  # two threads may each create one; both use the first
