"""Stored responses as bytes, for the stores that processes share."""

from hashlib import blake2b

import msgspec

from restgql.cache.store import Entries

_decoder = msgspec.msgpack.Decoder(Entries)
_encoder = msgspec.msgpack.Encoder()


def name_of(uri: str) -> str:
    """What stands for a URI: short, and without what its query may tell."""
    return blake2b(uri.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def pack(entries: Entries) -> bytes:
    """Entries as MessagePack."""
    return _encoder.encode(entries)


def entries(blob: bytes) -> Entries:
    """The entries of some bytes; none where these are something else."""
    try:
        return _decoder.decode(blob)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return ()
