"""Request bodies by their encoding: from a JSON value and files to bytes and their media type."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import msgspec

from restgql.errors import BadRequest
from restgql.formats import json
from restgql.formats.charge import UNMETERED, Charge, Work, weigh
from restgql.formats.file import File, files_in
from restgql.formats.headers import is_value

Written = tuple[bytes, str]

BINARY = "application/octet-stream"
_FIELD_WEIGHT = {"JSON": 0, "FORM": 160, "MULTIPART": 800}
"""The bytes of a JSON body that cost as much as a field of a form, by its encoding."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is not written yet, as bytes would double its memory. `files` are fields after those of `value`."""

    value: Any
    encoding: str
    files: tuple[tuple[str, File], ...] = ()

    def written(self, charge: Charge = UNMETERED) -> Written:
        """Return the bytes and the media type. Raises BadRequest for a value that the encoding cannot write.

        `charge` is called with the size of the body before it is written, in bytes of JSON that cost as much. The first
        occurrence of a file is free.
        """
        if charge is not UNMETERED:
            work = Work(charge)
            work.spend(self._weight(work))
            work.settle()
        if isinstance(self.value, File) and not self.files:  # the file is the whole body
            content_type = self.value.content_type
            return self.value.content, content_type if content_type and is_value(content_type) else BINARY
        if self.files and self.encoding != "MULTIPART":
            raise BadRequest(f"files: cannot be written as {self.encoding}: leave encoding: out, or say MULTIPART.")
        return _WRITERS[self.encoding](self)

    def _weight(self, work: Work) -> int:
        """Return the bytes of JSON that cost as much as this body; a file weighs nothing the first time."""
        weight = weigh(self.value, work) + sum(len(file.content) for _, file in self.files)
        if self.encoding == "MULTIPART" or isinstance(self.value, File):
            files = [*files_in(self.value), *(file for _, file in self.files)]
            weight -= sum({id(file): len(file.content) for file in files}.values())
        return weight + _FIELD_WEIGHT[self.encoding] * (_count(self.value) + len(self.files))


def _json(body: Body) -> Written:
    return json.encode(body.value), "application/json"


def _form(body: Body) -> Written:
    pairs = [f"{_quoted(name)}={_quoted(json.spelled(item))}" for name, item in _pairs(body.value)]
    return "&".join(pairs).encode(), "application/x-www-form-urlencoded"


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote_plus(text)  # most need no quoting


def _multipart(body: Body) -> Written:
    from urllib3.filepost import encode_multipart_formdata  # a dependency of requests that most apps never need

    value = {} if body.value is None and body.files else body.value
    return encode_multipart_formdata([(_escaped(name), _part(item)) for name, item in (*_pairs(value), *body.files)])


def _part(item: Any) -> Any:
    """Return a scalar or a file in urllib3's form. With None as its media type urllib3 does not guess one."""
    if isinstance(item, File):
        return _escaped(item.filename), item.content, item.content_type or None
    return json.spelled(item)


def _escaped(text: str) -> str:
    """Escape the backslashes of a name: urllib3 leaves them, but to a reader one escapes a quote."""
    return text.replace("\\", "\\\\")


def _count(value: Any) -> int:
    """Return the fields that a form has for a value."""
    if not isinstance(value, dict):
        return value is not None
    return sum([len(item) if isinstance(item, list) else 1 for item in value.values()])


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a form, each a scalar or a file. An array is a repeated field; null is left out."""
    if not isinstance(value, dict):
        raise BadRequest("A form takes an object.")
    for name, item in value.items():
        for element in item if isinstance(item, list) else [item]:
            if isinstance(element, dict | list):
                raise BadRequest(f"A form holds scalars, and {name} is none.")
            if element is not None:
                yield name, element


_WRITERS: dict[str, Callable[[Body], Written]] = {"JSON": _json, "FORM": _form, "MULTIPART": _multipart}
