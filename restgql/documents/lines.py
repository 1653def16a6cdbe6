"""The lines of a document: offsets in its text as locations of errors (GraphQL, section Errors), and back."""

import re
from bisect import bisect_right

_LINE_END = re.compile(r"\r\n|[\n\r]")


class Lines:
    """The lines of a text. They are found once, because a document may have many lines, and a response many errors."""

    __slots__ = ("_begins",)

    def __init__(self, text: str) -> None:
        self._begins = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def location(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        line = bisect_right(self._begins, offset)
        return line, offset - self._begins[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a location."""
        return self._begins[line - 1] + column - 1
