"""The watch over one operation's jobs, kept by its caller's thread: ends late ones, and starts threads for others."""

import math
import time

from restgql.execution.job import Job, timed_out
from restgql.execution.job_queue import JobQueue
from restgql.execution.latency import RouteLatency
from restgql.execution.operation_threads import OperationThreads
from restgql.execution.scheduler_settings import SchedulerSettings
from restgql.meter import Meter
from restgql.model import RouteKey

INTERVAL_SECONDS = 0.002
"""The time to the first look while jobs are ready that another thread could take."""
MAX_INTERVAL_SECONDS = 0.032
"""The most time between two looks: each finds the process at work, and doubles it."""
STUCK_SECONDS = 0.05
"""The time after which a job keeps others waiting, even if the process is at work."""


class Watchdog:
    """The watch over the jobs of one operation.

    The caller's thread runs no job, so it keeps every time limit, however long a job runs. `is_idle` is True while it
    waits longer than one interval; the queue's lock guards it.
    """

    __slots__ = ("_interval", "_latency", "_looked", "_meter", "_queue", "_settings", "_threads", "is_idle")

    def __init__(
        self,
        queue: JobQueue,
        threads: OperationThreads,
        settings: SchedulerSettings,
        *,
        meter: Meter,
        latency: RouteLatency,
    ) -> None:
        self._queue = queue
        self._threads = threads
        self._settings = settings
        self._meter = meter
        self._latency = latency
        self.is_idle = False
        self._interval = INTERVAL_SECONDS
        self._looked = time.perf_counter(), time.process_time()

    def patience(self) -> float:
        """Return the seconds until the next look: one interval while another thread could take ready jobs."""
        queue, threads = self._queue, self._threads
        with queue.lock:
            self.is_idle = not queue.waiting() or threads.count >= self._settings.in_flight
            first = min((job.begun + self._seconds(job) for job in queue.running), default=math.inf)
            # A worker that has not taken its job yet will soon have one, with its own time limit.
            if not self.is_idle or queue.ended or len(queue.running) < threads.count:
                is_quick = queue.running and all(self._latency.never_waits(job.route) for job in queue.running)
                interval = MAX_INTERVAL_SECONDS if is_quick else self._interval
                return max(0.0, min(interval, first - time.perf_counter()))
            if queue.held and not threads.count:
                first = min(first, threads.progress + self._settings.max_wait)
        return max(0.0, min(self._meter.seconds_left, first - time.perf_counter()))

    def look(self) -> list[Job]:
        """End late jobs, and start threads if a job keeps others waiting; return the held jobs that waited too long."""
        queue, threads = self._queue, self._threads
        now = time.perf_counter()
        with queue.lock:
            late = [job for job in queue.running if now - job.begun >= self._seconds(job)]
            is_blocked = threads.count and self._is_blocked(
                now, min((now - job.begun for job in queue.running), default=now)
            )
            missing_threads = queue.waiting() if is_blocked else 0
            has_patience = threads.count or now - threads.progress < self._settings.max_wait
            held = [] if has_patience else list(queue.held)
        for job in late:
            threads.finish(job, timed_out(job.request), given_up=True, overdue=True)
        for _ in range(missing_threads):
            if not threads.start_another():
                break
        return held

    def _is_blocked(self, now: float, shortest: float) -> bool:
        """Return True if the jobs at work keep others waiting: while no thread of the process computes, all of them do.

        More threads are of no use to a process at work, where threads take turns (the GIL). `shortest` is how long the
        last job has run.
        """
        process = time.process_time()
        idle = (now - self._looked[0]) - (process - self._looked[1])
        self._looked = now, process
        if shortest >= STUCK_SECONDS or (shortest >= INTERVAL_SECONDS / 2 and idle >= INTERVAL_SECONDS / 4):
            self._interval = INTERVAL_SECONDS
            return True
        self._interval = min(MAX_INTERVAL_SECONDS, 2 * self._interval)
        return False

    def _seconds(self, job: Job) -> float:
        of_route = job.route.timeout if isinstance(job.route, RouteKey) else None
        return job.request.timeout or of_route or self._settings.subrequest_timeout
