"""W7: links of 40 and 100 ms round trip, with one query or batch, HTTP/2, six connections, and one by one."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from benchmarks import backend
from benchmarks.installing import FOLDER
from benchmarks.measure import Round
from benchmarks.processes import Server, free_port, serving

ROUND_TRIPS = (40, 100)
WORDS = backend.SENTENCE.split()
FIRST = f"/v1/sentence/{quote(backend.SENTENCE)}.json"
WORD_PATHS = [f"/v1/word/{word}.json" for word in WORDS]
POST_PATHS = [f"/posts/{id}" for id in range(1, 11)]
QUERY = """query ($sentence: String!) {
  fetch(path: "/v1/sentence/{sentence}.json", params: {sentence: $sentence}) {
    sentiment: json(select: "sentiment")
    best: getEach(over: "split(sentence, ' ')", path: "/v1/word/{item}.json", select: "max_by(@, &sentiment)")
  }
}"""
Ask = Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]


async def _json(client: httpx.AsyncClient, path: str) -> Any:
    return (await client.get(path)).raise_for_status().json()


async def _post(client: httpx.AsyncClient, path: str, value: Any) -> Any:
    headers = {"content-type": "application/json"}
    return (await client.post(path, content=json.dumps(value), headers=headers)).raise_for_status().json()


def _best(words: Sequence[Any]) -> Any:
    return max(words, key=lambda word: word["sentiment"])


async def _query(client: httpx.AsyncClient) -> Any:
    answer = await _post(client, "/graphql", {"query": QUERY, "variables": {"sentence": backend.SENTENCE}})
    return answer["data"]["fetch"]["best"]


async def _words_at_once(client: httpx.AsyncClient) -> Any:
    await _json(client, FIRST)
    return _best(await asyncio.gather(*[_json(client, path) for path in WORD_PATHS]))


async def _words_one_by_one(client: httpx.AsyncClient) -> Any:
    await _json(client, FIRST)
    return _best([await _json(client, path) for path in WORD_PATHS])


async def _batch(client: httpx.AsyncClient) -> Any:
    return list((await _post(client, "/aggregate", POST_PATHS)).values())


async def _posts_at_once(client: httpx.AsyncClient) -> Any:
    return await asyncio.gather(*[_json(client, path) for path in POST_PATHS])


async def _posts_one_by_one(client: httpx.AsyncClient) -> Any:
    return [await _json(client, path) for path in POST_PATHS]


TEN = "ten GETs"
SENTENCE = "a sentence, then its nine words"
ANSWERS: dict[str, Any] = {
    TEN: [backend.POSTS[id] for id in range(1, 11)],
    SENTENCE: {"word": "superb", "sentiment": 5},
}
# The task, the way, what asks, the connections, and whether they speak HTTP/2
WAYS: tuple[tuple[str, str, Ask, int, bool], ...] = (
    (TEN, "one request", _batch, 1, False),
    (TEN, "HTTP/2", _posts_at_once, 1, True),
    (TEN, "six connections", _posts_at_once, 6, False),
    (TEN, "one by one", _posts_one_by_one, 1, False),
    (SENTENCE, "one request", _query, 1, False),
    (SENTENCE, "HTTP/2", _words_at_once, 1, True),
    (SENTENCE, "six connections", _words_at_once, 6, False),
    (SENTENCE, "one by one", _words_one_by_one, 1, False),
)


def case(task: str, way: str, round_trip: int) -> str:
    return f"{task}, {round_trip} ms link: {way}"


async def _timed(address: str, task: str, ask: Ask, connections: int, http2: bool) -> float:
    """Return the seconds of one visit on connections that are open already."""
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=address, http1=not http2, http2=http2, limits=limits, timeout=30) as client:
        await ask(client)
        started = time.perf_counter()
        answer = await ask(client)
        seconds = time.perf_counter() - started
    assert answer == ANSWERS[task], answer
    return seconds


def rounds(count: int = 3) -> list[Round]:
    """Return the seconds of each way over each link, in interleaved rounds."""
    with _links() as addresses:
        return [
            {
                case(task, way, round_trip): asyncio.run(_timed(address, task, ask, connections, http2))
                for round_trip, address in addresses.items()
                for task, way, ask, connections, http2 in WAYS
            }
            for _ in range(count)
        ]


@contextlib.contextmanager
def _links() -> Iterator[dict[int, str]]:
    """Give the addresses of the app behind each link, by round trip in ms."""
    FOLDER.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        target = free_port()
        options = ["--interface", "wsgi", "--port", str(target), "--blocking-threads", "32", "--log-level", "error"]
        _serve(stack, target, ["granian", *options, "benchmarks.app:app"])
        addresses = {}
        for round_trip in ROUND_TRIPS:
            port = free_port()
            _serve(stack, port, ["benchmarks.link", str(port), str(target), str(round_trip / 2_000)])
            addresses[round_trip] = f"http://127.0.0.1:{port}"
        yield addresses


def _serve(stack: contextlib.ExitStack, port: int, module: list[str]) -> None:
    log = Path(FOLDER, f"{module[0]}.log")
    stack.enter_context(serving(Server([sys.executable, "-m", *module], port, environ={}, log=log)))
