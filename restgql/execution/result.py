"""What came of a step: the answer is shaped from these, and from nothing else."""

from typing import Any

from restgql.errors import RestgqlError
from restgql.sub_response import Response


class NotSettled(Exception):
    """The value of a field depends on an outcome that is not there yet."""

    def __init__(self, outcome: "Result") -> None:
        self.outcome = outcome


class Result:
    """A response, a refusal, or the outcomes of the parts, items and elements that a step has.

    `steps` are the outcomes of the steps that depend on it, `value` is the element that an item of `each` stands for.
    `came` are the responses that came for it one by one, those of redirects, and of a batch of which it is the first,
    among them. It is `settled` once what it has itself is there, whatever becomes of the outcomes below it.
    """

    __slots__ = ("came", "items", "parts", "refused", "response", "settled", "steps", "value")

    def __init__(self, *, refused: RestgqlError | None = None, value: Any = None) -> None:
        self.refused = refused
        self.settled = refused is not None
        self.response: Response | None = None
        self.came: list[Response] = []
        self.parts: dict[str, Result] | None = None
        self.items: list[Result] | None = None
        self.steps: Results = {}
        self.value = value

    def unsettled(self) -> "Result | None":
        """One of it and of its parts and items that is not there yet."""
        if not self.settled:
            return self
        below = (*(self.parts or {}).values(), *(self.items or ()))
        return next((outcome for outcome in below if not outcome.settled), None)

    def refuse(self, error: RestgqlError) -> None:
        """Settle it: there is nothing but an error."""
        self.refused, self.items, self.parts = error, None, None
        self.settled = True

    def leaves(self) -> "list[Result]":
        """The outcomes of single sub-requests, this one and those below it, in document order."""
        below = [*(self.parts or {}).values(), *(self.items or ()), *self.steps.values()]
        own = [self] if self.response is not None or self.refused is not None else []
        return own + [leaf for outcome in below for leaf in outcome.leaves()]


Results = dict[str, Result]
