"""Install the peers into `.benchmarks/`, from PyPI, npm and Debian, without root and without a change to the system."""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes import ROOT

FOLDER = ROOT / ".benchmarks"
SECONDS = 240
LIBRARIES = f"{platform.machine()}-linux-gnu"
"""The folder, in lib and usr/lib, in which a package of Debian has its libraries."""
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Unavailable(Exception):
    """A peer cannot be installed or started; the text is the reason, for the one who runs the benchmarks."""


def npm(name: str, *packages: str) -> Path:
    """Install npm packages and return the folder that has their `node_modules`."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Unavailable("node and npm are not installed")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
    return _once(name, packages, lambda folder: _run([*command, *packages], folder))


def npm_version(folder: Path, package: str) -> str:
    version: str = json.loads((folder / "node_modules" / package / "package.json").read_text())["version"]
    return version


def pypi(name: str, *packages: str) -> Path:
    """Install packages of PyPI into a folder for PYTHONPATH, with Flask and Werkzeug as they are here."""

    def install(folder: Path) -> None:
        pins = [f"{name}=={importlib.metadata.version(name)}\n" for name in ("flask", "werkzeug")]
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(pins))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--target", str(folder)]
        _run([*command, "--constraint", str(constraints), *packages], folder)

    return _once(name, packages, install)


def pypi_version(folder: Path, package: str) -> str:
    distributions = importlib.metadata.distributions(name=package, path=[str(folder)])
    return next(iter(distributions)).version


def debian(name: str, *packages: str, suite: str | None = None) -> Path:
    """Unpack Debian's packages, and those that they need and the system lacks, and return the folder.

    With a suite other than the system's, unpack the packages alone.
    """
    if shutil.which("apt-get") is None:
        raise Unavailable("it comes from Debian, and this system has no apt-get")

    def install(folder: Path) -> None:
        apt = _apt(folder, suite)
        _run([*apt, "-qq", "update"], folder)
        names = list(packages)
        if suite is None:
            plan = _run([*apt, "--simulate", "--no-install-recommends", "install", *packages], folder)
            names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
        if names:
            _run([*apt, "-qq", "download", *names], folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "-x", str(package), "root"], folder)

    return _once(name, packages, install) / "root"


def debian_version(package: str, folder: Path) -> str:
    """Return the version of a package that was unpacked, or else of the system's."""
    for path in folder.parent.glob(f"{package}_*.deb"):
        return path.name.split("_")[1].replace("%3a", ":").rpartition(":")[2]
    return _run(["dpkg-query", "-W", "-f", "${Version}", package], folder.parent).strip()


def library_path(root: Path) -> dict[str, str]:
    """Return the environment in which the programs of unpacked packages have their libraries."""
    return {"LD_LIBRARY_PATH": f"{root}/usr/lib/{LIBRARIES}:{root}/lib/{LIBRARIES}"}


def _apt(folder: Path, suite: str | None) -> list[str]:
    """Return an apt-get with lists of its own, which needs no root."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    own, address = _archive()
    sources = folder / "debian.sources"
    sources.write_text(
        f"Types: deb\nURIs: {address}\nSuites: {suite or own}\nComponents: main\nSigned-By: {_KEYRING}\n"
    )
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State": folder / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def _archive() -> tuple[str, str]:
    """Return the system's suite, and the address from which its packages come."""
    release = Path("/etc/os-release").read_text()
    suite = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    if suite is None or not re.search(r"^ID=debian$", release, re.MULTILINE):
        raise Unavailable("it comes from Debian, and this system is another one")
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        text = path.read_text() if path.is_file() else ""
        for stanza in re.split(r"\n\s*\n", text):
            address = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
            if address and re.search(rf"^Suites:.*\b{suite[1]}(\s|$)", stanza, re.MULTILINE):
                return suite[1], address[1]
        line = re.search(rf"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+{suite[1]}\s", text, re.MULTILINE)
        if line:
            return suite[1], line[1]
    raise Unavailable(f"apt has no source for {suite[1]}")


def _once(name: str, packages: tuple[str, ...], install: Callable[[Path], object]) -> Path:
    """Return the folder of a peer, after `install` unless it has the same packages already."""
    folder = FOLDER / name
    stamp, text = folder / "installed.txt", "\n".join(packages)
    if not (stamp.is_file() and stamp.read_text() == text):
        print(f"  installing {', '.join(packages)} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        stamp.write_text(text)
    return folder


def _run(command: list[str], folder: Path) -> str:
    """Return the output of a command, or raise Unavailable with its end."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    environ.pop("PYTHONPATH", None)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise Unavailable(f"{command[0]}: {exc}") from exc
    if done.returncode != 0:
        raise Unavailable(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout
