"""The documents of this folder once more, with their routes in a Flask app: RESTGQL_VERIFY takes both ways."""

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, Response, request

from restgql import Gateway, Scripted
from restgql.formats import target
from restgql.model import SubRequest
from tests.scenarios.document import DOCUMENTS, Client, Scenario, config_of, read, script, variables_of

ONLY_SCRIPTED = {
    "→ timeout": "an app has a route that waits",
    "→ crash": "an app answers it with a page of its own",
    "after payload": "an app does not know of payloads",
    "```json\n[": "a response in parts has frames",
    " headers {": "an app adds Content-Length",
    " routes {": "the script has other names and methods",
    "parameter is a path": "the rules here have no parameters",
}
SENT = ("accept", "accept-language", "if-none-match", "prefer", "x-tenant", "idempotency-key", "cookie")


def is_scripted(path: Path) -> bool:
    return any(each in path.read_text() for each in ONLY_SCRIPTED)


def in_an_app(scenario: Scenario, config: dict[str, Any]) -> Flask:
    app = Flask("scenario")
    scripted = Scripted(script(scenario.blocks["routes"], Client()))

    def view(**_: Any) -> Response:
        path = request.environ["REQUEST_URI"]
        headers = tuple((name, request.headers[name]) for name in SENT if name in request.headers)
        reply = scripted(SubRequest(target=target.parse(path), headers=headers, cookie=request.headers.get("Cookie")))
        response = Response(reply.body, reply.status, list(reply.fields))
        if reply.header("content-type") is None:
            del response.headers["Content-Type"]
        for cookie in reply.cookies:
            response.headers.add("Set-Cookie", cookie)
        return response

    for number, path in enumerate({unquote(path) for path in scripted.paths}):
        app.add_url_rule(path, f"route{number}", view, provide_automatic_options=False)
    suggests = "Did you mean" in scenario.blocks["json"]  # a script has no suggestions of routes
    Gateway(app, routes=["*"], profile="open", verify=True, **{"suggestions": suggests} | config)
    return app


@pytest.mark.parametrize(
    "path",
    [path for path in DOCUMENTS if not is_scripted(path)],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_a_scenario_is_the_same_in_an_app(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scenario = read(path.read_text())
    expected = json.loads(scenario.blocks["json"])
    query = scenario.blocks["graphql"]
    client = in_an_app(scenario, config_of(scenario)).test_client(use_cookies=False)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):  # the matches are cached
            sent = {"query": query, "variables": variables_of(query)}
            answer = client.post("/graphql", json=sent, headers={"Accept": "application/json"}).json
            assert answer == expected
    assert "Different" not in caplog.text


def test_most_scenarios_run_in_an_app() -> None:
    assert sum(map(is_scripted, DOCUMENTS)) < len(DOCUMENTS) / 4
