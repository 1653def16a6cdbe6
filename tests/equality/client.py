"""A client on a socket that normalises nothing, and the same client's requests through the gateway."""

import json
import socket
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

Headers = Iterable[tuple[str, str]]

SECONDS = 20
FETCH = """
query ($path: String!, $headers: [RestHeaderInput!], $follow: Boolean!) {
  fetch(path: $path, headers: $headers, followRedirects: $follow) {
    url status ok redirected headers { name value } contentType etag size json text dataUrl failure: error
  }
}
"""


@dataclass(frozen=True)
class Answer:
    """A response, its header fields in the order and spelling they came in."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """A header's values, joined with commas."""
        return ", ".join(self.all(name)) or None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Fetched:
    """What `fetch` gave: the RestResponse, or None and the error; `outer` is the response it came in."""

    found: dict[str, Any] | None
    error: dict[str, Any] | None
    outer: Answer

    @property
    def code(self) -> str | None:
        """The code of a refusal."""
        return self.error["extensions"]["code"] if self.error else None

    def __getattr__(self, name: str) -> Any:
        assert self.found is not None, self.error
        return self.found[name]

    @property
    def header_list(self) -> list[tuple[str, str]]:
        return [(header["name"], header["value"]) for header in self.headers]

    @property
    def body(self) -> bytes | None:
        """The body that the data: URL holds."""
        return None if self.dataUrl is None else b64decode(self.dataUrl.partition(";base64,")[2], validate=True)


class Client:
    """A client of the server at `url`. The gateway's endpoints are below `endpoints`."""

    def __init__(self, url: str, endpoints: str = "", headers: Headers = ()) -> None:
        self.url = url
        self._address = (urlsplit(url).hostname, urlsplit(url).port)
        self._endpoints = endpoints
        self._headers = list(headers)

    def ask(self, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> Answer:
        """The response, read until the server closes the connection: by then all of its work is done."""
        fields = [*self._headers, *headers]
        names = {name.lower() for name, _ in fields}
        if "host" not in names:
            fields.insert(0, ("Host", urlsplit(self.url).netloc))
        if body is not None and "transfer-encoding" not in names:
            fields.append(("Content-Length", str(len(body))))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
        with socket.create_connection(self._address, SECONDS) as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1") + (body or b""))
            connection.shutdown(socket.SHUT_WR)  # so that the server does not wait for more
            response = HTTPResponse(connection, method=method)
            response.begin()
            content = response.read()
            while connection.recv(4096):
                pass
            return Answer(response.status, tuple(response.getheaders()), content)

    def get(self, target: str, headers: Headers = ()) -> Answer:
        return self.ask("GET", target, headers)

    def post(self, endpoint: str, value: Any, headers: Headers = ()) -> Answer:
        """POST JSON to one of the gateway's endpoints."""
        fields = [*headers, ("Content-Type", "application/json")]
        return self.ask("POST", self._endpoints + endpoint, fields, json.dumps(value).encode())

    def query(self, document: str, variables: Any = None, headers: Headers = ()) -> Answer:
        return self.post("/graphql", {"query": document, "variables": variables}, headers)

    def fetch(self, path: str, headers: Headers = (), *, own: Headers = (), follow: bool = False) -> Fetched:
        """GET `path` through the gateway; `own` are the field's own headers."""
        field_headers = [{"name": name, "value": value} for name, value in own]
        outer = self.query(FETCH, {"path": path, "headers": field_headers, "follow": follow}, headers)
        answer = outer.json
        error = answer["errors"][0] if answer.get("errors") else None
        return Fetched((answer.get("data") or {}).get("fetch"), error, outer)

    def aggregate(self, paths: list[str], headers: Headers = ()) -> dict[str, Any]:
        """The map of envelopes."""
        answer = self.post("/aggregate?envelope=true", paths, headers)
        assert answer.status in (200, 401, 429), answer  # 401 or 429 if every part is that
        envelopes: dict[str, Any] = answer.json
        return envelopes
