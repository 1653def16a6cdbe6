"""The map of an aggregate: each key with the JSON value of its path, spliced as it came."""

from collections.abc import Mapping

import msgspec

from restgql.errors import LimitExceeded
from restgql.formats.json import encode
from restgql.respond import problem
from restgql.respond.outcome import Outcome
from restgql.respond.weight import Weight


def map_text(parts: Mapping[str, Outcome], weight: Weight, *, envelope: bool) -> bytes:
    """The JSON object of all parts, in order; one that would make it too heavy is a problem."""
    members = []
    for key, part in parts.items():
        text = part_text(part, envelope=envelope)
        try:
            weight.add(len(text))
        except LimitExceeded as exc:
            text = part_text(Outcome(refused=exc), envelope=envelope)
        members.append(encode(key) + b":" + text)
    return b"{" + b",".join(members) + b"}"


def part_text(part: Outcome, *, envelope: bool) -> bytes:
    """The JSON value of one part: of its response, or the problem of why there is none."""
    if part.response is None:
        assert part.refused is not None
        status, headers, body = part.refused.status, {}, problem.of_error(part.refused)
    else:
        status, headers, body = part.response.status, part.response.header_map(), part.response.part_text()
    return encode({"status": status, "headers": headers, "body": msgspec.Raw(body)}) if envelope else body
