"""Where a dependent request's names come from: the JSON that its parent answered with."""

from collections.abc import Callable
from typing import Any

import msgspec

from restgql.errors import MissingParameter

ITEM = "item"


class TemplateScope(msgspec.Struct, frozen=True):
    """A parent's JSON value, or an element of an array in it; then `around` is the value that the array is in.

    `url` is the path that answered; `cookie` gives the Cookie header that its client would send to a path next, None
    where that is what the caller sent.
    """

    value: Any
    url: str
    cookie: Callable[[str], str | None] = lambda path: None
    around: Any = None
    trail: tuple[Any, ...] = ()
    """The requests that led here, each with its reply, as `cookie` goes by them."""

    def find(self, name: str) -> Any:
        """The value of a name. Raises MissingParameter where it is absent or null: a parent's names are required."""
        if isinstance(self.value, dict):
            found = walk(self.value, name)
        elif name == ITEM and not isinstance(self.value, list):
            found = self.value
        else:
            found = walk(self.around, name)
        if found is None:
            raise MissingParameter(f"The parent's JSON has no value for {{{name}}}.", parameter=name)
        return found


def walk(value: Any, name: str) -> Any:
    """What a dotted name leads to through objects, None where it leads nowhere."""
    if isinstance(value, dict) and name in value:
        return value[name]
    for key in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
