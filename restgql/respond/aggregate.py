"""The map of an aggregate: each key with the JSON value of its path, spliced as it came."""

from collections.abc import Iterator, Mapping

import msgspec

from restgql.errors import LimitExceeded
from restgql.formats.json import encode
from restgql.respond import problem
from restgql.respond.outcome import Outcome
from restgql.respond.weight import Weight


class Map:
    """The members of a map, `sent` being those that were given already; one that makes it too heavy is a problem."""

    def __init__(self, parts: Mapping[str, Outcome], weight: Weight, *, envelope: bool) -> None:
        self._left = dict(parts)
        self._weight = weight
        self._envelope = envelope
        self.sent = 0

    def text(self) -> bytes:
        """The JSON object of all parts, in order."""
        return b"{" + b",".join(self.fresh(in_order=True)) + b"}"

    def fresh(self, *, in_order: bool) -> Iterator[bytes]:
        """The members that are there and were not given yet; `in_order`, up to the first that is not."""
        for key, part in list(self._left.items()):
            if part.settled:
                del self._left[key]
                self.sent += 1
                yield encode(key) + b":" + self._weighed(part)
            elif in_order:
                return

    def _weighed(self, part: Outcome) -> bytes:
        text = part_text(part, envelope=self._envelope)
        try:
            self._weight.add(len(text))
        except LimitExceeded as exc:
            return part_text(Outcome(refused=exc), envelope=self._envelope)
        return text


def part_text(part: Outcome, *, envelope: bool) -> bytes:
    """The JSON value of one part: of its response, or the problem of why there is none."""
    if part.response is None:
        assert part.refused is not None
        status, body = part.refused.status, problem.of_error(part.refused)
    else:
        status, body = part.response.status, part.response.part_text()
    if not envelope:
        return body
    headers = part.response.header_map() if part.response else {}
    return encode({"status": status, "headers": headers, "body": msgspec.Raw(body)})
