"""A pytest plugin for the suite of an app: `-p gateway_suite`, with this folder on PYTHONPATH.

GATEWAY_SUITE_MODE: `alone` leaves the apps as they are, `added` puts a gateway on each Flask app that is asked, and
`through` sends each GET of a test client through that gateway too. GATEWAY_SUITE_REPORT is the file for the outcomes.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gateway_request import gateway_environ, response_of

MODE = os.environ["GATEWAY_SUITE_MODE"]
OUTCOMES: dict[str, str] = {}
SENT = {"through": 0, "direct": 0}

Answer = tuple[Iterable[bytes], str, Any]


def pytest_configure() -> None:
    if MODE != "alone":
        put_gateways()
    if MODE == "through":
        send_through()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.outcome != "passed" or report.when == "call":
        OUTCOMES[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    Path(os.environ["GATEWAY_SUITE_REPORT"]).write_text(json.dumps({"outcomes": OUTCOMES, "sent": SENT}))


def put_gateways() -> None:
    """Put a gateway on each app when its first client is made."""
    from restgql import Gateway

    make_client = Flask.test_client

    def test_client(app: Flask, *arguments: Any, **named: Any) -> Any:
        if "restgql" not in app.extensions:
            Gateway(app, routes=["*"], max_subrequests=500)
        return make_client(app, *arguments, **named)

    Flask.test_client = test_client  # type: ignore[method-assign]


def send_through() -> None:
    """Send each GET without a body as a `fetch`."""
    run = FlaskClient.run_wsgi_app

    def run_wsgi_app(client: FlaskClient, environ: dict[str, Any], buffered: bool = False) -> Answer:
        if environ["REQUEST_METHOD"] != "GET" or environ.get("CONTENT_LENGTH", "0") != "0":
            SENT["direct"] += 1
            return run(client, environ, buffered)
        SENT["through"] += 1
        body, status, headers = run(client, gateway_environ(environ), True)
        return response_of(b"".join(body), status, headers)

    FlaskClient.run_wsgi_app = run_wsgi_app  # type: ignore[method-assign]
