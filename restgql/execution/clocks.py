"""The time that a thread computes for its jobs, and the whole process meanwhile."""

import time

from restgql.execution.job import Job
from restgql.execution.latency import RouteLatency


class Clocks:
    """The CPU time of the current thread and of the process at the end of its last job."""

    __slots__ = ("_process", "_thread")

    def __init__(self) -> None:
        self._thread, self._process = time.thread_time(), time.process_time()

    def observe(self, job: Job, latency: RouteLatency) -> None:
        """Set the time that a job has waited, which ends now in this thread, and record it for its route."""
        thread, process = self._thread, self._process
        took, self._thread, self._process = time.perf_counter() - job.begun, time.thread_time(), time.process_time()
        computed = self._thread - thread
        job.waited = max(0.0, took - computed)
        if job.route is not None:  # it is not asked for where all jobs run in one thread
            latency.observe(job.route, took, computed, self._process - process)
