"""The watchdog thread of the process: it checks all operations whose callers wait, so that these can sleep."""

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
REST_SECONDS = 1.0
"""Seconds without an operation after which the thread ends."""


class Watched(Protocol):
    """An operation that a thread waits for, or whose jobs run in that thread."""

    def look(self, *, is_idle: bool) -> None:
        """Start threads if a job blocks others; wake the caller if a job is late.

        The process `is_idle` if no thread of it computed for some of the time since the last check.
        """


class ProcessWatchdog:
    """Checks operations regularly. `_lock` guards all attributes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[Watched] = set()
        self._has_thread = False

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
        interval, last_use = LOOK_SECONDS, time.perf_counter()
        last_check = last_use, time.process_time()
        while True:
            time.sleep(interval)
            now = time.perf_counter(), time.process_time()
            elapsed, cpu_time = now[0] - last_check[0], now[1] - last_check[1]
            is_idle, last_check = cpu_time < elapsed * BUSY_SHARE, now
            # threads of a busy process take turns (the GIL), and this one would take turns from them
            interval = LOOK_SECONDS if is_idle else min(MAX_LOOK_SECONDS, 2 * interval)
            with self._lock:
                watched = list(self._watched)
                last_use = now[0] if watched else last_use
                if now[0] - last_use > REST_SECONDS:
                    self._has_thread = False
                    return
            while watched:  # no variable refers to an operation while this thread sleeps
                try:
                    watched.pop().look(is_idle=is_idle)
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
