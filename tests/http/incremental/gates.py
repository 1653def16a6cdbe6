"""An app whose routes answer when their gate opens."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.test import TestResponse

from tests.respond.gated import Gated
from tests.respond.payloads import Merged, Payload

MULTIPART = "multipart/mixed"
EVENTS = "text/event-stream"
GRAPHQL_JSON = "application/graphql-response+json"


class Asked(Gated):
    """Such an app, asked for payloads."""

    def ask(self, document: str, variables: Any = None, accept: str = MULTIPART) -> TestResponse:
        """The response, of which nothing but the first piece is made yet."""
        body = {"query": document, "variables": variables}
        return self.client.post("/graphql", json=body, headers={"Accept": accept})

    def payloads(self, document: str, variables: Any = None) -> Iterator[Payload]:
        """The payloads, each made when it is taken."""
        answer = self.ask(document, variables)
        assert answer.status_code == 200, answer.text
        return (json.loads(part) for part in parts(answer.iter_encoded()))

    def whole(self, document: str, variables: Any = None) -> Merged:
        """The payloads put together."""
        merged = Merged()
        for payload in self.payloads(document, variables):
            merged.take(payload)
        assert merged.ended
        return merged


Make = Callable[..., Asked]


def parts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The bodies of a multipart response, each as soon as its delimiter is read (RFC 2046 section 5.1)."""
    content = b"\r\n"
    for piece in pieces:
        content += piece
        while len(found := content.split(b"\r\n---", 2)) == 3:
            assert found[0] == b""
            header, body = found[1].split(b"\r\n\r\n", 1)
            assert header == b"\r\nContent-Type: application/json; charset=utf-8"
            yield body
            content = b"\r\n---" + found[2]
    assert content == b"\r\n-----\r\n"
