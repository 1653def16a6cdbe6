"""A sub-request that is scheduled, and its possible answers."""

import time
from collections.abc import Callable
from typing import Protocol

from restgql.errors import CRASHED, LATE, ClientError, LimitExceeded, Unavailable, UpstreamInvalid, UpstreamTimeout
from restgql.execution.route_threads import Ticket
from restgql.log import logger
from restgql.model import SubRequest, Timing
from restgql.sub_response import SubResponse
from restgql.upstream import Dispatcher

JobAnswer = SubResponse | ClientError
Listener = Callable[[JobAnswer], None]


class CallerTask(Protocol):
    """Work for the thread that waits for an operation: a function that needs its caller's context."""

    def run(self) -> None:
        """Do the work."""

    def cancel(self) -> None:
        """Record that the operation has ended before the work began."""


class Runner(Protocol):
    """The work of a pool thread that runs a job. `ticket` represents the thread."""

    ticket: Ticket | None

    def let_go(self) -> None:
        """Drop the reference to the operation: the job was given up."""


class Job:
    """A scheduled sub-request; each of `listeners` is called once with its answer. The queue's lock guards it."""

    __slots__ = ("answer", "begun", "ended", "later", "listeners", "request", "route", "thread", "waited", "worker")

    def __init__(self, request: SubRequest, listener: Listener, later: bool = False) -> None:
        self.request = request
        self.listeners = [listener]
        self.later = later
        self.answer: JobAnswer | None = None
        self.begun = self.ended = 0.0
        self.waited = 0.0
        self.thread = ""
        self.route: object = None
        self.worker: Runner | None = None

    def timing(self, began: float, start: float, request: SubRequest | None = None, source: str = "") -> Timing:
        """Return the timing of this job, or of a repeated `request`, in an operation that began at `began`."""
        answer = self.answer
        return Timing(
            path=str((request or self.request).target),
            start=start - began,
            duration=max(0.0, (self.ended or time.perf_counter()) - start),
            waiting=self.waited,
            status=answer.status if answer is not None else 0,
            source=source or (answer.source if isinstance(answer, SubResponse) else "dispatched"),
            thread=self.thread,
        )


def answer_to(dispatch: Dispatcher, request: SubRequest, *, inline: bool = False) -> JobAnswer:
    """Return the answer to a request; an exception of the route becomes an answer, too."""
    try:
        return dispatch(request)
    except ClientError as exc:
        return exc
    except BaseException as exc:
        # In the caller's own thread the server uses exceptions such as SystemExit to end the request. A thread of ours
        # has to continue, whatever a view raises.
        if inline and not isinstance(exc, Exception):
            raise
        logger.exception("Exception in the request to %s", request.target)
        return SubResponse.failed(str(request.target), UpstreamInvalid(CRASHED, status=500))


def timed_out(request: SubRequest) -> SubResponse:
    """Return the answer to a request that timed out."""
    return SubResponse.failed(str(request.target), UpstreamTimeout(LATE))


def unavailable(request: SubRequest, message: str) -> SubResponse:
    """Return the answer to a request that got no thread."""
    return SubResponse.failed(str(request.target), Unavailable(message))


def too_much(request: SubRequest, allowed: int) -> SubResponse:
    """Return the answer to a request whose response exceeds the operation's limit on all responses."""
    message = f"The responses are over {allowed} bytes in all."
    failure = LimitExceeded(message, limit="RESTGQL_MAX_REPLIES", allowed=allowed, status=502)
    return SubResponse.failed(str(request.target), failure)


def without_frames(answer: JobAnswer) -> None:
    """Drop the tracebacks of an answer's error: they refer to every local variable of their functions."""
    error: BaseException | None = answer.failure if isinstance(answer, SubResponse) else answer
    while error is not None:
        error.__traceback__ = error.__context__ = None
        error = error.__cause__
