"""W1 to W6: every peer on every workload, in interleaved rounds, over real sockets."""

import contextlib
import json
import os
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import load, workloads
from benchmarks.installing import FOLDER, Unavailable
from benchmarks.load import Generator, Request
from benchmarks.peer import Form, Peer, Site, gunicorn
from benchmarks.peers import PEERS
from benchmarks.processes import Server, free_port, serving
from benchmarks.workloads import Workload

CLIENT = "GETs one by one, no gateway"
PATHS: dict[Form, str] = {"aggregate": "/aggregate", "graphql": "/graphql"}
# in seconds: routes are learnt, and node compiles what is hot
WARM = 0.3
FEW, LONG = 40, 2.0
"""A measurement over many connections takes the time of FEW batches, at most LONG seconds. Batches that are not
answered at its end do not count, and they are a large part of a short one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The medians of one series at one workload: latencies and CPU in ms, of one batch; memory in MB."""

    workload: str
    series: str
    connections: int
    per_second: float
    p50: float
    p99: float | None
    """None for a batch that the client makes of several requests."""
    cpu: float
    resident: float
    failed: int


@dataclass(frozen=True, slots=True)
class Series:
    """One form of one server. `gets` is the number of requests that a client without a gateway makes for one batch."""

    name: str
    server: Server
    backend: Server
    request: Request
    latency: float
    """The seconds of one batch that nothing else delays."""
    gets: int = 1

    def least(self, connections: int) -> float:
        """Return the least seconds of a measurement."""
        few = 3 * self.latency  # at least a few batches are answered
        return few if connections == 1 else max(few, min(FEW * self.latency, LONG))

    def cpu_seconds(self) -> float:
        servers = {self.server, self.backend}
        return sum(server.cpu_seconds() for server in servers)


