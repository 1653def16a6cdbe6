"""The type of a response's JSON body, from the return type of a view."""

import functools
import sys
from collections import abc
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from werkzeug.datastructures import Headers
from werkzeug.sansio.response import Response

from restgql.schema.sources.annotations import hints
from restgql.schema.sources.annotations.hints import UnknownType
from restgql.schema.sources.annotations.schema_writer import LISTS

_LOOSE: tuple[Any, ...] = (str, bytes, list, dict, abc.Mapping, abc.MutableMapping, Any, None, type(None))
"""Types that only say that a body is text, an object or a list."""

_NO_BODIES: tuple[Any, ...] = (bool, int, float)
"""Types that Flask takes for a body only within `jsonify`."""
_STATUS_OR_HEADERS = (int, str, dict, list, tuple, Headers, hints.Missing)


def body(hint: Any) -> Any:
    """Return the type of the body, without errors and without responses that no type describes.

    A view returns a body, `(body, status)`, `(body, status, headers)` or `(body, headers)`.
    """
    members = _without_any_response(_members(hint))
    certain = [member for member in members if not _is_tuple(member)]
    with_status = [member for member in members if _is_tuple(member) and not _is_error(get_args(member)[1])]
    bodies = [member for member in certain if not _is_response(member)]
    others = [get_args(member)[0] for member in with_status if not _is_response(get_args(member)[0])]
    if any(map(_is_typed, [*bodies, *others])):  # beside a typed body, a loose body with a status is an error
        others = [other for other in others if _is_typed(other)]
    values = [body for body in bodies if body not in (None, type(None))]
    if values and all(map(_is_list, values)):  # beside a list, an object with a status is an error
        others = [other for other in others if _is_list(other)]
    bodies += others
    if bodies:
        return bodies[0] if len(bodies) == 1 else Union[tuple(bodies)]  # noqa: UP007
    if certain or with_status or _members(hint) != members:
        return UnknownType("it returns a response that no type describes")
    return UnknownType("it returns errors only")


def _members(hint: Any, aliases: tuple[Any, ...] = ()) -> list[Any]:
    """Return the members of a union. An alias is one member, unless its value has a status or is a response.

    `aliases` are those that contain this hint.
    """
    if hints.is_alias(hint):
        members = _members(hints.of_alias(hint), (*aliases, hint)) if hint not in aliases else []
        return members if any(_is_tuple(member) or _is_response(member) for member in members) else [hint]
    if get_origin(hint) in (Union, UnionType):
        return [member for part in get_args(hint) for member in _members(part, aliases)]
    return [hint]


def _without_any_response(members: list[Any]) -> list[Any]:
    """Remove the members of Flask's own union of all return values of a view, if all of them are in the type."""
    for name in ("ResponseReturnValue", "ResponseValue"):
        anything = _anything(name)
        if len(members) >= len(anything) and anything <= {_type_key(member) for member in members}:
            return [member for member in members if _type_key(member) not in anything]
    return members


@functools.cache
def _anything(name: str) -> frozenset[str]:
    """Return the members of a union of `flask.typing`."""
    return frozenset(
        _type_key(member) for member in _members(getattr(sys.modules.get("flask.typing"), name, UnknownType))
    )


def _type_key(hint: Any) -> str:
    """Return a type as text. A name has the same text before and after evaluation."""
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    name = getattr(hint, "__forward_arg__", None)
    if name is not None:
        return str(name)
    parts = [piece if isinstance(piece, list) else _type_key(piece) for piece in get_args(hint)]
    return f"{get_origin(hint)}{parts}"


def _is_tuple(member: Any) -> bool:
    parts = get_args(member)
    is_tuple = get_origin(member) is tuple and len(parts) in (2, 3) and Ellipsis not in parts
    return is_tuple and parts[0] not in _NO_BODIES and not _is_value(parts[1])


def _is_value(part: Any) -> bool:
    """Return True for a class that is neither a status nor header fields. A tuple that has it is a JSON array."""
    plain = hints.plain(part)
    kind = get_origin(plain) or plain
    is_class = isinstance(kind, type) and kind is not UnionType and kind.__module__ != "collections.abc"
    return is_class and not issubclass(kind, _STATUS_OR_HEADERS)


def _is_error(status: Any) -> bool:
    values = get_args(status) if get_origin(status) is Literal else ()
    return bool(values) and all(isinstance(value, int) and value >= 400 for value in values)


def _is_response(body: Any) -> bool:
    return isinstance(body, type) and issubclass(body, Response)


def _is_list(body: Any) -> bool:
    plain = hints.plain(body)
    return (get_origin(plain) or plain) in LISTS


def _is_typed(body: Any) -> bool:
    return (get_origin(body) or body) not in _LOOSE or get_origin(body) is list
