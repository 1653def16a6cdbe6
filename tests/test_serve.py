"""`python -m restgql serve`: a gateway over other servers, without an app."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, request
from flask.cli import ScriptInfo

from restgql.cli import cli
from restgql.cli.standalone import serve as command
from tests.upstream import shop

ROOT = Path(__file__).parent.parent
Serve = Callable[[Any], str]


def api(name: str) -> Flask:
    app = Flask(name)

    @app.get("/users/<int:id>")
    def user(id: int) -> dict[str, Any]:
        return {"api": name, "id": id, "auth": request.headers.get("Authorization")}

    return app


@contextmanager
def serving(*args: str, cwd: Path | None = None, **environ: str) -> Iterator[str]:
    """The line that the command prints while it serves."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "restgql", "serve", "--port", "0", *args],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        cwd=cwd,
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
        ([], "There is no upstream: give --upstream, or --openapi"),
        (["--upstream", "/one"], "Invalid value for --upstream: is neither PREFIX=URL"),
        (["--upstream", "/one=hilda:secret@example.com"], "the URL of '/one' does not begin with http:// or https://"),
        (["--upstream", "one=http://127.0.0.1"], "the prefix 'one' is not a plain path"),
        (["--upstream", "/graphql=http://127.0.0.1"], "these paths are the gateway's own"),
        (["--openapi", "no.json"], "upstreams['/']: openapi = 'no.json': [Errno 2] No such file"),
        (["--openapi", "http://127.0.0.1:1/o.json?secret"], "http://127.0.0.1:1/o.json cannot be fetched"),
        (["--openapi", "a=no.json", "--upstream", "a=http://a", "--upstream", "/a=http://b"], "names two URLs"),
        (["--credentials", "{}"], "names no upstream"),
        (["--openapi", "a.json", "--credentials", "secret"], "is no JSON object"),
    ],
)
def test_what_it_cannot_serve_is_said_in_a_line(args: list[str], says: str) -> None:
    done = CliRunner().invoke(command, args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert "secret" not in done.stderr


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with shop.serving() as url:
        yield url


def test_one_command_gives_graphiql_over_the_api_of_a_document(api_url: str) -> None:
    with serving("--openapi", f"{api_url}/v1/openapi.json") as line:
        match = re.fullmatch(r"GraphiQL is at (http://127\.0\.0\.1:\d+/graphql)", line)
        assert match, line
        query = "{ getPet(petId: 4) { name } stock { target } __schema { queryType { name } } }"
        assert ask(match[1], query, {}) == {
            "getPet": {"name": "pet 4"},
            "stock": {"target": "/v2/stock?"},
            "__schema": {"queryType": {"name": "Query"}},
        }
        mutation = 'mutation { addPet(input: {name: "Rex"}) { name } }'
        assert ask(match[1], mutation, {}) == {"addPet": {"name": "Rex"}}
        page = urllib.request.Request(match[1], headers={"Accept": "text/html"})
        with urllib.request.urlopen(page, timeout=10) as response:
            text = response.read().decode()
        assert "GraphiQL" in text
        assert r"{\n  echo {\n    authorization\n    key\n" in text  # the first query is of the API


def test_a_document_by_file_and_the_url_of_its_api(api_url: str, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(shop.document(["https://api.example.com/v1"])))
    (tmp_path / "joins.graphql").write_text('extend type Pet { twin: Pet @get(path: "/pets/{ownerId}") }')
    args = ("--openapi", "shop.json", "--upstream", f"{api_url}/v1", "--schema", "joins.graphql")
    with serving(*args, cwd=tmp_path) as line:
        query = "{ getPet(petId: 4) { name twin { name } } }"
        assert ask(line.split()[-1], query, {}) == {"getPet": {"name": "pet 4", "twin": {"name": "pet 1"}}}


def test_the_environment_types_an_upstream(api_url: str) -> None:
    entry = {"/shop": {"url": f"{api_url}/v1", "openapi": f"{api_url}/v1/openapi.json", "timeout": 5}}
    with serving(FLASK_RESTGQL_UPSTREAMS=json.dumps(entry)) as line:
        assert ask(line.split()[-1], "{ getPet(petId: 4) { name } }", {}) == {"getPet": {"name": "pet 4"}}


def test_several_documents_and_their_secrets(api_url: str, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(shop.document()))
    args = ["--openapi", "shop=shop.json", "--upstream", f"/shop={api_url}/v1", "--openapi", "crm=shop.json"]
    args += ["--upstream", f"crm={api_url}/v1", "--credentials", 'crm={"query": "api_key", "env": "CRM_KEY"}']
    shop.hits(api_url)
    with serving(*args, cwd=tmp_path, CRM_KEY="wolf-1965") as line:
        query = '{ shopEcho { target } crmEcho { target } get(path: "/crm/pets/1", select: "id") }'
        assert ask(line.split()[-1], query, {}) == {
            "shopEcho": {"target": "/v1/echo?"},
            "crmEcho": {"target": "/v1/echo?api_key=REDACTED"},
            "get": 1,
        }
    assert "/v1/echo?api_key=wolf-1965" in shop.hits(api_url)


def test_it_prints_the_servers_and_the_operations_without_a_field(
    api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restgql.cli.standalone.make_server", lambda *_, **__: Idle())
    source = tmp_path / "shop.json"
    source.write_text(json.dumps(shop.document()))
    done = CliRunner().invoke(command, ["--openapi", str(source), "--upstream", f"{api_url}/v1", "--host", "0.0.0.0"])
    assert done.output.splitlines() == [
        "The gateway is at http://0.0.0.0:1/graphql",  # beyond loopback, nothing is open unasked
        f"/ is {api_url}/v1",
        f"No field for GET /stock: its own server, {api_url}/v2, is not below {api_url}/v1 (the upstream '/')",
    ]


class Idle:
    server_port = 1

    def serve_forever(self) -> None:
        pass


def test_flask_restgql_stays_as_it_is() -> None:
    assert "serve" not in cli.commands
    done = Flask(__name__).test_cli_runner().invoke(cli, ["serve"], obj=ScriptInfo(create_app=lambda: Flask("x")))
    assert done.exit_code == 2
