"""What became of each sub-request is told in debug, or to whom the configuration allows it."""

import re
import time
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway

QUERY = """{
  slow: get(path: "/slow")
  user: fetch(path: "/users/1") { a: get(path: "/friends/{friend}") b: get(path: "/friends/{friend}") }
  gone: fetch(path: "/gone") { status }
}"""


def make(*, debug: bool = False, **options: Any) -> Flask:
    app = Flask(__name__)
    app.debug = debug
    app.add_url_rule("/slow", "slow", lambda: time.sleep(0.02) or {"slow": True})
    app.add_url_rule("/users/1", "user", lambda: {"friend": 2})
    app.add_url_rule("/friends/2", "friend", lambda: {"name": "Bo"})
    app.add_url_rule("/gone", "gone", lambda: ({}, 410))
    app.add_url_rule('/quoted/"<x>', "quoted", lambda x: {})
    Gateway(app, routes=["*"], **options)
    return app


def test_each_sub_request_has_a_row() -> None:
    answer = make(timings=True).test_client().post("/graphql", json={"query": QUERY})
    rows = answer.json["extensions"]["restgql"]["requests"]
    told = sorted((row["path"], row["status"], row["source"]) for row in rows)
    assert told == [
        ("/friends/2", 200, "deduplicated"),
        ("/friends/2", 200, "dispatched"),
        ("/gone", 410, "dispatched"),
        ("/slow", 200, "dispatched"),
        ("/users/1", 200, "dispatched"),
    ]
    slow = next(row for row in rows if row["path"] == "/slow")
    assert slow["duration"] >= slow["waiting"] >= 10
    assert all(row["start"] >= 0 and row["duration"] >= 0 and row["thread"] for row in rows)


def test_server_timing_has_the_same_for_browsers() -> None:
    answer = make(timings=True).test_client().post("/aggregate", json=["/users/1", "/gone", '/quoted/"a'])
    metrics = answer.headers["Server-Timing"].split(", r")
    assert [metric.partition(";dur=")[0] for metric in metrics] == [
        'r0;desc="200 /users/1, dispatched"',
        '1;desc="410 /gone, dispatched"',
        '2;desc="200 /quoted/%22a, dispatched"',
    ]


def test_nothing_is_told_where_nothing_was_asked() -> None:
    for answer in (
        make(timings=True).test_client().post("/aggregate", json=["no path"]),
        make(timings=True).test_client().post("/graphql", json={"query": "{ __typename }"}),
    ):
        assert (answer.status_code, "Server-Timing" in answer.headers) == (200, False)


@pytest.mark.parametrize("path", ["/users/1?q=é€\u2028", "/users/1?q='\"%22;,=", "/users/1?" + "ü" * 300])
def test_server_timing_is_well_formed_for_any_path(path: str) -> None:
    answer = make(timings=True).test_client().post("/aggregate", json=[path])
    assert re.fullmatch(r'r0;desc="[ -!#-\[\]-~]*";dur=[0-9.]+', answer.headers["Server-Timing"])


def test_server_timing_is_for_twenty_at_most() -> None:
    paths = [f"/users/1?{n}" for n in range(30)]
    answer = make(timings=True).test_client().post("/aggregate", json=paths)
    assert answer.headers["Server-Timing"].count("dur=") == 20


@pytest.mark.parametrize(
    ("options", "headers", "told"),
    [
        ({}, {}, False),
        ({}, {"X-Timings": "1"}, False),
        ({"debug": True}, {}, True),
        ({"debug": True, "timings": False}, {}, False),
        ({"timings": True}, {}, True),
        ({"timings": "X-Timings"}, {}, False),
        ({"timings": "X-Timings"}, {"X-Timings": "1"}, True),
        ({"debug": True, "timings": "X-Timings"}, {}, False),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_who_is_told(options: dict[str, Any], headers: dict[str, str], told: bool, accept: str) -> None:
    client = make(**options).test_client()
    answer = client.post("/graphql", json={"query": QUERY}, headers=headers | {"Accept": accept})
    assert ('"requests":' in answer.text) is told
    if accept == "application/json":
        assert ("Server-Timing" in answer.headers) is told
    whole = client.post("/aggregate", json=["/users/1"], headers=headers)
    assert ("Server-Timing" in whole.headers) is told
