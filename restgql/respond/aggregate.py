"""The map of an aggregate: each key with the JSON value of its path, spliced as it came."""

from collections.abc import Mapping

import msgspec

from restgql.formats.json import encode
from restgql.respond import problem
from restgql.respond.outcome import Outcome


def map_text(parts: Mapping[str, Outcome], *, envelope: bool) -> bytes:
    """The JSON object of all parts, in order."""
    return (
        b"{" + b",".join(encode(key) + b":" + part_text(part, envelope=envelope) for key, part in parts.items()) + b"}"
    )


def part_text(part: Outcome, *, envelope: bool) -> bytes:
    """The JSON value of one part: of its response, or the problem of why there is none."""
    if part.response is None:
        assert part.refused is not None
        status, headers, body = part.refused.status, {}, problem.of_error(part.refused)
    else:
        status, headers, body = part.response.status, part.response.header_map(), part.response.part_text()
    return encode({"status": status, "headers": headers, "body": msgspec.Raw(body)}) if envelope else body
