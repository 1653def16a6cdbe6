"""The gateway under real servers: threads, greenlets, and Rust's threads."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.servers.server import SERVERS, Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs Unix")

CLIENTS = 12
ROUNDS = 6
STOP_SECONDS = 15

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers that end with the test."""
    servers: list[Server] = []

    def start(name: str, *options: str, **environment: str) -> Server:
        servers.append(Server(name, tmp_path / f"{len(servers)}.log", options, **environment))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(request.param, tmp_path_factory.mktemp("server") / "log", SUBREQUEST_TIMEOUT="1")
    yield found
    found.kill()


DOCUMENT = """{
    compute: get(path: "/compute/1") wait: get(path: "/wait/1?ms=5")
    list: fetch(path: "/list/3") { json(select: "who") each(over: "ids") { get(path: "/wait/{item}?ms=5") }
        getEach(over: "ids", path: "/compute/{item}", select: "[].who") }
    aggregate(paths: ["/compute/1", "/wait/2?ms=1"])
    nested: get(path: "/nested/5")
}"""


def computed(id: str, who: str) -> Any:
    return {"id": id, "who": who, "sum": sum(range(1_000))}


def waited(id: str, who: str) -> Any:
    return {"id": id, "who": who, "kept": True}


def answer_for(who: str) -> Any:
    """What DOCUMENT gives to one client."""
    return {
        "compute": computed("1", who),
        "wait": waited("1", who),
        "list": {"json": who, "each": [{"get": waited(id, who)} for id in "012"], "getEach": [who] * 3},
        "aggregate": {"/compute/1": computed("1", who), "/wait/2?ms=1": waited("2", who)},
        "nested": {"who": who, "inner": waited("5", who)},
    }


def test_every_client_gets_its_own_answers(server: Server) -> None:
    """Many clients at once, each with a token: every part says that token and no other."""
    together = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        together.wait(30)
        for turn in range(ROUNDS):
            who = f"client-{number}-{turn}"
            assert server.query(DOCUMENT, who).json == {"data": answer_for(who)}
            answer = server.aggregate(
                [*(f"/compute/{n}" for n in range(5)), "/wait/1?ms=3", "/list/1", "/nested/1"], who
            )
            assert {part["who"] for part in answer.json.values()} == {who}

    with ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(client, range(CLIENTS)))


def test_without_a_token_the_guard_refuses(server: Server) -> None:
    assert server.aggregate(["/compute/1"], "").status == 401
    assert server.get("/compute/1", "").status == 401


@pytest.mark.parametrize("endpoint", ["aggregate", "graphql"])
def test_ten_routes_that_wait_for_each_other_run_at_once(server: Server, endpoint: str) -> None:
    def do_meet(turn: int) -> bool:
        paths = [f"/meet/{endpoint}-{turn}/10/{number}" for number in range(10)]
        if endpoint == "aggregate":
            parts = list(server.aggregate(paths).json.values())
        else:
            fields = " ".join(f'f{number}: get(path: "{path}")' for number, path in enumerate(paths))
            parts = list(server.query(f"{{ {fields} }}").json["data"].values())
        assert [part["id"] for part in parts] == [str(number) for number in range(10)]
        return all(part["met"] for part in parts)

    assert any(do_meet(turn) for turn in range(4))


def test_a_hang_is_a_timeout_and_the_server_goes_on(server: Server) -> None:
    with ThreadPoolExecutor(4) as executor:
        paths = ["/compute/1", "/hang?seconds=3", "/wait/1?ms=5", "/crash", "/error", "/endless"]
        hanging = [executor.submit(server.aggregate, paths, f"client-{number}") for number in range(4)]
        meanwhile = 0
        while not all(future.done() for future in hanging):
            assert server.query('{ get(path: "/compute/1") }', "other").json["data"]["get"]["who"] == "other"
            meanwhile += 1
    assert meanwhile > 3, "others are answered while it hangs"
    for number, future in enumerate(hanging):
        answer = future.result()
        assert answer.status == 200
        parts = answer.json
        assert parts["/compute/1"] == computed("1", f"client-{number}")
        assert parts["/wait/1?ms=5"] == waited("1", f"client-{number}")
        assert [parts[path]["status"] for path in paths[3:5]] == [500, 503]
        assert (parts["/hang?seconds=3"]["status"], parts["/hang?seconds=3"]["code"]) == (504, "TIMEOUT")
        assert (parts["/endless"]["status"], parts["/endless"]["code"]) == (502, "LIMIT_EXCEEDED")
    assert server.query(DOCUMENT, "after").json == {"data": answer_for("after")}


def test_t5_nesting_on_a_full_pool_goes_on(server: Server) -> None:
    """T5: sixteen clients with eight views each that ask the gateway themselves, four times the threads there are."""

    def client(number: int) -> None:
        paths = [f"/nested/{number}-{part}" for part in range(8)]
        answer = server.aggregate(paths, f"client-{number}")
        assert answer.status == 200
        assert [part["inner"]["id"] for part in answer.json.values()] == [path[8:] for path in paths]

    with ThreadPoolExecutor(16) as executor:
        list(executor.map(client, range(16)))


@pytest.mark.parametrize("name", SERVERS)
def test_a_stop_answers_what_has_begun_and_is_not_held_up_by_what_hangs(start: Start, name: str) -> None:
    server = start(name, SUBREQUEST_TIMEOUT="1")
    assert server.aggregate(["/hang"]).json["/hang"]["code"] == "TIMEOUT"  # its thread stays
    with ThreadPoolExecutor(1) as executor:
        begun = executor.submit(server.aggregate, [f"/wait/{number}?ms=700" for number in range(5)], "last")
        time.sleep(0.3)
        began = time.monotonic()
        status = server.stop(STOP_SECONDS)
        answer = begun.result()
    assert time.monotonic() - began < STOP_SECONDS
    assert (answer.status, [part["who"] for part in answer.json.values()]) == (200, ["last"] * 5)
    assert status == 0, server.log()


@pytest.mark.parametrize("environment", [{}, {"WARM": "1"}], ids=["loaded", "used"])
@pytest.mark.parametrize("name", ["gthread", "gevent"])
def test_an_app_loaded_and_used_before_the_fork(start: Start, name: str, environment: dict[str, str]) -> None:
    """Its workers have none of the threads there were, and under gevent no threads at all any more."""
    server = start(name, "--preload", "--workers", "2", **environment)

    def client(number: int) -> None:
        for turn in range(ROUNDS):
            who = f"client-{number}-{turn}"
            assert server.query(DOCUMENT, who).json == {"data": answer_for(who)}

    with ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(client, range(CLIENTS)))
    answers = [server.aggregate([f"/meet/{turn}/10/{number}" for number in range(10)]) for turn in range(4)]
    assert any(all(part["met"] for part in answer.json.values()) for answer in answers)
