"""sentry-sdk: a transaction for each part and one for the outer request, each with what happened in it and no more."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.equality.client import Headers
from tests.extensions.apps import observability
from tests.extensions.setting import SETTINGS, Client

settings = pytest.mark.parametrize("options", SETTINGS)
TRACE, SPAN = "1" * 32, "2" * 16
CALLER: Headers = [("sentry-trace", f"{TRACE}-{SPAN}-1")]

IN_A_PROCESS_OF_ITS_OWN = """
import json, sys
import sentry_sdk
from flask import Flask
from restgql import Gateway
from tests.extensions.apps.observability import Envelopes
from werkzeug.test import Client

envelopes = Envelopes()
sentry_sdk.init(dsn="http://key@localhost/1", transport=envelopes, traces_sample_rate=1.0)
app = Flask("app")

@app.get("/tagged/<name>")
def tagged(name):
    sentry_sdk.set_tag("name", name)
    app.logger.error("hello %s", name)
    return {"name": name}

Gateway(app)
for multithread in (True, False):
    for _ in range(3):
        answer = Client(app).post(
            "/aggregate", json=["/tagged/a", "/tagged/b"], environ_overrides={"wsgi.multithread": multithread}
        )
        assert answer.json == {f"/tagged/{name}": {"name": name} for name in "ab"}, answer.text
sentry_sdk.flush()
print(json.dumps(envelopes.items, default=str))
"""


def new(setting: Any) -> tuple[Client, observability.Envelopes]:
    app = observability.by_sentry(setting)
    return Client(app), app.extensions["envelopes"]


def trace_of(item: Any) -> tuple[str, str | None]:
    trace = item["contexts"]["trace"]
    return trace["trace_id"], trace.get("parent_span_id")


@settings
def test_each_part_is_a_transaction_beside_that_of_the_outer_request(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client, envelopes = new(make_setting(**options))
    client.aggregate(["/users/1", "/users/2"], CALLER)
    transactions = envelopes.of_type("transaction")
    names = sorted(item["transaction"] for item in transactions)
    assert names == ["restgql.aggregate", "user", "user"]
    assert {trace_of(item) for item in transactions} == {(TRACE, SPAN)}  # siblings, in the trace of the caller
    envelopes.items.clear()
    client.aggregate(["/users/1", "/users/2"])
    traces = [trace_of(item) for item in envelopes.of_type("transaction")]
    assert len({trace for trace, _ in traces}) == 3
    assert {parent for _, parent in traces} == {None}


@settings
def test_a_crash_in_a_part_is_one_error_with_the_request_of_the_part(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client, envelopes = new(make_setting(**options))
    client.get("/crash")
    direct = envelopes.of_type(None)
    envelopes.items.clear()
    assert client.aggregate(["/users/1", "/crash"])["/crash"]["status"] == 500
    through = envelopes.of_type(None)
    assert [summary(event) for event in through] == [summary(event) for event in direct]
    assert summary(through[0]) == ("crash", "http://localhost/crash", "GET", "ZeroDivisionError", False)


def summary(event: Any) -> tuple[Any, ...]:
    (error,) = event["exception"]["values"]
    request = event["request"]
    return event["transaction"], request["url"], request["method"], error["type"], error["mechanism"]["handled"]


@settings
def test_tags_and_spans_of_a_part_stay_in_it(make_setting: Any, options: dict[str, Any]) -> None:
    client, envelopes = new(make_setting(**options))
    client.aggregate(["/tagged/a", "/tagged/b", "/users/1"])
    transactions = envelopes.of_type("transaction")
    spans = {item["request"]["url"].rpartition("/")[2]: [span["op"] for span in item["spans"]] for item in transactions}
    assert spans == {"a": ["db"], "b": ["db"], "1": [], "aggregate": []}
    tags = {item["request"]["url"].rpartition("/")[2]: item.get("tags", {}).get("name") for item in transactions}
    assert tags == {"a": "a", "b": "b", "1": None, "aggregate": None}
    messages = {event["message"]: event["tags"]["name"] for event in envelopes.of_type(None)}
    assert messages == {"hello a": "a", "hello b": "b"}


@settings
def test_a_mutation_is_a_transaction_too(make_setting: Any, options: dict[str, Any]) -> None:
    client, envelopes = new(make_setting(**options))
    assert client.mutate("/users", {"name": "Ann"}).status == 201
    sent = {(item["transaction"], item["request"]["method"]) for item in envelopes.of_type("transaction")}
    assert sent == {("add", "POST"), ("restgql.graphql", "POST")}


def test_all_that_it_patches_by_default_leaves_parts_apart() -> None:
    """Its integrations with logging and threads patch Python for good, so this has a process of its own."""
    command = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    items = json.loads(done.stdout)
    transactions = [item for item in items if item.get("type") == "transaction"]
    assert sorted(item["transaction"] for item in transactions) == ["restgql.aggregate"] * 6 + ["tagged"] * 12
    events = [item for item in items if item.get("level") == "error"]
    assert len(events) == 12
    for event in events:
        name = event["tags"]["name"]
        assert event["logentry"]["formatted"] == f"hello {name}"
        assert event["request"]["url"] == f"http://localhost/tagged/{name}"
