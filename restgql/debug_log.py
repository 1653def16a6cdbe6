"""The warnings for developers: each is logged once."""

import difflib
from collections.abc import Hashable, Iterable
from threading import Lock

from restgql.log import logger

MAX_NAMES = 8
"""The names that a warning lists."""
MAX_TEXT = 60


class DebugLog:
    """The warnings of one gateway. `warn` logs a warning, unless one of the same key was logged or dismissed."""

    def __init__(self) -> None:
        self._closed: set[Hashable] = set()
        self._lock = Lock()

    def is_open(self, key: Hashable) -> bool:
        """Return True if the warning of a key was neither logged nor dismissed yet."""
        return key not in self._closed

    def warn(self, key: Hashable, message: str) -> None:
        """Log the warning of a key."""
        if self.dismiss(key):
            logger.warning("%s", message)

    def dismiss(self, key: Hashable) -> bool:
        """Never log the warning of a key from now on. Return True if it was open."""
        with self._lock:
            was_open = key not in self._closed
            self._closed.add(key)
        return was_open


def listed(names: Iterable[object]) -> str:
    """Return names in a sentence, the first of them if there are many: `a, b, … (12 in all)`."""
    texts = [shortened(str(name)) for name in names]
    rest = f", … ({len(texts)} in all)" if len(texts) > MAX_NAMES else ""
    return ", ".join(texts[:MAX_NAMES]) + rest


def shortened(text: str) -> str:
    """Return a text of at most MAX_TEXT characters, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest name, empty if none is near. Case and underscores do not count."""
    by_plain = {plain(each): each for each in names}
    nearest = difflib.get_close_matches(plain(name), by_plain, n=1)
    return f" Did you mean {by_plain[nearest[0]]!r}?" if nearest else ""


def plain(name: str) -> str:
    """Return a name in lower case, without underscores and dashes."""
    return name.replace("_", "").replace("-", "").lower()
