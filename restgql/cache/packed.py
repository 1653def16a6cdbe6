"""Stored responses as bytes, for the stores that processes share."""

from hashlib import blake2b

import msgspec

from restgql.cache.store import Entries

_decoder = msgspec.msgpack.Decoder(Entries)
_encoder = msgspec.msgpack.Encoder()


def name_of(uri: str) -> str:
    """Return a digest of a URI: short, and without the secrets that its query may have."""
    return blake2b(uri.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def pack(entries: Entries) -> bytes:
    """Return entries as MessagePack."""
    return _encoder.encode(entries)


def entries(blob: bytes) -> Entries:
    """Return the entries of MessagePack bytes, or none if they are malformed."""
    try:
        return _decoder.decode(blob)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return ()
