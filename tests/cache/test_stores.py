"""Memory, SQLite and Redis: bounded, shared by processes, and a miss where they fail."""

import gc
import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from restgql.cache import redis as redis_store
from restgql.cache.cache import open_store
from restgql.cache.entry import Entry
from restgql.cache.keys import CacheKey
from restgql.cache.memory import Memory
from restgql.cache.sqlite import LOCKED_SECONDS
from restgql.cache.store import MAX_OWED, Entries, FaultTolerantStore, Store, StoredEntries, Token
from restgql.cli import cli
from restgql.upstream.circuit_breaker import CircuitBreaker
from restgql.upstream.scripted import ScriptedDispatcher
from tests.cache.asking import PATH, Asking, nothing_new, ok
from tests.cache.site import create, source
from tests.ports import free_port
from tests.redis_server import RedisServer

HERE = Path(__file__).parent.parent.parent
NOW, HOUR = time.time(), 3_600  # a whole run of the tests is well within it
KEY = CacheKey("http://localhost/a", "mine", "all")


def entry(body: bytes = b"{}", **changes: Any) -> Entry:
    times = {"born": NOW, "received": NOW, "expires": NOW + HOUR, "fresh": NOW + HOUR, "kept": NOW + HOUR}
    return Entry(
        **{"status": 200, "headers": (("A", "1"),), "body": body, "varied": (("b", None),), **times, **changes}
    )


