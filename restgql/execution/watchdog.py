"""The watchdog of one operation: it starts threads if a job blocks others, and finds late jobs."""

import time

from restgql.execution.job import Job, timed_out
from restgql.execution.job_queue import JobQueue
from restgql.execution.operation_threads import OperationThreads
from restgql.execution.scheduler_settings import SchedulerSettings
from restgql.model import RouteKey

WAIT_SECONDS = 0.001
"""Seconds after which a job blocks others, if no thread of the process computes."""
STUCK_SECONDS = 0.05
"""Seconds after which a job blocks others, even if the process is busy."""


class Watchdog:
    """The watchdog of one operation's jobs.

    `look` is for the watchdog of the process, `end_late` for the caller's thread, which waits and keeps every time
    limit, however long a job runs.
    """

    __slots__ = ("_queue", "_settings", "_threads")

    def __init__(self, queue: JobQueue, threads: OperationThreads, settings: SchedulerSettings) -> None:
        self._queue = queue
        self._threads = threads
        self._settings = settings

    def look(self, *, is_idle: bool) -> None:
        """Start threads if a job blocks others; wake the caller if a job is late.

        Threads of a busy process take turns (the GIL), so more of them are no gain: a job blocks others only if the
        process `is_idle`, or if the job takes long.
        """
        queue, threads = self._queue, self._threads
        now = time.perf_counter()
        with queue.lock:
            if any(self._is_late(job, now) for job in queue.running) or self._has_waited_long(now):
                threads.wake()
            last = max((job.begun for job in queue.running), default=0.0)
            ran = now - max(last, threads.progress)
            is_blocked = ran >= STUCK_SECONDS or (ran >= WAIT_SECONDS and is_idle)
            missing_threads = queue.waiting() if is_blocked and (queue.running or threads.count) else 0
        for _ in range(missing_threads):
            if not threads.start_another():
                break

    def end_late(self) -> list[Job]:
        """End late jobs; return the held jobs that have waited too long."""
        queue, threads = self._queue, self._threads
        now = time.perf_counter()
        with queue.lock:
            late = [job for job in queue.running if self._is_late(job, now)]
            held = list(queue.held) if self._has_waited_long(now) else []
        for job in late:
            threads.finish(job, timed_out(job.request), given_up=True, overdue=True)
        return held

    def _is_late(self, job: Job, now: float) -> bool:
        of_route = job.route.timeout if isinstance(job.route, RouteKey) else None
        return now - job.begun >= (job.request.timeout or of_route or self._settings.subrequest_timeout)

    def _has_waited_long(self, now: float) -> bool:
        """Return True if held jobs have waited for a thread as long as they may."""
        threads = self._threads
        return bool(self._queue.held) and not threads.count and now - threads.progress >= self._settings.max_wait
