"""`python3 start.py bench`: the gateway within one process, beside its peers, and over slow links.

Writes `.benchmarks/report.md` and `.benchmarks/report.svg`. A run of some groups or workloads keeps the other figures.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import comparison, inside, keepalive, links, measure, report, stored
from benchmarks.installing import FOLDER
from benchmarks.links import SENTENCE, case
from benchmarks.measure import Round
from benchmarks.workloads import WORKLOADS

# A case, the case that it is compared with, and the ratio to reach: at most, or with a minus sign at least. None: it is
# only shown. Over several cores it is as much that of waking an idle one, which takes a virtual machine 20 to 100 µs.
Rows = tuple[tuple[str, str, float | None], ...]
ONE_CORE: Rows = (
    ("plan to replies", "ten one by one", 1.10),
    ("POST /aggregate", "ten one by one", 1.25),
    ("POST /graphql", "ten one by one", 1.25),
)
ALL_CORES: Rows = (
    ("plan to replies", "ten one by one", 1.10),
    ("POST /aggregate", "ten one by one", None),
    ("POST /graphql", "ten one by one", None),
)
PROXIED: Rows = tuple((name, base, None) for name, base, _ in ONE_CORE)
SLOW: Rows = (
    ("ten of 50 ms in a batch", "one of 50 ms", 1.06),
    ("one of 50 ms, then ten that need it", "one of 50 ms", 2.12),
)
LINKS: Rows = (
    (case(SENTENCE, "one request", 100), case(SENTENCE, "HTTP/2", 100), 0.55),
    (case(SENTENCE, "one by one", 100), case(SENTENCE, "one request", 100), -5.0),
)
# in the mix as the longest wait and the CPU
KEEPALIVE: Rows = tuple(
    (keepalive.case(app, kind, "batch", unit), keepalive.case(app, kind, "GETs", unit), 0.97)
    for app in keepalive.APPS
    for kind in keepalive.KINDS
    for unit in ("wall", "CPU")
)
# 5 µs a hit, where a request takes 58
STORED: Rows = (("ten fresh hits in memory", "ten one by one", 0.086),)


def quick() -> list[Round]:
    return measure.rounds(inside.quick(), count=60, seconds=0.025)


def proxied() -> list[Round]:
    return measure.rounds(inside.quick(proxied=True), count=60, seconds=0.025)


def slow() -> list[Round]:
    return measure.rounds(inside.slow(), count=7, seconds=0.1)


GROUPS: dict[str, tuple[Callable[[], list[Round]], Rows]] = {
    "quick": (lambda: measure.on_one_core(quick), ONE_CORE),
    "quick-all-cores": (quick, ALL_CORES),
    "quick-proxied": (lambda: measure.on_one_core(proxied), PROXIED),
    "slow": (slow, SLOW),
    "links": (links.rounds, LINKS),
    "keepalive": (keepalive.rounds, KEEPALIVE),
    "stored": (stored.rounds, STORED),
}
PEERS = "peers"


def main(arguments: list[str]) -> int:
    """Measure the named groups, or all; 1 if a ratio is not reached."""
    options = _options(arguments)
    results = _stored_results()
    missed = 0
    for name, (measure_group, rows) in GROUPS.items():
        if not options.groups or name in options.groups:
            found = measure_group()
            missed += _show(name, found, rows)
            results["groups"][name] = {each: measure.median(found, each) * 1e3 for each in found[0]}
            _store(results)
    if not options.groups or PEERS in options.groups:
        chosen = [each for each in WORKLOADS if not options.workloads or each.name.startswith(tuple(options.workloads))]
        for measured in comparison.compare(chosen, options.peers, options.rounds, options.seconds):
            _merge(results, measured)
            _store(results)
    results["machine"] = comparison.machine()
    results["python"] = f"Python {sys.version.split()[0]}, restgql {version('restgql')}"
    _store(results)
    for path in report.write(results, FOLDER):
        print(f"\nwrote {path}")
    if options.docs:
        report.write_docs(results)
    return int(missed > 0)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="start.py bench", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS, PEERS], help="all by default")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of the peers (default: 3)")
    parser.add_argument("--seconds", type=float, default=0.4, help="of one measurement of a peer (default: 0.4)")
    parser.add_argument("--peers", type=_names, default=[], help="parts of their names, separated by commas")
    parser.add_argument("--workloads", type=_names, default=[], help="such as W1,W6, or 'W6 500'")
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/performance.md, too")
    return parser.parse_args(arguments)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _show(name: str, found: list[Round], rows: Rows) -> int:
    """Print a group, and return how many of its ratios are not reached."""
    missed = 0
    print(f"\n{name}")
    for each in found[0]:
        print(f"  {each:<56} {measure.median(found, each) * 1e3:10.3f} ms")
    for each, base, bound in rows:
        ratio = measure.ratio(found, each, base)
        reached = bound is None or (ratio <= bound if bound > 0 else ratio >= -bound)
        missed += not reached
        text = "" if bound is None else f" (at most {bound})" if bound > 0 else f" (at least {-bound})"
        print(f"  {each} : {base} = {ratio:.2f}{text}{'' if reached else '  MISSED'}", flush=True)
    return missed


def _stored_results() -> dict[str, Any]:
    """Return the figures of earlier runs."""
    path = FOLDER / "results.json"
    empty: dict[str, Any] = {"groups": {}, "rows": [], "versions": {}, "skipped": {}}
    return empty | (json.loads(path.read_text()) if path.is_file() else {})


def _store(results: dict[str, Any]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1))


def _merge(results: dict[str, Any], measured: dict[str, Any]) -> None:
    """Replace the rows that were measured again, and keep the others."""
    new = {(row["workload"], row["series"]) for row in measured["rows"]}
    kept = [row for row in results["rows"] if (row["workload"], row["series"]) not in new]
    results["rows"] = kept + measured["rows"]
    results["versions"] |= measured["versions"]
    results["skipped"] = measured["skipped"]
    results["load"] = measured["load"]


def _interrupt(number: int, frame: object) -> None:
    """Raise KeyboardInterrupt once: the next signal must not end the process while it stops its servers."""
    _on_signals(signal.SIG_IGN)
    raise KeyboardInterrupt


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


if __name__ == "__main__":
    _on_signals(_interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
