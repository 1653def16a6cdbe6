"""The jobs of one operation: which run now, on which thread, until when. The only place that starts sub-requests."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from restgql.errors import LATE, ClientError, LimitExceeded, Unavailable, UpstreamInvalid, UpstreamTimeout
from restgql.execution.budget import Budget
from restgql.execution.latency import RouteLatency
from restgql.execution.thread_pool import ThreadPool, Ticket
from restgql.model import SAFE_METHODS, SubRequest, Timing
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

WATCHDOG_SECONDS = 0.002

Answer = SubResponse | ClientError
Listener = Callable[[Answer], None]


class SchedulerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the jobs of an operation run. Times in seconds, `max_replies` in bytes."""

    deadline: float
    subrequest_timeout: float
    in_flight: int
    max_replies: int
    inline: bool = False
    """In the caller's own thread, one after the other: nested work must not wait for a thread."""


class Job:
    """A sub-request on its way; `listeners` hear its answer once. The scheduler's lock guards all of it."""

    __slots__ = ("answer", "begun", "ended", "listeners", "request", "thread", "ticket", "waited")

    def __init__(self, request: SubRequest, listener: Listener) -> None:
        self.request = request
        self.listeners = [listener]
        self.answer: Answer | None = None
        self.begun = self.ended = 0.0
        self.waited = 0.0
        self.thread = ""
        self.ticket: Ticket | None = None


