"""The nginx configuration that the recipe shows, in front of the app that it shows."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.extensions.conftest import Recipe
from tests.extensions.recipes import block

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin"])
NGINX, OPENSSL = shutil.which("nginx", path=PATH), shutil.which("openssl", path=PATH)
CLIENT = "127.0.0.2"  # all of 127.0.0.0/8 is loopback on Linux, so that the client is not nginx by its address
SPOOFED = {"X-Forwarded-For": "192.0.2.66", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
MAIN = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {temporary}
    {server}
}}
"""

pytestmark = [
    pytest.mark.skipif(NGINX is None or OPENSSL is None, reason="nginx or openssl is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="the client's address is one that only Linux has"),
]

Ask = Callable[..., tuple[int, Any]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def port(recipe: Recipe, serve: Callable[[Any], str], tmp_path: Path) -> Iterator[int]:
    """nginx, with all of its files in `tmp_path`, in front of the recipe's app."""
    port, app = free_port(), serve(recipe("nginx in front").app)
    server = block("nginx in front", "nginx", {"443": f"127.0.0.1:{port}", "http://127.0.0.1:8000": app})
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {tmp_path / kind};" for kind in kinds)
    config = tmp_path / "nginx.conf"
    config.write_text(MAIN.format(temporary=temporary, server=server))
    (tmp_path / "tls").mkdir()
    certificate = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=shop.example"
    files = ["-keyout", "shop.example.key", "-out", "shop.example.pem"]
    subprocess.run([OPENSSL, *certificate.split(), *files], cwd=tmp_path / "tls", check=True, capture_output=True)
    log = tmp_path / "nginx.log"
    with log.open("wb") as output:
        process = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(config)], stdout=output, stderr=output)
        try:
            wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)


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
