"""The connections to an upstream, and its configuration."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import ConfigError, Gateway
from tests.upstream.raw import Raw
from tests.upstream.remote.api import Api, mounted

# The connections.


@pytest.fixture
def kept() -> Iterator[Raw]:
    server = Raw(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), keep=True)
    yield server
    server.close()


def test_connections_are_reused_until_they_are_closed(app: Flask, kept: Raw) -> None:
    gateway = mounted(app, {"/one": kept.url})
    for number in range(3):
        gateway.fetch(f"/one/{number}")
    assert (kept.connections, len(kept.requests)) == (1, 3)
    app.extensions["restgql"]["restgql"].remotes.close()
    gateway.fetch("/one/4")
    assert (kept.connections, len(kept.requests)) == (2, 4)


def test_a_connection_that_was_closed_meanwhile_is_replaced(app: Flask) -> None:
    closing = Raw(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    gateway = mounted(app, {"/one": closing.url})
    try:
        for number in range(3):
            assert gateway.fetch(f"/one/{number}").status == 200
            time.sleep(0.05)
        assert closing.connections == 3
    finally:
        closing.close()


FORKS = """
import os, sys
from flask import Flask
from restgql import Gateway
gateway = Gateway(Flask("app"), upstreams={"/one": sys.argv[1]}, routes=[], sequential=True)
assert gateway.fetch("/one/parent").status == 200
if os.fork() == 0:
    os._exit(0 if gateway.fetch("/one/child").status == 200 else 1)
assert os.wait()[1] == 0
assert gateway.fetch("/one/parent").status == 200
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_has_connections_of_its_own(kept: Raw) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKS, kept.url], check=True, timeout=30)
    assert kept.connections == 2
    assert [line.split()[1] for line in kept.requests] == [b"/parent", b"/child", b"/parent"]


IMPORTS = """
import json, sys
from flask import Flask
import restgql, restgql.cli.commands
app = Flask("app")
gateway = restgql.Gateway(app, upstreams={"/one": sys.argv[1]}, routes=["*", "!static"])
app.add_url_rule("/", view_func=lambda: "here")
gateway.get("/")
before = {"requests", "urllib3"} & set(sys.modules)
gateway.fetch("/one/x")
print(json.dumps([sorted(before), sorted({"requests", "urllib3"} & set(sys.modules))]))
"""


def test_requests_is_imported_when_an_upstream_is_first_asked(kept: Raw) -> None:
    command = [sys.executable, "-W", "error", "-c", IMPORTS, kept.url]
    done = subprocess.run(command, check=True, timeout=30, capture_output=True, text=True)
    assert json.loads(done.stdout) == [[], ["requests", "urllib3"]]


# The configuration.


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"upstreams": {"github": "http://a"}}, "the prefix 'github' is not a plain path"),
        ({"upstreams": {"": "http://a"}}, "the prefix '' is not a plain path"),
        ({"upstreams": {"/a/": "http://a"}}, "the prefix '/a/' is not a plain path"),
        ({"upstreams": {"//a": "http://a"}}, "the prefix '//a' is not a plain path"),
        ({"upstreams": {"/a/../b": "http://a"}}, "the prefix '/a/../b' is not a plain path"),
        ({"upstreams": {"/a?b": "http://a"}}, "the prefix '/a?b' is not a plain path"),
        ({"upstreams": {"/{a}": "http://a"}}, "the prefix '/{a}' is not a plain path"),
        ({"upstreams": {"/a%2Fb": "http://a"}}, "the prefix '/a%2Fb' is not a plain path"),
        ({"upstreams": {"/a": "ftp://a"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "a.example"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "//a.example"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "http://"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http:///x"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://hilda:secret@"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://hilda:secret@a:b"}}, "the URL of '/a' has no host, or an invalid port"),
        ({"upstreams": {"/a": "http://a:99999"}}, "the URL of '/a' has no host, or an invalid port"),
        ({"upstreams": {"/a": "http://[::1"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://a/?b"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://a/#b"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://hilda:sec?ret@a"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://a/b/../c"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": "http://a b"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": "http://hilda:se cret@é"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": 1}}, "Expected `str | object`, got `int`"),
        ({"upstreams": ["http://a"]}, "it takes a mapping, such as {'/shop': 'https://shop.example'}, not a list"),
        ({"upstream_headers": ["Host"]}, "the header Host can never leave"),
        ({"upstream_headers": ["cookie", "X-Forwarded-For"]}, "the header X-Forwarded-For can never leave"),
        ({"upstream_headers": ["via"]}, "the header via can never leave"),
        ({"upstream_headers": ["content-type"]}, "the header content-type can never leave"),
        ({"upstream_headers": ["connection"]}, "the header connection can never leave"),
        ({"upstream_headers": ["a b"]}, "the header a b can never leave"),
    ],
)
@pytest.mark.parametrize("source", ["argument", "app.config"])
def test_what_is_wrong_with_a_key_is_said(given: dict[str, Any], says: str, source: str) -> None:
    app = Flask("app")
    if source == "app.config":
        app.config.update({f"RESTGQL_{key.upper()}": value for key, value in given.items()})
    with pytest.raises(ConfigError) as caught:
        Gateway(app, **given if source == "argument" else {})
    message = str(caught.value)
    assert says in message
    assert message.startswith("upstream" if source == "argument" else "RESTGQL_UPSTREAM")
    assert "secret" not in message
    assert "hilda" not in message


def test_the_environment_gives_upstreams(one: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RESTGQL_UPSTREAMS", json.dumps({"/one": one.url}))
    app = Flask("app")
    app.config.from_prefixed_env()
    assert Gateway(app, routes=[]).get("/one/x", select="api") == "one"


def test_the_document_that_the_page_shows(one: Api) -> None:
    page = (Path(__file__).parents[3] / "docs" / "upstreams.md").read_text()
    program, document = re.findall(r"^```(?:python)?\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[:2]
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(program.replace("https://api.example.com", one.url), shown)
    for path in ("tea", "pot"):
        one.answers[f"/v3/repos/{path}"] = lambda: {"stars": 3}
    with shown["app"].app_context():
        found = Gateway().execute(document)
    assert found["data"]["user"]["repositories"] == [3, 3]
    assert found["data"]["user"]["account"] == {"api": "one", "target": "/v3/users/ada"}
