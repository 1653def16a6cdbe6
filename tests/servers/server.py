"""A real server in a process of its own, on a free loopback port, and requests to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
ANSWER_SECONDS = 30

APP = "tests.servers.app:app"
GUNICORN = ("gunicorn", "--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning")
SERVERS: dict[str, tuple[str, ...]] = {
    "gthread": (*GUNICORN, "-k", "gthread", "--threads", "16", "--bind", "127.0.0.1:{port}"),
    "gevent": (*GUNICORN, "-k", "gevent", "--bind", "127.0.0.1:{port}"),
    "granian": (
        *("granian", "--interface", "wsgi", "--blocking-threads", "16", "--workers-kill-timeout", "5"),
        *("--log-level", "warning", "--host", "127.0.0.1", "--port", "{port}"),
    ),
}  # fmt: skip
# With one thread, or with a new one for each request.
OTHERS: dict[str, tuple[str, ...]] = {
    "sync": (*GUNICORN, "-k", "sync", "--bind", "127.0.0.1:{port}"),
    "werkzeug": ("flask", "--app", APP, "run", "--port", "{port}"),
}


class Server:
    """One of SERVERS or OTHERS with `tests.servers.app`; started when this returns."""

    def __init__(self, name: str, log: Path, options: Sequence[str] = (), **environment: str) -> None:
        self.port = free_port()
        self._log = log
        module, *arguments = [part.format(port=self.port) for part in (SERVERS | OTHERS)[name]]
        command = [sys.executable, "-m", module, *arguments, *options, *(() if APP in arguments else (APP,))]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError(f"{name} does not answer:\n{self.log()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return self.get("/process").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def get(self, path: str, token: str = "test") -> "Answer":
        return self.ask("GET", path, None, token)

    def aggregate(self, paths: Sequence[str], token: str = "test") -> "Answer":
        return self.ask("POST", "/aggregate", list(paths), token)

    def query(self, document: str, token: str = "test") -> "Answer":
        return self.ask("POST", "/graphql", {"query": document}, token)

    def ask(self, method: str, path: str, value: Any, token: str = "test") -> "Answer":
        return self.send(None if value is None else json.dumps(value).encode(), token, path, method)

    def send(self, body: bytes | None, token: str = "test", path: str = "/graphql", method: str = "POST") -> "Answer":
        """The answer to a body as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def pid(self) -> int:
        """The worker that answers."""
        return int(self.get("/process").json["pid"])

    def stop(self, seconds: float) -> int:
        """The exit status after SIGTERM, within so many seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """The end, whatever it is at."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Answer:
    """A response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)
