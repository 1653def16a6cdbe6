"""The one thread of the process that looks after operations whose jobs run in their callers' threads."""

import threading
import time
from typing import Protocol

LOOK_SECONDS = 0.01
"""The time between two looks."""
IDLE_LOOKS = 100
"""The looks without anything to look after, after which the thread ends."""


class Watched(Protocol):
    """An operation whose jobs run in its caller's thread."""

    def look(self, idle: float) -> None:
        """Start threads for the other jobs if the one at work keeps them waiting; the process was `idle` so long."""


class ProcessWatchdog:
    """Looks after the operations of the process that run jobs in their callers' threads. `_lock` guards all of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[Watched] = set()
        self._thread: threading.Thread | None = None

    def watch(self, operation: Watched) -> None:
        """Look after an operation until `leave`."""
        with self._lock:
            self._watched.add(operation)
            # a thread is not there any more in a process that was forked
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="restgql-watchdog", daemon=True)
                self._thread.start()

    def leave(self, operation: Watched) -> None:
        """Look after an operation no longer."""
        with self._lock:
            self._watched.discard(operation)

    def _run(self) -> None:
        looks, looked = 0, (time.perf_counter(), time.process_time())
        while True:
            time.sleep(LOOK_SECONDS)
            now = time.perf_counter(), time.process_time()
            idle, looked = (now[0] - looked[0]) - (now[1] - looked[1]), now
            with self._lock:
                watched = list(self._watched)
                looks = 0 if watched else looks + 1
                if looks > IDLE_LOOKS:
                    self._thread = None
                    return
            for operation in watched:
                operation.look(idle)
            del watched


PROCESS_WATCHDOG = ProcessWatchdog()
