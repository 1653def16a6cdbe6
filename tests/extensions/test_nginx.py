"""The nginx configuration that the recipe shows, in front of the app that it shows."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.extensions.conftest import Recipe
from tests.extensions.nginx import NGINX, OPENSSL, started
from tests.extensions.recipes import block
from tests.ports import free_port

CLIENT = "127.0.0.2"  # all of 127.0.0.0/8 is loopback on Linux, so that the client is not nginx by its address
SPOOFED = {"X-Forwarded-For": "192.0.2.66", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}

pytestmark = [
    pytest.mark.skipif(NGINX is None or OPENSSL is None, reason="nginx or openssl is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="the client's address is one that only Linux has"),
]

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def port(recipe: Recipe, serve: Callable[[Any], str], tmp_path: Path) -> Iterator[int]:
    """nginx, with all of its files in `tmp_path`, in front of the recipe's app."""
    port, app = free_port(), serve(recipe("Run behind nginx").app)
    server = block("Run behind nginx", "nginx", {"443": f"127.0.0.1:{port}", "http://127.0.0.1:8000": app})
    (tmp_path / "tls").mkdir()
    certificate = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=shop.example"
    files = ["-keyout", "shop.example.key", "-out", "shop.example.pem"]
    subprocess.run([OPENSSL, *certificate.split(), *files], cwd=tmp_path / "tls", check=True, capture_output=True)
    with started(server, port, tmp_path):
        yield port


@pytest.fixture
def ask(port: int) -> Ask:
    """One request over TLS, as the client at CLIENT that knows nginx as shop.example."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def ask(path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=10, source_address=(CLIENT, 0), context=context
        )
        fields = {"Host": "shop.example", "Content-Type": "application/json", "Accept": "application/json"}
        try:
            method, content = ("GET", None) if body is None else ("POST", json.dumps(body))
            connection.request(method, path, content, fields | (headers or {}))
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return response.status, json.loads(text) if response.status == 200 else None

    return ask


@pytest.mark.parametrize("headers", [{}, SPOOFED, {"Host": "shop.example:8443"}], ids=["plain", "spoofed", "port"])
def test_a_sub_request_is_the_direct_request_through_nginx(ask: Ask, headers: dict[str, str]) -> None:
    target = "/whoami?q=caf%C3%A9"
    direct = ask(target, headers=headers)
    url = f"https://{headers.get('Host', 'shop.example')}/whoami?q=café"
    assert direct == (200, {"url": url, "address": CLIENT, "scheme": "https"})
    assert ask("/aggregate", [target], headers) == (200, {target: direct[1]})
    query = {"query": "query ($path: String!) { get(path: $path) }", "variables": {"path": target}}
    assert ask("/graphql", query, headers) == (200, {"data": {"get": direct[1]}})


def test_what_nginx_denies_is_excluded(ask: Ask) -> None:
    assert ask("/internal/report")[0] == 403
    status, answer = ask("/aggregate?envelope=true", ["/internal/report", "/nowhere"])
    assert status == 200
    assert {path: part["status"] for path, part in answer.items()} == {"/internal/report": 403, "/nowhere": 403}
    assert {part["body"]["code"] for part in answer.values()} == {"NOT_ALLOWED"}
