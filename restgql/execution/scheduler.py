"""The jobs and calls of one operation, from submission to end. Only this module starts sub-requests."""

import math
import threading
import time
from collections.abc import Callable, Iterator

from restgql.errors import Unavailable
from restgql.execution import process_watchdog
from restgql.execution.clocks import Clocks
from restgql.execution.job import CallerTask, Job, JobAnswer, Listener, timed_out, unavailable
from restgql.execution.job_queue import JobQueue
from restgql.execution.latency import RouteLatency
from restgql.execution.operation_threads import OperationThreads
from restgql.execution.own_thread import OwnThread
from restgql.execution.scheduler_settings import SchedulerSettings
from restgql.execution.thread_pool import ThreadPool
from restgql.execution.watchdog import Watchdog
from restgql.log import logger
from restgql.meter import Meter
from restgql.model import SAFE_METHODS, SubRequest, Timing
from restgql.upstream import Dispatcher

__all__ = ["CallerTask", "JobAnswer", "Listener", "Scheduler", "SchedulerSettings"]

BUSY = "All threads of the gateway are busy."


class Scheduler:
    """Runs jobs as they become ready, each safe one once, and calls in the thread that waits for the operation.

    Pool threads run the jobs (`OperationThreads`). The thread that waits, the caller's, runs no job, so it keeps the
    deadline however long jobs take; it runs the calls. While it sleeps, the watchdog of the process checks the jobs.
    The queue's lock guards all mutable attributes.
    """

    __slots__ = (
        "__weakref__",
        "_began",
        "_dispatch",
        "_has_yielded",
        "_in_call",
        "_is_watched",
        "_job_by_identity",
        "_jobs",
        "_lock",
        "_meter",
        "_own_thread",
        "_queue",
        "_repeated",
        "_settings",
        "_threads",
        "_watchdog",
    )

    def __init__(
        self,
        dispatch: Dispatcher,
        settings: SchedulerSettings,
        *,
        pool: ThreadPool,
        meter: Meter,
        latency: RouteLatency,
    ) -> None:
        self._dispatch = dispatch
        self._settings = settings
        self._meter = meter
        self._queue = JobQueue()
        self._lock = self._queue.lock
        self._threads = OperationThreads(self._queue, dispatch, settings, pool=pool, latency=latency)
        self._watchdog = Watchdog(self._queue, self._threads, settings)
        self._own_thread = OwnThread(self._queue, self._threads, dispatch, meter=meter, latency=latency)
        self._is_watched = False
        self._has_yielded = False
        """True once `events` has yielded after the last job and call that are not for later."""
        self._in_call = False
        """True while the thread that waits runs a call."""
        self._job_by_identity: dict[tuple[object, ...], Job] = {}
        self._began = time.perf_counter()
        self._jobs: list[Job] = []
        self._repeated: list[tuple[SubRequest, float, Job]] = []
        """The requests that an earlier, identical one's job answers, each with the time of its submission."""

    @property
    def notify_each(self) -> bool:
        """True to yield after every job, rather than at the end."""
        return self._threads.notify_each

    @notify_each.setter
    def notify_each(self, value: bool) -> None:
        self._threads.notify_each = value

    def reserve(self, requests: list[SubRequest]) -> None:
        """Charge the requests to the meter, all or none. Raises LimitExceeded."""
        fresh: dict[object, bool] = {}
        with self._lock:
            for request in requests:
                identity = request.identity if request.method in SAFE_METHODS else object()
                if identity not in self._job_by_identity:
                    fresh.setdefault(identity, request.typed)  # the first one is sent
        if fresh:
            self._meter.charge_requests(len(fresh), sum(fresh.values()))

    def submit(self, request: SubRequest, listener: Listener, *, later: bool = False) -> None:
        """Call `listener` with the answer to a reserved request, at once if an identical request has been answered.

        A request for `later` begins when nothing else is ready.
        """
        job, queue = Job(request, listener, later), self._queue
        identity = request.identity if request.method in SAFE_METHODS else None
        with self._lock:
            first = job if identity is None else self._job_by_identity.setdefault(identity, job)
            if first is not job:
                self._repeated.append((request, time.perf_counter(), first))
                if first.answer is None:
                    first.listeners.append(listener)
                    return
                answer = first.answer
            elif queue.ended:
                answer = job.answer = timed_out(request)
            else:
                self._jobs.append(job)
                (queue.later if later else queue.ready).append(job)
                queue.pending += 1
                queue.early += not later
                if not self._in_call or queue.waiting() <= 1:
                    return
                answer = None
        if answer is None:  # the thread that waits is in a call
            self._threads.start_another()
        else:
            listener(answer)

    def submit_call(self, call: CallerTask, *, later: bool = False) -> None:
        """Run `call` in the thread that waits, after all calls before it; one for `later` after everything else.

        A call that has not begun when the operation ends is cancelled.
        """
        with self._lock:
            has_ended = self._queue.ended
            if not has_ended:
                self._queue.add_call(call, later=later)
                self._threads.wake()
        if has_ended:
            call.cancel()

    def forget(self) -> None:
        """Answer no request that is submitted from now on with the answer to an earlier one."""
        with self._lock:
            self._job_by_identity.clear()

    def run(self) -> None:
        """Run until every job and call has ended, at the deadline at the latest.

        Raises Unavailable if the operation gets no thread before anything has begun.
        """
        for _ in self.events():
            pass

    def events(self) -> Iterator[None]:
        """Do as `run`, and yield whenever a job or call may have ended."""
        queue = self._queue
        if not queue.pending:
            return
        try:
            if not self._meter.seconds_left:  # for example of a nested operation
                self.cancel()
            if self._settings.inline:
                yield from self._run_inline()
            while queue.pending:
                if self._settings.uses_own_thread and not self._threads.notify_each:
                    self._own_thread.run_quick(self._jobs, self._watch)
                    if not queue.pending:
                        break
                if not self._threads.count and not self._threads.start_first(self._meter.seconds_left):
                    self._refuse_ready()
                if queue.calls or queue.later_calls:
                    self._run_next_call()
                else:
                    self._wait()
                if queue.pending:
                    self._end_late()
                yield
        finally:
            if self._is_watched:
                self._is_watched = False
                process_watchdog.shared().leave(self._watchdog)
            if queue.pending:
                self.cancel()
            self._threads.leave_route_queues()

    def cancel(self) -> None:
        """Cancel the calls, and answer every job with a timeout, without waiting for those at work."""
        with self._lock:
            jobs, calls = self._queue.end_all()
        for job in jobs:
            self._threads.finish(job, timed_out(job.request), given_up=True)
        for call in calls:
            self._try_call(call.cancel)

    def timings(self) -> list[Timing]:
        """Return the timings of each request in the order in which they began, then those of repeated requests."""
        with self._lock:
            jobs, repeated = list(self._jobs), list(self._repeated)
        jobs.sort(key=lambda job: job.begun or math.inf)
        return [
            *(job.timing(self._began, job.begun) for job in jobs if job.begun),
            *(job.timing(self._began, submitted, request, "deduplicated") for request, submitted, job in repeated),
        ]

    # The thread that waits ----------------------------------------------------------------------------------------

    def _run_inline(self) -> Iterator[None]:
        """Run all jobs and calls in this thread."""
        queue, threads = self._queue, self._threads
        name, clocks = threading.current_thread().name, Clocks()
        while queue.pending:
            if not self._meter.seconds_left:
                self.cancel()  # the watchdog does not check in this mode
            with self._lock:
                job = queue.begin_job(name) if queue.ready or not queue.calls else None
            if job is None:
                self._run_next_call()
            else:
                self._own_thread.run(job, clocks)
            if threads.notify_each:
                yield

    def _wait(self) -> None:
        """Sleep until the operation can continue, or its deadline has passed."""
        self._watch()
        self._threads.wait(self._meter.seconds_left)

    def _watch(self) -> None:
        """Make the process's watchdog check this operation."""
        if not self._is_watched:
            self._is_watched = True
            process_watchdog.shared().watch(self._watchdog)

    def _run_next_call(self) -> None:
        """Run the next call that may begin; wait if all of them are for later and other work has not ended."""
        if not self._meter.seconds_left:
            self.cancel()
        with self._lock:
            queue = self._queue
            if self._threads.notify_each and not self._has_yielded and queue.is_later_call_next:
                self._has_yielded = True
                return  # anything that is not for later goes first
            call = queue.begin_call()
        if call is None:
            if self._queue.pending and not self._settings.inline:
                self._wait()
            return
        while not self._settings.inline and self._queue.waiting() and self._threads.start_another():
            pass  # a slow function does not delay sub-requests
        self._in_call = self._threads.began = True
        try:
            self._try_call(call.run)
        finally:
            self._in_call = False
            with self._lock:
                self._queue.pending -= 1
        self._threads.progress = time.perf_counter()

    def _try_call(self, function: Callable[[], None]) -> None:
        """Call a function whose failure must not keep the operation waiting."""
        try:
            function()
        except Exception:
            logger.exception("Exception in a call of an operation")

    def _end_late(self) -> None:
        """End every job whose time is over. Raises Unavailable if no job of the operation has begun yet."""
        if not self._meter.seconds_left:
            self.cancel()
        held = self._watchdog.end_late()
        if held:
            self._refuse(held)

    def _refuse_ready(self) -> None:
        """Answer the ready jobs that get no thread, unless a call may change that. Raises Unavailable."""
        if not self._queue.calls:
            self._refuse([*self._queue.ready, *self._queue.later])

    def _refuse(self, jobs: list[Job]) -> None:
        """Answer jobs that get no thread. Raises Unavailable if nothing of the operation has begun yet."""
        if not self._threads.began:
            self.cancel()
            raise Unavailable(BUSY)
        with self._lock:
            self._queue.discard(jobs)
        for job in jobs:
            self._threads.finish(job, unavailable(job.request, BUSY))
