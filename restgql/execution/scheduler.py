"""The jobs of one operation: which run now, on which thread, until when. The only place that starts sub-requests."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from restgql.errors import Unavailable
from restgql.execution.job import (
    Answer,
    CallerTask,
    Job,
    Listener,
    ask,
    timed_out,
    too_much,
    unavailable,
    without_frames,
)
from restgql.execution.latency import RouteLatency
from restgql.execution.route_threads import Admission, Ticket
from restgql.execution.thread_pool import ThreadPool
from restgql.meter import Meter
from restgql.model import SAFE_METHODS, SubRequest, Timing
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

__all__ = ["Answer", "CallerTask", "Listener", "Scheduler", "SchedulerSettings"]

WATCHDOG_SECONDS = 0.002
BUSY = "All threads of the gateway are busy."
CLOSED = "Too many earlier requests to this route have not ended yet."


class SchedulerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of an operation's jobs. Times in seconds, `max_replies` in bytes.

    An operation without a thread waits `max_wait` in all, unless `max_waiting` operations of the process wait already.
    """

    subrequest_timeout: float
    in_flight: int
    max_replies: int
    max_wait: float
    max_waiting: int
    inline: bool = False
    """Run all jobs in the caller's own thread, one after the other: nested work must not wait for a thread."""


class Worker:
    """The work of one pool thread for an operation.

    Its thread refers to the scheduler between jobs only, and no longer once it was given up: so a thread that hangs
    keeps nothing of the operation but its own sub-request.
    """

    __slots__ = ("_dispatch", "_latency", "_logger", "scheduler", "ticket")

    def __init__(self, scheduler: "Scheduler") -> None:
        self.scheduler: Scheduler | None = scheduler
        self.ticket: Ticket | None = None
        self._dispatch = scheduler.dispatch
        self._latency = scheduler.latency
        self._logger = scheduler.logger

    def let_go(self) -> None:
        """Refer to nothing of the operation any more: its job was given up."""
        self.scheduler = None

    def __call__(self, ticket: Ticket) -> None:
        """Run job after job until none is ready."""
        self.ticket = ticket
        name, computed = threading.current_thread().name, time.thread_time()
        while (scheduler := self.scheduler) is not None and (job := scheduler.next_job(self, ticket, name)) is not None:
            del scheduler
            answer = ask(self._dispatch, job.request, self._logger)
            took, before, computed = time.perf_counter() - job.begun, computed, time.thread_time()
            job.waited = max(0.0, took - (computed - before))
            self._latency.observe(job.route, job.waited)
            if (scheduler := self.scheduler) is None or not scheduler.finish(job, answer):
                return  # the job was given up, and so was this thread


