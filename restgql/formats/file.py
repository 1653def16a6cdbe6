"""A file on its way from the caller's request into a sub-request's body."""

from collections.abc import Iterator
from typing import Any


class File:
    """An uploaded file: its bytes, and the name and the media type that the client sent, which may be empty.

    It is not a Struct, because msgspec would write it as JSON: only a body that supports files may contain one.
    """

    __slots__ = ("content", "content_type", "filename")

    def __init__(self, filename: str, content_type: str, content: bytes) -> None:
        self.filename = filename
        self.content_type = content_type
        self.content = content

    def __deepcopy__(self, memo: object) -> "File":
        return self  # files are immutable

    def __repr__(self) -> str:
        return f"File({self.filename[:80]!r})"


def files_in(value: Any) -> Iterator[File]:
    """Yield the files within a value, once for each occurrence."""
    if isinstance(value, File):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from files_in(item)
