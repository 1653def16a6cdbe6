"""The sub-requests of an operation: sent all or none, followed through redirects, passed on as they are answered."""

from collections.abc import Callable, Iterable

import msgspec

from restgql.errors import ClientError, LimitExceeded, RestgqlError, UpstreamInvalid
from restgql.execution.key_batches import KeyBatch, ResponsePath
from restgql.execution.redirects import RedirectChain
from restgql.execution.result import Result
from restgql.execution.scheduler import JobAnswer, Scheduler
from restgql.model import SubRequest
from restgql.plan.nodes import PlanNode
from restgql.sub_response import REDIRECTS, SubResponse
from restgql.upstream.client_context import ClientContext, CookieHistory


class PendingRequest(msgspec.Struct, frozen=True, eq=False):
    """A sub-request of a node, and the result that its response settles. `path` is the field's response path.

    `batch` has the parents by key if the request is for the keys of several.
    """

    node: PlanNode
    request: SubRequest
    result: Result
    path: ResponsePath
    batch: KeyBatch | None = None
    cookie_history: CookieHistory = ()

    def fail(self, error: RestgqlError) -> None:
        """Settle every result that waits for the request with an error."""
        results = [parent.result for parents in self.batch.values() for parent in parents] if self.batch else []
        for result in results or [self.result]:
            result.fail(error)


Arrived = Callable[[PendingRequest, SubRequest, SubResponse], None]
"""Settles the results of a request by its response, or by the last response after redirects."""


class SubRequests:
    """The sub-requests of one operation. `arrived` is called with each response that is not a redirect to follow."""

    __slots__ = ("_arrived", "_client", "_scheduler")

    def __init__(self, scheduler: Scheduler, client: ClientContext, arrived: Arrived) -> None:
        self._scheduler = scheduler
        self._client = client
        self._arrived = arrived

    def reserve(self, pending: Iterable[PendingRequest]) -> None:
        """Charge requests to the meter, all or none. Raises LimitExceeded."""
        self._scheduler.reserve([each.request for each in pending])

    def send(self, pending: list[PendingRequest]) -> None:
        """Send requests that were reserved."""
        for each in pending:
            self._send(each, None, each.request)

    def reserve_and_send(self, pending: list[PendingRequest]) -> None:
        """Send all requests of a fan-out, or none if they exceed the budget."""
        try:
            self.reserve(pending)
        except LimitExceeded as exc:
            for each in pending:
                each.fail(exc)
            return
        self.send(pending)

    def _send(self, pending: PendingRequest, chain: RedirectChain | None, request: SubRequest) -> None:
        self._scheduler.submit(
            request, lambda answer: self._answered(pending, chain, request, answer), later=pending.node.deferred
        )

    def _answered(
        self, pending: PendingRequest, chain: RedirectChain | None, request: SubRequest, answer: JobAnswer
    ) -> None:
        try:
            if isinstance(answer, ClientError):
                pending.fail(answer)
                return
            pending.result.responses.append(answer)
            if answer.status not in REDIRECTS and chain is None:
                self._arrived(pending, request, answer)
            else:
                chain = chain or RedirectChain(pending.request, self._client)
                self._redirected(pending, chain, request, answer)
        except RestgqlError as exc:
            pending.fail(exc)
        except Exception:
            pending.fail(UpstreamInvalid("The response could not be used.", status=500))
            raise

    def _redirected(
        self, pending: PendingRequest, chain: RedirectChain, request: SubRequest, response: SubResponse
    ) -> None:
        following = chain.then(request, response)
        if isinstance(following, SubResponse):
            self._arrived(pending, request, following)
            return
        self._scheduler.reserve([following[1]])
        self._send(pending, *following)
