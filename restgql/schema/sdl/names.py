"""GraphQL names from what an API calls its things, each once in its scope."""

import re
import unicodedata
from collections.abc import Iterable

NAME = re.compile(r"(?!__)[A-Za-z_][0-9A-Za-z_]*\Z")
MAX_NAME = 80
"""Longer names are cut in the middle: those of schemas nested in schemas grow with each level."""

_OTHER = re.compile(r"[^0-9A-Za-z_]+")
# What a value means that is all signs, or that differs from another by its sign alone.
_SIGNS = {"+": "plus", "-": "minus", "!": "not", "=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
          "*": "all", "~": "like", "": "EMPTY"}  # fmt: skip


def is_name(text: str) -> bool:
    return bool(NAME.match(text))


def member_name(text: str, fallback: str) -> str:
    """The name of a field, argument or input field: `page[size]` is `page_size`."""
    if NAME.match(text):
        return text
    name = _OTHER.sub("_", _ascii(text)).strip("_") or fallback
    return f"_{name}" if name[0].isdigit() else name


def enum_value_name(text: str) -> str:
    """The name of an enum value: `+1` is `plus_1`."""
    if text in _SIGNS:
        return _SIGNS[text]
    if text in ("true", "false", "null"):  # reserved (GraphQL section 2.9.6)
        return f"{text}_"
    if text[0] in "+-" and len(text) > 1:
        return f"{_SIGNS[text[0]]}_{member_name(text[1:], 'value').lstrip('_')}"
    return member_name(text, "value")


def root_field_name(text: str) -> str:
    """The name of a root field: `repos/list-for-org` is `reposListForOrg`; what is a name stays."""
    if NAME.match(text):
        return text
    words = _words(text)
    if not words:
        return "operation"
    first = words[0] if words[0] == words[0].upper() and len(words[0]) > 1 else words[0][0].lower() + words[0][1:]
    name = first + "".join(word[0].upper() + word[1:] for word in words[1:])
    return f"_{name}" if name[0].isdigit() else name


def type_name(text: str) -> str:
    """The name of a type: `simple-user` is `SimpleUser`."""
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
    """The text that begins the names of a source's types and root fields: as it is if it ends with an underscore, else
    as the first word of PascalCase and camelCase."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._is_word = not text.endswith("_")

    def of_type(self, name: str) -> str:
        """`User` is `ShopUser`, or `shop_User`."""
        return self._text[:1].upper() + self._text[1:] + name if self._is_word else self._text + name

    def of_field(self, name: str) -> str:
        """`users` is `shopUsers`, or `shop_users`."""
        if not self._text or not self._is_word:
            return self._text + name
        return self._text[:1].lower() + self._text[1:] + name[:1].upper() + name[1:]


class NameScope:
    """The names of one scope."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, wanted: str, avoid: frozenset[str] = frozenset()) -> str:
        """Return the name wanted, with a number where another has it, or if it is one of `avoid`."""
        name = wanted
        number = self._last.get(wanted, 1)
        while name in self._taken or name in avoid:
            number += 1
            name = f"{wanted}_{number}" if wanted[-1].isdigit() else f"{wanted}{number}"
        self._last[wanted] = number
        self._taken.add(name)
        return name


def member_names(wanted: Iterable[str], fallback: str, taken: frozenset[str] = frozenset()) -> dict[str, str]:
    """Names for the members of one type, by what the API calls them; those that are names already go first."""
    wanted = list(wanted)
    if all(map(NAME.match, wanted)) and taken.isdisjoint(wanted):
        return dict(zip(wanted, wanted, strict=True))  # as most have it, in a fifth of the time
    names = NameScope(taken)
    found = {text: names.take(text) for text in wanted if NAME.match(text)}
    return {text: found.get(text) or names.take(member_name(text, fallback)) for text in dict.fromkeys(wanted)}
