"""The pool threads of one operation: their start, their next job, and the end of each job."""

import math
import threading
import time

import msgspec

from restgql.execution.job import Job, JobAnswer, too_much, unavailable, without_frames
from restgql.execution.job_queue import JobQueue
from restgql.execution.latency import RouteLatency
from restgql.execution.route_threads import Admission, Ticket
from restgql.execution.scheduler_settings import SchedulerSettings
from restgql.execution.thread_pool import ThreadPool
from restgql.execution.worker import Worker
from restgql.log import logger
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

CLOSED = "Too many earlier requests to this route have not ended yet."


class OperationThreads:
    """The pool threads of one operation. One thread, the leader, runs job after job.

    Another one joins if requests to the route wait, or if the watchdog starts it. The queue's lock guards all mutable
    attributes.
    """

    __slots__ = (
        "_bytes",
        "_dispatch",
        "_is_out_of_queues",
        "_latency",
        "_lock",
        "_pool",
        "_queue",
        "_settings",
        "_wait_left",
        "_wake",
        "began",
        "count",
        "in_route_queue",
        "notify_each",
        "progress",
    )

    def __init__(
        self,
        queue: JobQueue,
        dispatch: Dispatcher,
        settings: SchedulerSettings,
        *,
        pool: ThreadPool,
        latency: RouteLatency,
    ) -> None:
        self._queue = queue
        self._lock = queue.lock
        self._dispatch = dispatch
        self._settings = settings
        self._pool = pool
        self._latency = latency
        self._bytes = 0
        self._wait_left = settings.max_wait
        self._is_out_of_queues = False
        """True once a held job is in no route's queue, because too many operations wait."""
        self._wake = threading.Lock()
        self._wake.acquire()
        self.count = 0
        """The number of threads at work, without those that were given up."""
        self.progress = time.perf_counter()
        """The time when a job or call of the operation ended last."""
        self.began = False
        """True once a request was handed to the dispatcher, or a call has begun."""
        self.in_route_queue = False
        """True once a job had to wait for a thread of its route."""
        self.notify_each = False
        """True to wake the caller after every job, rather than after the last one."""

    # The caller's thread ------------------------------------------------------------------------------------------

    def start_first(self, seconds_left: float) -> bool:
        """Start a thread if jobs are ready and none is at work; return False if the pool has none.

        Unless a call can run meanwhile, wait for a thread as long as the operation may.
        """
        with self._lock:
            if self.count or not self._queue.waiting():
                return True
            self.count = 1
        worker = self._worker()
        if self._pool.start(worker, nested=self._settings.nested):
            return True
        if not self._queue.calls:
            began = time.monotonic()
            wait = max(0.0, min(self._wait_left, seconds_left))
            is_started = self._pool.start(worker, wait, max_waiting=self._settings.max_waiting)
            self._wait_left -= time.monotonic() - began
            if is_started:
                return True
        with self._lock:
            self.count -= 1
        return False

    def wait(self, seconds: float) -> None:
        """Wait until `wake` is called, at most `seconds`."""
        self._wake.acquire(timeout=seconds)

    def leave_route_queues(self) -> None:
        """Wait no longer for a thread of any route."""
        if self.in_route_queue:
            self._pool.leave_queues(self._take_turn)

    # Any thread ---------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Wake the caller's thread if it waits; the caller of this method holds the lock."""
        if self._wake.locked():
            self._wake.release()

    def start_another(self) -> bool:
        """Start one more thread; return False if no job is ready, or there is no room for a thread."""
        with self._lock:
            if self.count >= self._settings.in_flight or not self._queue.waiting():
                return False
            self.count += 1
        if self._pool.start(self._worker(), nested=self._settings.nested):
            return True
        with self._lock:
            self.count -= 1
        return False

    def next_job(self, worker: Worker, ticket: Ticket, thread: str) -> Job | None:
        """Return the next job for `worker`, or None if no job is ready or the worker was given up."""
        queue = self._queue
        while True:
            with self._lock:
                if worker.source is None:
                    return None
                jobs = queue.ready or queue.later
                job = queue.take_held(ticket.route) if queue.held and ticket.route is not None else None
                if job is None:
                    if not jobs:
                        self.count -= 1
                        if queue.held and not self.count:
                            self.wake()
                        return None
                    job = jobs.popleft()  # inlined `begin_job`, to save a call for every job
                job.worker, job.thread, job.begun = worker, thread, time.perf_counter()
                queue.running.add(job)
                has_others = bool(jobs)
            if job.route is None:
                job.route = self._dispatch.route(job.request)
            # Most jobs of an operation have the same route.
            if (ticket.route is not job.route or self._pool.stuck) and not self._enter_route(job, ticket, worker):
                continue
            ticket.begun = job.begun
            if has_others and self._latency.waits(job.route):
                self.start_another()
            if job.answer is not None:
                return None  # the operation has ended meanwhile
            self.began = True
            return job

    def finish(self, job: Job, answer: JobAnswer, *, given_up: bool = False, overdue: bool = False) -> bool:
        """Set the answer of a job and call its listeners; return False if it already has an answer.

        If a thread still runs the job, it is `given_up`; `overdue` if the job used all its time.
        """
        reply = answer if isinstance(answer, SubResponse) else None
        if reply is None or reply.failure is not None:
            without_frames(answer)
        queue = self._queue
        with self._lock:
            if job.answer is not None:
                return False
            if reply is not None:
                self._bytes += len(reply.body)
                if self._bytes > self._settings.max_replies:
                    answer = too_much(job.request, self._settings.max_replies)
            job.answer, job.ended = answer, time.perf_counter()
            if job.request.body:  # its timing needs no body, which may be a file
                job.request = msgspec.structs.replace(job.request, body=b"")
            self.progress = job.ended
            was_running = given_up and job in queue.running
            queue.running.discard(job)
            listeners, job.listeners = job.listeners, []
            worker, job.worker = job.worker, None
            if was_running:
                self.count -= 1
                if worker is not None:
                    worker.let_go()
            if self._is_out_of_queues:
                self._is_out_of_queues = False
                queue.release(queue.held)
        if was_running and worker is not None and worker.ticket is not None:
            self._pool.give_up(worker.ticket, overdue=overdue)
        for listener in listeners:
            try:
                listener(answer)
            except Exception:  # a failing listener must not block the operation or another listener
                logger.exception("Exception after %s", job.request.target)
        with self._lock:
            queue.pending -= 1
            queue.early -= not job.later
            if not queue.pending or self.notify_each or (queue.later_calls and not queue.early):
                self.wake()
        if was_running and queue.waiting():
            self.start_another()
        return True

    def _worker(self) -> Worker:
        return Worker(self, self._dispatch, self._latency)

    def _enter_route(self, job: Job, ticket: Ticket, worker: Worker) -> bool:
        """Return True if the thread of `ticket` may send the job's request; else hold the job, or answer it."""
        admission = self._admission(job, ticket)
        if admission is Admission.ENTERED:
            return True
        if admission is not Admission.CLOSED:
            with self._lock:
                if job.answer is not None:
                    self._queue.running.discard(job)
                    return False
                self._queue.hold(job)
                self.in_route_queue = True
            # Again: if a thread of the route was free meanwhile, the turn of this operation has passed.
            admission = self._admission(job, ticket)
        if admission is Admission.CLOSED:
            with self._lock:
                self._queue.discard([job])
            self.finish(job, unavailable(job.request, CLOSED))
            return False
        with self._lock:
            if admission is Admission.FULL:
                self._is_out_of_queues = True
                if not self._queue.running:
                    self.progress = -math.inf  # no job of this operation will free a thread: stop waiting
            if admission is not Admission.ENTERED or job not in self._queue.held:
                return False  # another thread may run the job
            self._queue.held.remove(job)
            self._queue.running.add(job)
            job.worker, job.begun = worker, time.perf_counter()
        return True

    def _admission(self, job: Job, ticket: Ticket) -> Admission:
        return self._pool.enter(ticket, job.route, self._take_turn, max_waiting=self._settings.max_waiting)

    def _take_turn(self, route: object) -> bool:
        """Run one of the held jobs of a route, which has a thread for it; return False if there are none."""
        with self._lock:
            held = self._queue.held_for(route)
            if not held:
                return False
            self._queue.release(held[:1])
            if len(held) > 1:
                self._pool.wait_again(route, self._take_turn)
        if not self.start_another():
            with self._lock:
                self.wake()  # the caller waits for a thread
        return True
