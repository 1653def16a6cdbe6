"""M5 and F4: four times the load that the gateway's threads can take, and it goes on at its peak, refusing the rest.

RESTGQL_OVERLOAD_SECONDS sets how long.
"""

import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers.server import Server

SECONDS = float(os.environ.get("RESTGQL_OVERLOAD_SECONDS", "4"))
THREADS = 8
SERVER_THREADS = 64
CLIENTS = 60
TIMES = 4
DEADLINE = 10.0
WITHIN = DEADLINE / 2
"""What is refused or only looked at never waits for its deadline."""
OPTIONS = {"gthread": ["--threads", str(SERVER_THREADS)], "granian": ["--blocking-threads", str(SERVER_THREADS)]}
PATHS = [f"/wait/{number}?ms=50" for number in range(4)]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs Unix")


@pytest.fixture(params=OPTIONS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    found = Server(request.param, tmp_path / "log", OPTIONS[request.param], THREADS=str(THREADS))
    yield found
    found.kill()


class Asked(NamedTuple):
    status: int
    complete: bool
    seconds: float
    retry_after: str | None


def ask(server: Server) -> Asked:
    began = time.monotonic()
    answer = server.aggregate(PATHS)
    complete = answer.status == 200 and all("id" in part for part in answer.json.values())
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Asked(answer.status, complete, time.monotonic() - began, headers.get("retry-after"))


def load(server: Server, clients: int, seconds: float, rate: float | None = None) -> list[Asked]:
    """The answers to so many clients, each one request after the other, or all together so many a second."""
    until = time.monotonic() + seconds

    def client(number: int) -> list[Asked]:
        found: list[Asked] = []
        pause = clients / rate if rate else 0.0
        turn = time.monotonic() + pause * number / clients
        while (now := time.monotonic()) < until:
            if turn > now:
                time.sleep(turn - now)
            turn = max(turn, now) + pause
            found.append(ask(server))
        return found

    with ThreadPoolExecutor(clients) as executor:
        return [answer for found in executor.map(client, range(clients)) for answer in found]


def goodput(answers: list[Asked], seconds: float) -> float:
    return sum(answer.complete for answer in answers) / seconds


def percentile(values: list[float], hundredths: int) -> float:
    return statistics.quantiles(values, n=100)[hundredths - 1]


def test_m5_f4_four_times_the_capacity(server: Server) -> None:
    load(server, 4, 0.5)  # until the route is known
    peak = max(goodput(load(server, clients, SECONDS / 4), SECONDS / 4) for clients in (2, 4, 8))
    over = threading.Event()
    probes: list[tuple[int, float]] = []

    def probe() -> None:
        while not over.wait(0.2):
            for path in ("/graphql/health", "/graphql/health?ready"):
                began = time.monotonic()
                probes.append((server.get(path).status, time.monotonic() - began))

    with ThreadPoolExecutor(1) as executor:
        probing = executor.submit(probe)
        try:
            answers = load(server, CLIENTS, SECONDS, TIMES * peak)
        finally:
            over.set()
        probing.result()
    refused = [answer for answer in answers if answer.status == 503]
    figures = f"peak {peak:.0f}/s, then {goodput(answers, SECONDS):.0f}/s of {len(answers) / SECONDS:.0f}/s"
    print(figures, f"refused after {statistics.median(answer.seconds for answer in refused):.3f} s" if refused else "")
    assert {answer.status for answer in answers} <= {200, 503}
    assert goodput(answers, SECONDS) >= 0.8 * peak, figures
    assert refused, figures
    assert {answer.retry_after for answer in refused} == {"1"}
    assert statistics.median(answer.seconds for answer in refused) < WITHIN
    assert percentile([answer.seconds for answer in answers if answer.status == 200], 99) < DEADLINE
    assert {status for status, _ in probes} == {200}
    assert max(seconds for _, seconds in probes) < WITHIN
    assert all(answer.complete for answer in load(server, 2, 0.5)), "and after it as before"
