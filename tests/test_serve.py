"""`python -m restgql serve`: a gateway over other servers, without an app."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, request
from flask.cli import ScriptInfo

from restgql.cli import cli
from restgql.cli.standalone import serve as command

Serve = Callable[[Any], str]


def api(name: str) -> Flask:
    app = Flask(name)

    @app.get("/users/<int:id>")
    def user(id: int) -> dict[str, Any]:
        return {"api": name, "id": id, "auth": request.headers.get("Authorization")}

    return app


@contextmanager
def serving(*args: str, **environ: str) -> Iterator[str]:
    """The line that the command prints while it serves."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "restgql", "serve", "--port", "0", *args],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def ask(address: str, query: str, headers: dict[str, str]) -> Any:
    body = json.dumps({"query": query}).encode()
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"} | headers)
    with urllib.request.urlopen(asked, timeout=10) as response:
        answer = json.load(response)
    assert "errors" not in answer
    return answer["data"]


def test_it_serves_a_gateway_over_the_upstreams(serve: Serve) -> None:
    one, two = serve(api("one")), serve(api("two"))
    with serving("--upstream", f"/={one}", "--upstream", f"/two={two}", "--debug") as line:
        found = re.fullmatch(r"GraphiQL is at (http://127\.0\.0\.1:\d+/graphql)", line)
        assert found, line
        query = '{ a: get(path: "/users/1") b: get(path: "/two/users/2") routes { path } }'
        assert ask(found[1], query, {"Authorization": "Bearer mine"}) == {
            "a": {"api": "one", "id": 1, "auth": None},
            "b": {"api": "two", "id": 2, "auth": None},
            "routes": [{"path": "/two/{+path}"}, {"path": "/{+path}"}],
        }
        page = urllib.request.Request(found[1], headers={"Accept": "text/html"})
        with urllib.request.urlopen(page, timeout=10) as response:
            assert "GraphiQL" in response.read().decode()


def test_the_environment_configures_it(serve: Serve) -> None:
    environ = {
        "FLASK_RESTGQL_UPSTREAMS": json.dumps({"/one": serve(api("one"))}),
        "FLASK_RESTGQL_UPSTREAM_HEADERS": '["authorization"]',
    }
    with serving(**environ) as line:
        assert line.startswith("The gateway is at http://127.0.0.1:")
        query = '{ get(path: "/one/users/3", select: "auth") }'
        assert ask(line.split()[-1], query, {"Authorization": "Bearer mine"}) == {"get": "Bearer mine"}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "There is nothing to ask: give an --openapi document, or an --upstream."),
        (["--upstream", "/one"], "Invalid value for --upstream: is no PREFIX=URL"),
        (["--upstream", "/one=hilda:secret@example.com"], "the URL of '/one' does not begin with http:// or https://"),
        (["--upstream", "one=http://127.0.0.1"], "the prefix 'one' is no path"),
        (["--upstream", "/graphql=http://127.0.0.1"], "these paths are the gateway's own"),
    ],
)
def test_what_it_cannot_serve_is_said_in_a_line(args: list[str], says: str) -> None:
    done = CliRunner().invoke(command, args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert "secret" not in done.stderr


def test_flask_restgql_stays_as_it_is() -> None:
    assert "serve" not in cli.commands
    done = Flask(__name__).test_cli_runner().invoke(cli, ["serve"], obj=ScriptInfo(create_app=lambda: Flask("x")))
    assert done.exit_code == 2
