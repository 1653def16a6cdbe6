"""The JSON text of a view's value, byte for byte as Flask's own provider writes it, by msgspec where both agree."""

import codecs
import json
from gc import get_referents
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any, cast

import msgspec
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

_MAX_DEPTH = 20
_MAX_LENGTH = 16 * 1024 * 1024
"""The longest text of which all values are checked, in bytes: the check keeps them in a list."""
_MAX_EXACT = 1e15
_MIN_EXACT = 1e-4
"""Python and msgspec write floats in this range with the same digits; others have an exponent."""
_BYTES_PER_ESCAPE = 256
"""Flask's provider escapes faster than `_escape` where more characters than one in so many bytes are not ASCII."""

_METHODS = ("_prepare_response_obj", "dumps", "response")
_methods_of = attrgetter(*_METHODS)
_FLASKS_OWN = (json.dumps, _methods_of(DefaultJSONProvider))
_SCALARS = frozenset({str, int, bool, type(None)})
_TYPES = _SCALARS | {float, dict, list, tuple}
_ENCODERS = {is_sorted: msgspec.json.Encoder(order="sorted" if is_sorted else None) for is_sorted in (True, False)}


def response(app: Flask, value: dict[str, Any] | list[Any]) -> Any:
    """Return the response that `app.json.response` makes of a value."""
    text = _text(app, value)
    provider = cast(DefaultJSONProvider, app.json)
    return provider.response(value) if text is None else Response(text, mimetype=provider.mimetype)


def _text(app: Flask, value: dict[str, Any] | list[Any]) -> bytes | None:
    """Return the JSON text of a value and a line feed, or None if Flask's own provider has to write it."""
    provider = app.json
    if type(provider) is not DefaultJSONProvider or app.response_class is not Response or not _is_flasks_own(provider):
        return None
    is_compact = provider.compact or (provider.compact is None and not app.debug)
    if not is_compact or provider.ensure_ascii is not True:
        return None
    try:
        text = _ENCODERS[provider.sort_keys is True].encode(value)
    except Exception:  # such as an unpaired surrogate, or a list in itself
        return None
    if len(text) > _MAX_LENGTH or not _is_plain(value):
        return None
    ascii_text = text if text.isascii() else _escaped(text)
    # Flask escapes a delete character, and msgspec does not
    return None if ascii_text is None or b"\x7f" in ascii_text else ascii_text + b"\n"


def _escaped(text: bytes) -> bytes | None:
    """Return a JSON text whose characters are escaped as Flask's provider does, or None if they are many."""
    characters = text.decode()
    if len(text) - len(characters) > len(text) // _BYTES_PER_ESCAPE:
        return None
    return characters.encode("ascii", "restgql.escape")


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Return the escapes of the characters that ASCII does not have, and the index after them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return encode_basestring_ascii(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("restgql.escape", _escape)


def _is_flasks_own(provider: DefaultJSONProvider) -> bool:
    """Return True if no function that writes the text is overridden or patched."""
    is_patched = (json.dumps, _methods_of(DefaultJSONProvider)) != _FLASKS_OWN
    return not is_patched and vars(provider).keys().isdisjoint(_METHODS) and provider.sort_keys in (True, False)


def _is_plain(value: dict[str, Any] | list[Any]) -> bool:
    """Return True if a value contains only JSON's own types, no subclasses, and no float with an exponent.

    `get_referents` returns the values of dicts and lists, and their keys unless all are of the type str. It finds
    nothing in a scalar. msgspec refuses the keys that are no number and no text.
    """
    values = get_referents(value)
    for _ in range(_MAX_DEPTH):
        types = set(map(type, values))
        if types <= _SCALARS:
            return True
        if not types <= _TYPES:
            return False
        if float in types and not all(_has_no_exponent(each) for each in values if type(each) is float):
            return False
        values = get_referents(*values)
    return False


def _has_no_exponent(number: float) -> bool:
    return number == 0 or _MIN_EXACT <= abs(number) < _MAX_EXACT
