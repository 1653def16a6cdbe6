"""Stored responses as bytes, for the stores that processes share."""

import msgspec

from restgql.cache.store import Entries

_decoder = msgspec.msgpack.Decoder(Entries)
_encoder = msgspec.msgpack.Encoder()


def pack(entries: Entries) -> bytes:
    """Entries as MessagePack."""
    return _encoder.encode(entries)


def entries(blob: bytes) -> Entries:
    """The entries of some bytes; none where these are something else."""
    try:
        return _decoder.decode(blob)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return ()
