"""The map of an aggregate: each key with the JSON value of its path, spliced as it came."""

from collections.abc import Iterator, Mapping

import msgspec

from restgql.errors import LimitExceeded, RestgqlError
from restgql.execution.result import Result
from restgql.formats import problem
from restgql.formats.json import encode
from restgql.meter import Tally


class Map:
    """The members of a map, `sent` being those that were given already; one that makes it too heavy is a problem."""

    def __init__(self, parts: Mapping[str, Result], tally: Tally, *, envelope: bool) -> None:
        self._left = dict(parts)
        self._tally = tally
        self._envelope = envelope
        self.sent = 0

    def text(self) -> bytes:
        """The JSON object of all parts, in order."""
        return b"{" + b",".join([self._member(key, part) for key, part in self._left.items()]) + b"}"

    def fresh(self, *, in_order: bool) -> Iterator[bytes]:
        """The members that are there and were not given yet; `in_order`, up to the first that is not."""
        for key, part in list(self._left.items()):
            if part.settled:
                del self._left[key]
                self.sent += 1
                yield self._member(key, part)
            elif in_order:
                return

    def _member(self, key: str, part: Result) -> bytes:
        name, text = encode(key), part_text(part, envelope=self._envelope)
        try:
            self._tally.charge_output(len(name) + len(text))
        except LimitExceeded as exc:
            text = part_text(Result(error=exc), envelope=self._envelope)
        return name + b":" + text


def part_text(part: Result, *, envelope: bool) -> bytes:
    """Return the JSON value of one part: of its response, or the problem of why there is none."""
    response, error = part.response, part.error
    if response is not None:
        body = response.part_text
        return _enveloped(response.data_status, response.header_map(), body) if envelope else body
    assert isinstance(error, RestgqlError)
    body = problem.of_error(error)
    return _enveloped(error.status, {}, body) if envelope else body


def _enveloped(status: int, headers: dict[str, str], body: bytes) -> bytes:
    return encode({"status": status, "headers": headers, "body": msgspec.Raw(body)})
