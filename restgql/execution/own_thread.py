"""The jobs of one operation that run in its caller's own thread, which is the server's."""

import threading
from collections.abc import Callable

from restgql.execution.clocks import Clocks
from restgql.execution.job import Job, answer_to
from restgql.execution.job_queue import JobQueue
from restgql.execution.latency import RouteLatency
from restgql.execution.operation_threads import OperationThreads
from restgql.meter import Meter
from restgql.upstream import Dispatcher


class OwnThread:
    """Runs jobs in the thread that waits for the operation."""

    __slots__ = ("_dispatch", "_latency", "_meter", "_queue", "_routed", "_threads")

    def __init__(
        self,
        queue: JobQueue,
        threads: OperationThreads,
        dispatch: Dispatcher,
        *,
        meter: Meter,
        latency: RouteLatency,
    ) -> None:
        self._queue = queue
        self._threads = threads
        self._dispatch = dispatch
        self._meter = meter
        self._latency = latency
        self._routed = 0
        """The number of jobs that were checked for routes that never wait."""

    def run(self, job: Job, clocks: Clocks) -> None:
        """Run a job that has begun."""
        self._threads.began = True
        answer = answer_to(self._dispatch, job.request, inline=True)
        clocks.observe(job, self._latency)
        self._threads.finish(job, answer)

    def run_quick(self, jobs: list[Job], watch: Callable[[], None]) -> None:
        """Run the ready jobs whose routes never wait, once a pool thread has begun the others.

        `jobs` are all jobs of the operation so far. `watch` makes the process's watchdog check whether the running job
        blocks others.
        """
        name, clocks = threading.current_thread().name, Clocks()
        while (job := self._begin_quick(jobs, name)) is not None:
            if self._queue.ready:
                watch()
            self.run(job, clocks)

    def _begin_quick(self, jobs: list[Job], name: str) -> Job | None:
        """Begin the first ready job whose route never waits, or return None."""
        queue, never_waits = self._queue, self._latency.never_waits
        new = jobs[self._routed :]
        self._routed += len(new)
        for job in new:
            if job.route is None:
                job.route = self._dispatch.route(job.request)
        if new and not self._threads.count and not all(never_waits(job.route) for job in new):
            self._threads.start_first(self._meter.seconds_left)
        if not queue.ready or not self._meter.seconds_left:
            return None
        with queue.lock:
            for job in queue.ready:
                if never_waits(job.route):  # usually the first
                    queue.ready.remove(job)
                    queue.begin(job, name)
                    return job
        return None