def compare(chosen: Sequence[Workload], names: Sequence[str], rounds: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Give the rows of each workload, the versions, and the peers that could not be measured with the reasons."""
    versions: dict[str, str] = {}
    skipped: dict[str, str] = {}
    print("\ninstalling the peers", flush=True)
    generator = load.generator()
    for peer in PEERS:
        if names and not any(name.lower() in peer.name.lower() for name in names):
            continue
        try:
            versions[peer.name] = peer.install()
        except Unavailable as reason:
            skipped[peer.name] = str(reason)
    with tempfile.TemporaryDirectory(dir=_folder()) as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        backend = _backend(stack, folder)
        servers = dict(_start([peer for peer in PEERS if peer.name in versions], backend, folder, stack, skipped))
        print(f"measuring {len(servers)} servers with {generator.name}", flush=True)
        for workload in chosen:
            series = list(_series(workload, servers, backend, skipped))
            rows = list(_measure(workload, series, generator, folder, rounds, seconds))
            _show(workload, rows)
            found = [asdict(row) for row in rows]
            yield {"rows": found, "versions": versions, "skipped": skipped, "load": generator.name}
    for skipped_name, why in skipped.items():
        print(f"  skipped: {skipped_name}: {why}")


def _folder() -> Path:
    FOLDER.mkdir(exist_ok=True)
    return FOLDER


def _backend(stack: contextlib.ExitStack, folder: Path) -> Server:
    port = free_port()
    words = gunicorn("benchmarks.backend:app", port)
    return stack.enter_context(serving(Server(words, port, environ={}, log=folder / "backend.log")))


def _start(
    peers: Sequence[Peer], backend: Server, folder: Path, stack: contextlib.ExitStack, skipped: dict[str, str]
) -> Iterator[tuple[Peer, Server]]:
    """Start the peers, and note the reason of each that does not start."""
    for number, peer in enumerate(peers):
        site = Site(free_port(), backend.port, folder / str(number))
        site.folder.mkdir()
        try:
            command = peer.command(site)
            server = Server(command.words, site.port, environ=command.environ, log=folder / f"{number}.log")
            yield peer, stack.enter_context(serving(server, 60))
        except (Unavailable, RuntimeError) as reason:
            skipped[peer.name] = str(reason)


def _series(
    workload: Workload, servers: dict[Peer, Server], backend: Server, skipped: dict[str, str]
) -> Iterator[Series]:
    """Give the series that answer a workload correctly."""
    if workload.paths:
        gets = len(workload.paths)
        started = time.monotonic()
        for path in workload.paths:
            urllib.request.urlopen(backend.url + path, timeout=load.TIMEOUT).close()
        latency = time.monotonic() - started
        yield Series(CLIENT, backend, backend, Request(backend.url, workload.paths), latency, gets)
    for peer, server in servers.items():
        for form in peer.forms:
            if form == "aggregate" and not workload.paths:
                continue
            name = f"{peer.name} {PATHS[form]}" if len(peer.forms) > 1 else peer.name
            body, expected = _exchange(workload, form)
            wrong = difference(server.url + PATHS[form], body, expected)
            started = time.monotonic()
            wrong = wrong or difference(server.url + PATHS[form], body, expected)
            if wrong:
                skipped[f"{name} at {workload.name}"] = wrong
            else:
                latency = time.monotonic() - started
                yield Series(name, server, backend, Request(server.url, (PATHS[form],), body), latency)


def _exchange(workload: Workload, form: Form) -> tuple[str, Any]:
    """Return the body of the request, and the JSON that must be the answer."""
    if form == "aggregate":
        return json.dumps(workload.paths), workloads.values(workload)
    return json.dumps({"query": workload.query}), {"data": workload.data}


def difference(url: str, body: str, expected: Any) -> str:
    """Return how the answer differs from the expected JSON, or an empty text."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=load.TIMEOUT) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return f"status {error.code}: {error.read(200).decode(errors='replace')}"
    except (OSError, ValueError) as error:
        return f"no JSON: {error}"
    return "" if answer == expected else f"a wrong answer: {json.dumps(answer)[:200]}"


def _measure(
    workload: Workload, series: list[Series], generator: Generator, folder: Path, rounds: int, seconds: float
) -> Iterator[Row]:
    for each in series:
        generator.run(each.request, connections=1, seconds=max(WARM * workload.share, each.least(1)), folder=folder)
    for connections in workload.connections:
        samples: dict[str, list[Row]] = {each.name: [] for each in series}
        for _ in range(max(1, int(rounds * workload.share))):
            for each in series:
                length = max(seconds * workload.share, each.least(connections))
                samples[each.name].append(_sample(workload, each, connections, generator, folder, length))
        for name, found in samples.items():
            yield _median(name, found)


def _sample(
    workload: Workload, series: Series, connections: int, generator: Generator, folder: Path, seconds: float
) -> Row:
    before = series.cpu_seconds()
    result = generator.run(series.request, connections=connections, seconds=seconds, folder=folder)
    cpu = series.cpu_seconds() - before
    _await_idle(series)
    batches = max(result.requests / series.gets, 1e-9)
    return Row(
        workload=workload.name,
        series=series.name,
        connections=connections,
        per_second=batches / result.seconds,
        p50=result.p50 * series.gets * 1e3,
        p99=result.p99 * 1e3 if series.gets == 1 else None,
        cpu=cpu / batches * 1e3,
        resident=series.server.resident_bytes() / 1e6,
        failed=result.failed,
    )


def _await_idle(series: Series) -> None:
    """Wait until the servers have finished the requests that were under way when the generator ended, at most 5 s."""
    for _ in range(100):
        before = series.cpu_seconds()
        time.sleep(0.05)
        if series.cpu_seconds() - before < 0.02:
            return


def _median(name: str, found: list[Row]) -> Row:
    def median(of: Callable[[Row], float]) -> float:
        return statistics.median(map(of, found))

    first = found[0]
    return Row(
        workload=first.workload,
        series=name,
        connections=first.connections,
        per_second=median(lambda row: row.per_second),
        p50=median(lambda row: row.p50),
        p99=None if first.p99 is None else median(lambda row: row.p99 or 0),
        cpu=median(lambda row: row.cpu),
        resident=median(lambda row: row.resident),
        failed=sum(row.failed for row in found),
    )


def _show(workload: Workload, rows: list[Row]) -> None:
    print(f"\n{workload.name}: {workload.title}")
    for row in rows:
        failed = f"  {row.failed} failed" if row.failed else ""
        p99 = "          –" if row.p99 is None else f"{row.p99:>8.2f} ms"  # noqa: RUF001
        print(
            f"  {row.connections:>2} connections  {row.series:<36} {row.per_second:>8.1f}/s  p50 {row.p50:>8.2f} ms"
            f"  p99 {p99}  CPU {row.cpu:>7.2f} ms  {row.resident:>4.0f} MB{failed}",
            flush=True,
        )


def machine() -> str:
    """Return the processor, the cores and the system, in a line."""
    model = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    system = os.uname()
    return f"{os.cpu_count()} cores{f' of {model}' if model else ''}, {system.sysname} {system.release}"
