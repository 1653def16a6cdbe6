"""Sets itself up in .venv with nothing but Python, then runs the demo, the tests or the benchmarks."""

import argparse
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

# Before anything that an older Python could not run, so that it says this and no more.
if sys.hexversion < 0x030B0000:
    sys.exit(f"start.py needs Python 3.11 or newer, and this is {sys.version.split()[0]}. Try: python3.11 start.py")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
HOST = "127.0.0.1"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# Not the Python of .venv, even if that one runs this file: .venv may be about to go.
PYTHON = str(getattr(sys, "_base_executable", sys.executable))
UNFINISHED = "unfinished"

USAGE = """
  python3 start.py [--port PORT]      run the demo, with GraphiQL
  python3 start.py check [ARGS...]    run ruff, codespell, mypy and the fast tests (ARGS are pytest's)
  python3 start.py check --coverage   the same, and measure the coverage by branch
  python3 start.py test [ARGS...]     run ruff, codespell, mypy and all tests
  python3 start.py bench [ARGS...]    run the benchmarks
"""
BANNER = """
Start here   http://{address}/

GraphiQL     http://{address}/graphql

/graphql     curl -H 'Content-Type: application/json' http://{address}/graphql \\
                  -d '{{"query": "{{ get(path: \\"/users/1\\", select: \\"name\\") }}"}}'

/aggregate   curl -H 'Content-Type: application/json' http://{address}/aggregate \\
                  -d '["/hello/world", "/hello/ramnes?question=Sup?"]'

Stored       curl 'http://{address}/graphql/positive_word?sentence=what+a+superb+and+happy+day'

Ctrl-C ends it.
"""
Check = tuple[str, list[str]]
CODE: tuple[Check, ...] = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("codespell", ["codespell_lib"]),
    ("mypy", ["mypy"]),
)
# tests/marks.py has the phases
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# One process more than there are cores, as many tests wait.
ON_ALL_CORES = ["pytest", "-n", str(CORES + 1), "--no-loadscope-reorder", "--phase"]
COVERAGE = ["--cov", "--cov-report="]
NO_TESTS = 5
"""The exit status of pytest if no test was selected."""


class Failed(Exception):
    """What could not be done, in words for the one who typed the command."""


