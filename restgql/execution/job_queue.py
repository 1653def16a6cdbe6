"""The unfinished jobs and calls of one operation, and the order in which they begin."""

import threading
import time
from collections import deque

from restgql.execution.job import CallerTask, Job


class JobQueue:
    """The unfinished jobs and calls of one operation.

    `lock` guards everything in it, and the jobs themselves: whoever calls a method or changes an attribute holds it.
    """

    __slots__ = ("calls", "early", "ended", "held", "later", "later_calls", "lock", "pending", "ready", "running")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ready: deque[Job] = deque()
        self.later: deque[Job] = deque()
        """Jobs that begin when no job is ready."""
        self.held: list[Job] = []
        """Jobs whose route already has all its threads."""
        self.running: set[Job] = set()
        self.calls: deque[CallerTask] = deque()
        self.later_calls: deque[CallerTask] = deque()
        """Calls that begin when all jobs and all other calls have ended."""
        self.pending = 0
        """The number of jobs and calls that have not ended."""
        self.early = 0
        """The number of jobs and calls that are not for later; a call counts until it begins."""
        self.ended = False
        """True once the operation has ended: nothing may begin any more."""

    def add_call(self, call: CallerTask, *, later: bool) -> None:
        """Add a call."""
        (self.later_calls if later else self.calls).append(call)
        self.pending += 1
        self.early += not later

    @property
    def is_later_call_next(self) -> bool:
        """True if only a call for later may begin."""
        return bool(self.later_calls) and not self.early

    def waiting(self) -> int:
        """Return the number of jobs that wait for a thread; without the lock, it may be out of date."""
        return len(self.ready) + len(self.later)

    def begin_job(self, thread: str) -> Job | None:
        """Begin the next job in the thread of this name, and return it, or None if no job is ready."""
        queue = self.ready or self.later
        if not queue:
            return None
        job = queue.popleft()
        self.begin(job, thread)
        return job

    def begin(self, job: Job, thread: str) -> None:
        """Begin a job that was taken from the queue, in the thread of this name."""
        job.thread, job.begun = thread, time.perf_counter()
        self.running.add(job)

    def begin_call(self) -> CallerTask | None:
        """Begin the next call, and return it, or None if no call may begin yet."""
        if self.calls:
            self.early -= 1
            return self.calls.popleft()
        return self.later_calls.popleft() if self.is_later_call_next else None

    def hold(self, job: Job) -> None:
        """Keep a job that has begun, but has no answer yet, and the ready ones of its route, until `release`."""
        job.worker, job.begun = None, 0.0
        self.running.discard(job)
        self.held.append(job)
        for waiting in (self.ready, self.later):
            if any(other.route == job.route for other in waiting):
                self.held += [other for other in waiting if other.route == job.route]
                others = [other for other in waiting if other.route != job.route]
                waiting.clear()
                waiting.extend(others)

    def release(self, jobs: list[Job]) -> None:
        """Make held jobs ready."""
        for job in jobs:
            (self.later if job.later else self.ready).append(job)
        self.held = [job for job in self.held if job not in jobs]

    def held_for(self, route: object) -> list[Job]:
        """Return the held jobs of a route."""
        return [job for job in self.held if job.route == route]

    def take_held(self, route: object) -> Job | None:
        """Return a held job of a route, for the thread that has just ended another one of the route."""
        held = self.held_for(route)
        job = next((job for job in held if not job.later), held[0] if held and not self.ready else None)
        if job is not None:
            self.held.remove(job)
        return job

    def discard(self, jobs: list[Job]) -> None:
        """Remove jobs that have not begun."""
        self.ready = deque(job for job in self.ready if job not in jobs)
        self.later = deque(job for job in self.later if job not in jobs)
        self.held = [job for job in self.held if job not in jobs]

    def end_all(self) -> tuple[list[Job], list[CallerTask]]:
        """End the operation: nothing begins any more. Return the unanswered jobs, and the calls."""
        self.ended = True
        jobs = [*self.running, *self.ready, *self.later, *self.held]
        calls = [*self.calls, *self.later_calls]
        self.early -= len(self.calls)
        self.pending -= len(calls)
        for waiting in (self.ready, self.later, self.held, self.calls, self.later_calls):
            waiting.clear()
        return jobs, calls
