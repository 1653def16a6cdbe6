"""The JSON text of a view's value, byte for byte as Flask's own provider writes it, by msgspec where both agree."""

import codecs
import json
from gc import get_referents
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any, cast

import msgspec
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider, JSONProvider

_MAX_DEPTH = 50
_MAX_VALUES = 1_000_000
"""The most values at one depth, each as often as it is in a list or dict: the check keeps them in a list."""
_MAX_UNCOUNTED = 1024
"""The values in so few are not counted before they are listed: a list that contains itself has no more items."""
_MAX_EXACT = 1e15
_MIN_EXACT = 1e-4
"""Python and msgspec write floats in this range with the same digits; others have an exponent."""
_BYTES_PER_ESCAPE = 256
"""Flask's provider escapes faster than `_escape` where more characters than one in so many bytes are not ASCII."""
_MAX_ESCAPED = 16 * 1024 * 1024
"""The longest text that `_escape` escapes, in bytes: with one emoji it takes four times the memory as characters."""
_SAMPLE = 4096
"""The first bytes of a text, which usually have as many characters that are not ASCII as the others."""

_METHODS = ("_prepare_response_obj", "dumps", "response")
_methods_of = attrgetter(*_METHODS)
_json_of = attrgetter("dumps", "JSONEncoder", *(f"JSONEncoder.{name}" for name in ("__init__", "encode", "iterencode")))
_encoder_of = attrgetter("c_make_encoder", "encode_basestring_ascii")
_PARTS = (_methods_of(DefaultJSONProvider), _json_of(json), _encoder_of(json.encoder))
_MODULES = {"flask.json.provider", "json", "json.encoder", "_json"}
_ARE_FLASKS_OWN = all(
    getattr(part, "__module__", None) in _MODULES and not hasattr(part, "__wrapped__")
    for parts in _PARTS
    for part in parts
)
"""False if a function that writes the text was patched before this module was imported."""
_SCALARS = frozenset({str, int, bool, type(None)})
_CONTAINERS = frozenset({dict, list, tuple})
_TYPES = _SCALARS | _CONTAINERS | {float}
_ENCODERS = {is_sorted: msgspec.json.Encoder(order="sorted" if is_sorted else None) for is_sorted in (True, False)}


def response(app: Flask, value: dict[str, Any] | list[Any]) -> Any:
    """Return the response that `app.json.response` makes of a value."""
    provider = cast(DefaultJSONProvider, app.json)
    text = _text(provider, value)
    return provider.response(value) if text is None else Response(text, mimetype=provider.mimetype)


def _text(provider: JSONProvider, value: dict[str, Any] | list[Any]) -> bytes | None:
    """Return the JSON text of a value and a line feed, or None if Flask's own provider has to write it."""
    if type(provider) is not DefaultJSONProvider or not _is_flasks_own(provider):
        return None
    app = provider._app  # another one than the view's if two apps share a provider
    is_compact = provider.compact or (provider.compact is None and not app.debug)
    if not is_compact or provider.ensure_ascii is not True or app.response_class is not Response:
        return None
    if not _is_plain(value):
        return None
    try:
        text = _ENCODERS[bool(provider.sort_keys)].encode(value)
    except Exception:  # such as an unpaired surrogate
        return None
    ascii_text = text if text.isascii() else _escaped(text)
    if ascii_text is not None and b"\x7f" in ascii_text:
        ascii_text = ascii_text.replace(b"\x7f", b"\\u007f")  # Flask escapes a delete character, and msgspec does not
    return None if ascii_text is None else ascii_text + b"\n"


def _escaped(text: bytes) -> bytes | None:
    """Return a JSON text whose characters are escaped as Flask's provider does, or None if they are many."""
    sample = text[:_SAMPLE]
    if len(text) <= _MAX_ESCAPED and _is_mostly_ascii(sample, sample.decode(errors="ignore")):
        characters = text.decode()
        if _is_mostly_ascii(text, characters):
            return characters.encode("ascii", "restgql.escape")
    return None


def _is_mostly_ascii(text: bytes, characters: str) -> bool:
    return len(text) - len(characters) <= len(text) // _BYTES_PER_ESCAPE


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Return the escapes of the characters that ASCII does not have, and the index after them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return encode_basestring_ascii(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("restgql.escape", _escape)


def _is_flasks_own(provider: DefaultJSONProvider) -> bool:
    """Return True if no function that writes the text is overridden or patched."""
    is_patched = (_methods_of(DefaultJSONProvider), _json_of(json), _encoder_of(json.encoder)) != _PARTS
    return _ARE_FLASKS_OWN and not is_patched and vars(provider).keys().isdisjoint(_METHODS)


def _is_plain(value: dict[str, Any] | list[Any]) -> bool:
    """Return True if a value contains only JSON's own types, no subclasses, and no float with an exponent.

    `get_referents` returns the values of dicts and lists, and their keys unless all are of the type str. msgspec
    refuses the keys that are no number and no text.
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
        if len(values) > _MAX_UNCOUNTED:
            values = [each for each in values if type(each) in _CONTAINERS]
            if sum(map(len, values)) > _MAX_VALUES:
                return False
        values = get_referents(*values)
    return False


def _has_no_exponent(number: float) -> bool:
    return number == 0 or _MIN_EXACT <= abs(number) < _MAX_EXACT
