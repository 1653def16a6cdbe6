"""Strict JSON (RFC 8259) in UTF-8: a text that is returned byte for byte, or a value."""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

import msgspec

from restgql.bounded_cache import bounded_cache
from restgql.errors import BadRequest
from restgql.formats.file import File

WHITESPACE = b" \t\r\n"
BOM = b"\xef\xbb\xbf"
_MARK = b"\0"
"""A byte that no JSON text contains (RFC 8259 section 7)."""
MAX_SHOWN = 80
_decoder = bounded_cache(entries=64, characters=0)(msgspec.json.Decoder)  # creating a decoder costs more than using it


_RAW = msgspec.json.Decoder(msgspec.Raw)
_ANY = msgspec.json.Decoder()


class Spliced:
    """A JSON text in pieces, which `encode` joins and `encode_in_pieces` leaves apart."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces


class OutOfRange:
    """A number of JSON that no reader can represent, such as 1E400. It is written as its text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text if len(self.text) <= MAX_SHOWN else f"{self.text[:MAX_SHOWN]}…"

    __inspect__ = __repr__  # graphql-core calls it for its messages


class NotJson(ValueError):
    """The bytes are not strict JSON; the message has the place."""


def text(body: bytes) -> bytes:
    """Return the JSON text in `body` without a BOM and outer whitespace; empty if there is none. Raises NotJson."""
    stripped = body.removeprefix(BOM).strip(WHITESPACE)
    if not stripped:
        return stripped
    try:
        _RAW.decode(stripped)
        if not stripped.isascii():
            stripped.decode("utf-8")  # Raw does not validate UTF-8
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise NotJson(str(exc)) from exc
    return stripped


def value(body: bytes, type: Any = Any) -> Any:
    """Return the value of a JSON text, converted to `type`. Raises NotJson."""
    try:
        decoder = _ANY if type is Any else _decoder(type)
        return decoder.decode(body.removeprefix(BOM))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise NotJson(str(exc)) from exc


def value_of_response(text: bytes) -> Any:
    """Return the value of a strict JSON text; a number that is out of range is `OutOfRange`.

    RFC 8259 section 6 allows it, so it is an error only for what reads it as a number. Raises NotJson.
    """
    try:
        return value(text)
    except NotJson:
        try:
            return json.loads(text, parse_float=_number, parse_int=_number)
        except (ValueError, RecursionError) as exc:
            raise NotJson(str(exc)) from exc


def _number(literal: str) -> Any:
    try:
        return _ANY.decode(literal)
    except msgspec.MsgspecError:
        return OutOfRange(literal)


def encode(value: Any) -> bytes:
    """Return the JSON text of a value; a `msgspec.Raw` within it is copied unchanged.

    Raises NotJson, and BadRequest for a file.
    """
    return _encode(value, _join)


def encode_in_pieces(value: Any) -> list[bytes]:
    """Return the JSON text of a value in pieces, without copying a large text that is spliced into it.

    Raises NotJson, and BadRequest for a file.
    """
    spliced: list[Spliced] = []

    def mark(value: Any) -> Any:
        if not isinstance(value, Spliced):
            return _join(value)
        spliced.append(value)
        return msgspec.Raw(_MARK)

    text = _encode(value, mark)
    if not spliced:
        return [text]
    first, *others = text.split(_MARK)
    pieces = [first]
    for splice, after in zip(spliced, others, strict=True):
        pieces += [*splice.pieces, after]
    return pieces


def _encode(value: Any, hook: Callable[[Any], Any]) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=hook)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as exc:
        raise NotJson(str(exc)) from exc


def raw(value: Any) -> msgspec.Raw:
    """Return the JSON text of a Python value.

    Raises NotJson for a value that JSON cannot represent, such as NaN or bytes.
    """
    if (unwritable := _unwritable(value)) is not None:
        raise NotJson(f"{unwritable!r:.80} is not JSON")
    return msgspec.Raw(encode(value))


def _unwritable(value: Any) -> Any:
    """Return a value within a value that msgspec would write as something else, or None if there is none."""
    if isinstance(value, dict | list | tuple):
        items = value.values() if isinstance(value, dict) else value
        return next((bad for item in items if (bad := _unwritable(item)) is not None), None)
    is_number = isinstance(value, float) and not isfinite(value)
    return value if is_number or isinstance(value, bytes | bytearray | memoryview) else None


def _join(value: Any) -> Any:
    if isinstance(value, Spliced):
        return msgspec.Raw(b"".join(value.pieces))
    if isinstance(value, OutOfRange):
        return msgspec.Raw(value.text)
    if isinstance(value, File):
        raise BadRequest("A file is only allowed in a body with encoding: MULTIPART.")
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")


def to_text(value: Any) -> str:
    """Return a scalar as text for a path or key: a string unchanged, any other as its JSON text."""
    if value.__class__ is int:
        return str(value)
    return value if isinstance(value, str) else encode(value).decode()


def type_name(value: Any) -> str:
    """Return the kind of a JSON value, with its article, for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | OutOfRange():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def pretty(value: Any) -> str:
    """Return the indented JSON text of a value."""
    return msgspec.json.format(encode(value), indent=2).decode()