def main(arguments: list[str]) -> int:
    commands: dict[str, Callable[[list[str]], int]] = {"check": check, "test": test, "bench": bench}
    try:
        if arguments and arguments[0] in commands:
            return commands[arguments[0]](arguments[1:])
        parser = argparse.ArgumentParser(usage=USAGE)
        parser.add_argument("--port", type=int, default=5000, help="the first port to try (default: 5000)")
        return serve(parser.parse_args(arguments).port)
    except (Failed, OSError) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def serve(port: int) -> int:
    """The demo in debug mode, which is what turns GraphiQL on, until Ctrl-C."""
    python = set_up("demo")
    free = free_port(range(port, port + 100))
    if free != port:
        print(f"Port {port} is not free: using {free}.", flush=True)
    command = [python, "-m", "flask", "--app", "app", "run", "--debug", "--host", HOST, "--port", str(free)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment())
    try:
        if answers(free, server):
            print(BANNER.format(address=f"{HOST}:{free}"), flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def check(arguments: list[str]) -> int:
    """Run what takes little more than a minute: the code checks, and the tests that are not slow."""
    with_coverage = "--coverage" in arguments
    arguments = [argument for argument in arguments if argument != "--coverage"]
    fast = [*ON_ALL_CORES, "fast", *(COVERAGE if with_coverage else []), *arguments]
    report: list[Check] = [("coverage", ["coverage", "report"])] if with_coverage else []
    return run_checks([*CODE, ("pytest", fast), *report])


def test(arguments: list[str]) -> int:
    """Run all checks and all tests: first those that share the cores, then those that need the machine alone."""
    shared = [*ON_ALL_CORES, "together", *arguments]
    alone = ["pytest", "--phase", "alone", *arguments]
    return run_checks([*CODE, ("pytest", shared), ("pytest alone", alone)])


def run_checks(checks: Iterable[Check]) -> int:
    """Run all checks, even after one has failed, then print the result of each. Return the exit status."""
    python = set_up("test")
    results = []
    for name, command in checks:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        status = subprocess.run([python, "-m", *command], cwd=ROOT, env=environment()).returncode
        results.append((name, status, time.monotonic() - started))
    print("\n== in all")
    for name, status, seconds in results:
        print(f"{name:<12} {outcome(status)} {seconds:7.1f} s")
    return exit_status([status for _, status, _ in results])


def outcome(status: int) -> str:
    return {0: "passed", NO_TESTS: "none  "}.get(status, "failed")


def exit_status(statuses: list[int]) -> int:
    """Return 1 if a check has failed, or if no part of the tests had a test to run."""
    failed = [status for status in statuses if status not in (0, NO_TESTS)]
    runs_of_pytest = statuses[len(CODE) :]
    return int(bool(failed) or all(status == NO_TESTS for status in runs_of_pytest))


def bench(arguments: list[str]) -> int:
    script = ROOT / "benchmarks" / "run.py"
    if not script.is_file():
        raise Failed("There are no benchmarks here: benchmarks/run.py is missing.")
    process = subprocess.Popen([set_up("test"), str(script), *arguments], cwd=ROOT, env=environment())
    try:
        return process.wait()
    finally:
        # it stops its servers first, which takes seconds
        process.terminate()
        process.wait()


def set_up(group: str) -> str:
    """Make or mend .venv, install this project with a dependency group of pyproject.toml, and return the Python to use.

    The stamp in .venv tells what was installed, and is `unfinished` for as long as an interruption would leave a ruin.
    """
    python, stamp = python_of(VENV), VENV / ".restgql"
    pyproject = (ROOT / "pyproject.toml").read_bytes()
    wanted = digest(pyproject, VENV)
    if python.is_file() and is_installed(stamp, group, wanted):
        return str(python)
    problem = flaw(VENV, stamp)
    if problem:
        print(f"Making .venv with Python {VERSION}{problem} ...", flush=True)
        make_venv(VENV, stamp, WAYS)
    print(f"Installing restgql and the packages of the group {group} into .venv ...", flush=True)
    stamp.write_text(UNFINISHED)
    try:
        install(str(python), group, requirements(pyproject, group))
    except Failed:
        # pip undoes what fails, so the next start need not begin from nothing
        stamp.unlink()
        raise
    stamp.write_text(f"{group} {wanted}")
    return str(python)


def install(python: str, group: str, packages: list[str]) -> None:
    """Install packages into the environment of a Python, the first of them editable.

    pip takes minutes for the many packages of `test` and uv seconds, but uv does not read pip's configuration.
    """
    pip = [python, "-m", "pip", "install", "--no-input"]
    if group == "test":
        with suppress(Failed):
            call(*pip, next(package for package in packages if package.startswith("uv>")))
            uv = [python, "-m", "uv", "pip", "install", "--python", python, "--compile-bytecode"]
            call(*uv, "--editable", *packages)
            return
    call(*pip, "--editable", *packages)


def requirements(pyproject: bytes, group: str) -> list[str]:
    """Return this project, for `test` with all its extras, and the packages of a dependency group (PEP 735).

    `pip install --group` would need pip 25.1.
    """
    import tomllib  # Pythons before 3.11 have none, and get as far as the check above

    project = tomllib.loads(pyproject.decode())
    groups = project["dependency-groups"]

    def expanded(name: str) -> list[str]:
        nested = [expanded(each["include-group"]) if isinstance(each, dict) else [each] for each in groups[name]]
        return [requirement for part in nested for requirement in part]

    extras = ",".join(project["project"]["optional-dependencies"])
    return [f".[{extras}]" if group == "test" else ".", *expanded(group)]


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def digest(pyproject: bytes, venv: Path, version: str = VERSION) -> str:
    """Of all that an installation depends on: a checkout that was moved, or run by another Python, needs a new one."""
    return hashlib.sha256(b"\0".join([pyproject, str(venv).encode(), version.encode()])).hexdigest()


def is_installed(stamp: Path, group: str, wanted: str) -> bool:
    """Return True if the stamp is that of a group, or of `test`, which includes `demo`."""
    return read(stamp) in (f"{group} {wanted}", f"test {wanted}")


def read(stamp: Path) -> str:
    return stamp.read_text().strip() if stamp.is_file() else ""


def flaw(venv: Path, stamp: Path) -> str:
    """Why `venv` must be made (again), to be put after "Making .venv"; empty if it can be used."""
    if not os.path.lexists(venv):
        return " (a minute, this once)"
    if read(stamp) == UNFINISHED:
        return " again, because it was left unfinished"
    try:
        answer = call(str(python_of(venv)), "-m", "pip", "--version")
    except Failed:
        return " again, because it has no working pip"
    return "" if f"(python {VERSION})" in answer else " again, because it is of another version"


def make_venv(venv: Path, stamp: Path, ways: Iterable[Callable[[Path], object]]) -> None:
    """The first way that gives a .venv with pip in it."""
    failures = []
    for way in ways:
        remove(venv)
        venv.mkdir()
        stamp.write_text(UNFINISHED)
        try:
            way(venv)
            call(str(python_of(venv)), "-m", "pip", "--version")
            return
        except Failed as failure:
            failures.append(f"{way.__doc__}\n{failure}")
    remove(venv)
    raise Failed("\n\n".join([*failures, advice()]))


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def by_ensurepip(venv: Path) -> None:
    """Python's own way:"""
    call(PYTHON, "-m", "venv", str(venv))


def by_outer_pip(venv: Path) -> None:
    """A .venv without pip, and pip put into it by the pip outside:"""
    call(PYTHON, "-m", "venv", "--without-pip", str(venv))
    # Debian's pip refuses to change Debian's Python (PEP 668), not another
    call(PYTHON, "-m", "pip", "--python", str(python_of(venv)), "install", "--no-input", "pip")


def by_apt(venv: Path) -> None:
    """Debian's package of ensurepip, by root or a sudo that asks nothing:"""
    if not is_debian():
        raise Failed("This is not Debian's Python.")
    if find_spec("ensurepip"):
        raise Failed("The package is there already.")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    if os.geteuid() != 0:
        call("sudo", "-n", "true")
        apt = ["sudo", "-n", *apt]
    print(f"Installing Debian's python{VERSION}-venv ...", flush=True)
    # one source of many that cannot be reached does not matter if the package is had
    with suppress(Failed):
        call(*apt, "update")
    call(*apt, "install", "--no-install-recommends", "-y", f"python{VERSION}-venv")
    by_ensurepip(venv)


WAYS = (by_ensurepip, by_outer_pip, by_apt)


def advice() -> str:
    """What to type when every way has failed."""
    if not is_debian():
        return f"No .venv could be made. Install venv and pip for {PYTHON}, or run start.py by another Python."
    sudo = "sudo " if os.geteuid() != 0 and shutil.which("sudo") else ""
    who = "" if sudo else " as root"
    return (
        f"No .venv could be made. Type this{who}, then start again:\n\n"
        f"    {sudo}apt-get update && {sudo}apt-get install -y python{VERSION}-venv"
    )


def is_debian() -> bool:
    """Whether this is the Python of Debian or of what derives from it, whose parts are packages."""
    return sys.base_prefix == "/usr" and shutil.which("apt-get") is not None


def call(*command: str) -> str:
    """Run a command quietly and return its output, or raise with the whole of it."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise Failed(f"$ {' '.join(command)}\n{error}") from error
    output = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0:
        raise Failed(f"$ {' '.join(command)}\n{output}")
    return output


def environment() -> dict[str, str]:
    """Return ours without the variables that would lead .venv's Python or pip elsewhere.

    PYTHONDONTWRITEBYTECODE is dropped, too: with it each process of pytest would compile all tests anew.
    """
    dropped = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def free_port(ports: Iterable[int]) -> int:
    """The first of `ports` that can be listened on."""
    for port in ports:
        with socket.socket() as probe, suppress(OSError, OverflowError):
            # as the server does: a port that was closed a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            probe.listen()
            return int(probe.getsockname()[1])
    raise Failed("No port is free there: choose another with --port.")


def answers(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Whether the server came to listen, as opposed to ending, within half a minute."""
    for _ in range(300):
        if server.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    # to be told to end is to be interrupted: the server goes too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
