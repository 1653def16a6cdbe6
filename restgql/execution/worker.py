"""The work of one pool thread for an operation: job after job."""

import threading
from typing import Protocol

from restgql.execution.clocks import Clocks
from restgql.execution.job import Job, JobAnswer, answer_to
from restgql.execution.latency import RouteLatency
from restgql.execution.route_threads import Ticket
from restgql.upstream import Dispatcher


class JobSource(Protocol):
    """The operation that a worker takes its jobs from."""

    def next_job(self, worker: "Worker", ticket: Ticket, thread: str) -> Job | None:
        """Return the next job of `worker`, or None if its work has ended."""

    def finish(self, job: Job, answer: JobAnswer) -> bool:
        """Set the answer of a job; return False if it has one already."""


class Worker:
    """The work of one pool thread for an operation.

    It refers to `source` only between jobs, and never again once it was given up: so a thread that hangs keeps only its
    own sub-request in memory.
    """

    __slots__ = ("_dispatch", "_latency", "source", "ticket")

    def __init__(self, source: JobSource, dispatch: Dispatcher, latency: RouteLatency) -> None:
        self.source: JobSource | None = source
        self.ticket: Ticket | None = None
        self._dispatch = dispatch
        self._latency = latency

    def let_go(self) -> None:
        """Drop the reference to the operation: its job was given up."""
        self.source = None

    def __call__(self, ticket: Ticket) -> None:
        """Run job after job until none is ready."""
        self.ticket = ticket
        name, clocks = threading.current_thread().name, Clocks()
        while (source := self.source) is not None and (job := source.next_job(self, ticket, name)) is not None:
            del source
            if not self._run(job, clocks):
                return  # the job was given up, and so was this thread

    def _run(self, job: Job, clocks: Clocks) -> bool:
        """Run a job; return False if it was given up. No variable keeps its answer while the next one runs."""
        answer = answer_to(self._dispatch, job.request)
        clocks.observe(job, self._latency)
        return (source := self.source) is not None and source.finish(job, answer)
