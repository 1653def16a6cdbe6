"""The documents that clients registered themselves, the last ones asked for."""

import threading
from collections import OrderedDict
from typing import Protocol


class Registry(Protocol):
    """Documents by their SHA-256 in lower-case hexadecimal; called from several threads at once."""

    def get(self, digest: str) -> str | None:
        """The document, None where it is not known, or no longer."""

    def put(self, digest: str, document: str) -> None:
        """Keep a document."""


class MemoryRegistry:
    """A registry of this process, of at most so many `entries` and `size` bytes; `_lock` guards the rest."""

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._left = size
        self._lock = threading.Lock()
        self._documents: OrderedDict[str, str] = OrderedDict()

    def get(self, digest: str) -> str | None:
        """The document, which is then the last one to be dropped."""
        with self._lock:
            if digest not in self._documents:
                return None
            self._documents.move_to_end(digest)
            return self._documents[digest]

    def put(self, digest: str, document: str) -> None:
        """Keep a document, and drop those that were not asked for the longest."""
        with self._lock:
            if digest not in self._documents:
                self._documents[digest] = document
                self._left -= _size(document)
            while self._documents and (len(self._documents) > self._entries or self._left < 0):
                self._left += _size(self._documents.popitem(last=False)[1])


def _size(document: str) -> int:
    return len(document.encode("utf-8", "surrogatepass"))
