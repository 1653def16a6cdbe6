"""The result of a plan node: the answer is shaped from results alone."""

from typing import Any, Protocol

from graphql import GraphQLError

from restgql.errors import RestgqlError
from restgql.sub_response import SubResponse


class NotSettled(Exception):
    """The value of a field depends on a result that is not settled yet."""

    def __init__(self, result: "Result") -> None:
        self.result = result


class ProjectedValue(Protocol):
    """A typed value in projected objects."""

    def results(self) -> "list[Result]":
        """Return the results of the fields that join the objects, in the order of their requests."""

    def text(self) -> bytes | None:
        """Return the JSON text of the value, or None if something within it has an error. Raises NotSettled."""

    def expand(self, result: "Result") -> None:
        """Replace this value in a result by its value, items and children."""


class Result:
    """A response, an error, or the results of a node's parts, items and children.

    `responses` are the ones received for it in order, including redirects; the response of a batch is listed once, by
    the first of its parents. `children` are the results of the nodes that depend on it. `value` is a typed value, or
    the element of an item of `each`. `projected`, if set, replaces `value`, `items` and `children`. `data` is the value
    that a resolver of the user's own completed, with the `field_errors` within it. It is `settled` once its own value
    is final; its children may still be pending.
    """

    __slots__ = (
        "children",
        "data",
        "error",
        "field_errors",
        "items",
        "parts",
        "projected",
        "response",
        "responses",
        "settled",
        "value",
    )

    def __init__(self, *, error: Exception | None = None, value: Any = None) -> None:
        self.error = error
        self.settled = error is not None
        self.response: SubResponse | None = None
        self.responses: list[SubResponse] = []
        self.parts: dict[str, Result] | None = None
        self.items: list[Result] | None = None
        self.children: Results = {}
        self.value = value
        self.data: Any = None
        self.field_errors: list[GraphQLError] = []
        self.projected: ProjectedValue | None = None

    def unsettled(self) -> "Result | None":
        """Return this result, or one of its parts or items, if its value is not final yet."""
        if not self.settled:
            return self
        below = (*(self.parts or {}).values(), *(self.items or ()))
        return next((result for result in below if not result.settled), None)

    def fail(self, error: Exception) -> None:
        """Settle the result with an error, unless it is settled."""
        if not self.settled:
            self.error, self.items, self.parts = error, None, None
            self.settled = True

    def refuse(self, error: Exception) -> None:
        """Settle the result with an error that replaces its content."""
        self.settled = False
        self.fail(error)

    def leaves(self, seen: set[int] | None = None) -> "list[Result]":
        """Return the results of single sub-requests, this one and those below it, in document order; each once, because
        several parents may share one.
        """
        seen = set() if seen is None else seen
        if id(self) in seen:
            return []
        seen.add(id(self))
        leaves = [self] if self.response is not None or isinstance(self.error, RestgqlError) else []
        joined = self.projected.results() if self.projected is not None else ()
        for below in ((self.parts or {}).values(), self.items or (), self.children.values(), joined):
            for result in below:
                leaves += result.leaves(seen)
        return leaves


Results = dict[str, Result]
