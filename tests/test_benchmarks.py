"""The benchmarks measure right answers only, and leave no process behind."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import chart, comparison, load, report, run, workloads
from benchmarks.app import create_peer
from benchmarks.backend import create_app
from benchmarks.peers import PEERS
from benchmarks.peers.openapi import document
from benchmarks.processes import Server, serving
from benchmarks.workloads import WORKLOADS, Workload
from tests.ports import free_port

SERVE = "import sys; from http.server import test; test(port=int(sys.argv[1]), bind='127.0.0.1')"


def row(workload: str, series: str, connections: int, per_second: float) -> dict[str, Any]:
    fields = {"workload": workload, "series": series, "connections": connections, "per_second": per_second}
    return fields | {"p50": 1.234, "p99": None, "cpu": 0.5, "resident": 1_234.5, "failed": 0}


RESULTS = {
    "machine": "2 cores",
    "python": "Python 3.11",
    "load": "wrk",
    "versions": {"restgql": "restgql 1", "restgql, own thread": "restgql 1"},
    "skipped": {"A <peer>": "it is\nmissing"},
    "groups": {"links": {}, "quick": {"ten one by one": 0.5}},
    "rows": [row("W1", name, connections, 100.0) for name in ("restgql", "A & B") for connections in (1, 16)]
    + [row("W6 10 items", "restgql", 1, 10.0)],
}


@pytest.mark.parametrize("hooks", [True, False])
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each.name)
def test_the_gateway_has_the_answer_that_every_peer_must_give(workload: Workload, hooks: bool) -> None:
    client = create_peer(hooks=hooks).test_client()
    answer = client.post("/graphql", json={"query": workload.query})
    assert answer.get_json() == {"data": workload.data}
    if workload.paths:
        assert client.post("/aggregate", json=workload.paths).get_json() == workloads.values(workload)


def test_the_openapi_document_has_the_routes_that_the_workloads_ask_for() -> None:
    rules = {str(rule).replace("<int:", "{").replace(">", "}") for rule in create_app().url_map.iter_rules()}
    assert set(document(5000)["paths"]) <= rules


def test_a_wrong_answer_is_told_from_a_right_one(serve: Callable[[Any], str]) -> None:
    url = serve(create_peer()) + "/aggregate"
    path = "/users/1"
    right = {path: create_app().test_client().get(path).get_json()}
    assert comparison.difference(url, json.dumps([path]), right) == ""
    assert comparison.difference(url, json.dumps([path]), {path: {}}).startswith("a wrong answer")
    assert comparison.difference(url, "no JSON", right).startswith("status 400")


def test_the_generator_in_python_counts_answers_and_failures(serve: Callable[[Any], str]) -> None:
    url = serve(create_app())
    result = load.send(load.Request(url, ("/users/1", "/users/99")), connections=2, seconds=0.2)
    assert result.requests >= 4
    assert abs(result.failed - result.requests / 2) <= 2
    assert 0 < result.p50 <= result.p99 < result.seconds


def test_the_generator_in_python_is_a_process_of_its_own(serve: Callable[[Any], str], tmp_path: Path) -> None:
    request = load.Request(serve(create_peer()), ("/aggregate",), json.dumps(["/users/1"]))
    result = load.Generator(None, {}).run(request, connections=1, seconds=0.1, folder=tmp_path)
    assert result.requests > 0
    assert result.failed == 0


def test_a_generator_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrk = tmp_path / "wrk"
    wrk.write_text(f"#!/bin/sh\ntrap '' INT\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    wrk.chmod(0o755)
    monkeypatch.setattr(load, "TIMEOUT", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        load.Generator(str(wrk), {}).run(load.Request("", ("/",)), connections=1, seconds=0.5, folder=tmp_path)
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_server_is_stopped_with_the_processes_that_it_started(tmp_path: Path) -> None:
    port = free_port()
    words = ["sh", "-c", f'sleep 600 & exec {sys.executable} -c "{SERVE}" {port}']
    with serving(Server(words, port, environ={}, log=tmp_path / "log")) as server:
        assert server.resident_bytes() > 1_000_000
        assert server.cpu_seconds() > 0
        assert len(server._stats()) == 2
    assert server._stats() == []


def test_a_server_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit('no such app')"]
    server = Server(words, free_port(), environ={}, log=tmp_path / "log")
    with pytest.raises(RuntimeError, match="no such app"), serving(server):
        pass


def children(parent: int) -> set[int]:
    rows = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            rows.append(path.read_text().rpartition(")"))
    return {int(before.partition(" ")[0]) for before, _, after in rows if after.split()[1] == str(parent)}


def test_a_run_that_is_ended_stops_its_servers(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, run.__file__, "links"], stdout=log, stderr=log)
    servers: set[int] = set()
    while len(servers) < 3:
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.2)
        servers = children(process.pid)
    process.terminate()
    process.terminate()  # a second signal does not end it before its servers
    assert process.wait(30) == 130
    assert not [pid for pid in servers if Path(f"/proc/{pid}").exists()]


def test_the_report_has_a_table_for_each_workload() -> None:
    text = report.markdown(RESULTS)
    assert "### W1: ten GETs of 0.5 kB" in text
    assert "| A & B | 100 | 1.23 | – | 0.50 | 100 | 1.23 | – | 0.50 | 1,234 |" in text  # noqa: RUF001
    assert "| restgql | – | – | – | – |" not in text  # noqa: RUF001
    assert "- A <peer>: it is missing" in text
    assert text.count("restgql 1") == 1


def test_the_chart_is_xml_with_a_bar_for_each_series() -> None:
    root = ElementTree.fromstring(chart.svg(RESULTS))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "W1: ten GETs of 0.5 kB" in texts
    assert {"restgql", "A & B"} <= set(texts)


def test_a_run_replaces_the_rows_that_it_measured() -> None:
    results: dict[str, Any] = {"rows": [row("W1", "a", 1, 1.0), row("W2", "a", 1, 2.0)], "versions": {}}
    measured = {"rows": [row("W1", "a", 1, 3.0)], "versions": {"a": "1"}, "skipped": {}, "load": "wrk"}
    run._merge(results, measured)
    assert [each["per_second"] for each in results["rows"]] == [2.0, 3.0]


def test_every_peer_has_a_name_of_its_own() -> None:
    assert len({peer.name for peer in PEERS}) == len(PEERS)
