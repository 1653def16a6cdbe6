import hashlib
import logging
import re

import pytest
from flask import Flask

from restgql import Gateway

DOCUMENT = 'query Names { a: get(path: "/ok") b: get(path: "/nowhere") c: fetch(path: "/gone") { status } }'


def shop(**arguments):
    app = Flask(__name__)

    @app.get("/ok")
    def ok():
        return {}

    @app.get("/gone")
    def gone():
        return {}, 410

    Gateway(app, **arguments)
    return app


@pytest.fixture
def lines(caplog):
    """What the logger `restgql` has said, read when it is called."""
    caplog.set_level(logging.INFO, "restgql")

    def said(level):
        records = [r for r in caplog.records if (r.name, r.levelno) == ("restgql", level)]
        return [r.getMessage() for r in records if not r.getMessage().startswith("The profile is")]

    return said


def test_an_operation_is_a_line_at_info(lines):
    client = shop(routes=["*"]).test_client()
    client.post("/graphql", json={"query": DOCUMENT}, headers={"X-Request-Id": "req-1"})
    digest = hashlib.sha256(DOCUMENT.encode()).hexdigest()[:12]
    (line,) = lines(logging.INFO)
    assert re.fullmatch(rf"request=req-1 operation=Names document={digest} parts=200,NOT_ALLOWED,410 ms=\d+\.\d", line)


def test_an_aggregate_is_a_line_at_info(lines):
    client = shop(routes=["*"]).test_client()
    client.post("/aggregate", json=["/ok", "/gone", "//evil"], headers={"X-Request-Id": "req-2"})
    (line,) = lines(logging.INFO)
    assert re.fullmatch(r"request=req-2 operation=aggregate document=- parts=200,410,BAD_PATH ms=\d+\.\d", line)


@pytest.mark.parametrize("given", [None, "two words", "a\tb", "é", "x" * 129])
def test_a_request_id_that_is_absent_or_unfit_is_a_new_one(lines, given):
    client = shop(routes=["*"]).test_client()
    for _ in range(2):
        client.post("/graphql", json={"query": "{__typename}"}, headers={"X-Request-Id": given} if given else {})
    ids = {
        re.match(r"request=([0-9a-f]{12}) operation=- document=[0-9a-f]{12} parts=- ", line)[1]
        for line in lines(logging.INFO)
    }
    assert len(ids) == 2


def test_an_execution_in_python_is_a_line_too(lines):
    with shop(routes=["*"]).app_context():
        Gateway().execute(DOCUMENT, headers={"X-Request-Id": "task-3"})
    assert [line.split()[0] for line in lines(logging.INFO)] == ["request=task-3"]


@pytest.mark.parametrize(
    ("arguments", "debug", "said"),
    [
        ({}, False, ["routes through the gateway, 2 in all"]),
        ({}, True, []),
        ({"routes": ["*", "!static"]}, False, []),
        ({"routes": []}, False, []),
    ],
    ids=["not chosen", "in debug", "chosen, as the default is", "chosen, none"],
)
def test_routes_that_nobody_chose_are_said_once(lines, arguments, debug, said):
    app = shop(**arguments)
    app.debug = debug
    assert lines(logging.WARNING) == []
    for _ in range(2):
        app.test_client().post("/graphql", json={"query": DOCUMENT})
        app.test_client().post("/aggregate", json=["/ok"])
    warnings = lines(logging.WARNING)
    assert len(warnings) == len(said)
    for warning, part in zip(warnings, said, strict=True):
        assert warning.startswith("RESTGQL_ROUTES is not set: ")
        assert part in warning
        assert "A proxy" in warning


def test_each_gateway_says_what_it_opens(lines):
    app = shop()
    Gateway(app, name="all", url_prefix="/all")
    Gateway(app, name="some", url_prefix="/some", routes=["/ok"])
    for path in ("/aggregate", "/all/aggregate", "/some/aggregate"):
        app.test_client().post(path, json=["/ok"])
    assert len(lines(logging.WARNING)) == 2
