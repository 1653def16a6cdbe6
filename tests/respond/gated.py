"""An app whose routes answer once their gates are open, so that a test decides what is ready when."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from restgql import Gateway
from tests.turnstile import PATIENCE, becomes

JSON = "application/json"
RAW = '{"a":\r\n "x\u2028y\\n",\n "b": [1e2, 1.0]}'
TRACES = (b"Traceback", b"ZeroDivision", b"the traceback")
"""What no answer may say of the route `/crash`."""

ANSWERS: dict[str, tuple[str | bytes, int, str]] = {
    "raw": (RAW, 200, JSON),
    "ids": ("[1, 2, 3]", 200, JSON),
    "text": ("a\nb", 200, "text/plain"),
    "image": (b"\x00\xff", 200, "image/png"),
    "nothing": ("", 204, "text/plain"),
    "teapot": ('{"short": true}', 418, JSON),
    "broken": ("{", 200, JSON),
    "plain": ("no", 503, "text/plain"),
}


class Gated:
    """`/gate/<name>` answers with its name and a cookie once that gate is open; `hits` counts who came, `left` who
    went."""

    def __init__(self, **options: Any) -> None:
        self.hits: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self._gates: dict[str, threading.Event] = defaultdict(threading.Event)
        self.app = Flask(__name__)
        self.app.add_url_rule("/gate/<name>", "gate", self._gate)
        self.app.add_url_rule("/crash", "crash", _crash)
        self.app.add_url_rule("/item/<path:name>", "item", lambda name: {"item": name})
        self.app.add_url_rule("/many/<int:count>", "many", lambda count: [*range(count)])
        self.app.add_url_rule("/large/<int:size>", "large", lambda size: "a" * size)
        self.app.add_url_rule("/hidden", "hidden", lambda: "hidden")
        for name, (body, status, content_type) in ANSWERS.items():
            answer = (body, status, {"Content-Type": content_type})
            self.app.add_url_rule(f"/{name}", name, lambda answer=answer: answer)
        Gateway(self.app, routes=["*", "!hidden"], profile="open", graphiql=False, **options)
        self.client: FlaskClient = self.app.test_client(use_cookies=False)

    def open(self, *names: str) -> None:
        for name in names:
            self._gates[name].set()

    def open_all(self) -> None:
        self.open(*self.hits, *self._gates)

    @contextmanager
    def opening(self, *names: str) -> Iterator[None]:
        """Open gates from beside, each once somebody has come to it and has left the one before."""

        def open_each() -> None:
            for name in names:
                becomes(lambda name=name: self.hits[name])  # type: ignore[misc]
                self.open(name)
                becomes(lambda name=name: self.left[name])  # type: ignore[misc]

        thread = threading.Thread(target=open_each)
        thread.start()
        yield
        thread.join()

    @contextmanager
    def busy(self, *names: str) -> Iterator[None]:
        """While this lasts, the requests of another client keep a thread at each of these gates."""
        client, paths = self.app.test_client(use_cookies=False), [f"/gate/{name}" for name in names]
        thread = threading.Thread(target=lambda: client.post("/aggregate", json=paths))
        thread.start()
        try:
            assert becomes(lambda: all(self.hits[name] for name in names))
            yield
        finally:
            self.open(*names)
            thread.join()

    def _gate(self, name: str) -> Response:
        self.hits[name] += 1
        self._gates[name].wait(PATIENCE)
        response = jsonify(name)
        response.set_cookie(name, "1")
        self.left[name] += 1
        return response


def _crash() -> str:
    raise ZeroDivisionError("the traceback")


Kind = TypeVar("Kind", bound=Gated)


@contextmanager
def making(kind: type[Kind]) -> Iterator[Callable[..., Kind]]:
    """Makes such apps with the options of a gateway; at the end nobody waits at a gate any longer."""
    made: list[Kind] = []

    def make(**options: Any) -> Kind:
        made.append(kind(**options))
        return made[-1]

    yield make
    for each in made:
        each.open_all()
        assert becomes(lambda each=each: each.left == each.hits)  # type: ignore[misc]
