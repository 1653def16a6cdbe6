"""Over a link of 100 ms round trip: a sentence and its words in one query, and as a REST client asks for them."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from benchmarks.app import SENTENCE
from benchmarks.measure import Round

DELAY = 0.05
ROUNDS = 5
WORDS = SENTENCE.split()
QUERY = """query ($sentence: String!) {
  fetch(path: "/v1/sentence/{sentence}.json", params: {sentence: $sentence}) {
    sentiment: json(select: "sentiment")
    best: getEach(over: "split(sentence, ' ')", path: "/v1/word/{item}.json", select: "max_by(@, &sentiment)")
  }
}"""
BODY = json.dumps({"query": QUERY, "variables": {"sentence": SENTENCE}})
Ask = Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]


def paths() -> tuple[str, list[str]]:
    return f"/v1/sentence/{quote(SENTENCE)}.json", [f"/v1/word/{word}.json" for word in WORDS]


async def in_one_query(client: httpx.AsyncClient) -> Any:
    answer = await client.post("/graphql", content=BODY, headers={"content-type": "application/json"})
    return answer.json()["data"]["fetch"]["best"]


async def words_at_once(client: httpx.AsyncClient) -> Any:
    first, rest = paths()
    (await client.get(first)).raise_for_status()
    found = await asyncio.gather(*[client.get(path) for path in rest])
    return max((each.json() for each in found), key=lambda word: word["sentiment"])


async def one_by_one(client: httpx.AsyncClient) -> Any:
    first, rest = paths()
    (await client.get(first)).raise_for_status()
    found = [(await client.get(path)).json() for path in rest]
    return max(found, key=lambda word: word["sentiment"])


WAYS: dict[str, tuple[Ask, bool]] = {
    "one query": (in_one_query, False),
    "HTTP/2, all words at once": (words_at_once, True),
    "HTTP/1.1 keep-alive, one by one": (one_by_one, False),
}


async def timed(address: str, ask: Ask, http2: bool) -> float:
    """Seconds of one visit on a connection that is open already."""
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=address, http1=not http2, http2=http2, limits=limits, timeout=30) as client:
        await ask(client)
        started = time.perf_counter()
        assert await ask(client) == {"word": "superb", "sentiment": 5}
        return time.perf_counter() - started


def rounds() -> list[Round]:
    """The seconds of each way, in interleaved rounds."""
    with link() as address:
        return [
            {way: asyncio.run(timed(address, ask, http2)) for way, (ask, http2) in WAYS.items()} for _ in range(ROUNDS)
        ]


@contextlib.contextmanager
def link() -> Iterator[str]:
    """The address of the app behind the link."""
    server, proxy = free_port(), free_port()
    root = Path(__file__).parent.parent
    granian = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(server),
        "--blocking-threads",
        "32",
    ]
    commands = (
        [*granian, "--log-level", "error", "benchmarks.app:app"],
        [sys.executable, "-m", "benchmarks.link", str(proxy), str(server), str(DELAY)],
    )
    processes = [subprocess.Popen(command, cwd=root) for command in commands]
    try:
        for port in (server, proxy):
            await_port(port)
        yield f"http://127.0.0.1:{proxy}"
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")
