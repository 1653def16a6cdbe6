"""Steps in, outcomes out: each reply starts the steps that depend on it, whatever its siblings do."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from restgql.dispatch.redirects import Caller, Chain
from restgql.dispatch.scheduler import Answer, Scheduler
from restgql.errors import Cancelled, ClientError, LimitExceeded, RestgqlError, UpstreamInvalid
from restgql.model import Field, Reply, Step, SubRequest
from restgql.plan.request import elements, request_of
from restgql.plan.scope import Scope
from restgql.respond.outcome import Outcome, Outcomes
from restgql.respond.response import Response
from restgql.respond.value import REDIRECTS

Path = tuple[str | int, ...]


class Ask(msgspec.Struct, frozen=True):
    """A sub-request that a step makes, and where its answer goes. `path` is the field's in the response."""

    step: Step
    request: SubRequest
    outcome: Outcome
    path: Path


class Flow:
    """The steps of one operation, on their way."""

    def __init__(self, scheduler: Scheduler, caller: Caller, *, max_reply: int) -> None:
        self._scheduler = scheduler
        self._caller = caller
        self._max_reply = max_reply

    def begin(self, steps: Iterable[Step]) -> Outcomes:
        """The outcomes of steps with no parent, to be filled while the scheduler runs."""
        outcomes: Outcomes = {}
        self._spawn(steps, None, outcomes, ())
        return outcomes

    def _spawn(self, steps: Iterable[Step], scope: Scope | None, into: Outcomes, path: Path) -> None:
        for step in steps:
            outcome = into[step.key] = Outcome()
            asks: list[Ask] = []
            self._expand(step, scope, outcome, (*path, step.key), asks)
            try:
                self._scheduler.reserve([ask.request for ask in asks])
            except LimitExceeded as exc:  # as a whole, with nothing of it sent
                outcome.refuse(exc)
                continue
            for ask in asks:
                self._send(ask, Chain(ask.request, self._caller), ask.request)

    def _expand(self, step: Step, scope: Scope | None, outcome: Outcome, path: Path, asks: list[Ask]) -> None:
        """Find the sub-requests that a step makes now, or what refuses it."""
        try:
            if step.refused is not None:
                raise step.refused
            match step.field:
                case Field.GET | Field.FETCH:
                    asks.append(Ask(step, request_of(step, scope, self._caller.site), outcome, path))
                case Field.AGGREGATE:
                    outcome.parts = {part.key: Outcome() for part in step.steps}
                    for part in step.steps:
                        self._expand(part, scope, outcome.parts[part.key], (*path, part.key), asks)
                    outcome.settled = True
                case Field.GET_EACH:
                    one = msgspec.structs.replace(step, field=Field.GET)
                    for index, element, item in self._items(step, scope, outcome):
                        self._expand(one, element, item, (*path, index), asks)
                    outcome.settled = True
                case Field.EACH:
                    for index, element, item in self._items(step, scope, outcome):
                        for child in step.steps:
                            item.steps[child.key] = Outcome()
                            self._expand(child, element, item.steps[child.key], (*path, index, child.key), asks)
                        item.settled = True
                    outcome.settled = True
        except RestgqlError as exc:
            outcome.refuse(exc)

    def _items(self, step: Step, scope: Scope | None, outcome: Outcome) -> Iterator[tuple[int, Scope, Outcome]]:
        """The elements that a step goes over, each with its outcome."""
        assert scope is not None, "only a response has fields that go over its elements"
        found = elements(step, scope)
        outcome.items = [Outcome(value=element.value) for element in found]
        return zip(range(len(found)), found, outcome.items, strict=True)

    def _send(self, ask: Ask, chain: Chain, request: SubRequest) -> None:
        self._scheduler.submit(
            request, lambda answer: self._answered(ask, chain, request, answer), later=ask.step.deferred
        )

    def _answered(self, ask: Ask, chain: Chain, request: SubRequest, answer: Answer) -> None:
        try:
            if isinstance(answer, ClientError):
                ask.outcome.refuse(answer)
            elif answer.status not in REDIRECTS and not chain.replies:
                self._arrived(ask, request, answer)
            else:
                self._redirected(ask, chain, request, answer)
        except Exception:
            ask.outcome.refuse(UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _redirected(self, ask: Ask, chain: Chain, request: SubRequest, answer: Reply) -> None:
        following = chain.then(request, answer)
        if isinstance(following, Reply):
            self._arrived(ask, request, following)
            return
        try:
            self._scheduler.reserve([following[1]])
        except LimitExceeded as exc:
            ask.outcome.refuse(exc)
            return
        self._send(ask, *following)

    def _arrived(self, ask: Ask, request: SubRequest, reply: Reply) -> None:
        response = ask.outcome.response = Response(reply, self._max_reply)
        if ask.step.steps:
            self._spawn_dependents(ask, request, reply, response)
        ask.outcome.settled = True

    def _spawn_dependents(self, ask: Ask, request: SubRequest, reply: Reply, response: Response) -> None:
        try:
            value: Any = response.parsed()
        except RestgqlError as exc:
            parent = list(ask.path)
            cancelled = Cancelled(f"The request that this one depends on has failed: {exc.message}", parent=parent)
            ask.outcome.steps.update({step.key: Outcome(refused=cancelled) for step in ask.step.steps})
            return
        scope = Scope(value, reply.url, lambda path: self._caller.cookie_after(request, reply, path))
        self._spawn(ask.step.steps, scope, ask.outcome.steps, ask.path)
