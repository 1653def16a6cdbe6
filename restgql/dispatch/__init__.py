"""Sub-requests in, replies out: the only room that does I/O."""

from typing import Protocol

import msgspec

from restgql.dispatch.budget import Budget
from restgql.dispatch.redirects import Caller
from restgql.model import Reply, SubRequest


class Dispatcher(Protocol):
    """Whatever answers sub-requests; called from several threads at once."""

    def __call__(self, request: SubRequest, /) -> Reply:
        """The reply; a failure to get one is a reply, too, and only a refusal (ClientError) is raised."""

    def route(self, request: SubRequest, /) -> object:
        """What tells requests that take alike from others."""


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation asks, as whom, and how much of it. `deadline` is of `time.monotonic()`.

    `nested` is an operation within a sub-request of another.
    """

    dispatch: Dispatcher
    caller: Caller
    budget: Budget
    deadline: float
    nested: bool
    request_id: str
