"""The map of an aggregate: each key with the JSON value of its path, spliced unchanged."""

from collections.abc import Iterator, Mapping

from restgql.errors import LimitExceeded, RestgqlError
from restgql.execution.result import Result
from restgql.formats import problem
from restgql.formats.json import Spliced, encode, encode_in_pieces
from restgql.meter import Tally


class Map:
    """The members of a map, of which `sent` have been yielded.

    A member that exceeds the limit is replaced by a problem.
    """

    def __init__(self, parts: Mapping[str, Result], tally: Tally, *, envelope: bool) -> None:
        self._left = dict(parts)
        self._tally = tally
        self._envelope = envelope
        self.sent = 0

    def text(self) -> bytes:
        """Return the JSON object of all parts, in order."""
        return b"".join(self.pieces())

    def pieces(self) -> list[bytes]:
        """Return the JSON object in pieces, with the body of each part unchanged."""
        pieces = [b"{"]
        for key, part in self._left.items():
            pieces += self._member(key, part)
            pieces.append(b",")
        pieces[max(1, len(pieces) - 1) :] = [b"}"]
        return pieces

    def fresh(self, *, in_order: bool) -> Iterator[bytes]:
        """Yield the settled members that were not yielded yet; with `in_order`, up to the first that is not settled."""
        for key, part in list(self._left.items()):
            if part.settled:
                del self._left[key]
                self.sent += 1
                yield b"".join(self._member(key, part))
            elif in_order:
                return

    def _member(self, key: str, part: Result) -> list[bytes]:
        name, pieces = encode(key) + b":", _part_pieces(part, envelope=self._envelope)
        try:
            self._tally.charge_output(len(name) + sum(map(len, pieces)))
        except LimitExceeded as exc:
            pieces = _part_pieces(Result(error=exc), envelope=self._envelope)
        return [name, *pieces]


def _part_pieces(part: Result, *, envelope: bool) -> list[bytes]:
    """Return the JSON value of one part: of its response, or the problem that replaces it."""
    response, error = part.response, part.error
    if response is not None:
        body = response.part_text
        return _enveloped(response.data_status, response.header_map(), body) if envelope else [body]
    assert isinstance(error, RestgqlError)
    body = problem.of_error(error)
    return _enveloped(error.status, {}, body) if envelope else [body]


def _enveloped(status: int, headers: dict[str, str], body: bytes) -> list[bytes]:
    return encode_in_pieces({"status": status, "headers": headers, "body": Spliced([body])})
