"""The ways that a gateway is put on an app with an extension, and a client of such an app."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import Client as TestClient

from restgql import Gateway
from tests.equality import client

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MUTATION = (
    client.FETCH.replace("{", "{{")
    .replace("}", "}}")
    .replace("query (", "mutation ($body: JSON!, ")
    .replace("fetch(path: $path,", "fetch: {}(path: $path, body: $body,")
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a gateway is put on an app: `first` or `last`, seen from the extension, or not at all.

    `options` are the gateway's, `config` is of the app. `cleanup` undoes at the end of a test what an extension has
    changed outside of its app.
    """

    order: Literal["first", "last", "none"]
    hooks: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    cleanup: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def gateway(self, app: Flask) -> Iterator[None]:
        """Put the gateway on the app before or after the block, which adds the extension and the routes."""
        if self.order == "first":
            self._put(app)
        yield
        if self.order == "last":
            self._put(app)

    def _put(self, app: Flask) -> None:
        Gateway(app, **{"verbs": VERBS, "hooks": self.hooks, **self.options})


Make = Callable[[Setting], Flask]

SETTINGS = [
    pytest.param({"order": "first"}, id="gateway first"),
    pytest.param({"order": "last"}, id="gateway last"),
    pytest.param({"order": "first"}, id="gateway first, one thread", marks=pytest.mark.one_thread),
    pytest.param({"order": "last"}, id="gateway last, one thread", marks=pytest.mark.one_thread),
    pytest.param({"order": "last", "hooks": False}, id="no hooks"),
    pytest.param({"order": "last", "hooks": False}, id="no hooks, one thread", marks=pytest.mark.one_thread),
]


class Client(client.Client):
    """A client without cookies of its own, of an app in this process: what its thread and its tools see is the test's.

    `volatile` is a pattern of what differs from one direct request to the next.
    """

    def __init__(self, app: Any, url: str = "http://localhost", volatile: str = "(?!)") -> None:
        super().__init__(url)
        self.app = app
        self._volatile = re.compile(volatile)

    def ask(self, method: str, target: str, headers: client.Headers = (), body: bytes | None = None) -> client.Answer:
        response = TestClient(self.app, use_cookies=False).open(
            target, base_url=self.url, method=method, headers=Headers([*headers]), data=body, buffered=True
        )
        fields = [(name, self._volatile.sub(_hidden, value)) for name, value in response.headers]
        content = self._volatile.sub(_hidden, response.data.decode("latin-1")).encode("latin-1")
        return client.Answer(response.status_code, tuple(fields), content)

    def aggregate(self, paths: list[str], headers: client.Headers = ()) -> dict[str, Any]:
        """Return the envelopes by path. The outer status is 401 or 429 if each part has it, else 200."""
        answer = self.post("/aggregate?envelope=true", paths, headers)
        envelopes: dict[str, Any] = answer.json
        statuses = {part["status"] for part in envelopes.values()}
        assert answer.status == (statuses.pop() if statuses in ({401}, {429}) else 200)
        return envelopes

    def send(self, path: str, body: Any, headers: client.Headers = (), *, method: str = "POST") -> client.Answer:
        """Send JSON to a route of the app, as a mutation would."""
        fields = [*headers, ("Accept", "application/json, */*;q=0.5"), ("Content-Type", "application/json")]
        return self.ask(method, path, fields, json.dumps(body).encode())

    def mutate(
        self, path: str, body: Any, headers: client.Headers = (), *, own: client.Headers = (), method: str = "POST"
    ) -> client.Fetched:
        """Send JSON to a route through the gateway; `own` are the field's own headers."""
        field_headers = [{"name": name, "value": value} for name, value in own]
        variables = {"path": path, "body": body, "headers": field_headers, "follow": False}
        outer = self.query(MUTATION.format(method.lower()), variables, headers)
        answer = outer.json
        error = answer["errors"][0] if answer.get("errors") else None
        return client.Fetched((answer.get("data") or {}).get("fetch"), error, outer)

    def get_values(self, paths: list[str], headers: client.Headers = ()) -> list[Any]:
        """Return the values of `get` in one operation, None for a path with an error."""
        fields = " ".join(f"f{number}: get(path: $p{number})" for number in range(len(paths)))
        names = ", ".join(f"$p{number}: String!" for number in range(len(paths)))
        variables = {f"p{number}": path for number, path in enumerate(paths)}
        return list(self.query(f"query ({names}) {{ {fields} }}", variables, headers).json["data"].values())


def _hidden(match: re.Match[str]) -> str:
    return "*" * len(match[0])


def cookie_of(answer: client.Answer) -> list[tuple[str, str]]:
    """Return the Cookie header field that a browser sends after the Set-Cookie fields of a response."""
    return [("Cookie", "; ".join(value.partition(";")[0] for value in answer.all("Set-Cookie")))]
