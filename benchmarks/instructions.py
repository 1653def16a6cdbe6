"""Count the instructions of one POST /graphql of W1, W2 and W3, in one process, by callgrind.

`python -m benchmarks.instructions` prints them beside the ceilings in instructions.toml; `--refresh` writes them there.
"""

import argparse
import gc
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.app import create_peer
from benchmarks.inside import environ, exchange
from benchmarks.processes import ROOT
from benchmarks.workloads import W1, W2, W3

CEILINGS = Path(__file__).parent / "instructions.toml"
MARK = "getpgid"
"""The C function at whose calls callgrind writes the instructions since its call before."""
WARM, OPERATIONS = 12, 10
"""Operations before the first mark, after which caches are full and the interpreter has adapted; and those counted."""
COUNTED = (W1, W2, W3)
MARGIN = 0.03
REFRESH = "python -m benchmarks.instructions --refresh"


def operate() -> None:
    """Warm up each workload, mark, repeat it, and mark again."""
    gc.disable()
    logging.getLogger("restgql").setLevel(logging.ERROR)
    app = create_peer()
    for workload in COUNTED:
        value = {"query": workload.query}
        # of a server of one thread, so that no other thread computes
        made, body = environ("/graphql", "POST", value) | {"wsgi.multithread": False}, json.dumps(value).encode()
        _repeat(app, made, body, WARM)
        os.getpgid(0)
        _repeat(app, made, body, OPERATIONS)
        os.getpgid(0)


def _repeat(app: Any, made: dict[str, Any], body: bytes, count: int) -> None:
    for _ in range(count):
        exchange(app, made, body)


def count() -> dict[str, int]:
    """Return the instructions of one operation of each workload."""
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder}/out"]
        # hashes, and with them the order of sets, are the same each time
        variables = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-m", "benchmarks.instructions", "--operate"]
        # where Python compiles modules first, memory is laid out otherwise: up to 1.6 %
        subprocess.run(command, cwd=ROOT, env=variables, check=True, timeout=600)
        done = subprocess.run(
            [*valgrind, *command], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=600
        )
        # out.1 is up to the first mark, out.2 up to the second, and so on
        totals = [_total(Path(folder, f"out.{2 * number}")) for number in range(1, len(COUNTED) + 1)]
        if done.returncode != 0 or 0 in totals:
            raise RuntimeError(done.stderr[-2_000:])
    return {workload.name: total // OPERATIONS for workload, total in zip(COUNTED, totals, strict=True)}


def _total(dump: Path) -> int:
    total = re.search(r"^totals: (\d+)$", dump.read_text(), re.MULTILINE) if dump.is_file() else None
    return int(total[1]) if total else 0


def environment() -> dict[str, str]:
    """Return the versions that the figures depend on."""
    packages = ("flask", "werkzeug", "graphql-core", "msgspec")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, **{name: version(name) for name in packages}}


def ceilings() -> dict[str, Any]:
    return tomllib.loads(CEILINGS.read_text())


def differences(versions: dict[str, str]) -> str:
    """Return how this environment differs from the one of the ceilings."""
    here = environment()
    return ", ".join(f"{name} {here[name]}, not {old}" for name, old in versions.items() if here[name] != old)


def exceeded(allowed: dict[str, int], counted: dict[str, int]) -> dict[str, str]:
    """Return the workloads that take over 3 % more instructions than their ceilings."""
    return {
        name: f"{counted[name]:,} instructions, {counted[name] / ceiling - 1:+.1%} of {ceiling:,}"
        for name, ceiling in allowed.items()
        if counted[name] > ceiling * (1 + MARGIN)
    }


def main(arguments: list[str]) -> int:
    """Print the counts, and write them if it is asked; 1 if a ceiling is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refresh", action="store_true", help=f"write them into {CEILINGS.name}")
    parser.add_argument("--operate", action="store_true", help="make the operations, uncounted")
    options = parser.parse_args(arguments)
    if options.operate:
        operate()
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return 1
    counted = count()
    for name, value in counted.items():
        print(f"{name} {value:>12,}")
    if options.refresh:
        lines = [f"# Instructions of one POST /graphql: `{REFRESH}` writes them.", "[instructions]"]
        lines += [f"{name} = {value:_}" for name, value in counted.items()]
        lines += ["", "[versions]", *(f'{name} = "{value}"' for name, value in environment().items())]
        CEILINGS.write_text("\n".join(lines) + "\n")
        return 0
    return int(bool(exceeded(ceilings()["instructions"], counted)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
