"""GraphQL names made from the names of an API, unique within their scope."""

import re
import unicodedata
from collections.abc import Iterable

NAME = re.compile(r"(?!__)[A-Za-z_][0-9A-Za-z_]*\Z")
MAX_NAME = 80
"""Characters. Longer names are cut in the middle: the names of nested schemas grow with each level."""

_OTHER = re.compile(r"[^0-9A-Za-z_]+")
# Words for enum values that consist of signs, or that differ from another value only by a sign.
_SIGNS = {"+": "plus", "-": "minus", "!": "not", "=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
          "*": "all", "~": "like", "": "EMPTY"}  # fmt: skip


def is_name(text: str) -> bool:
    return bool(NAME.match(text))


def member_name(text: str, fallback: str) -> str:
    """Return the name of a field, argument or input field: `page_size` for `page[size]`."""
    if NAME.match(text):
        return text
    name = _OTHER.sub("_", _ascii(text)).strip("_") or fallback
    return f"_{name}" if name[0].isdigit() else name


def enum_value_name(text: str) -> str:
    """Return the name of an enum value: `plus_1` for `+1`."""
    if text in _SIGNS:
        return _SIGNS[text]
    if text in ("true", "false", "null"):  # reserved (GraphQL section 2.9.6)
        return f"{text}_"
    if text[0] in "+-" and len(text) > 1:
        return f"{_SIGNS[text[0]]}_{member_name(text[1:], 'value').lstrip('_')}"
    return member_name(text, "value")


def root_field_name(text: str) -> str:
    """Return the name of a root field: `reposListForOrg` for `repos/list-for-org`. A valid name is unchanged."""
    if NAME.match(text):
        return text
    words = _words(text)
    if not words:
        return "operation"
    first = words[0] if words[0] == words[0].upper() and len(words[0]) > 1 else words[0][0].lower() + words[0][1:]
    name = first + "".join(word[0].upper() + word[1:] for word in words[1:])
    return f"_{name}" if name[0].isdigit() else name


def type_name(text: str) -> str:
    """Return the name of a type: `SimpleUser` for `simple-user`."""
    if NAME.match(text):
        name = text[0].upper() + text[1:]
    else:
        name = "".join(word[0].upper() + word[1:] for word in _words(text)) or "Unnamed"
        if name[0].isdigit():
            name = f"_{name}"
    half = MAX_NAME // 2
    return name if len(name) <= MAX_NAME else name[:half] + name[-half:]


def _words(text: str) -> list[str]:
    return [word for part in _OTHER.split(_ascii(text)) if (word := part.strip("_"))]


def _ascii(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


class Prefix:
    """A prefix for the names of a source's types and root fields.

    A text that ends with an underscore is prepended unchanged. Any other text becomes the first word of the PascalCase
    or camelCase name.
    """

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._is_word = not text.endswith("_")

    def of_type(self, name: str) -> str:
        """Return the name of a type with the prefix: `ShopUser` or `shop_User`."""
        return self._text[:1].upper() + self._text[1:] + name if self._is_word else self._text + name

    def of_field(self, name: str) -> str:
        """Return the name of a root field with the prefix: `shopUsers` or `shop_users`."""
        if not self._text or not self._is_word:
            return self._text + name
        return self._text[:1].lower() + self._text[1:] + name[:1].upper() + name[1:]


class NameScope:
    """The names that are taken in one scope, such as the fields of a type."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, preferred: str, avoid: frozenset[str] = frozenset()) -> str:
        """Take a name that is free and not in `avoid`: the preferred one, or that with a number."""
        name = preferred
        number = self._last.get(preferred, 1)
        while name in self._taken or name in avoid:
            number += 1
            name = f"{preferred}_{number}" if preferred[-1].isdigit() else f"{preferred}{number}"
        self._last[preferred] = number
        self._taken.add(name)
        return name


def member_names(preferred: Iterable[str], fallback: str, taken: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return unique names for the members of one type, by their names in the API. Valid names are assigned first."""
    preferred = list(preferred)
    if all(map(NAME.match, preferred)) and taken.isdisjoint(preferred):
        return dict(zip(preferred, preferred, strict=True))  # the common case, in a fifth of the time
    names = NameScope(taken)
    unchanged = {text: names.take(text) for text in preferred if NAME.match(text)}
    return {text: unchanged.get(text) or names.take(member_name(text, fallback)) for text in dict.fromkeys(preferred)}
