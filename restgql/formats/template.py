"""URI templates (RFC 6570) in paths: `{x}`, `{+x}`, `{?x}`, `{&x}`, with lists, objects and explode."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
import uritemplate

from restgql.errors import BadPath, MissingParameter
from restgql.formats.file import File
from restgql.formats.json import spelled

_EXPRESSION = re.compile(r"\{([^{}]*)\}")
_VARSPEC = r"[A-Za-z0-9_](?:[A-Za-z0-9_.]*[A-Za-z0-9_])?(?:\*|:[1-9][0-9]{0,3})?"
_GRAMMAR = re.compile(rf"[+?&]?{_VARSPEC}(?:,{_VARSPEC})*\Z")

MAX_CACHED = 128
"""The characters of a value whose expansion is kept."""

Lookup = Callable[[str], Any]


class Name(msgspec.Struct, frozen=True):
    """A variable of a template, and how it is expanded there."""

    text: str
    operator: str
    explode: bool

    @property
    def optional(self) -> bool:
        """Whether an absent value is left out rather than an error."""
        return self.operator in ("?", "&")


class Template(msgspec.Struct, frozen=True):
    """A compiled path template; one with no expressions is its own text."""

    text: str
    names: tuple[Name, ...]


@lru_cache(maxsize=1024)
def compile(text: str) -> Template:
    """The template in `text`. Raises BadPath for a brace or operator that forms no expression."""
    names: list[Name] = []
    for match in _EXPRESSION.finditer(text):
        body = match[1]
        if not _GRAMMAR.match(body):
            raise BadPath(f"{{{body[:40]}}} is no template expression: {{x}}, {{?x,y}}, {{&x}} and {{+x}} are.")
        operator = body[0] if body[0] in "+?&" else ""
        for spec in body.removeprefix(operator).split(","):
            names.append(Name(spec.rstrip("*").partition(":")[0], operator, spec.endswith("*")))
    literal = _EXPRESSION.sub("", text)
    if "{" in literal or "}" in literal:
        raise BadPath("A brace of the path closes no template expression; a literal one is written %7B or %7D.")
    return Template(text, tuple(names))


def expand(template: Template, lookup: Lookup, link: Callable[[str], str] = str) -> str:
    """The path, with each name's value percent-encoded into it.

    `lookup` gives a name's JSON value, None for absent or null, or raises. `link` makes a path of the URL that a
    template beginning with `{+x}` follows. Raises MissingParameter and BadPath.
    """
    if not template.names:
        return template.text
    values = {name.text: _value(name, lookup(name.text)) for name in template.names}
    first = template.names[0]
    if first.operator == "+" and template.text.startswith("{") and isinstance(values[first.text], str):
        values[first.text] = link(values[first.text])
    given = {name: value for name, value in values.items() if value is not None}
    if all(type(value) is str and len(value) <= MAX_CACHED for value in given.values()):
        return _expanded(template.text, tuple(given.items()))
    return uritemplate.URITemplate(template.text).expand(given)


@lru_cache(maxsize=2048)
def _expanded(text: str, given: tuple[tuple[str, str], ...]) -> str:
    """The expansion of scalars: the parents of a join often have the same."""
    return uritemplate.URITemplate(text).expand(dict(given))


def fill(template: Template, lookup: Lookup) -> str | None:
    """The text with each `{x}` as it is spelled, not percent-encoded; None where a value is absent or null.

    For what is no path: a header field, say. Raises BadPath for an array or object.
    """
    values = {name.text: lookup(name.text) for name in template.names}
    if any(value is None for value in values.values()):
        return None
    texts = {name.text: _scalar(name, values[name.text]) for name in template.names}
    return _EXPRESSION.sub(lambda match: texts[match[1].lstrip("+?&").rstrip("*").partition(":")[0]], template.text)


def _value(name: Name, value: Any) -> Any:
    if value is None:
        if name.optional:
            return None
        raise MissingParameter(f"The path needs a value for {{{name.text}}}.", parameter=name.text)
    if isinstance(value, Mapping):
        if not name.explode:
            raise BadPath(f"{{{name.text}}} is an object; a path takes a scalar there.")
        members = {str(key): _scalar(name, item) for key, item in value.items() if item is not None}
        return _filled(name, members, "".join(members.values()))
    if isinstance(value, list | tuple):
        if not (name.explode or name.optional):
            raise BadPath(f"{{{name.text}}} is an array; a path takes a scalar there.")
        items = [_scalar(name, item) for item in value if item is not None]
        return _filled(name, items, "".join(items))
    text = _scalar(name, value)
    return _filled(name, text, text)


def _filled(name: Name, value: Any, text: str) -> Any:
    if not text and not name.optional:
        raise BadPath(f"{{{name.text}}} is empty, which would take a segment away.")
    return value


def _scalar(name: Name, value: Any) -> str:
    """A scalar as JSON spells it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float | File):  # which spells no file
        return spelled(value)
    raise BadPath(f"{{{name.text}}} holds an array or object within an array or object.")
