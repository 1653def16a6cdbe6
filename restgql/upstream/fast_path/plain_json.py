"""The JSON text of a view's value, byte for byte as Flask's own provider writes it, by msgspec where both agree."""

import json
from collections.abc import Collection
from itertools import chain
from operator import attrgetter
from typing import Any, cast

import msgspec
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

_MAX_DEPTH = 20
_MAX_VALUES = 1_000_000
"""Larger values are left to Flask's provider: a list that contains itself never ends."""
_MAX_EXACT = 1e15
_MIN_EXACT = 1e-4
"""Python and msgspec write floats in this range with the same digits; others have an exponent."""

_METHODS = ("_prepare_response_obj", "dumps", "response")
_methods_of = attrgetter(*_METHODS)
_FLASKS_OWN = (json.dumps, _methods_of(DefaultJSONProvider))
_STR = frozenset({str})
_SCALARS = frozenset({str, int, bool, type(None)})
_TYPES = _SCALARS | {float, dict, list}
_ENCODERS = {is_sorted: msgspec.json.Encoder(order="sorted" if is_sorted else None) for is_sorted in (True, False)}
_flat = chain.from_iterable


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
        text = _ENCODERS[provider.sort_keys is True].encode(value) if _is_plain(value) else None
    except Exception:  # such as an unpaired surrogate, or another thread changes the value meanwhile
        return None
    if text is None:
        return None
    # Flask escapes other characters than msgspec
    return text + b"\n" if text.isascii() and b"\x7f" not in text else None


def _is_flasks_own(provider: DefaultJSONProvider) -> bool:
    """Return True if no function that writes the text is overridden or patched."""
    is_patched = (json.dumps, _methods_of(DefaultJSONProvider)) != _FLASKS_OWN
    return not is_patched and vars(provider).keys().isdisjoint(_METHODS) and provider.sort_keys in (True, False)


def _is_plain(value: dict[str, Any] | list[Any]) -> bool:
    """Return True if a value contains only JSON's own types, no subclasses, and no float with an exponent."""
    values: Collection[Any] = value
    if len(value) > _MAX_VALUES:
        return False
    if type(value) is dict:
        if not _STR.issuperset(map(type, value)):
            return False
        values = value.values()
    for _ in range(_MAX_DEPTH):
        types = set(map(type, values))
        if types <= _SCALARS:
            return True
        if not types <= _TYPES:
            return False
        if float in types and not all(_has_no_exponent(each) for each in values if type(each) is float):
            return False
        below: list[Any] = [each for each in values if type(each) is list] if list in types else []
        if dict in types:
            dicts = [each for each in values if type(each) is dict]
            if not _STR.issuperset(map(type, _flat(dicts))):
                return False
            below += map(dict.values, dicts)
        if sum(map(len, below)) > _MAX_VALUES:
            return False
        values = list(_flat(below))
    return False


def _has_no_exponent(number: float) -> bool:
    return number == 0 or _MIN_EXACT <= abs(number) < _MAX_EXACT
