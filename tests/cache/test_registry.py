"""The documents that clients register, where the cache is a Redis: of all processes, and without it of each."""

import hashlib
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway
from restgql.cache.redis_registry import RedisRegistry
from restgql.documents.registry import MemoryRegistry
from tests.redis_server import RedisServer

DOCUMENT = '{ a: get(path: "/a") }'


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def process(url: str, *, entries: int = 10) -> RedisRegistry:
    """A registry with nothing of its own, as a process that has just begun has it."""
    return RedisRegistry(url, MemoryRegistry(entries, 1_000_000), entries=entries)


def client_of(url: str) -> Any:
    app = Flask(__name__)
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    Gateway(app, routes=["*"], cache=url)
    return app.test_client()


def test_what_one_process_registers_another_knows(redis_server: RedisServer) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(DOCUMENT)}}
    first, second = client_of(redis_server.url), client_of(redis_server.url)
    assert second.post("/graphql", json={"extensions": extensions}).json["errors"][0]["message"].endswith("NotFound")
    first.post("/graphql", json={"query": DOCUMENT, "extensions": extensions})
    assert second.post("/graphql", json={"extensions": extensions}).json == {"data": {"a": {"a": 1}}}
    redis_server.stop()
    for client in (first, second):  # each keeps what it has had
        assert client.post("/graphql", json={"extensions": extensions}).json == {"data": {"a": {"a": 1}}}


def test_x3_it_is_bounded(redis_server: RedisServer) -> None:
    texts = [f"{{ a{number}: __typename }}" for number in range(5)]
    registry = process(redis_server.url, entries=3)
    for text in texts[:3]:
        registry.put(digest(text), text)
    assert process(redis_server.url).get(digest(texts[0])) == texts[0]  # so that it is not the oldest
    registry.put(digest(texts[3]), texts[3])
    other = process(redis_server.url)
    assert [other.get(digest(text)) for text in texts] == [texts[0], None, texts[2], texts[3], None]


def test_a_document_that_is_not_what_its_name_says_is_none(redis_server: RedisServer) -> None:
    process(redis_server.url).put(digest(DOCUMENT), "{ b: __typename }")
    assert process(redis_server.url).get(digest(DOCUMENT)) is None


def test_a_redis_that_is_away_costs_nothing_and_the_log_says_so(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    registry = process(redis_server.url)
    redis_server.stop()
    for _ in range(3):
        assert registry.get(digest(DOCUMENT)) is None
    registry.put(digest(DOCUMENT), DOCUMENT)
    for _ in range(1_000):
        assert registry.get(digest(DOCUMENT)) == DOCUMENT
        assert registry.get(digest("other")) is None
    # each attempt is logged: there were no others
    assert len([message for message in caplog.messages if message.startswith("The documents of clients")]) == 3
