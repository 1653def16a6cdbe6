"""An app with routes that hang until they are released."""

import itertools
import threading
from collections import Counter
from typing import Any

from flask import Flask

from restgql import Gateway
from tests.turnstile import PATIENCE, Turnstile

# A pool belongs to the process and is found by its size: no test here shares one with another.
SIZES = itertools.count(201)


class Hanging:
    """`/hang/<id>` hangs until it is released, everything else answers; how it is asked, and what hit what."""

    def __init__(self) -> None:
        self.app = Flask(__name__)
        self.released = threading.Event()
        self.turnstile = Turnstile()
        self.hits: Counter[str] = Counter()
        self.app.add_url_rule("/hang/<id>", "hang", self._hang)
        for number in range(20):
            self.app.add_url_rule(f"/hang{number}/<id>", f"hang{number}", self._hang)
        self.app.add_url_rule("/fine/<id>", "fine", self._fine)
        self.app.add_url_rule("/list/<int:count>", "list", lambda count: [str(number) for number in range(count)])
        self.client = self.app.test_client()

    def _hang(self, id: str) -> Any:
        with self.turnstile.entered(id):
            return {"id": id, "released": self.released.wait(3 * PATIENCE)}

    def _fine(self, id: str) -> Any:
        self.hits[id] += 1
        return {"id": id}

    def gateway(self, **settings: Any) -> Gateway:
        settings = {"threads": next(SIZES), "subrequest_timeout": 2 * PATIENCE, "deadline": 3 * PATIENCE} | settings
        return Gateway(self.app, routes=["*"], **settings)

    def query(self, document: str) -> Any:
        return self.app.test_client().post("/graphql", json={"query": document})

    def aggregate(self, paths: list[str]) -> Any:
        return self.app.test_client().post("/aggregate", json=paths)


def codes(answer: Any) -> dict[str, str]:
    """The code of each error by its path."""
    return {".".join(map(str, error["path"])): error["extensions"]["code"] for error in answer.json.get("errors", ())}
