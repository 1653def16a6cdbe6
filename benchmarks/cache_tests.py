"""http-tests/cache-tests on the cache, by the Python of .venv: `cache_tests.py CHECKOUT [--private] [--id ID]`.

The cache stands before the test server as a proxy: shared, or, with --private, as it is before an app, run with the
tests for browsers. The path is that of a checkout of https://github.com/http-tests/cache-tests; node runs it.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from restgql.cache.cache import Cache
from restgql.cache.memory import Memory
from restgql.errors import UpstreamInvalid
from restgql.formats import headers, target
from restgql.formats.target import Site
from restgql.meter import Limits, Meter
from restgql.model import SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream
from restgql.upstream.client_context import ClientContext
from restgql.upstream.environ import DEADLINE
from restgql.upstream.http_client import FAILURES, HttpClient

SECONDS = 10.0
PASS_AT_LEAST, FAIL_AT_MOST = 112, 12
# What is about a representation, or a part of it, is the sub-request's own, and not the caller's.
OWN = headers.OUTER_ONLY - {"expect", "accept-encoding"}
# The header fields of the tests: all of them are of one caller.
NOBODYS = ("!Test-ID", "!Test-Name", "!Req-Num", "!Foo", "!Bar", "!Baz", "!Abc", "!Surrogate-Capability")
RUNNER = """
const [folder, base, browser, id] = process.argv.slice(1)
const { runTests, getResults } = await import(`${folder}/test-engine/client/runner.mjs`)
const { determineTestResult, resultTypes } = await import(`${folder}/test-engine/lib/results.mjs`)
const suites = (await import(`${folder}/tests/index.mjs`)).default
const chosen = id ? suites.map(suite => ({ ...suite, tests: suite.tests.filter(test => test.id === id) })) : suites
if (id) chosen.forEach(suite => suite.tests.forEach(test => { test.dump = true; delete test.depends_on }))
await runTests(chosen, browser === 'true', base)
const results = getResults()
const found = {}
for (const suite of chosen) {
  for (const test of suite.tests) {
    if (!(test.id in results)) continue
    const type = determineTestResult(suites, test.id, results, !id)
    const name = Object.keys(resultTypes).find(key => resultTypes[key] === type)
    found[test.id] = { kind: test.kind || 'required', result: name, said: results[test.id][1] || '' }
  }
}
console.log('\\n' + JSON.stringify(found))
"""

LIMITS = Limits(**dict.fromkeys(Limits.__struct_fields__, 1_000_000))


class Origin:
    """The dispatcher to the test server, with what the caller and the request say."""

    def __init__(self, url: str, wire: HttpClient, environ: dict[str, Any]) -> None:
        self._url = url
        self._wire = wire
        self._environ = environ

    def route(self, request: SubRequest) -> object:
        return request.target.path

    def __call__(self, request: SubRequest) -> SubResponse:
        fields = {key[5:].replace("_", "-"): value for key, value in self._environ.items() if key.startswith("HTTP_")}
        fields = {name.lower(): value for name, value in fields.items()} | dict(request.headers)
        path = str(request.target)
        try:
            found = self._wire.send(request.method, self._url + path, fields, time.monotonic() + SECONDS, request.body)
            try:
                body = found.read(decode_content=False)
            finally:
                found.close()
        except FAILURES as exc:
            return SubResponse(url=path, status=502, failure=UpstreamInvalid(str(exc)))
        dropped = headers.HOP_BY_HOP | headers.listed(found.headers.get("connection", ""))
        lines = tuple((name, value) for name, value in found.headers.items() if name.lower() not in dropped)
        cookies = tuple(found.headers.getlist("set-cookie"))
        return SubResponse(url=path, status=found.status, fields=lines, body=body, cookies=cookies)


def proxy(origin: str, cache: Cache) -> ThreadingHTTPServer:
    """A server on a free port that answers by the cache, and what that has not by `origin`."""
    wire = HttpClient(1, 50)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self._answer(self._dispatched())

        def _dispatched(self) -> SubResponse:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = [(name.lower(), value) for name, value in self.headers.items()]
            own = tuple((name, value) for name, value in given if name.startswith("if-") or name in OWN)
            environ: dict[str, Any] = {"wsgi.url_scheme": "http", DEADLINE: time.monotonic() + SECONDS}
            for name, value in given:
                if name not in dict(own) and name not in headers.HOP_BY_HOP | {"content-length"}:
                    key = "HTTP_" + name.upper().replace("-", "_")
                    environ[key] = f"{environ[key]}, {value}" if key in environ else value
            dispatch = Origin(origin, wire, environ)
            upstream = Upstream(
                dispatch=dispatch,
                client=ClientContext(Site(frozenset({f"http://{environ['HTTP_HOST']}"})), "", ""),
                meter=Meter(LIMITS, environ[DEADLINE]),
                nested=False,
                environ=environ,
            )
            request = SubRequest(target=target.parse(self.path), method=self.command, headers=own, body=body)
            return cache.around(upstream, b"", lambda: dispatch).dispatch(request)

        def _answer(self, reply: SubResponse) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.fields:
                if name.lower() != "content-length":
                    self.send_header(name, value)
            has_body = self.command != "HEAD" and reply.status not in (204, 304)
            if has_body:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if has_body else b"")

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def results(folder: Path, *, private: bool, id: str = "") -> dict[str, Any]:
    """What came of each test, by its id."""
    if not (folder / "node_modules").is_dir():
        subprocess.run(["npm", "install", "--omit=dev", "--no-audit", "--no-fund"], cwd=folder, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {"npm_config_port": str(port), "npm_config_pidfile": os.devnull, "npm_config_protocol": "http"}
    server = subprocess.Popen(
        ["node", "test-engine/server/server.mjs"], cwd=folder, env=os.environ | given, stdout=subprocess.DEVNULL
    )
    store = Memory(entries=10_000, size=100_000_000)
    cache = Cache(
        store,
        max_body=5_000_000,
        seconds=SECONDS,
        identity=NOBODYS,
        shared=None if private else True,
    )
    front = proxy(f"http://127.0.0.1:{port}", cache)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    try:
        _wait_for(port)
        base = f"http://127.0.0.1:{front.server_port}"
        command = ["node", "--no-warnings", "--input-type=module", "-e", RUNNER, str(folder), base]
        ran = subprocess.run(
            [*command, str(private).lower(), id], check=True, capture_output=not id, text=True, cwd=folder
        )
    finally:
        server.terminate()
        server.wait()
        front.shutdown()
    found: dict[str, Any] = {} if id else json.loads(ran.stdout.splitlines()[-1])
    return found


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the test server does not listen")


def main(arguments: list[str]) -> int:
    """Runs the tests and prints the counts, and those that failed; 1 if too many have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--private", action="store_true", help="as before an app, with the tests for browsers")
    parser.add_argument("--id", default="", help="one test alone, with what was sent")
    given = parser.parse_args(arguments)
    found = results(given.checkout.resolve(), private=given.private, id=given.id)
    counts = Counter((test["kind"], test["result"]) for test in found.values())
    for name, test in sorted(found.items(), key=lambda item: (item[1]["kind"], item[0])):
        if test["result"] not in ("pass", "yes", "no"):
            print(f"{test['kind']:<9} {test['result']:<16} {name}: {test['said']}")
    for (kind, result), count in sorted(counts.items()):
        print(f"{kind:<9} {result:<16} {count:>4}")
    passed, failed = counts["required", "pass"], counts["required", "fail"]
    print(f"required: {passed} pass (at least {PASS_AT_LEAST}), {failed} fail (at most {FAIL_AT_MOST})")
    return int(not given.id and (passed < PASS_AT_LEAST or failed > FAIL_AT_MOST))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
