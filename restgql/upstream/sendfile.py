"""Responses whose body the app leaves to the server in front of it (X-Sendfile, X-Accel-Redirect)."""

from pathlib import Path

from restgql.errors import UpstreamInvalid
from restgql.sub_response import ReceivedFields

_FILE_NAMES = ("x-sendfile", "x-lighttpd-send-file")
NAMES = frozenset({*_FILE_NAMES, "x-accel-redirect"})
"""The header fields by which an app names a file for the body; they reveal the server, so no client sees them."""


class UnreadableFile(Exception):
    """Only the server in front can read the body."""

    def __init__(self) -> None:
        super().__init__()
        self.failure = UpstreamInvalid("The route leaves its body to the server in front of the app.")


def read(fields: ReceivedFields, limit: int, *, reads_files: bool) -> tuple[ReceivedFields, bytes]:
    """Return the fields without those of NAMES, and the file that they name; at most one byte over `limit` of it.

    `reads_files` is True if the app has opted in (USE_X_SENDFILE): a view may pass on the fields of a foreign response.
    Raises UnreadableFile.
    """
    kept, cookies, field_map = fields
    name = next((field_map[name] for name in _FILE_NAMES if field_map.get(name)), None)
    if name is None or not reads_files:
        raise UnreadableFile
    try:
        with Path(name).open("rb") as file:
            body = file.read(limit + 1)
    except (OSError, ValueError):
        raise UnreadableFile from None
    dropped = NAMES | {"content-length"}
    kept = tuple(field for field in kept if field[0].lower() not in dropped)
    return (kept, cookies, {name: value for name, value in field_map.items() if name not in dropped}), body
