"""The load generator: wrk from Debian or, where it cannot be had, threads of a Python process of their own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import installing
from benchmarks.installing import Unavailable
from benchmarks.processes import ROOT

TIMEOUT = 20
LEAST = 0.2
# the figures as JSON, in seconds; wrk counts in µs
SCRIPT = """
local method, paths, body = %s, {%s}, %s
local at = 0
wrk.headers["Content-Type"] = "application/json"
request = function()
  at = at %% #paths + 1
  return wrk.format(method, paths[at], nil, body)
end
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.status + summary.errors.timeout
  io.write(string.format('\\n{"requests": %%d, "seconds": %%f, "p50": %%f, "p99": %%f, "failed": %%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, failed))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """`seconds` is the length of the measurement; `p50` and `p99` are seconds of one request."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int


@dataclass(frozen=True, slots=True)
class Request:
    """`paths` are asked for in turn; a `body` makes each a POST of JSON."""

    url: str
    paths: tuple[str, ...]
    body: str = ""


class Generator:
    """`wrk` is the path of its binary, or None for the generator in Python."""

    def __init__(self, wrk: str | None, environ: Mapping[str, str]) -> None:
        self._wrk = wrk
        self._environ = {**os.environ, **environ}
        self.name = "wrk" if wrk else "benchmarks/load.py"

    def run(self, request: Request, *, connections: int, seconds: float, folder: Path) -> Load:
        """Send requests over keep-alive connections, each when the one before it was answered.

        A measurement in which none is answered is made again, and is longer.
        """
        result = self._run(request, connections, seconds, folder)
        return result if result.requests else self._run(request, connections, max(10 * seconds, 5), folder)

    def _run(self, request: Request, connections: int, seconds: float, folder: Path) -> Load:
        if self._wrk is None:
            words = [sys.executable, "-m", "benchmarks.load"]
            given = json.dumps([asdict(request), connections, seconds])
            return _load(words, given, seconds, self._environ)
        script = folder / "wrk.lua"
        script.write_text(_script(request))
        # wrk counts in whole seconds, but ends and reports at SIGINT once it has begun
        seconds = max(seconds, LEAST)
        options = [
            "-t1",
            f"-c{connections}",
            f"-d{int(seconds) + TIMEOUT}s",
            f"--timeout={TIMEOUT}s",
            "-s",
            str(script),
        ]
        return _load([self._wrk, *options, request.url], "", seconds, self._environ, interrupt=True)


def generator() -> Generator:
    """Install wrk, and fall back to the generator in Python."""
    try:
        root = installing.debian("wrk", "wrk")
    except Unavailable as reason:
        print(f"  no wrk, so the load comes from Python: {reason}")
        return Generator(None, {})
    unpacked = root / "usr" / "bin" / "wrk"
    return Generator(str(unpacked) if unpacked.exists() else "wrk", installing.library_path(root))


def _script(request: Request) -> str:
    paths = ", ".join(f'"{path}"' for path in request.paths)
    body = f"[==[{request.body}]==]" if request.body else "nil"
    return SCRIPT % ('"POST"' if request.body else '"GET"', paths, body)


def _load(words: list[str], text: str, seconds: float, environ: dict[str, str], *, interrupt: bool = False) -> Load:
    """Run a generator and return its figures; `interrupt` is True for one that ends at SIGINT alone."""
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=environ) as process:
        try:
            if interrupt:
                time.sleep(seconds)
                process.send_signal(signal.SIGINT)
            output, error = process.communicate(text, timeout=seconds + 2 * TIMEOUT)
        finally:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"{words}: {process.returncode} {error}")
    return Load(**json.loads(output.splitlines()[-1]))


def send(request: Request, connections: int, seconds: float) -> Load:
    """Send requests from one thread a connection, in this process."""
    took: list[float] = []
    failed: list[int] = []
    end = time.perf_counter() + seconds
    started = time.perf_counter()
    threads = [threading.Thread(target=_send, args=(request, end, took, failed)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - started
    took.sort()
    if not took:
        return Load(0, whole, 0, 0, len(failed))
    return Load(len(took), whole, took[len(took) // 2], took[int(len(took) * 0.99)], len(failed))


def _send(request: Request, end: float, took: list[float], failed: list[int]) -> None:
    address = urlsplit(request.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT)
    method, body = ("POST", request.body) if request.body else ("GET", None)
    at = 0
    try:
        while (now := time.perf_counter()) < end:
            connection.request(method, request.paths[at], body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            if response.status >= 400:
                failed.append(response.status)
            took.append(time.perf_counter() - now)
            at = (at + 1) % len(request.paths)
    except (OSError, http.client.HTTPException):
        failed.append(0)
    finally:
        connection.close()


if __name__ == "__main__":
    _request, _connections, _seconds = json.load(sys.stdin)
    print(json.dumps(asdict(send(Request(**_request), _connections, _seconds))))
