"""URI templates (RFC 6570) in paths: `{x}`, `{+x}`, `{?x}`, `{&x}`, with lists, objects and explode."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec
import uritemplate

from restgql.bounded_cache import bounded_cache
from restgql.errors import BadPath, BadRequest, MissingParameter
from restgql.formats.charge import UNMETERED, Charge
from restgql.formats.file import File
from restgql.formats.headers import MAX_HEADER_VALUE
from restgql.formats.json import OutOfRange, to_text
from restgql.formats.target import MAX_TARGET

_EXPRESSION = re.compile(r"\{([^{}]*)\}")
_VARSPEC = r"[A-Za-z0-9_](?:[A-Za-z0-9_.]*[A-Za-z0-9_])?(?:\*|:[1-9][0-9]{0,3})?"
_GRAMMAR = re.compile(rf"[+?&]?{_VARSPEC}(?:,{_VARSPEC})*\Z")
_TYPED_GRAMMAR = re.compile(rf"[+?&.;]?{_VARSPEC}(?:,{_VARSPEC})*\Z")
_OPERATORS = frozenset("+?&.;")
_LISTING = frozenset("?&.;")
"""The operators whose values may be lists that are not exploded."""

MAX_NAMES = 256
REQUEST = "__request."
"""The prefix of names that are arguments of the request whose response contains the parent."""
_SCALARS = frozenset({str, int, float, bool})
MAX_CACHED = 256
"""The most characters of a cached expansion before percent-encoding, which makes up to twelve of each."""

Lookup = Callable[[str], Any]


class Name(msgspec.Struct, frozen=True):
    """A variable of a template, and its expansion: if `prefix` is set, only the first `prefix` characters of a text.

    With `takes_pairs` an object that is not exploded is a list of its keys and values: `a,1,b,2`.
    """

    text: str
    operator: str
    explode: bool
    prefix: int | None = None
    takes_pairs: bool = False

    @property
    def optional(self) -> bool:
        """True if an absent value is omitted instead of an error."""
        return self.operator in ("?", "&")

    @property
    def takes_list(self) -> bool:
        """True if its expression may have an array as its value."""
        return self.explode or self.operator in _LISTING

    def least(self, value: Any) -> int:
        """Return the least characters of an expanded value, before percent-encoding."""
        label = len(self.text) + 1 if self.optional or self.operator == ";" else 0
        if isinstance(value, str):
            return label + len(value if self.prefix is None else value[: self.prefix])
        if not value:
            return 0
        if isinstance(value, dict):
            return sum([len(key) + len(text) + 2 for key, text in value.items()]) - 1
        return sum(map(len, value)) + len(value) - 1 + label * (len(value) if self.explode else 1)


class Template(msgspec.Struct, frozen=True):
    """A compiled path template.

    `literal` is the length of its text outside of expressions; `shape` is its path without its query, with `{}` in
    place of each expression.
    """

    text: str
    names: tuple[Name, ...]
    literal: int = 0
    shape: str = ""


def compile(text: str) -> Template:
    """Compile a template.

    Raises BadPath for a brace or operator outside of an expression, for a text over 4 KiB, and for more than 256
    values.
    """
    if len(text) > MAX_TARGET:
        raise _too_large()
    compiled = _compiled(text)
    if len(compiled.names) > MAX_NAMES:
        raise BadPath(f"The path takes more than {MAX_NAMES} values.")
    return compiled


@bounded_cache(entries=512, characters=256)
def _compiled(text: str) -> Template:
    return _parsed(text, _GRAMMAR)


def compile_typed(text: str, objects: Collection[str] = ()) -> Template:
    """Compile the path of a typed field, which may have `{.x}` and `{;x}` as well: OpenAPI's label and matrix styles.

    `objects` are the names of arguments whose values are objects. The app's owner wrote the path, so it may be of any
    size. Raises BadPath.
    """
    return _parsed(text, _TYPED_GRAMMAR, objects)


def _parsed(text: str, grammar: re.Pattern[str], objects: Collection[str] = ()) -> Template:
    names: list[Name] = []
    for match in _EXPRESSION.finditer(text):
        body = match[1]
        if not grammar.match(body):
            raise BadPath(
                f"{{{body[:40]}}} is not a template expression: write {{x}}, {{?x,y}}, {{&x}} or {{+x}}."
                " A literal brace is %7B or %7D."
            )
        operator = body[0] if body[0] in _OPERATORS else ""
        specs = body.removeprefix(operator).split(",")
        for spec in specs:
            name, _, prefix = spec.rstrip("*").partition(":")
            takes_pairs = name in objects and not prefix
            names.append(Name(name, operator, spec.endswith("*"), int(prefix) if prefix else None, takes_pairs))
    literal = _EXPRESSION.sub("", text)
    if "{" in literal or "}" in literal:
        raise BadPath("A brace of the path closes no template expression; a literal one is written %7B or %7D.")
    shape = _EXPRESSION.sub(lambda match: "" if match[1][0] in "?&" else "{}", text).partition("?")[0]
    return Template(text, tuple(names), len(literal), shape)


def expand(template: Template, lookup: Lookup, link: Callable[[str], str] = str, charge: Charge = UNMETERED) -> str:
    """Return the path, with each name's value percent-encoded into it.

    `lookup` returns a name's JSON value, or None if it is absent or null, or raises. `link` returns the path for the
    URL of a template that begins with `{+x}`. `charge` is called with the size of the template, of arrays and objects,
    and of the path before percent-encoding, each before it is walked. Raises MissingParameter, BadPath, and errors of
    `charge`.
    """
    if not template.names:
        return template.text
    charge(len(template.text))
    values = _values(template.names, lookup, charge)
    first = template.names[0]
    if first.operator == "+" and template.text.startswith("{") and isinstance(values[first.text], str):
        if len(values[first.text]) > 2 * MAX_TARGET:  # its origin, which `link` removes, may be as long
            raise _too_large()
        values[first.text] = link(values[first.text])
    present = {name: value for name, value in values.items() if value is not None}
    size = template.literal
    for name in template.names:
        if (value := present.get(name.text)) is not None:
            size += name.least(value)
            if size > MAX_TARGET:
                raise _too_large()
    charge(size)
    if size <= MAX_CACHED and all(type(value) is str for value in present.values()):
        return _expanded(template.text, *present, *present.values())
    return uritemplate.URITemplate(template.text).expand(present)


@bounded_cache(entries=2048, characters=512)
def _expanded(text: str, *names_and_values: str) -> str:
    """Expand scalars, cached, because the parents of a join often have the same: first the names, then their values."""
    half = len(names_and_values) // 2
    return uritemplate.URITemplate(text).expand(
        dict(zip(names_and_values[:half], names_and_values[half:], strict=True))
    )


def fill(template: Template, lookup: Lookup, charge: Charge = UNMETERED) -> str | None:
    """Return the text with each value in place of `{x}`, not percent-encoded; None if a value is absent or null.

    For texts other than paths, such as header fields. `{x*}` takes an array (`1,2`) or an object (`a=1,b=2`). Raises
    BadPath for any other array or object, BadRequest for a text that is too large, and errors of `charge`.
    """
    charge(len(template.text))
    values = {name: lookup(name) for name in dict.fromkeys(name.text for name in template.names)}
    if any(value is None for value in values.values()):
        return None
    texts = {name.text: _joined(name, values[name.text], charge) for name in template.names}
    size = template.literal + sum(len(texts[name.text]) for name in template.names)
    if size > MAX_HEADER_VALUE:
        raise BadRequest("The value of a header field is over 8 KiB.")
    charge(size)
    return _EXPRESSION.sub(lambda match: texts[match[1].lstrip("+?&").rstrip("*").partition(":")[0]], template.text)


def _values(names: Iterable[Name], lookup: Lookup, charge: Charge) -> dict[str, Any]:
    """Return the value of each name as texts, or None if it is absent. Raises BadPath and MissingParameter."""
    raw: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for name in names:
        is_repeated = name.text in raw
        value = raw[name.text] if is_repeated else lookup(name.text)
        if value.__class__ in _SCALARS and value != "":  # most are
            if not is_repeated:
                raw[name.text], texts[name.text] = value, to_text(value)
            continue
        _check_kind(name, value)
        if not is_repeated:
            raw[name.text], texts[name.text] = value, _texts(name, value, charge)
        _check_filled(name, texts[name.text])
    return texts


def _check_kind(name: Name, value: Any) -> None:
    """Raise BadPath or MissingParameter for a value that its expression does not accept."""
    if value is None:
        if not name.optional:
            raise missing_parameter(name)
    elif isinstance(value, Mapping):
        if not (name.explode or name.takes_pairs):
            raise BadPath(f"{{{name.text}}} is an object, but must be a scalar here.")
    elif isinstance(value, list | tuple) and not name.takes_list:
        raise BadPath(f"{{{name.text}}} is an array, but must be a scalar here.")


def missing_parameter(name: Name) -> MissingParameter:
    """Return the error of a path that cannot be expanded without the value of a name."""
    text = f"The path needs a value for {{{name.text}}}: it is missing or null."
    return MissingParameter(text, parameter=name.text)


def _check_filled(name: Name, texts: Any) -> None:
    if not name.optional and not any(texts.values() if isinstance(texts, dict) else texts):
        raise BadPath(f"{{{name.text}}} is empty, which would remove a segment of the path.")


def _texts(name: Name, value: Any, charge: Charge) -> Any:
    """Return a value with each of its scalars as a text. Raises BadPath as soon as they are too large."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        charge(len(value))
        members: dict[str, str] = {}
        size = 0
        for key, item in value.items():
            if item is not None:
                members[str(key)] = text = to_text(item) if item.__class__ in _SCALARS else _scalar(name, item)
                size += len(str(key)) + len(text) + 2
                if size > MAX_TARGET + 1:
                    raise _too_large()
        return members
    if isinstance(value, list | tuple):
        charge(len(value))
        items: list[str] = []
        size = 0
        for item in value:
            if item is not None:
                items.append(text := to_text(item) if item.__class__ in _SCALARS else _scalar(name, item))
                size += len(text) + 1
                if size > MAX_TARGET + 1:
                    raise _too_large()
        return items
    return _scalar(name, value)


def _joined(name: Name, value: Any, charge: Charge) -> str:
    """Return a value as text: the members of an exploded array or object are separated by commas."""
    if not name.explode or not isinstance(value, list | Mapping):
        return _scalar(name, value)
    charge(len(value))
    if isinstance(value, list):
        return ",".join(_scalar(name, item) for item in value if item is not None)
    return ",".join(f"{key}={_scalar(name, item)}" for key, item in value.items() if item is not None)


def _too_large() -> BadPath:
    return BadPath(f"The path is over {MAX_TARGET} bytes.")


def _scalar(name: Name, value: Any) -> str:
    """Return a scalar as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float | File | OutOfRange):  # `spelled` raises BadRequest for a file
        return to_text(value)
    raise BadPath(f"{{{name.text}}} has an array or object within an array or object.")
