"""Sub-requests in, replies out: the only room that does I/O."""

from typing import Protocol

from restgql.model import Reply, SubRequest


class Dispatcher(Protocol):
    """Whatever answers sub-requests."""

    def __call__(self, request: SubRequest, /) -> Reply:
        """The reply; a failure to get one is a reply, too, and only a refusal (ClientError) is raised."""
