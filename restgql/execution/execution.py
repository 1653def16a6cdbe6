"""Steps in, outcomes out: each reply starts the steps that depend on it, whatever its siblings do."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from restgql.bindings import BatchBinding, RequestBinding
from restgql.errors import Cancelled, ClientError, LimitExceeded, RestgqlError, UpstreamInvalid
from restgql.execution.key_batches import KeyBatch, ParentField, chunks, items_of, values_of
from restgql.execution.key_batches import request_of as batch_request
from restgql.execution.redirects import ClientContext, CookieHistory, RedirectChain
from restgql.execution.requests import call_of, elements, request_of
from restgql.execution.result import Result, Results
from restgql.execution.scheduler import Answer, Scheduler
from restgql.execution.template_scope import TemplateScope
from restgql.formats.headers import IDEMPOTENCY_KEY, is_value
from restgql.json_value import REDIRECTS
from restgql.model import SAFE_METHODS, NodeKind, PlanNode, SubRequest, SubResponse
from restgql.respond.typed import value_in, value_of
from restgql.sub_response import Response

Path = tuple[str | int, ...]


class Ask(msgspec.Struct, frozen=True):
    """A sub-request that a step makes, and where its answer goes. `path` is the field's in the response; those of a
    `chunk` share it."""

    step: PlanNode
    request: SubRequest
    outcome: Result
    path: Path
    chunk: KeyBatch | None = None
    trail: CookieHistory = ()


Fan = dict[int, tuple[PlanNode, list[ParentField]]]
"""Typed steps by their id, with all the parents that each is asked for."""


class Flow:
    """The steps of one operation, on their way; `alone` is whether it is one mutation."""

    def __init__(self, scheduler: Scheduler, caller: ClientContext, *, max_reply: int, alone: bool = False) -> None:
        self._scheduler = scheduler
        self._caller = caller
        self._alone = alone
        self._max_reply = max_reply
        self._responses: dict[int, Response] = {}
        """By the id of their reply, which they keep."""
        self._mutations: list[tuple[SubRequest, SubResponse]] = []
        """Those that are done."""

    def begin(self, steps: Iterable[PlanNode]) -> Results:
        """The outcomes of steps with no parent, to be filled while the scheduler runs."""
        outcomes: Results = {}
        self._spawn(steps, None, outcomes, ())
        return outcomes

    def _spawn(self, steps: Iterable[PlanNode], scope: TemplateScope | None, into: Results, path: Path) -> None:
        spawned: list[tuple[Result, list[Ask]]] = []
        for step in steps:
            outcome = into[step.key] = Result()
            asks: list[Ask] = []
            self._expand(step, scope, outcome, (*path, step.key), asks)
            spawned.append((outcome, asks))
        try:
            self._scheduler.reserve([ask.request for _, asks in spawned for ask in asks])
        except LimitExceeded:
            self._spawn_within_budget(spawned)
            return
        for _, asks in spawned:
            self._begin_all(asks)

    def _spawn_within_budget(self, spawned: list[tuple[Result, list[Ask]]]) -> None:
        """Send what each step asks for as long as there is enough for all of it."""
        for outcome, asks in spawned:
            try:
                self._scheduler.reserve([ask.request for ask in asks])
            except LimitExceeded as exc:
                outcome.refuse(exc)
                continue
            self._begin_all(asks)

    def _expand(
        self, step: PlanNode, scope: TemplateScope | None, outcome: Result, path: Path, asks: list[Ask]
    ) -> None:
        """Find the sub-requests that a step makes now, or what refuses it."""
        try:
            if step.refused is not None:
                raise step.refused
            match step.field:
                case NodeKind.CALL | NodeKind.GET | NodeKind.FETCH:
                    make = request_of if step.call is None else call_of
                    request = make(step, scope, self._caller.site)
                    if self._alone and request.method not in SAFE_METHODS:
                        request = self._with_key(request)
                    trail = scope.trail if scope is not None else tuple(self._mutations)
                    if scope is None and trail:  # a browser would send the cookies of the mutations before it
                        cookie = self._caller.cookie_along(trail, request.target.path)
                        request = msgspec.structs.replace(request, cookie=cookie)
                    asks.append(Ask(step, request, outcome, path, trail=trail))
                case NodeKind.PICK:
                    raise AssertionError("it is a parent's own")
                case NodeKind.AGGREGATE:
                    outcome.parts = {part.key: Result() for part in step.steps}
                    for part in step.steps:
                        self._expand(part, scope, outcome.parts[part.key], (*path, part.key), asks)
                    outcome.settled = True
                case NodeKind.GET_EACH:
                    one = msgspec.structs.replace(step, field=NodeKind.GET)
                    for index, element, item in self._items(step, scope, outcome):
                        self._expand(one, element, item, (*path, index), asks)
                    outcome.settled = True
                case NodeKind.EACH:
                    for index, element, item in self._items(step, scope, outcome):
                        for child in step.steps:
                            item.steps[child.key] = Result()
                            self._expand(child, element, item.steps[child.key], (*path, index, child.key), asks)
                        item.settled = True
                    outcome.settled = True
        except RestgqlError as exc:
            outcome.refuse(exc)

    def _with_key(self, request: SubRequest) -> SubRequest:
        """The request with the caller's Idempotency-Key, unless the field has its own."""
        key = self._caller.idempotency_key
        if key is None or not is_value(key) or any(name == IDEMPOTENCY_KEY for name, _ in request.headers):
            return request
        return msgspec.structs.replace(request, headers=(*request.headers, (IDEMPOTENCY_KEY, key)))

    def _items(
        self, step: PlanNode, scope: TemplateScope | None, outcome: Result
    ) -> Iterator[tuple[int, TemplateScope, Result]]:
        """The elements that a step goes over, each with its outcome."""
        assert scope is not None, "only a response has fields that go over its elements"
        found = elements(step, scope)
        outcome.items = [Result(value=element.value) for element in found]
        return zip(range(len(found)), found, outcome.items, strict=True)

    def _send(self, ask: Ask, chain: RedirectChain, request: SubRequest) -> None:
        self._scheduler.submit(
            request, lambda answer: self._answered(ask, chain, request, answer), later=ask.step.deferred
        )

    def _answered(self, ask: Ask, chain: RedirectChain, request: SubRequest, answer: Answer) -> None:
        try:
            if isinstance(answer, ClientError):
                self._refuse(ask, answer)
                return
            response = self._response(answer)
            ask.outcome.came.append(response)
            if answer.status not in REDIRECTS and not chain.replies:
                self._arrived(ask, request, answer, response)
            else:
                self._redirected(ask, chain, request, answer)
        except Exception:
            self._refuse(ask, UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _redirected(self, ask: Ask, chain: RedirectChain, request: SubRequest, answer: SubResponse) -> None:
        following = chain.then(request, answer)
        if isinstance(following, SubResponse):
            self._arrived(ask, request, following, self._response(following))
            return
        try:
            self._scheduler.reserve([following[1]])
        except LimitExceeded as exc:
            self._refuse(ask, exc)
            return
        self._send(ask, *following)

    def _arrived(self, ask: Ask, request: SubRequest, reply: SubResponse, response: Response) -> None:
        if ask.request.method not in SAFE_METHODS:  # whatever a redirect has made of it
            self._mutations.append((msgspec.structs.replace(ask.request, body=b""), reply))
        if ask.step.call is not None:
            self._typed(ask, request, reply, response)
            return
        ask.outcome.response = response
        if ask.step.steps:
            self._spawn_dependents(ask, request, reply, response)
        ask.outcome.settled = True

    def _response(self, reply: SubResponse) -> Response:
        """One for all who asked for the same, so that its JSON is read once."""
        known = self._responses.get(id(reply))
        if known is None:  # made twice at worst, if two threads ask at once
            known = self._responses[id(reply)] = Response(reply, self._max_reply)
        return known

    def _scope(self, value: Any, ask: Ask, request: SubRequest, reply: SubResponse) -> TemplateScope:
        trail = (*ask.trail, (request, reply)) if reply.cookies else ask.trail
        return TemplateScope(value, reply.url, lambda path: self._caller.cookie_along(trail, path), trail=trail)

    def _spawn_dependents(self, ask: Ask, request: SubRequest, reply: SubResponse, response: Response) -> None:
        try:
            value: Any = response.parsed()
        except RestgqlError as exc:
            parent = list(ask.path)
            cancelled = Cancelled(f"The request that this one depends on has failed: {exc.message}", parent=parent)
            cancelled.__cause__ = exc
            ask.outcome.steps.update({step.key: Result(refused=cancelled) for step in ask.step.steps})
            return
        self._spawn(ask.step.steps, self._scope(value, ask, request, reply), ask.outcome.steps, ask.path)

    def _typed(self, ask: Ask, request: SubRequest, reply: SubResponse, response: Response) -> None:
        """The reply to a typed field, or to a batch of them."""
        call, fan = ask.step.call, Fan()
        assert call is not None
        if ask.chunk is None:
            ask.outcome.response = response
        try:
            if ask.chunk is not None:
                values = self._of_batch(ask, call, request, reply, response)
            else:
                scope = self._scope(None, ask, request, reply)
                values = [(ParentField(scope, ask.outcome, ask.path, response), value_of(call, response))]
        except RestgqlError as exc:
            self._refuse(ask, exc)
            return
        for wanted, value in values:
            self._spread(ask.step, value, wanted, fan, ask.step.lists)
        self._send_fan(fan)

    def _of_batch(
        self, ask: Ask, call: RequestBinding, request: SubRequest, reply: SubResponse, response: Response
    ) -> list[tuple[ParentField, Any]]:
        """Whose value is what in the reply to a batch; what it lacks is asked for singly."""
        assert ask.chunk is not None
        assert call.batch is not None
        for one in (one for wanted in ask.chunk.values() for one in wanted):
            one.outcome.response = response
        if response.status in call.null_on:
            return [(one, None) for wanted in ask.chunk.values() for one in wanted]
        items = items_of(call.batch, response.parsed())
        found = []
        for one, value in values_of(ask.step, ask.chunk, items):
            scope = self._scope(None, ask, request, reply)
            found.append((msgspec.structs.replace(one, scope=scope, response=response), value))
        lacked = [one for key, wanted in ask.chunk.items() if key not in items for one in wanted]
        self._send_all(self._singly(ask.step, lacked))
        return found

    def _spread(self, step: PlanNode, value: Any, at: ParentField, fan: Fan, lists: int) -> None:
        """Find what is asked for below a value: of each object in it, the fields that make requests."""
        outcome = at.outcome
        outcome.value = value
        if lists and isinstance(value, list):
            outcome.items = [Result(value=item) for item in value]
            for index, (item, below) in enumerate(zip(value, outcome.items, strict=True)):
                self._spread(step, item, ParentField(at.scope, below, (*at.path, index), at.response), fan, lists - 1)
        elif not lists and value is not None and not isinstance(value, msgspec.Raw):
            scope = msgspec.structs.replace(at.scope, value=value)
            for child in _steps_of(step, value):
                below = outcome.steps[child.key] = Result()
                wanted = ParentField(scope, below, (*at.path, child.key), at.response)
                if child.pick is None:
                    fan.setdefault(id(child), (child, []))[1].append(wanted)
                    continue
                try:
                    picked = value_in(child.pick, value, at.response)
                except RestgqlError as exc:
                    below.refuse(exc)
                    continue
                self._spread(child, picked, wanted, fan, child.lists)
        outcome.settled = True

    def _send_fan(self, fan: Fan) -> None:
        for step, wanted in fan.values():
            batch = step.call.batch if step.call is not None else None
            self._send_all(self._singly(step, wanted) if batch is None else self._batched(step, batch, wanted))

    def _singly(self, step: PlanNode, wanted: list[ParentField]) -> list[Ask]:
        asks: list[Ask] = []
        for one in wanted:
            self._expand(step, one.scope, one.outcome, one.path, asks)
        return asks

    def _batched(self, step: PlanNode, batch: BatchBinding, wanted: list[ParentField]) -> list[Ask]:
        asks: list[Ask] = []
        for chunk in chunks(batch, wanted):
            first = next(iter(chunk.values()))[0]
            try:
                asks.append(Ask(step, batch_request(step, chunk), first.outcome, first.path, chunk, first.scope.trail))
            except RestgqlError as exc:
                for one in (one for ones in chunk.values() for one in ones):
                    one.outcome.refuse(exc)
        return asks

    def _send_all(self, asks: list[Ask]) -> None:
        """Send what a fan-out asks for, or, where it is over the budget, nothing of it."""
        try:
            self._scheduler.reserve([ask.request for ask in asks])
        except LimitExceeded as exc:
            for ask in asks:
                self._refuse(ask, exc)
            return
        self._begin_all(asks)

    def _begin_all(self, asks: list[Ask]) -> None:
        for ask in asks:
            self._send(ask, RedirectChain(ask.request, self._caller), ask.request)

    @staticmethod
    def _refuse(ask: Ask, error: RestgqlError) -> None:
        """Settle whoever waits for a request: there is nothing but an error."""
        outcomes = [one.outcome for ones in ask.chunk.values() for one in ones] if ask.chunk else [ask.outcome]
        for outcome in outcomes:
            outcome.refuse(error)


def _steps_of(step: PlanNode, value: Any) -> tuple[PlanNode, ...]:
    """The steps that a value has; none where its type cannot be told, which is an error of the value itself."""
    try:
        return step.steps_of(value)
    except RestgqlError:
        return ()
