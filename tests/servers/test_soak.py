"""F8: twenty seconds of everything that can go wrong, and the server has no more threads, files or memory than before.

RESTGQL_SOAK_SECONDS sets how long: the weekly run takes ten minutes.
"""

import json
import os
import random
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.servers.server import Server
from tests.servers.test_servers import DOCUMENT, answer_for
from tests.turnstile import becomes

SECONDS = float(os.environ.get("RESTGQL_SOAK_SECONDS", "20"))
CLIENTS = 8
SAMPLE_SECONDS = 0.25
SUBREQUEST_TIMEOUT = 0.5

SERVER_THREADS = 16
POOL_THREADS = 32
MAX_THREADS = SERVER_THREADS + 2 * POOL_THREADS + 4  # as many again may be stuck; the server has a few more
MAX_FILES = CLIENTS + SERVER_THREADS + 40
MORE_FILES = 2
MORE_MEGABYTES = 8.0
"""By the median of the last quarter against that of the second: what leaks 2 kB an operation is over it."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system has no /proc")


class Sample(NamedTuple):
    threads: int
    files: int
    megabytes: float


def sample(pid: int) -> Sample:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return Sample(int(status["Threads"]), files, int(status["VmRSS"].split()[0]) / 1024)


class Client:
    """One client: `turn` does something at random, and checks the answer that it gets."""

    def __init__(self, server: Server, number: int, done: Counter[str]) -> None:
        self._server = server
        self._random = random.Random(number)
        self._name = f"client-{number}"
        self._done = done
        self._turn = 0

    def turn(self) -> None:
        self._turn += 1
        act = self._random.choice(ACTS)
        act(self, f"{self._name}-{self._turn}")
        self._done[act.__name__] += 1

    def _unique(self) -> str:
        return f"{self._random.getrandbits(64):x}"

    def batch(self, who: str) -> None:
        paths = [f"/compute/{self._unique()}" for _ in range(6)] + [f"/wait/{number}?ms=4" for number in range(6)]
        answer = self._server.aggregate(paths, who)
        assert answer.status == 200
        assert [part["who"] for part in answer.json.values()] == [who] * 12

    def dependents(self, who: str) -> None:
        document = DOCUMENT.replace("{", f"{{ x{self._unique()}: __typename ", 1)  # one that is new to the cache
        data = self._server.query(document, who).json["data"]
        assert {key: value for key, value in data.items() if not key.startswith("x")} == answer_for(who)

    def missing(self, who: str) -> None:
        paths = [f"/{self._unique()}{'a' * 500}/{number}" for number in range(20)]
        answer = self._server.aggregate([*paths, "/compute/1"], who)
        assert [answer.json[path]["code"] for path in paths] == ["NOT_ALLOWED"] * 20
        assert answer.json["/compute/1"]["who"] == who

    def failing(self, who: str) -> None:
        answer = self._server.aggregate(["/crash", "/error", "/endless", "/compute/1"], who)
        assert [part.get("status") for part in answer.json.values()] == [500, 503, 502, None]
        document = '{ crash: get(path: "/crash") fetch(path: "/error") { status get(path: "/compute/{id}") } }'
        codes = [error["extensions"]["code"] for error in self._server.query(document, who).json["errors"]]
        assert sorted(codes) == ["CANCELLED", "UPSTREAM_STATUS"]

    def hanging(self, who: str) -> None:
        answer = self._server.aggregate(["/compute/1", "/hang?seconds=0.8", "/wait/1?ms=2"], who)
        compute, hang, wait = [part.get("code") for part in answer.json.values()]
        # As long as too many of its threads have not returned, the route is asked no more.
        assert (compute, wait, hang in ("TIMEOUT", "UNAVAILABLE")) == (None, None, True), answer.body

    def hostile(self, who: str) -> None:
        for body in HOSTILE:
            answer = self._server.send(body, who)
            assert 200 <= answer.status < 500, (answer.status, body[:100])
            json.loads(answer.body)

    def disconnecting(self, who: str) -> None:
        paths = ["/wait/1?ms=50", "/endless", *(f"/compute/{number}" for number in range(5))]
        body = json.dumps(paths).encode()
        head = f"POST /aggregate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {who}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        sent = head.encode() + body
        for end in (len(sent), len(sent) - 10, len(head) - 20):
            with socket.create_connection(("127.0.0.1", self._server.port), 10) as connection:
                connection.sendall(sent[:end])
                time.sleep(0.01)


ACTS: list[Callable[[Client, str], None]] = [
    *[Client.batch] * 3,
    *[Client.dependents] * 3,
    Client.missing,
    Client.failing,
    Client.hanging,
    Client.hostile,
    Client.disconnecting,
]
HOSTILE: list[bytes] = [
    *(
        json.dumps({"query": query}).encode()
        for query in (
            "{ a" * 200 + "}" * 200,
            "{" + " ".join(f"a{n}: __typename" for n in range(2_000)) + "}",
            "{" + "__typename " * 1_500 + "}",
            "query { ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
            "{ " + " ".join(f'a{n}: get(path: "/compute/{n}")' for n in range(90)) + " }",
            '{ get(path: "//evil.example/") }',
            '{ get(path: "/graphql?query={__typename}") aggregate(paths: ["/aggregate?path=/compute/1"]) }',
            '{ fetch(path: "/list/900") { getEach(over: "ids", path: "/compute/{item}") } }',
            '{ fetch(path: "/list/3") { json(select: "' + "[" * 500 + '") } }',
            "{ __typename @include(if: 1" + "0" * 50_000 + ") }",
        )
    ),
    b'{"query": "{ __typename }", "variables": ' + b"[" * 50_000,
    b"\xff\xfe{",
    b"",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("soak") / "log"
    found = Server("gthread", log, ["--threads", str(SERVER_THREADS)], SUBREQUEST_TIMEOUT=str(SUBREQUEST_TIMEOUT))
    yield found
    found.kill()


class Soak:
    """Clients at it for so many seconds, and what the server had meanwhile."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.samples: list[Sample] = []
        self.done: Counter[str] = Counter()
        pid, until = server.pid(), time.monotonic() + seconds
        over = threading.Event()

        def client(number: int) -> None:
            one = Client(server, number, self.done)
            while time.monotonic() < until and not over.is_set():
                try:
                    one.turn()
                except BaseException:
                    over.set()
                    raise

        with ThreadPoolExecutor(CLIENTS) as executor:
            clients = [executor.submit(client, number) for number in range(CLIENTS)]
            while time.monotonic() < until and not over.wait(SAMPLE_SECONDS):
                self.samples.append(sample(pid))
        for future in clients:
            future.result()

    def quarter(self, number: int) -> list[Sample]:
        size = len(self.samples) // 4
        return self.samples[(number - 1) * size : number * size]


def test_f8_threads_files_and_memory_are_flat(server: Server) -> None:
    pid = server.pid()
    Soak(server, min(5, SECONDS / 4))  # until what is made once is there
    assert becomes(lambda: sample(pid).files == min(sample(pid).files for _ in range(20)))
    before = sample(pid)
    soak = Soak(server, SECONDS)
    assert soak.done.keys() == {act.__name__ for act in ACTS}

    assert max(one.threads for one in soak.samples) <= MAX_THREADS
    assert max(one.files for one in soak.samples) <= MAX_FILES
    second, last = (statistics.median(one.megabytes for one in soak.quarter(number)) for number in (2, 4))
    assert last - second < MORE_MEGABYTES, f"{second:.1f} → {last:.1f} MB in {soak.done.total()} turns: {soak.done}"
    assert becomes(lambda: sample(pid).files <= before.files + MORE_FILES), sample(pid)

    assert server.pid() == pid, "the worker is the one that it was"
    answer: Any = server.query(DOCUMENT, "after").json
    assert answer == {"data": answer_for("after")}
    assert server.stop(15) == 0
