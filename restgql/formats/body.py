"""Request bodies by their encoding: from a JSON value and files to bytes and their media type."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import msgspec

from restgql.errors import BadRequest
from restgql.formats import brackets, json
from restgql.formats.charge import UNMETERED, Charge, Work, weigh
from restgql.formats.file import File, files_in
from restgql.formats.headers import is_value
from restgql.formats.media import charset, essence, is_json

Written = tuple[bytes, str]

BINARY = "application/octet-stream"
JSON_TYPE = "application/json"
MAX_SHOWN = 40
"""Characters of a charset in an error."""
_FIELD_WEIGHT = {"JSON": 0, "FORM": 160, "MULTIPART": 800}
"""A field of a form costs as much as this many bytes of a JSON body, by its encoding."""


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is not serialized yet, because bytes would double its memory.

    `files` are fields after those of `value`. `media_type` is that of the encoding JSON. If it is not a media type of
    JSON, the value is a text, and is sent as it is. A file is sent with its own media type, if the client knows it.
    """

    value: Any
    encoding: str
    files: tuple[tuple[str, File], ...] = ()
    media_type: str = JSON_TYPE

    def written(self, charge: Charge = UNMETERED) -> Written:
        """Return the bytes and the media type. Raises BadRequest for a value that the encoding cannot represent.

        Before the body is serialized, `charge` is called with its size, in bytes of JSON of the same cost. The first
        occurrence of a file is free.
        """
        if charge is not UNMETERED:
            work = Work(charge)
            work.spend(self._weight(work))
            work.settle()  # a value that is too large is never walked
            work.spend(self._weight_of_fields())
            work.settle()
        if isinstance(self.value, File) and not self.files:  # the file is the whole body
            return self.value.content, self._file_type(self.value.content_type)
        if self.files and self.encoding != "MULTIPART":
            raise BadRequest(f"files: cannot be written as {self.encoding}: omit encoding:, or set it to MULTIPART.")
        return _WRITERS[self.encoding](self)

    def _file_type(self, sent: str) -> str:
        """Return the media type of a body that is a file: as the client sent it, or that of the route."""
        if sent and is_value(sent) and essence(sent) != BINARY:
            return sent
        return BINARY if is_json(essence(self.media_type)) else self.media_type

    def _weight(self, work: Work) -> int:
        """Return the size of this body in bytes of JSON of the same cost; the first occurrence of a file is free."""
        weight = weigh(self.value, work) + sum(len(file.content) for _, file in self.files)
        if self.encoding == "MULTIPART" or isinstance(self.value, File):
            files = [*files_in(self.value), *(file for _, file in self.files)]
            weight -= sum({id(file): len(file.content) for file in files}.values())
        return weight

    def _weight_of_fields(self) -> int:
        """Return the size of a form's fields in the same unit, repeated names included."""
        each = _FIELD_WEIGHT[self.encoding]
        values = [*self.value.values()] if isinstance(self.value, dict) else []
        if self.encoding == "FORM":
            return sum(_nested_weight(value, each, 0) for value in values)
        return each * (sum([len(item) if isinstance(item, list) else 1 for item in values]) + len(self.files))


def _json(body: RequestBody) -> Written:
    if is_json(essence(body.media_type)):
        return json.encode(body.value), body.media_type
    if isinstance(body.value, dict | list):
        raise BadRequest(f"A body of {essence(body.media_type)} takes a string, not {json.type_name(body.value)}.")
    try:
        return json.to_text(body.value).encode(charset(body.media_type)), body.media_type
    except (LookupError, UnicodeError) as exc:
        raise BadRequest(f"The body cannot be encoded in {charset(body.media_type)[:MAX_SHOWN]!r}.") from exc


def _form(body: RequestBody) -> Written:
    pairs = [f"{_quoted(name)}={_quoted(json.to_text(item))}" for name, item in _pairs(body.value)]
    return "&".join(pairs).encode(), "application/x-www-form-urlencoded"


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote_plus(text)  # most need no quoting


def _multipart(body: RequestBody) -> Written:
    from urllib3.filepost import encode_multipart_formdata  # a dependency of requests that most apps never need

    value = {} if body.value is None and body.files else body.value
    return encode_multipart_formdata([(_escaped(name), _part(item)) for name, item in (*_parts(value), *body.files)])


def _part(item: Any) -> Any:
    """Return a value or a file in urllib3's form. With None as its media type urllib3 does not guess one.

    An object is JSON (OpenAPI 3, "Encoding Object").
    """
    if isinstance(item, File):
        return _escaped(item.filename), item.content, item.content_type or None
    if isinstance(item, dict | list):
        return None, json.encode(item), JSON_TYPE
    return json.to_text(item)


def _escaped(text: str) -> str:
    r"""Escape the backslashes of a name: urllib3 does not, and a reader takes `\\"` for an escaped quote."""
    return text.replace("\\", "\\\\")


def _nested_weight(value: Any, weight: int, depth: int) -> int:
    """Return the weight of the fields of a value, each with the keys of its name."""
    if isinstance(value, dict | list) and depth <= brackets.MAX_DEPTH:
        if isinstance(value, list):
            return sum([_nested_weight(item, weight, depth + 1) for item in value])
        return sum([_nested_weight(item, weight + len(key), depth + 1) for key, item in value.items()])
    return weight


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a form, each a scalar or a file.

    A list is a repeated field, and an object has its keys in brackets; null is omitted.
    """
    for name, item in _object(value).items():
        yield from brackets.fields(name, item, "[]")


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a multipart body. A list is a repeated part; null is omitted."""
    for name, item in _object(value).items():
        for element in item if isinstance(item, list) else [item]:
            if element is not None:
                yield name, element


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest("A form takes an object.")
    return value


_WRITERS: dict[str, Callable[[RequestBody], Written]] = {"JSON": _json, "FORM": _form, "MULTIPART": _multipart}
