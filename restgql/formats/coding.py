"""Content codings (RFC 9110 section 8.4): a coded body decoded, within a size."""

import zlib
from collections.abc import Callable
from typing import Any

try:
    import brotli
except ImportError:
    brotli = None

CHUNK = 65_536
PIECE = 4_096
MAX_CODINGS = 4


class Undecodable(ValueError):
    """The body is not in the coding that Content-Encoding declares."""


class Unknown(Undecodable):
    """The coding is not supported."""


class TooLarge(ValueError):
    """The decoded body is over the limit."""


def decode(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Decode a body of at most `limit` decoded bytes. Raises Unknown, Undecodable and TooLarge."""
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    if len(codings) > MAX_CODINGS:
        raise Undecodable(f"content codings are more than {MAX_CODINGS}")
    for coding in reversed(codings):
        if coding in ("", "identity"):
            continue
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise Unknown(f"content coding {coding[:40]!r} is not known here")
        body = decoder(body, limit)
    return body


def _inflate(body: bytes, limit: int, wbits: int) -> bytes:
    out, left = bytearray(), memoryview(body)
    while left:  # gzip members may follow each other (RFC 1952 section 2.2)
        inflater = zlib.decompressobj(wbits)
        while left and not inflater.eof:
            piece = left[
                :PIECE
            ]  # zlib copies the data after a member: for many small members this would dominate the cost
            try:
                out += inflater.decompress(piece, limit + 1 - len(out))
            except zlib.error as exc:
                raise Undecodable(str(exc)) from exc
            if len(out) > limit:
                raise TooLarge
            left = left[len(piece) - len(inflater.unused_data) :]
        if not inflater.eof:
            raise Undecodable("the coded body is truncated")
    return bytes(out)


def _gzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, zlib.MAX_WBITS | 16)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflate(body, limit, zlib.MAX_WBITS)
    except Undecodable:  # some senders omit the zlib wrapper (RFC 9110 section 8.4.1.2)
        return _inflate(body, limit, -zlib.MAX_WBITS)


def _brotli(body: bytes, limit: int) -> bytes:
    decompressor: Any = brotli.Decompressor()
    out = b""
    try:
        for start in range(0, len(body), CHUNK):
            out += decompressor.process(body[start : start + CHUNK], output_buffer_limit=limit + 1 - len(out))
            if len(out) > limit:
                raise TooLarge
    except brotli.error as exc:
        raise Undecodable(str(exc)) from exc
    if not decompressor.is_finished():
        raise Undecodable("the coded body is truncated")
    return out


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
if brotli is not None:
    _DECODERS["br"] = _brotli

ACCEPTED = ", ".join(coding for coding in _DECODERS if coding != "x-gzip")
"""The Accept-Encoding of a client that decodes with this module."""
