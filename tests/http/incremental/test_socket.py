"""Incremental responses over a socket."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.http.incremental.gates import EVENTS, MULTIPART, Asked, parts
from tests.respond.gated import JSON
from tests.respond.payloads import Merged
from tests.turnstile import PATIENCE


def events(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """Type and data of each server-sent event, as soon as the empty line after it is read."""
    kind, data = "message", []
    for line in lines:
        match line.rstrip(b"\n").decode().partition(": "):
            case ("event", ": ", kind):
                pass
            case ("data", ": ", text):
                data.append(text)
            case ("data:", "", ""):
                data.append("")
            case ("", "", ""):
                yield kind, "\n".join(data)
                kind, data = "message", []
            case other:
                raise AssertionError(other)
    assert not data, "an event ends with an empty line"


class Connection:
    """One request, its answer read as it comes."""

    def __init__(self, address: str, document: str, accept: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        headers = {"Content-Type": JSON, "Accept": accept}
        self._connection.request("POST", "/graphql", json.dumps({"query": document}), headers)
        self.answer = self._connection.getresponse()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self._connection.close()

    def pieces(self) -> Iterator[bytes]:
        while piece := self.answer.read1(65_536):
            yield piece


SLOW = '{ fast: get(path: "/ids") ... @defer { a: get(path: "/gate/a") } ... @defer { b: get(path: "/gate/b") } }'


def test_over_a_socket_each_part_comes_as_soon_as_it_is_there(gated: Asked, serve: Callable[[Any], str]) -> None:
    with Connection(serve(gated.app), SLOW, MULTIPART) as connection:
        assert connection.answer.getheader("Content-Type") == 'multipart/mixed; boundary="-"'
        found = (json.loads(part) for part in parts(connection.pieces()))
        merged = Merged().take(next(found))
        assert merged.data == {"fast": [1, 2, 3]}
        gated.open("b")
        assert merged.take(next(found)).data == {"fast": [1, 2, 3], "b": "b"}
        gated.open("a")
        assert merged.take(next(found)).data == {"fast": [1, 2, 3], "b": "b", "a": "a"}
        assert merged.ended
        assert next(found, None) is None


def test_over_a_socket_each_event_comes_as_soon_as_it_is_there(gated: Asked, serve: Callable[[Any], str]) -> None:
    with Connection(serve(gated.app), SLOW, EVENTS) as connection:
        assert connection.answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        found = events(iter(connection.answer.readline, b""))
        merged = Merged()
        for name in ("b", "a", None):
            kind, data = next(found)
            assert kind == "next"
            merged.take(json.loads(data))
            assert merged.ended is (name is None)
            if name is not None:
                assert name not in merged.data
                gated.open(name)
        assert [*found] == [("complete", "")]
        assert merged.data == {"fast": [1, 2, 3], "b": "b", "a": "a"}


def test_over_a_socket_a_client_may_go_at_any_time(gated: Asked, serve: Callable[[Any], str]) -> None:
    address = serve(gated.app)
    with Connection(address, SLOW, MULTIPART) as connection:
        next(connection.pieces())
    gated.open("a", "b")
    with Connection(address, SLOW, MULTIPART) as connection:
        merged = Merged()
        for part in parts(connection.pieces()):
            merged.take(json.loads(part))
    assert merged.data == {"fast": [1, 2, 3], "a": "a", "b": "b"}