class Scheduler:
    """Runs jobs as they become ready, each safe one once.

    One thread, the leader, takes job after job. Another one joins where a route is known to wait, or where a job has
    kept a thread for 2 ms while others are ready. The thread that waits for it all runs none of them, so it keeps
    the deadline whatever they do. `_lock` guards everything here that changes.
    """

    def __init__(
        self,
        dispatch: Dispatcher,
        settings: SchedulerSettings,
        *,
        pool: ThreadPool,
        budget: Budget,
        waits: RouteLatency,
        logger: logging.Logger,
    ) -> None:
        self._dispatch = dispatch
        self._settings = settings
        self._pool = pool
        self._budget = budget
        self._waits = waits
        self._logger = logger
        self._lock = threading.Lock()
        self._ready: deque[Job] = deque()
        self._later: deque[Job] = deque()
        self._running: set[Job] = set()
        self._known: dict[tuple[object, ...], Job] = {}
        self._pending = 0
        self._workers = 0
        self._bytes = 0
        self._ended = False
        self._dozing = False
        self.eager = False
        """Whether to give way after every job, rather than at the end."""
        self._wake = threading.Lock()
        self._wake.acquire()
        self._began = time.perf_counter()
        self._jobs: list[Job] = []
        self._repeated: list[tuple[SubRequest, float, Job]] = []

    def reserve(self, requests: list[SubRequest]) -> None:
        """Take what these would cost out of the budget, all or none. Raises LimitExceeded."""
        fresh: dict[object, bool] = {}
        with self._lock:
            for request in requests:
                identity = request.identity if request.method in SAFE_METHODS else object()
                if identity not in self._known:
                    fresh.setdefault(identity, request.typed)  # the first one is sent
        if fresh:
            self._budget.take(len(fresh), sum(fresh.values()))

    def submit(self, request: SubRequest, listener: Listener, *, later: bool = False) -> None:
        """Have `listener` hear the answer to `request`, which was reserved, or at once if it is known.

        What may come `later` begins when nothing else is ready.
        """
        identity = request.identity
        with self._lock:
            known = self._known.get(identity) if request.method in SAFE_METHODS else None
            if known is not None:
                self._repeated.append((request, time.perf_counter(), known))
                if known.answer is None:
                    known.listeners.append(listener)
                    return
                answer = known.answer
            elif self._ended:
                answer = _timed_out(request)
            else:
                job = Job(request, listener)
                self._known[identity] = job
                self._jobs.append(job)
                (self._later if later else self._ready).append(job)
                self._pending += 1
                if self._dozing and self._waiting() > 1:
                    self._rouse()
                return
        listener(answer)

    def run(self) -> None:
        """Return when every job has its answer, at the deadline at the latest. Raises Unavailable."""
        for _ in self.pulses():
            pass

    def pulses(self) -> Iterator[None]:
        """Like `run`, giving way whenever something may have happened."""
        if not self._pending:
            return
        if self._settings.inline:
            self._workers = 1
            self._work(None)
            return
        self._workers = 1
        if self._pool.stuck >= self._pool.size or not self._pool.start(self._work, wait=self._left()):
            self.cancel()
            raise Unavailable("All threads of the gateway are busy.")
        try:
            while self._pending:
                self._wake.acquire(timeout=self._patience())
                if self._pending:
                    self._watch()
                yield
        finally:
            if self._pending:
                self.cancel()

    def cancel(self) -> None:
        """End what has not begun, and wait no longer for what has; their listeners hear of a timeout."""
        with self._lock:
            self._ended = True
            late = [*self._running, *self._ready, *self._later]
            self._ready.clear()
            self._later.clear()
        for job in late:
            self._finish(job, _timed_out(job.request), given_up=True)

    def timings(self) -> list[Timing]:
        """What became of each request, in the order in which they began, then of those that were another's."""
        with self._lock:
            jobs, repeated = list(self._jobs), list(self._repeated)
        jobs.sort(key=lambda job: job.begun or math.inf)
        return [
            *(self._timing(job.request, job, job.begun) for job in jobs if job.begun),
            *(self._timing(request, job, asked, "deduplicated") for request, asked, job in repeated),
        ]

    def _timing(self, request: SubRequest, job: Job, begun: float, source: str = "") -> Timing:
        ended = job.ended or time.perf_counter()
        answer = job.answer
        return Timing(
            path=str(request.target),
            start=begun - self._began,
            duration=max(0.0, ended - begun),
            waiting=job.waited,
            status=answer.status if answer is not None else 0,
            source=source or (answer.source if isinstance(answer, SubResponse) else "dispatched"),
            thread=job.thread,
        )

    def _waiting(self) -> int:
        """How many jobs wait for a thread; the caller holds `_lock`, or only wants to know about."""
        return len(self._ready) + len(self._later)

    def _left(self) -> float:
        return max(0.0, self._settings.deadline - time.monotonic())

    def _seconds(self, job: Job) -> float:
        return job.request.timeout or self._settings.subrequest_timeout

    def _patience(self) -> float:
        """How long nothing need be looked at: briefly while jobs are ready that another thread could take."""
        with self._lock:
            self._dozing = not self._waiting() or self._workers >= self._settings.in_flight
            if not self._dozing or self._ended:
                return WATCHDOG_SECONDS
            first = min((job.begun + self._seconds(job) for job in self._running), default=math.inf)
        return max(0.0, min(self._left(), first - time.perf_counter()))

    def _watch(self) -> None:
        """What the waiting thread does when it wakes: end what is late, help where a job keeps others waiting."""
        if not self._left():
            self.cancel()
        now = time.perf_counter()
        with self._lock:
            late = [job for job in self._running if now - job.begun >= self._seconds(job)]
            keeping = all(now - job.begun >= WATCHDOG_SECONDS / 2 for job in self._running)
            helpers = self._waiting() if keeping else 0
        for job in late:
            self._finish(job, _timed_out(job.request), given_up=True)
        for _ in range(helpers):
            if not self._help():
                break

    def _help(self) -> bool:
        """Start one more worker, where there is room for it."""
        with self._lock:
            if self._workers >= self._settings.in_flight or not self._waiting():
                return False
            self._workers += 1
        if self._pool.start(self._work):
            return True
        with self._lock:
            self._workers -= 1
        return False

    def _work(self, ticket: Ticket | None) -> None:
        """Take job after job until none is ready."""
        name, learns = threading.current_thread().name, not self._settings.inline
        computed = time.thread_time()
        while True:
            if self._settings.inline and not self._left():  # nobody else watches over it
                self.cancel()
            with self._lock:
                ready = self._ready or self._later
                if not ready:
                    self._workers -= 1
                    return
                job = ready.popleft()
                job.ticket, job.thread, job.begun = ticket, name, time.perf_counter()
                self._running.add(job)
                others = len(ready)
            route = self._dispatch.route(job.request) if learns else None
            if others and learns and self._waits.waits(route):
                self._help()
            answer = self._answer(job.request)
            took, before, computed = time.perf_counter() - job.begun, computed, time.thread_time()
            job.waited = max(0.0, took - (computed - before))
            if learns:
                self._waits.observe(route, job.waited)
            if not self._finish(job, answer):
                return  # it was given up, and so was this thread

    def _answer(self, request: SubRequest) -> Answer:
        try:
            return self._dispatch(request)
        except ClientError as exc:
            return exc
        except BaseException as exc:
            # In the caller's own thread, what is no Exception is its server's to end it by; a thread of ours has to
            # go on, whatever a view raises.
            if self._settings.inline and not isinstance(exc, Exception):
                raise
            self._logger.exception("Exception on the way to %s", request.target)
            return SubResponse.failed(str(request.target), UpstreamInvalid("The route crashed.", status=500))

    def _finish(self, job: Job, answer: Answer, *, given_up: bool = False) -> bool:
        """Give a job its answer, and its listeners theirs; False if it had one already.

        Its thread, where one runs it still, is `given_up`.
        """
        with self._lock:
            if job.answer is not None:
                return False
            if isinstance(answer, SubResponse):
                self._bytes += len(answer.body)
                if self._bytes > self._settings.max_replies:
                    answer = _too_much(job.request, self._settings.max_replies)
            job.answer, job.ended = answer, time.perf_counter()
            overtaken = given_up and job in self._running
            self._running.discard(job)
            listeners, job.listeners = job.listeners, []
            if overtaken:
                self._workers -= 1
        if overtaken and job.ticket is not None:
            self._pool.give_up(job.ticket)
        try:
            for listener in listeners:
                listener(answer)
        except Exception:  # a listener that fails must not keep the operation waiting
            self._logger.exception("Exception after %s", job.request.target)
        with self._lock:
            self._pending -= 1
            if not self._pending or self.eager:
                self._rouse()
        if overtaken and self._waiting():
            self._help()
        return True

    def _rouse(self) -> None:
        """Wake the thread that waits; the caller holds `_lock`."""
        if self._wake.locked():
            self._wake.release()


def _timed_out(request: SubRequest) -> SubResponse:
    return SubResponse.failed(str(request.target), UpstreamTimeout(LATE))


def _too_much(request: SubRequest, allowed: int) -> SubResponse:
    message = f"The responses are over {allowed} bytes in all."
    too_much = LimitExceeded(message, limit="RESTGQL_MAX_REPLIES", allowed=allowed, status=502)
    return SubResponse.failed(str(request.target), too_much)
