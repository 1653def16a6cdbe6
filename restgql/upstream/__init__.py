"""Sub-requests in, replies out: the only room that does I/O."""

from contextvars import ContextVar
from typing import Protocol

import msgspec

from restgql.execution.budget import Budget
from restgql.execution.redirects import ClientContext
from restgql.model import SubRequest, SubResponse
from restgql.upstream.environ import Environ


class Dispatcher(Protocol):
    """Whatever answers sub-requests; called from several threads at once."""

    def __call__(self, request: SubRequest, /) -> SubResponse:
        """The reply; a failure to get one is a reply, too, and only a refusal (ClientError) is raised."""

    def route(self, request: SubRequest, /) -> object:
        """What tells requests that take alike from others."""


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation asks, as whom, and how much of it. `deadline` is of `time.monotonic()`.

    `nested` is an operation within a sub-request of another, `environ` is what all its sub-requests begin with.
    """

    dispatch: Dispatcher
    caller: ClientContext
    budget: Budget
    deadline: float
    nested: bool
    request_id: str
    environ: Environ = {}


_ANSWERED: ContextVar[Upstream] = ContextVar("restgql.answered")


class answering:
    """While this lasts, what a resolver asks for by itself is part of the operation that `upstream` is of."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def __enter__(self) -> None:
        self._token = _ANSWERED.set(self._upstream)

    def __exit__(self, *exc_info: object) -> None:
        _ANSWERED.reset(self._token)


def within(upstream: Upstream) -> Upstream:
    """An upstream with the budget and the deadline of the operation that is being answered, if there is one."""
    outer = _ANSWERED.get(None)
    if outer is None:
        return upstream
    return msgspec.structs.replace(
        upstream, budget=outer.budget, deadline=min(outer.deadline, upstream.deadline), nested=True
    )
