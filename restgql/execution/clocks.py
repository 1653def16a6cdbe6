"""The CPU time that a thread spends on its jobs, and the whole process meanwhile."""

import time

from restgql.execution.job import Job
from restgql.execution.latency import THRESHOLD, RouteLatency

try:
    import resource

    _THREAD: int | None = getattr(resource, "RUSAGE_THREAD", None)  # of Linux and FreeBSD
except ImportError:  # Windows
    _THREAD = None


def _blocked() -> int | None:
    """Return how often the current thread has given up the CPU by itself, or None if the system does not count this."""
    return None if _THREAD is None else resource.getrusage(_THREAD).ru_nvcsw


class Clocks:
    """The CPU time of the current thread and of the process at the end of its last job.

    `_switches` is how often the thread had blocked by then.
    """

    __slots__ = ("_process", "_switches", "_thread")

    def __init__(self) -> None:
        self._thread, self._process = time.thread_time(), time.process_time()
        self._switches = _blocked()

    def observe(self, job: Job, latency: RouteLatency) -> None:
        """Set the time that a job has waited, which ends now in this thread, and record it for its route."""
        thread, process = self._thread, self._process
        took, self._thread, self._process = time.perf_counter() - job.begun, time.thread_time(), time.process_time()
        computed = self._thread - thread
        job.waited = max(0.0, took - computed)
        if job.route is None:  # latency decides nothing where all jobs run in one thread
            return
        if took - computed > THRESHOLD and self._was_preempted():
            took = computed
        latency.observe(job.route, took, computed, self._process - process)

    def _was_preempted(self) -> bool:
        """Return True if the thread has not blocked since the last call: others had the CPU, it waited for nothing."""
        before, self._switches = self._switches, _blocked()
        return before is not None and self._switches == before