class Scheduler:
    """Runs jobs as they become ready, each safe one once, and calls in the thread that waits for all of it.

    One thread, the leader, takes job after job. Another one joins where a route is known to wait, or where a job has
    kept a thread for 2 ms while others are ready. The thread that waits runs no job, so it keeps the deadline whatever
    they do; it runs the calls. `_lock` guards everything here that changes.
    """

    # Python is slow with the attributes of a class that has over 30 of them in a dictionary.
    __slots__ = (
        "__weakref__",
        "_began",
        "_begun",
        "_bytes",
        "_calling",
        "_calls",
        "_dozing",
        "_early",
        "_ended",
        "_held",
        "_jobs",
        "_known",
        "_later",
        "_later_calls",
        "_lock",
        "_meter",
        "_pending",
        "_pool",
        "_progress",
        "_queued",
        "_ready",
        "_repeated",
        "_running",
        "_settings",
        "_wait_left",
        "_wake",
        "_workers",
        "began_unsafe",
        "dispatch",
        "latency",
        "logger",
        "notify_each",
    )

    def __init__(
        self,
        dispatch: Dispatcher,
        settings: SchedulerSettings,
        *,
        pool: ThreadPool,
        meter: Meter,
        latency: RouteLatency,
        logger: logging.Logger,
    ) -> None:
        self.dispatch = dispatch
        self._settings = settings
        self._pool = pool
        self._meter = meter
        self.latency = latency
        self.logger = logger
        self._lock = threading.Lock()
        self._ready: deque[Job] = deque()
        self._later: deque[Job] = deque()
        self._held: list[Job] = []
        """Jobs whose route has all the threads that it may have."""
        self._calls: deque[CallerTask] = deque()
        self._later_calls: deque[CallerTask] = deque()
        self._running: set[Job] = set()
        self._known: dict[tuple[object, ...], Job] = {}
        self._pending = 0
        self._early = 0
        """The pending jobs and calls that are not for later."""
        self._workers = 0
        self._bytes = 0
        self._ended = self._dozing = self._calling = self._begun = self._queued = False
        self.began_unsafe = False
        """True once an unsafe request was handed to the dispatcher."""
        self.notify_each = False
        """True to yield after every job, rather than at the end."""
        self._wake = threading.Lock()
        self._wake.acquire()
        self._began = self._progress = time.perf_counter()
        self._wait_left = settings.max_wait
        self._jobs: list[Job] = []
        self._repeated: list[tuple[SubRequest, float, Job]] = []

    def reserve(self, requests: list[SubRequest]) -> None:
        """Charge what these cost, all or none. Raises LimitExceeded."""
        fresh: dict[object, bool] = {}
        with self._lock:
            for request in requests:
                identity = request.identity if request.method in SAFE_METHODS else object()
                if identity not in self._known:
                    fresh.setdefault(identity, request.typed)  # the first one is sent
        if fresh:
            self._meter.charge_requests(len(fresh), sum(fresh.values()))

    def submit(self, request: SubRequest, listener: Listener, *, later: bool = False) -> None:
        """Have `listener` called with the answer to `request`, which was reserved, or at once if there is one.

        A request for `later` begins when nothing else is ready.
        """
        job = Job(request, listener, later)
        identity = request.identity if request.method in SAFE_METHODS else None
        with self._lock:
            known = job if identity is None else self._known.setdefault(identity, job)
            if known is not job:
                self._repeated.append((request, time.perf_counter(), known))
                if known.answer is None:
                    known.listeners.append(listener)
                    return
                answer = known.answer
            elif self._ended:
                answer = job.answer = timed_out(request)
            else:
                self._jobs.append(job)
                (self._later if later else self._ready).append(job)
                self._pending += 1
                self._early += not later
                if not (self._dozing or self._calling) or self._waiting() <= 1:
                    return
                self._rouse()
                if not self._calling:
                    return
                answer = None
        if answer is None:  # the thread that waits is in a call, and cannot see that a job keeps others waiting
            self._help()
        else:
            listener(answer)

    def submit_call(self, call: CallerTask, *, later: bool = False) -> None:
        """Run `call` in the thread that waits, after all that were submitted before; those for `later` after all else.

        A call that has not begun when the operation ends is cancelled.
        """
        with self._lock:
            ended = self._ended
            if not ended:
                (self._later_calls if later else self._calls).append(call)
                self._pending += 1
                self._early += not later
                self._rouse()
        if ended:
            call.cancel()

    def forget(self) -> None:
        """Give no answer of a request so far, ended or not, to a request that is submitted from now on."""
        with self._lock:
            self._known.clear()

    def run(self) -> None:
        """Return when every job and call has ended, at the deadline at the latest.

        Raises Unavailable if no thread can be had before anything has begun.
        """
        for _ in self.events():
            pass

    def events(self) -> Iterator[None]:
        """Like `run`, and yield whenever something may have happened."""
        if not self._pending:
            return
        try:
            if self._settings.inline:
                yield from self._inline()
            while self._pending:
                if not self._workers:
                    self._lead()
                if self._calls or self._later_calls:
                    self._next_call()
                else:
                    self._wake.acquire(timeout=self._patience())
                if self._pending:
                    self._watch()
                yield
        finally:
            if self._pending:
                self.cancel()
            if self._queued:
                self._pool.leave_queues(self._turn)

    def cancel(self) -> None:
        """End what has not begun, and wait no longer for what has: answer these requests with a timeout."""
        with self._lock:
            self._ended = True
            late = [*self._running, *self._ready, *self._later, *self._held]
            calls = [*self._calls, *self._later_calls]
            self._early -= len(self._calls)
            for waiting in (self._ready, self._later, self._held, self._calls, self._later_calls):
                waiting.clear()
            self._pending -= len(calls)
        for job in late:
            self.finish(job, timed_out(job.request), given_up=True)
        for call in calls:
            self._guarded(call.cancel)

    def timings(self) -> list[Timing]:
        """The timings of each request, in the order in which they began, then of those that another one answered."""
        with self._lock:
            jobs, repeated = list(self._jobs), list(self._repeated)
        jobs.sort(key=lambda job: job.begun or math.inf)
        return [
            *(job.timing(self._began, job.begun) for job in jobs if job.begun),
            *(job.timing(self._began, asked, request, "deduplicated") for request, asked, job in repeated),
        ]

    # The thread that waits ----------------------------------------------------------------------------------------

    def _inline(self) -> Iterator[None]:
        name, computed = threading.current_thread().name, time.thread_time()
        while self._pending:
            if not self._meter.seconds_left:
                self.cancel()  # nobody else watches over it
            with self._lock:
                queue = self._ready or (not self._calls and self._later)
                job = queue.popleft() if queue else None
                if job is not None:
                    job.thread, job.begun = name, time.perf_counter()
                    self._running.add(job)
            if job is None:
                self._next_call()
            else:
                self._begun = True
                self.began_unsafe = self.began_unsafe or job.request.method not in SAFE_METHODS
                answer = ask(self.dispatch, job.request, self.logger, inline=True)
                took, before, computed = time.perf_counter() - job.begun, computed, time.thread_time()
                job.waited = max(0.0, took - (computed - before))
                self.finish(job, answer)
            if self.notify_each:
                yield

    def _next_call(self) -> None:
        """Run the next call that may begin; wait where those for later have to."""
        if not self._meter.seconds_left:
            self.cancel()
        with self._lock:
            queue = self._calls or (not self._early and self._later_calls)
            call = queue.popleft() if queue else None
            if call is not None:
                self._early -= queue is self._calls
        if call is None:
            if self._pending and not self._settings.inline:
                self._wake.acquire(timeout=self._patience())
            return
        while not self._settings.inline and self._waiting() and self._help():
            pass  # a slow function keeps no sub-request waiting
        self._calling = self._begun = True
        try:
            self._guarded(call.run)
        finally:
            self._calling = False
            with self._lock:
                self._pending -= 1
        self._progress = time.perf_counter()

    def _guarded(self, function: Callable[[], None]) -> None:
        """Call a function whose failure must not keep the operation waiting."""
        try:
            function()
        except Exception:
            self.logger.exception("Exception in a call of an operation")

    def _lead(self) -> None:
        """Start a worker where jobs are ready and none is at work. Raises Unavailable if nothing has begun yet."""
        with self._lock:
            if self._workers or not self._waiting():
                return
            self._workers = 1
        work = Worker(self)
        if self._pool.start(work):
            return
        if not self._calls:
            began = time.monotonic()
            wait = max(0.0, min(self._wait_left, self._meter.seconds_left))
            started = self._pool.start(work, wait, max_waiting=self._settings.max_waiting)
            self._wait_left -= time.monotonic() - began
            if started:
                return
        with self._lock:
            self._workers -= 1
        if not self._calls:
            self._refuse([*self._ready, *self._later])

    def _refuse(self, jobs: list[Job]) -> None:
        """Answer jobs that get no thread. Raises Unavailable if nothing of the operation has begun yet."""
        if not self._begun:
            self.cancel()
            raise Unavailable(BUSY)
        with self._lock:
            self._ready = deque(job for job in self._ready if job not in jobs)
            self._later = deque(job for job in self._later if job not in jobs)
            self._held = [job for job in self._held if job not in jobs]
        for job in jobs:
            self.finish(job, unavailable(job.request, BUSY))

    def _patience(self) -> float:
        """Return the seconds for which nothing need be looked at: 2 ms while another thread could take ready jobs."""
        with self._lock:
            self._dozing = not self._waiting() or self._workers >= self._settings.in_flight
            # A worker that has not taken its job yet is soon at one, which has a time of its own.
            if not self._dozing or self._ended or len(self._running) < self._workers:
                return WATCHDOG_SECONDS
            first = min((job.begun + self._seconds(job) for job in self._running), default=math.inf)
            if self._held and not self._workers:
                first = min(first, self._progress + self._settings.max_wait)
        return max(0.0, min(self._meter.seconds_left, first - time.perf_counter()))

    def _watch(self) -> None:
        """End what is late, and help where a job keeps others waiting."""
        if not self._meter.seconds_left:
            self.cancel()
        now = time.perf_counter()
        with self._lock:
            late = [job for job in self._running if now - job.begun >= self._seconds(job)]
            keeping = self._workers and all(now - job.begun >= WATCHDOG_SECONDS / 2 for job in self._running)
            helpers = self._waiting() if keeping else 0
            held = [] if self._workers or now - self._progress < self._settings.max_wait else list(self._held)
        for job in late:
            self.finish(job, timed_out(job.request), given_up=True, overdue=True)
        for _ in range(helpers):
            if not self._help():
                break
        if held:
            self._refuse(held)

    # Any thread ---------------------------------------------------------------------------------------------------

    def _waiting(self) -> int:
        """Return how many jobs wait for a thread; the caller holds `_lock`, or needs no exact number."""
        return len(self._ready) + len(self._later)

    def _seconds(self, job: Job) -> float:
        return job.request.timeout or self._settings.subrequest_timeout

    def _help(self) -> bool:
        """Start one more worker, where there is room for it."""
        with self._lock:
            if self._workers >= self._settings.in_flight or not self._waiting():
                return False
            self._workers += 1
        if self._pool.start(Worker(self)):
            return True
        with self._lock:
            self._workers -= 1
        return False

    def next_job(self, worker: Worker, ticket: Ticket, thread: str) -> Job | None:
        """Return the next job that `worker` may run; None if there is none, or if it was given up."""
        while True:
            with self._lock:
                if worker.scheduler is None:
                    return None
                queue = self._ready or self._later
                if not queue:
                    self._workers -= 1
                    if self._held and not self._workers:
                        self._rouse()
                    return None
                job = queue.popleft()
                job.worker, job.thread, job.begun = worker, thread, time.perf_counter()
                self._running.add(job)
                others = len(queue)
            if job.route is None:
                job.route = self.dispatch.route(job.request)
            if ticket.route is not job.route or self._pool.stuck:  # most jobs of an operation ask the same route
                admission = self._pool.enter(ticket, job.route, self._turn, max_waiting=self._settings.max_waiting)
                if admission is not Admission.ENTERED:
                    self._not_entered(job, admission)
                    continue
            ticket.begun = job.begun
            if others and self.latency.waits(job.route):
                self._help()
            if job.answer is not None:
                return None  # the operation has ended meanwhile
            self._begun = True
            if job.request.method not in SAFE_METHODS:
                self.began_unsafe = True
            return job

    def _not_entered(self, job: Job, admission: Admission) -> None:
        """Hold a job until its route has a thread for it, or answer it."""
        if admission is Admission.CLOSED:
            self.finish(job, unavailable(job.request, CLOSED))
            return
        with self._lock:
            self._running.discard(job)
            if job.answer is None:
                job.worker, job.begun, self._queued = None, 0.0, True
                self._held.append(job)
                if admission is Admission.FULL and not self._running:
                    self._progress = -math.inf  # nothing of this operation will make room: wait no longer

    def _turn(self) -> None:
        """Try the held jobs again: a route may have a thread for one of them."""
        with self._lock:
            self._release()
            self._rouse()

    def _release(self) -> None:
        """Make the held jobs ready; the caller holds `_lock`."""
        for job in self._held:
            (self._later if job.later else self._ready).append(job)
        self._held.clear()

    def finish(self, job: Job, answer: Answer, *, given_up: bool = False, overdue: bool = False) -> bool:
        """Give a job its answer, and its listeners theirs; return False if it had one already.

        Its thread, where one still runs it, is `given_up`; `overdue` if the job had all its time.
        """
        reply = answer if isinstance(answer, SubResponse) else None
        if reply is None or reply.failure is not None:
            without_frames(answer)
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
            self._progress = job.ended
            overtaken = given_up and job in self._running
            self._running.discard(job)
            listeners, job.listeners = job.listeners, []
            worker, job.worker = job.worker, None
            if overtaken:
                self._workers -= 1
                if worker is not None:
                    worker.let_go()
            if self._held:
                self._release()
        if overtaken and worker is not None and worker.ticket is not None:
            self._pool.give_up(worker.ticket, overdue=overdue)
        try:
            for listener in listeners:
                listener(answer)
        except Exception:  # a listener that fails must not keep the operation waiting
            self.logger.exception("Exception after %s", job.request.target)
        with self._lock:
            self._pending -= 1
            self._early -= not job.later
            if not self._pending or self.notify_each or (self._later_calls and not self._early):
                self._rouse()
        if overtaken and self._waiting():
            self._help()
        return True

    def _rouse(self) -> None:
        """Wake the thread that waits; the caller holds `_lock`."""
        if self._wake.locked():
            self._wake.release()
