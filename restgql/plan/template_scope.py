"""The scope of a dependent request: its names are keys of its parent's JSON."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from restgql.debug_log import listed, suggestion
from restgql.errors import MissingParameter
from restgql.formats import json
from restgql.formats.template import REQUEST

ITEM = "item"


class NullKey(MissingParameter):
    """The value of a template's name is null in the parent's JSON."""


MAX_LISTED = 50
"""The most keys of an object that an error lists: it may occur once for each element of an array."""


class TemplateScope(msgspec.Struct, frozen=True):
    """A parent's JSON value, or an element of an array in it; then `enclosing` is the value around that array.

    `arguments` are those of the typed field whose response contains the value. `url` is the path that answered;
    `cookie` returns the Cookie header that its client would send to a path next, or None for the caller's own.
    `cookie_history` are the requests that led here, each with its response. An error names a similar key if it
    `suggests`.
    """

    value: Any
    url: str
    cookie: Callable[[str], str | None] = lambda path: None
    enclosing: Any = None
    cookie_history: tuple[Any, ...] = ()
    arguments: Mapping[str, Any] = {}
    suggests: bool = False

    def find(self, name: str) -> Any:
        """Return the value of a name. Raises NullKey if it is null, and MissingParameter if it is absent."""
        if name.startswith(REQUEST):
            return self._argument(name)
        if isinstance(self.value, dict):
            value = walk(self.value, name)
        elif name == ITEM and not isinstance(self.value, list):
            value = self.value
        else:
            value = walk(self.enclosing, name)
        if value is None:
            message = f"The parent's JSON has no value for {{{name}}}."
            if _is_null(self.value, name):
                raise NullKey(message, parameter=name)
            raise MissingParameter(f"{message}{self._reason(name)}", parameter=name)
        return value

    def _argument(self, name: str) -> Any:
        """Return an argument of the typed field whose response contains the value. Raises MissingParameter."""
        value = walk(self.arguments, argument := name.removeprefix(REQUEST))
        if value is None:
            message = f"The field that returned the parent has no argument {argument!r} here, which {{{name}}} needs."
            raise MissingParameter(message, parameter=argument)
        return value

    def _reason(self, name: str) -> str:
        """Return the reason why a name has no value, with the cure; a key of an object only if it `suggests`."""
        if isinstance(self.value, list):
            return f" It is an array of {len(self.value)}: use getEach(path: …), or each {{ get(path: …) }}."
        if not isinstance(self.value, dict):
            return f" It is {json.type_name(self.value)}, not an object."
        if not self.suggests or name in self.value:
            return ""
        last = name.rpartition(".")[2]
        if last != name and last in self.value:
            return f" Did you mean {last!r}? A name in braces is a key of the object itself."
        keys = f" Its keys are {listed(self.value)}." if len(self.value) <= MAX_LISTED else ""
        return suggestion(name, self.value) or keys


def walk(value: Any, name: str) -> Any:
    """Return the value at a dotted name, through objects, or None if there is none."""
    if isinstance(value, dict) and name in value:
        return value[name]
    for key in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _is_null(value: Any, name: str) -> bool:
    """Return True if null stands at a dotted name, or where an object on the way to it would be."""
    for key in (name,) if isinstance(value, dict) and name in value else name.split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
        if value is None:
            return True
    return False
