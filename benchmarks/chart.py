"""The chart of a run as SVG: a panel of bars for each workload, without a dependency."""

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.comparison import CLIENT
from benchmarks.links import WAYS, case
from benchmarks.peers import finished
from benchmarks.workloads import SIZES, WORKLOADS

WIDTH, COLUMN, LABEL, BAR, GAP, HEAD = 1120, 550, 215, 16, 4, 44
OWN, OTHER, PLAIN = "#2563eb", "#9ca3af", "#d6d9de"
Bar = tuple[str, float, str]
"""The label, the value and the colour."""


def svg(results: dict[str, Any]) -> str:
    """Return the panels in two columns, each panel below the shorter one."""
    heights = [60, 60]
    parts = []
    for title, unit, bars in _panels(results):
        column = heights.index(min(heights))
        parts.append(
            f'<g transform="translate({10 + column * COLUMN},{heights[column]})">{_panel(title, unit, bars)}</g>'
        )
        heights[column] += HEAD + len(bars) * (BAR + GAP) + 22
    height = max(heights)
    title = "restgql (blue) beside its peers (grey) and a client without a gateway (light)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#1f2937">'
        f'<title>{title}</title><rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="10" y="30" font-size="17" font-weight="bold">{title}</text>{"".join(parts)}</svg>\n'
    )


def _panels(results: dict[str, Any]) -> Iterable[tuple[str, str, list[Bar]]]:
    """Give the title, the unit and the bars of each panel."""
    for workload in WORKLOADS:
        if workload in SIZES:
            continue
        rows = [row for row in results["rows"] if row["workload"] == workload.name and row["connections"] == 16]
        # its bars would be several times as long as all others
        rows = [row for row in rows if not row["series"].startswith(finished.PEER.name)]
        if rows:
            bars = [(row["series"], row["per_second"], _colour(row["series"])) for row in rows]
            yield f"{workload.name}: {workload.title}", "batches/s at 16 connections, more is better", bars
    found = results["groups"].get("links", {})
    for task in dict.fromkeys(task for task, *_ in WAYS):
        ways = [way for each, way, *_ in WAYS if each == task]
        bars = [(way, found.get(case(task, way, 100), 0.0), OWN if way == "one request" else PLAIN) for way in ways]
        if any(value for _, value, _ in bars):
            yield f"W7: {task}", "ms over a link of 100 ms, less is better", bars


def _colour(series: str) -> str:
    if series.startswith("restgql"):
        return OWN
    return PLAIN if series == CLIENT else OTHER


def _panel(title: str, unit: str, bars: list[Bar]) -> str:
    longest = max(value for _, value, _ in bars) or 1
    room = COLUMN - LABEL - 80
    parts = [
        f'<text y="14" font-size="14" font-weight="bold">{escape(title)}</text>',
        f'<text y="31" fill="#6b7280">{escape(unit)}</text>',
    ]
    for number, (label, value, colour) in enumerate(bars):
        top = HEAD + number * (BAR + GAP)
        width = max(value / longest * room, 1)
        text = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
        parts.append(
            f'<text x="{LABEL - 8}" y="{top + 12}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
            f'<text x="{LABEL + width + 6:.1f}" y="{top + 12}">{text}</text>'
        )
    return "".join(parts)
