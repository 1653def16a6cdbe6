"""A file on its way from the caller's request into a sub-request's body."""

from collections.abc import Iterator
from typing import Any


class File:
    """An uploaded file: the name and the media type that the client sent, either may be empty, and the bytes.

    It is not a Struct, which msgspec would write as JSON: only a body that holds files can contain a file.
    """

    __slots__ = ("content", "content_type", "filename")

    def __init__(self, filename: str, content_type: str, content: bytes) -> None:
        self.filename = filename
        self.content_type = content_type
        self.content = content

    def __deepcopy__(self, memo: object) -> "File":
        return self  # nothing changes a file

    def __repr__(self) -> str:
        return f"File({self.filename[:80]!r})"


def files_in(value: Any) -> Iterator[File]:
    """Yield the files within a value, each for every occurrence."""
    if isinstance(value, File):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from files_in(item)
