"""The report of a run: tables in Markdown, and the figures that docs/performance.md shows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import chart, keepalive
from benchmarks.links import ROUND_TRIPS, WAYS, case
from benchmarks.processes import ROOT
from benchmarks.workloads import SIZES, WORKLOADS, Workload

DOCS = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- begin of the measured figures -->", "<!-- end of the measured figures -->"
UNITS = ("wall", "CPU")
INSIDE = {
    "quick": "on one core",
    "quick-all-cores": "on all cores",
    "quick-proxied": "on one core, behind ProxyFix",
    "slow": "routes that wait",
    "stored": "the cache in memory",
}


def write(results: dict[str, Any], folder: Path) -> list[Path]:
    """Write `report.md` and `report.svg`, and return their paths."""
    folder.mkdir(exist_ok=True)
    page, drawing = folder / "report.md", folder / "report.svg"
    page.write_text(f"# Benchmarks\n\n![Requests per second](report.svg)\n\n{markdown(results)}")
    drawing.write_text(chart.svg(results))
    return [page, drawing]


def write_docs(results: dict[str, Any]) -> None:
    """Replace the figures in docs/performance.md and its chart."""
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    DOCS.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n{END}{after}")
    DOCS.with_suffix(".svg").write_text(chart.svg(results))


def markdown(results: dict[str, Any]) -> str:
    return "\n\n".join(filter(None, _sections(results))) + "\n"


def _sections(results: dict[str, Any]) -> Iterator[str]:
    yield f"Machine: {results['machine']}. {results['python']}. Load by {results.get('load', 'nothing')}."
    if results["versions"]:
        yield "Versions: " + "; ".join(dict.fromkeys(results["versions"].values())) + "."
    for workload in WORKLOADS:
        if workload not in SIZES:
            yield _workload(workload, results["rows"])
    for unit in ("requests", "items"):
        yield _sizes(unit, [each for each in SIZES if each.name.endswith(unit)], results["rows"])
    yield _links(results["groups"].get("links", {}))
    yield _keepalive(results["groups"].get("keepalive", {}))
    yield _inside(results["groups"])
    if results["skipped"]:
        yield "Not measured:"
        yield "\n".join(f"- {name}: {_line(reason)}" for name, reason in results["skipped"].items())


def _workload(workload: Workload, rows: Iterable[dict[str, Any]]) -> str:
    """Return the table of one workload: each series at 1 and at 16 connections."""
    found = {(row["series"], row["connections"]): row for row in rows if row["workload"] == workload.name}
    if not found:
        return ""
    lines = []
    for series in dict.fromkeys(name for name, _ in found):
        cells = [series]
        for connections in workload.connections:
            row = found[series, connections]
            cells += [_number(row[key]) for key in ("per_second", "p50", "p99", "cpu")]
        lines.append([*cells, _number(found[series, workload.connections[-1]]["resident"])])
    head = ["", *["1: batches/s", "p50", "p99", "CPU"], *["16: batches/s", "p50", "p99", "CPU"], "RSS"]
    return f"### {workload.name}: {workload.title}\n\n{_table(head, lines)}"


def _sizes(unit: str, sizes: Sequence[Workload], rows: Iterable[dict[str, Any]]) -> str:
    """Return the table of p50 by size."""
    found = {(row["series"], row["workload"]): row["p50"] for row in rows}
    names = [each.name for each in sizes]
    series = [name for name in dict.fromkeys(name for name, _ in found) if any((name, each) in found for each in names)]
    if not series:
        return ""
    lines = [[name, *[_number(found.get((name, each))) for each in names]] for name in series]
    return f"### W6: p50 in ms by {unit}, 1 connection\n\n" + _table(["", *[each[3:] for each in names]], lines)


def _links(found: dict[str, float]) -> str:
    if not found:
        return ""
    ways = list(dict.fromkeys(way for _, way, *_ in WAYS))
    tasks = list(dict.fromkeys(task for task, *_ in WAYS))
    lines = [
        [f"{task}, {trip} ms", *[_number(found.get(case(task, way, trip))) for way in ways]]
        for task in tasks
        for trip in ROUND_TRIPS
    ]
    return f"### W7: ms over a link, connections open\n\n{_table(['task, round trip', *ways], lines)}"


def _keepalive(found: dict[str, float]) -> str:
    if not found:
        return ""
    lines = []
    for app in keepalive.APPS:
        for kind in keepalive.KINDS:
            cells = [found.get(keepalive.case(app, kind, way, unit)) for unit in UNITS for way in ("GETs", "batch")]
            lines.append([f"{kind}, {app}", *map(_number, cells)])
    head = ["", *[f"{way}, {unit}" for unit in UNITS for way in ("GETs", "batch")]]
    return f"### Routes that compute: ms over one connection, one server process\n\n{_table(head, lines)}"


def _inside(groups: dict[str, dict[str, float]]) -> str:
    """Return the figures within one process."""
    lines = [
        [f"{name}, {where}", f"{milliseconds:.3f}"]
        for group, where in INSIDE.items()
        for name, milliseconds in groups.get(group, {}).items()
    ]
    return f"### Within one process\n\n{_table(['', 'ms'], lines)}" if lines else ""


def _table(head: list[str], lines: Iterable[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def _number(value: float | None) -> str:
    """Return a number with three digits, or a dash."""
    if value is None:
        return "–"  # noqa: RUF001
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:200]
