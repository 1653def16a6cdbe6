"""The documents that clients registered; the least recently used are dropped."""

import threading
from collections import OrderedDict
from typing import Protocol


class Registry(Protocol):
    """Documents by their SHA-256 in lower-case hexadecimal; several threads use it at once."""

    def get(self, digest: str) -> str | None:
        """Return the document, or None if it was not registered or was dropped."""

    def put(self, digest: str, document: str) -> None:
        """Register a document."""


class MemoryRegistry:
    """A registry in memory with at most `entries` documents and `size` bytes; `_lock` guards its attributes."""

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._left = size
        self._lock = threading.Lock()
        self._documents: OrderedDict[str, str] = OrderedDict()

    def get(self, digest: str) -> str | None:
        """Return the document, or None if it is not registered. It is the most recently used one then."""
        with self._lock:
            if digest not in self._documents:
                return None
            self._documents.move_to_end(digest)
            return self._documents[digest]

    def put(self, digest: str, document: str) -> None:
        """Register a document, and drop the least recently used ones."""
        with self._lock:
            if digest not in self._documents:
                self._documents[digest] = document
                self._left -= _size(document)
            while self._documents and (len(self._documents) > self._entries or self._left < 0):
                self._left += _size(self._documents.popitem(last=False)[1])


def _size(document: str) -> int:
    return len(document.encode("utf-8", "surrogatepass"))
