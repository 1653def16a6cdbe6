"""The sub-requests of one operation, on their way."""

import logging
from collections.abc import Generator, Iterator, Sequence

import msgspec

from restgql.config import Config
from restgql.execution import thread_pool as pool
from restgql.execution.execution import Flow
from restgql.execution.latency import RouteLatency
from restgql.execution.result import Result, Results
from restgql.execution.scheduler import Scheduler, SchedulerSettings
from restgql.formats import cookies
from restgql.formats.target import Site
from restgql.model import PlanNode, Timing
from restgql.sub_response import Response
from restgql.upstream import Upstream


class Run(msgspec.Struct):
    """An operation's outcomes, to be filled while it runs. It ends when it is finished, closed, or at its deadline.

    The steps of a mutation wait in `later`: each begins when the one before it is done, with all that depends on it
    (GraphQL, section Mutation).
    """

    outcomes: Results
    scheduler: Scheduler
    request_id: str
    flow: Flow
    site: Site
    later: tuple[PlanNode, ...] = ()
    last_leaves: list[Result] | None = None
    """Those of a run that is finished."""

    def finish(self) -> "Run":
        """Wait until every sub-request has its answer, or the deadline has passed. Raises Unavailable."""
        self.scheduler.run()
        for step in self.later:
            self.outcomes.update(self.flow.begin((step,)))
            self.scheduler.run()
        self.last_leaves = self.leaves()
        return self

    def pulses(self) -> Iterator[None]:
        """Like `finish`, giving way whenever something may have happened."""
        self.scheduler.eager = True
        yield from self.scheduler.pulses()
        for step in self.later:
            self.outcomes.update(self.flow.begin((step,)))
            yield from self.scheduler.pulses()

    def close(self) -> None:
        """End it: what has not begun never will, and nothing is waited for any longer."""
        self.scheduler.cancel()

    def leaves(self) -> list[Result]:
        """The outcomes of single sub-requests, in document order."""
        if self.last_leaves is not None:
            return self.last_leaves
        return [leaf for outcome in self.outcomes.values() for leaf in outcome.leaves()]

    def responses(self) -> list[Response]:
        """The responses so far that are answers, each once, in document order."""
        return list(dict.fromkeys(leaf.response for leaf in self.leaves() if leaf.response is not None))

    def parts(self) -> list[Response]:
        """All responses so far that the answer depends on, those of redirects and batches among them."""
        found = dict.fromkeys(response for leaf in self.leaves() for response in (*leaf.came, leaf.response))
        return [response for response in found if response is not None]

    def cookies(self) -> tuple[str, ...]:
        """The Set-Cookie values so far, in document order, each with the path that it has by its request."""
        return tuple(
            cookies.with_path(cookie, self.site.public(response.url.partition("?")[0]))
            for response in dict.fromkeys(each for leaf in self.leaves() for each in leaf.came if each.set_cookies)
            for cookie in response.set_cookies
        )

    def timings(self) -> list[Timing]:
        """What became of each sub-request."""
        return self.scheduler.timings()


class Pieces:
    """A response body in pieces; closing it ends the run. The first piece is made at once, with what refuses it."""

    def __init__(self, pieces: Generator[bytes], run: Run) -> None:
        self._first: bytes | None = next(pieces, b"")
        self._pieces = pieces
        self._run = run

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._pieces)

    def close(self) -> None:
        """What the server calls at the end, or when the client has gone (PEP 3333)."""
        self._run.close()
        self._pieces.close()


def begin(
    steps: Sequence[PlanNode],
    upstream: Upstream,
    config: Config,
    waits: RouteLatency,
    logger: logging.Logger,
    *,
    serial: bool = False,
) -> Run:
    """A run of these steps, `serial` where each waits for the one before it. Nothing of it has been sent yet."""
    scheduler = Scheduler(
        upstream.dispatch,
        SchedulerSettings(
            deadline=upstream.deadline,
            subrequest_timeout=config.subrequest_timeout,
            in_flight=config.in_flight,
            max_replies=config.max_replies,
            inline=upstream.nested or config.sequential,
        ),
        pool=pool.shared(config.threads),
        budget=upstream.budget,
        waits=waits,
        logger=logger,
    )
    flow = Flow(scheduler, upstream.caller, max_reply=config.max_reply, alone=serial and len(steps) == 1)
    first, later = (steps[:1], tuple(steps[1:])) if serial else (steps, ())
    outcomes = flow.begin(first) | {step.key: Result() for step in later}
    return Run(outcomes, scheduler, upstream.request_id, flow, upstream.caller.site, later)