@pytest.fixture(params=["memory", "sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return server.url
    return "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'cache.db'}"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    made = open_store(place, Path(), entries=100, size=1_000_000)
    yield made
    made.close()


def test_what_is_written_is_read(store: Store) -> None:
    found = store.read(KEY)
    assert (found.private, found.shared) == ((), ())
    store.write(KEY.uri, KEY.private, (entry(), entry(b"\xff\x00")), found.token)
    store.write(KEY.uri, KEY.shared, (entry(b"all"),), found.token)
    found = store.read(KEY)
    assert found.private == (entry(), entry(b"\xff\x00"))
    assert found.shared == (entry(b"all"),)
    assert store.read(CacheKey(KEY.uri, "another's", "all")).private == ()
    store.write(KEY.uri, KEY.private, (), found.token)
    assert store.read(KEY).private == ()


def test_an_invalidation_is_of_every_scope_and_of_what_is_about_to_be_written(store: Store) -> None:
    token, other = store.read(KEY).token, CacheKey("http://localhost/b", "mine", "all")
    for key in (KEY, other):
        store.write(key.uri, key.private, (entry(),), store.read(key).token)
        store.write(key.uri, "another's", (entry(),), store.read(key).token)
    store.invalidate([KEY.uri])
    assert store.read(KEY).private == ()
    assert store.read(CacheKey(KEY.uri, "another's", "all")).private == ()
    assert store.read(other).private == (entry(),)
    store.write(KEY.uri, KEY.private, (entry(b"old"),), token)
    assert store.read(KEY).private == ()
    store.write(KEY.uri, KEY.private, (entry(b"new"),), store.read(KEY).token)
    assert store.read(KEY).private == (entry(b"new"),)


def test_clear_drops_everything_and_what_is_about_to_be_written(store: Store) -> None:
    token = store.read(KEY).token
    store.write(KEY.uri, KEY.private, (entry(),), token)
    store.clear()
    assert store.read(KEY).private == ()
    store.write(KEY.uri, KEY.private, (entry(),), token)
    assert store.read(KEY).private == ()


def test_rules_hold_in_every_store(store: Store) -> None:
    answers = [ok("max-age=60, no-cache", ETag='"1"', Vary="X-A"), nothing_new("max-age=60", ETag='"1"'), ok()]
    asking = Asking(*answers, store=store)
    assert asking.sources({}, {}, {}, {"X-A": "1"}) == ["dispatched", "revalidated", "cached", "dispatched"]


def test_a_file_that_is_deleted_while_it_is_in_use_is_made_anew_by_all(tmp_path: Path) -> None:
    one, other = (open_store("sqlite:a.db", tmp_path, entries=9, size=99_999) for _ in range(2))
    one.write(KEY.uri, KEY.private, (entry(),), one.read(KEY).token)
    assert other.read(KEY).private
    for path in tmp_path.iterdir():
        path.unlink()
    assert not one.read(KEY).private
    one.write(KEY.uri, KEY.private, (entry(),), one.read(KEY).token)
    assert other.read(KEY).private, "it is in the new file, too"
    other.invalidate([KEY.uri])
    assert not one.read(KEY).private
    assert (tmp_path / "a.db").exists()
    one.close()
    other.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_it_is_bounded_in_entries_and_bytes(kind: str, tmp_path: Path) -> None:
    place = kind if kind == "memory" else f"sqlite:{tmp_path}/cache.db"
    few = open_store(place, tmp_path, entries=10, size=1_000_000)
    fill(few, 50)
    assert [number for number in range(50) if is_stored(few, number)] == list(range(40, 50))
    few.clear()
    small = open_store(place, tmp_path, entries=1_000, size=20_000)
    fill(small, 50, b"x" * 1_000)
    stored = [number for number in range(50) if is_stored(small, number)]
    assert 10 <= len(stored) <= 20
    assert stored[-1] == 49
    small.write("http://localhost/large", "mine", (entry(b"x" * 30_000),), small.read(KEY).token)
    assert small.read(CacheKey("http://localhost/large", "mine", "all")).private == ()
    for each in (few, small):
        each.close()


def test_in_memory_what_was_used_last_stays() -> None:
    store = Memory(entries=10, size=1_000_000)
    fill(store, 10)
    assert is_stored(store, 0)
    fill(store, 15, begin=10)
    assert [number for number in range(15) if is_stored(store, number)] == [0, *range(6, 15)]
    assert store.count == 10
    store.invalidate([f"http://localhost/{number}" for number in range(15)])
    assert (store.count, store.size) == (0, 0)


def test_a_token_that_is_too_old_to_be_known_writes_nothing() -> None:
    store = Memory(entries=10, size=1_000)
    token = store.read(KEY).token
    store.invalidate([KEY.uri])
    store.invalidate([f"http://localhost/{number}" for number in range(100)])
    store.write(KEY.uri, KEY.private, (entry(),), token)
    assert store.read(KEY).private == ()


def fill(store: Store, end: int, body: bytes = b"", begin: int = 0) -> None:
    for number in range(begin, end):
        store.write(f"http://localhost/{number}", "mine", (entry(body),), store.read(KEY).token)


def is_stored(store: Store, number: int) -> bool:
    return bool(store.read(CacheKey(f"http://localhost/{number}", "mine", "all")).private)


@pytest.mark.parametrize("answer", [ok("max-age=60"), ok("no-store")], ids=["stored", "not stored"])
def test_paths_that_clients_think_up_do_not_fill_the_memory(answer: Any) -> None:
    asking = Asking(store=Memory(entries=100, size=1_000_000))
    asking.script = ScriptedDispatcher({PATH: lambda request: answer})

    def held(begin: int) -> int:
        for number in range(begin, begin + 2_000):
            asking.ask(path=f"{PATH}?{number}{'a' * 3_900}")
            asking.store.invalidate([f"http://localhost/{number}{'a' * 3_900}"])
        asking.script = ScriptedDispatcher({PATH: lambda request: answer})  # it remembers what it was asked
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        full = held(0)
        assert held(2_000) - full < 1_000_000, "the next 2,000 paths alone are 8 MB"
    finally:
        tracemalloc.stop()


# Processes


def in_a_process(cache: str, *paths: str, **options: Any) -> list[str]:
    command = [sys.executable, "-m", "tests.cache.site", cache, *paths]
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True, **options).stdout.split()


def test_k7_what_one_process_writes_is_the_next_ones_hit(place: str) -> None:
    expected = "dispatched" if place == "memory" else "cached"
    paths = ["/shared/1", "/own/1"]
    assert in_a_process(place, *paths) == ["dispatched"] * 2
    assert in_a_process(place, *paths) == [expected] * 2


def test_k7_what_one_process_changes_the_others_ask_for_anew(place: str) -> None:
    app = create(place)
    assert [source(app, "/own/1"), source(app, "/own/1")] == ["dispatched", "cached"]
    in_a_process(place, "PUT /own/1")
    assert source(app, "/own/1") == ("cached" if place == "memory" else "dispatched")
    app.extensions["restgql"]["restgql"].cache.close()


def test_a_fork_goes_on_with_a_connection_of_its_own(place: str) -> None:
    """As gunicorn --preload forks its workers, even of an app that was asked before."""
    app = create(place)
    assert [source(app, "/own/1"), source(app, "/own/1")] == ["dispatched", "cached"]
    child = os.fork()
    if not child:
        try:
            seen = [source(app, path) for path in ("/own/1", "/own/2", "/own/2")]
            os._exit(0 if seen == ["cached", "dispatched", "cached"] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert source(app, "/own/2") == ("dispatched" if place == "memory" else "cached")
    app.extensions["restgql"]["restgql"].cache.close()


def test_the_command_clears_what_processes_share(place: str) -> None:
    app = create(place)
    source(app, "/own/1")
    result = app.test_cli_runner().invoke(cli, ["cache", "clear"])
    if place == "memory":
        assert result.exit_code == 1
        assert "nothing to clear" in result.output
    else:
        assert (result.exit_code, result.output) == (0, "")
        assert source(app, "/own/1") == "dispatched"
    app.extensions["restgql"]["restgql"].cache.close()


# What fails is a miss


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def complaints(quiet: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in quiet.records if "The cache" in record.getMessage()]


def test_a_file_that_is_no_database_is_a_miss(tmp_path: Path, quiet: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.db").write_bytes(b"something else" * 1_000)
    app = create(f"sqlite:{tmp_path}/cache.db")
    assert [source(app, "/own/1") for _ in range(5)] == ["dispatched"] * 5
    assert len(complaints(quiet)) == 1
    assert "not a database" in complaints(quiet)[0]
    assert (tmp_path / "cache.db").read_bytes() == b"something else" * 1_000
    result = app.test_cli_runner().invoke(cli, ["cache", "clear"])
    assert result.exit_code == 1
    assert "could not be cleared" in result.output


def test_a_database_of_something_else_stays_as_it_is(tmp_path: Path, quiet: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
    connection.close()
    before = path.read_bytes()
    app = create(f"sqlite:{path}")
    assert [source(app, "/own/1") for _ in range(2)] == ["dispatched"] * 2
    assert "the database of something else" in complaints(quiet)[0]
    assert path.read_bytes() == before


def test_entries_that_are_something_else_are_a_miss(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    app = create(f"sqlite:{path}")
    source(app, "/own/1")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE places SET entries = ?", (b"\x80\x04N.",))
    connection.close()
    assert [source(app, "/own/1") for _ in range(2)] == ["dispatched", "cached"]
    app.extensions["restgql"]["restgql"].cache.close()


def test_a_locked_file_is_a_miss_without_much_delay(tmp_path: Path, quiet: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.db"
    app = create(f"sqlite:{path}")
    source(app, "/own/1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    assert [source(app, f"/own/{number}") for number in range(2, 62)] == ["dispatched"] * 60
    # if each request waited for the lock, to read and to write, they would take longer
    assert time.monotonic() - started < 60 * 2 * LOCKED_SECONDS
    other.execute("ROLLBACK")
    other.close()
    assert len(complaints(quiet)) == 1
    app.extensions["restgql"]["restgql"].cache.close()


def test_a_full_disk_is_a_miss(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    sizes = [f"/size/{size}" for size in (1_000, 90_000, 90_000)]
    assert in_a_process(f"sqlite:{tmp_path}/cache.db", *sizes, preexec_fn=limit) == ["dispatched"] * 3


def test_k7_a_redis_that_is_not_there_is_a_miss(quiet: pytest.LogCaptureFixture) -> None:
    app = create(f"redis://someone:a-password@127.0.0.1:{free_port()}/0")
    assert [source(app, "/own/1") for _ in range(5)] == ["dispatched"] * 5
    assert len(complaints(quiet)) == 1
    assert "password" not in complaints(quiet)[0]


def test_k7_a_redis_that_does_not_answer_delays_a_few_requests_alone(redis_server: RedisServer) -> None:
    app = create(redis_server.url)
    assert [source(app, "/own/1") for _ in range(2)] == ["dispatched", "cached"]
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert [source(app, "/own/1") for _ in range(50)] == ["dispatched"] * 50
        # if each request waited for the Redis, to read and to write, they would take longer
        assert time.monotonic() - started < 50 * 2 * redis_store.SECONDS
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    app.extensions["restgql"]["restgql"].cache.close()


def test_foreign_values_in_redis_are_a_miss(redis_server: RedisServer) -> None:
    import redis

    app = create(redis_server.url)
    client = redis.Redis.from_url(redis_server.url)
    assert [source(app, "/own/1") for _ in range(2)] == ["dispatched", "cached"]
    keys = sorted(client.keys("*"), key=len)
    assert all(key.startswith(b"restgql:") for key in keys)
    assert all(0 < client.ttl(key) <= 8 * 86_400 for key in keys)
    token = client.get(keys[0])
    for value in (b"", b"\x00", b"\xff" * 100, token, token + b"\x80\x04N.", token + b"\x91\x90"):
        client.set(keys[-1], value)
        assert [source(app, "/own/1") for _ in range(2)] == ["dispatched", "cached"]
    client.delete(keys[-1])
    client.lpush(keys[-1], "a list")
    assert source(app, "/own/1") == "dispatched"
    client.set("another's", "1")
    app.test_cli_runner().invoke(cli, ["cache", "clear"])
    assert client.keys("*") == [b"another's"]
    client.close()
    app.extensions["restgql"]["restgql"].cache.close()


def test_connections_to_redis_stay_few(redis_server: RedisServer) -> None:
    import redis

    app, client = create(redis_server.url), redis.Redis.from_url(redis_server.url)
    for number in range(200):
        source(app, f"/own/{number % 20}")
    assert len(client.client_list()) <= 3
    client.close()
    app.extensions["restgql"]["restgql"].cache.close()


class Failing:
    """A store that fails while it is told to."""

    failures = (OSError,)

    def __init__(self) -> None:
        self.fails = False
        self.calls = 0
        self._store = Memory(entries=10_000, size=1_000_000)

    def _do(self, do: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.fails:
            raise OSError("it is not there")
        return do()

    def read(self, key: CacheKey) -> StoredEntries:
        found: StoredEntries = self._do(lambda: self._store.read(key))
        return found

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        self._do(lambda: self._store.write(uri, scope, entries, token))

    def invalidate(self, uris: Sequence[str]) -> None:
        self._do(lambda: self._store.invalidate(uris))

    def clear(self) -> None:
        self._do(self._store.clear)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize("count", [1, MAX_OWED + 10])
def test_what_could_not_be_dropped_is_dropped_before_it_is_read_again(count: int) -> None:
    failing = Failing()
    guarded = FaultTolerantStore(failing, "failing", lambda: CircuitBreaker(failures=3, seconds=0.3))
    guarded.write(KEY.uri, KEY.private, (entry(),), guarded.read(KEY).token)
    failing.fails = True
    for number in range(count):
        guarded.invalidate([KEY.uri if number == 0 else f"http://localhost/{number}"])
    assert [guarded.read(KEY).token for _ in range(3)] == [None] * 3
    failing.fails = False
    assert guarded.read(KEY).token is None, "it is left alone for a moment"
    time.sleep(0.35)
    found = guarded.read(KEY)
    assert found.token is not None
    assert found.private == ()


def test_a_store_that_fails_is_left_alone_and_said_to_fail_once(quiet: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    guarded = FaultTolerantStore(failing, "failing", lambda: CircuitBreaker(failures=3, seconds=60))
    failing.fails = True
    for _ in range(100):
        assert guarded.read(KEY) == StoredEntries()
    assert failing.calls == 3
    assert complaints(quiet) == ["The cache (failing) fails, and is not used for now: OSError: it is not there"]
