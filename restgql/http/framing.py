"""The framing of the payloads of one response: multipart, server-sent events, lines of JSON."""

from collections.abc import Callable

import msgspec

BOUNDARY = b"-"


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """A media type, and the bytes around each payload, which is JSON."""

    content_type: str
    frame: Callable[[bytes], bytes]
    begin: bytes = b""
    end: bytes = b""


def one_line(payload: bytes) -> bytes:
    """Return JSON without line breaks: those within strings are escaped anyway."""
    return msgspec.json.format(payload, indent=-1) if b"\n" in payload or b"\r" in payload else payload


def _part(payload: bytes) -> bytes:
    # Each part ends with its delimiter (RFC 2046 section 5.1), so that a client need not wait for the next part.
    return b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n" + payload + b"\r\n--" + BOUNDARY


FRAMINGS: dict[str, Framing] = {
    "multipart/mixed": Framing(
        content_type='multipart/mixed; boundary="-"', begin=b"--" + BOUNDARY, frame=_part, end=b"--\r\n"
    ),
    # "GraphQL over Server-Sent Events Protocol", distinct connections mode
    "text/event-stream": Framing(
        content_type="text/event-stream; charset=utf-8",
        frame=lambda payload: b"event: next\ndata: " + one_line(payload) + b"\n\n",
        end=b"event: complete\ndata:\n\n",
    ),
    "application/x-ndjson": Framing(
        content_type="application/x-ndjson", frame=lambda payload: one_line(payload) + b"\n"
    ),
}
