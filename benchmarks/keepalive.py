"""Routes that compute: ten GETs over one keep-alive connection against one batch of the ten, in wall and CPU time."""

import http.client
import json
import sys
import time
from collections.abc import Callable

from benchmarks.installing import FOLDER
from benchmarks.measure import Round
from benchmarks.processes import Server, free_port, serving

COUNT = 10
WAITING, WAIT = 3, 100
"""The routes of the mix that wait, and their milliseconds."""
KINDS = {
    **{f"ten of {ms} ms CPU": [f"/busy/{ms}/{n}" for n in range(COUNT)] for ms in (5, 20, 50)},
    f"{WAITING} of {WAIT} ms waiting, {COUNT - WAITING} of 20 ms CPU": [
        *(f"/slow/{WAIT}/{n}" for n in range(WAITING)),
        *(f"/busy/20/{n}" for n in range(COUNT - WAITING)),
    ],
}
APPS = {"default": "app", "own thread": "own_thread"}
ROUNDS, WARM = 9, 4
"""The interleaved rounds, and the batches before them, from which the gateway learns the routes."""
VISIT_SECONDS = 0.4
"""The time of a visit, about: CPU time is counted in hundredths of a second."""


def case(app: str, kind: str, way: str, unit: str) -> str:
    return f"{app}, {kind}, {way}, {unit}"


def rounds() -> list[Round]:
    """Return the seconds of each way to ask for the ten, of wall time and of the server's CPU time."""
    measured: list[Round] = [{} for _ in range(ROUNDS)]
    for name, app in APPS.items():
        port = free_port()
        options = ["-k", "gthread", "-w", "1", "--threads", "32", "--keep-alive", "600", "--log-level", "error"]
        command = [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", f"benchmarks.app:{app}"]
        FOLDER.mkdir(exist_ok=True)
        with serving(Server(command, port, environ={}, log=FOLDER / "keepalive.log")) as server:
            for kind, paths in KINDS.items():
                _measure(server, measured, name, kind, paths)
    return measured


def _measure(server: Server, measured: list[Round], name: str, kind: str, paths: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def exchange(method: str, path: str, body: str | None = None) -> bytes:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:200]!r}")
        return answer

    def one_by_one() -> None:
        for path in paths:
            exchange("GET", path)

    def at_once() -> None:
        answers = json.loads(exchange("POST", "/aggregate", json.dumps(paths)))
        if list(answers) != paths or any("n" not in answer for answer in answers.values()):
            raise RuntimeError(f"POST /aggregate: {answers}")

    ways: dict[str, Callable[[], None]] = {"GETs": one_by_one, "batch": at_once}
    for _ in range(WARM):
        at_once()
    began = time.perf_counter()
    one_by_one()
    repeats = max(1, round(VISIT_SECONDS / (time.perf_counter() - began)))
    for each in measured:
        for way, ask in ways.items():
            began, computed = time.perf_counter(), server.cpu_seconds()
            for _ in range(repeats):
                ask()
            each[case(name, kind, way, "wall")] = (time.perf_counter() - began) / repeats
            each[case(name, kind, way, "CPU")] = (server.cpu_seconds() - computed) / repeats
    connection.close()
