"""Single flight: what clients of one identity ask for at the same time is one sub-request, where it is configured."""

import itertools
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, request

from restgql import Gateway
from tests.turnstile import PATIENCE, Turnstile, becomes

SIZES = itertools.count(301)
CLIENTS = 4
Fields = Mapping[str, str]


class Busy:
    """`/busy` holds everyone who is inside until it is opened; its response has the header fields `fields`."""

    def __init__(self, fields: Fields, **settings: Any) -> None:
        self.turnstile = Turnstile()
        self.opened = threading.Event()
        self.fields = fields
        self.app = Flask(__name__)
        self.app.add_url_rule("/busy", "busy", self._busy)
        self.app.add_url_rule("/crash", "crash", self._crash)
        self.app.add_url_rule("/nested", "nested", lambda: {"inner": self.gateway.get("/busy")["who"]})
        options = {"threads": next(SIZES), "deadline": 3 * PATIENCE, "subrequest_timeout": 2 * PATIENCE}
        self.gateway = Gateway(self.app, routes=["*"], **{**options, "single_flight": True, **settings})

    def flights(self) -> Any:
        return self.app.extensions["restgql"]["restgql"]._flights

    def _busy(self) -> Any:
        with self.turnstile.entered():
            assert self.opened.wait(PATIENCE)
        return {"who": request.headers.get("Authorization", "")}, 200, dict(self.fields)

    def _crash(self) -> Any:
        with self.turnstile.entered():
            assert self.opened.wait(PATIENCE)
        raise RuntimeError("a crash")

    def ask(self, headers: Fields, path: str = "/busy") -> Any:
        """What a client with these header fields gets; those in capitals are of the server."""
        client, served = self.app.test_client(use_cookies=False), {k: v for k, v in headers.items() if k.isupper()}
        sent = {name: value for name, value in headers.items() if name not in served}
        return client.post("/aggregate", json=[path], headers=sent, environ_overrides=served).json[path]

    def ask_at_once(self, of: list[Fields], inside: int, path: str = "/busy") -> list[Any]:
        """The answers to all, who are let in once `inside` of them are in the view and the others have asked."""
        with ThreadPoolExecutor(len(of)) as executor:
            asked = [executor.submit(self.ask, headers, path) for headers in of]
            assert self.turnstile.met(inside)
            assert becomes(lambda: self.waiting() == len(of) - inside)
            self.opened.set()
            return [future.result() for future in asked]

    def waiting(self) -> int:
        """How many wait for another's reply."""
        flights = self.flights()
        if flights is None:
            return 0
        with flights.lock:
            return sum(len(flight.landed._cond._waiters) for flight in flights.by_key.values())


def who(number: int) -> Fields:
    return {"Authorization": f"Bearer {number}"}


def test_clients_of_one_identity_share_one_sub_request() -> None:
    busy = Busy({})
    answers = busy.ask_at_once([who(1)] * CLIENTS, 1)
    assert answers == [{"who": "Bearer 1"}] * CLIENTS
    assert len(busy.turnstile.passed) == 1
    assert busy.ask(who(1)) == {"who": "Bearer 1"}
    assert len(busy.turnstile.passed) == 2, "what has landed is asked for again"
    assert not busy.flights().by_key


def test_it_is_off_unless_it_is_configured() -> None:
    busy = Busy({}, single_flight=False)
    assert len(busy.ask_at_once([who(1)] * CLIENTS, CLIENTS)) == CLIENTS
    assert len(busy.turnstile.passed) == CLIENTS


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Cookie", "Host", "X-Api-Key", "X-Device", "X-Forwarded-For", "REMOTE_USER", "REMOTE_ADDR"],
)
def test_no_identity_gets_the_reply_of_another(name: str) -> None:
    busy = Busy({})
    answers = busy.ask_at_once([{name: f"a={number}"} for number in range(CLIENTS)], CLIENTS)
    expected = [f"a={number}" if name == "Authorization" else "" for number in range(CLIENTS)]
    assert answers == [{"who": each} for each in expected]


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({"Set-Cookie": "session=1"}, CLIENTS),
        ({"Cache-Control": "private, No-Store"}, CLIENTS),
        ({"Vary": "*"}, CLIENTS),
        ({"Vary": "Accept-Encoding, Accept-Language"}, CLIENTS),
        ({"Vary": "User-Agent"}, 1),
        ({"Cache-Control": "private"}, 1),
    ],
    ids=lambda value: str(value),
)
def test_a_response_that_is_one_clients_alone_is_not_shared(fields: Fields, passed: int) -> None:
    busy = Busy(fields)
    busy.ask_at_once([{**who(1), "Accept-Language": str(number)} for number in range(CLIENTS)], 1)
    assert len(busy.turnstile.passed) == passed


def test_a_crash_is_everyones_who_waited_for_it() -> None:
    busy = Busy({})
    answers = busy.ask_at_once([who(1)] * CLIENTS, 1, "/crash")
    assert [answer["status"] for answer in answers] == [500] * CLIENTS
    assert len(busy.turnstile.passed) == 1


def test_who_waits_has_no_more_than_its_own_time() -> None:
    busy = Busy({}, subrequest_timeout=0.3)
    with ThreadPoolExecutor(2) as executor:
        answers = [future.result() for future in [executor.submit(busy.ask, who(1)) for _ in range(2)]]
    assert [answer["code"] for answer in answers] == ["TIMEOUT"] * 2
    assert len(busy.turnstile.passed) == 1
    busy.opened.set()
    assert busy.turnstile.left()
    assert becomes(lambda: not busy.flights().by_key)


def test_nested_requests_never_wait_for_one_another() -> None:
    busy = Busy({})
    with ThreadPoolExecutor(2) as executor:
        asked = [executor.submit(busy.ask, who(1), path) for path in ("/busy", "/nested")]
        assert busy.turnstile.met(2)
        busy.opened.set()
        assert [future.result() for future in asked] == [{"who": "Bearer 1"}, {"inner": "Bearer 1"}]


def test_timings_say_whose_it_was() -> None:
    busy = Busy({}, timings=True)
    query = {"query": '{ get(path: "/busy") }'}

    def sources() -> list[str]:
        answer = busy.app.test_client().post("/graphql", json=query, headers=who(1)).json
        return [row["source"] for row in answer["extensions"]["restgql"]["requests"]]

    with ThreadPoolExecutor(2) as executor:
        asked = [executor.submit(sources) for _ in range(2)]
        assert busy.turnstile.met(1)
        assert becomes(lambda: busy.waiting() == 1)
        busy.opened.set()
        assert sorted(future.result() for future in asked) == [["deduplicated"], ["dispatched"]]
