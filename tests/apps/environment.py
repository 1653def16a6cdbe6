"""The environment of one app: a venv with exactly the pinned packages, and this checkout."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOG = Path(__file__).parent / "catalog"
SECONDS = 300


class Failed(Exception):
    """A command has failed; the message is its output."""


def make_environment(name: str, folder: Path) -> Path:
    """Install an app and return the path of the Python that has it. Raises Failed."""
    call(sys.executable, "-m", "venv", "--without-pip", str(folder), folder=folder.parent)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # All packages are listed, so pip has nothing to resolve; the modules that run are compiled when they are imported.
    options = ("--no-deps", "--no-compile", "--no-input", "--quiet", "--disable-pip-version-check")
    lists = ("-r", str(CATALOG / "requirements.txt"), "-r", str(CATALOG / f"{name}.txt"))
    call(sys.executable, "-m", "pip", "--python", str(python), "install", *options, *lists, folder=folder.parent)
    packages = next(folder.glob("lib*/**/site-packages"))
    shutil.rmtree(packages / "tests", ignore_errors=True)  # that some apps install, and that would hide ours
    (packages / "restgql.pth").write_text(f"{ROOT}\n")
    return python


def unpack_sdist(requirement: str, folder: Path) -> None:
    """Download the sdist of a package, and unpack its sources into a folder. Raises Failed."""
    options = ("--no-deps", "--no-binary", ":all:", "--no-input", "--quiet", "--disable-pip-version-check")
    call(sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement, folder=folder)
    archive = next(folder.glob("*.tar.gz"))
    shutil.unpack_archive(archive, folder, filter="data")


def call(*command: str, folder: Path, variables: dict[str, str] | None = None, accepted: tuple[int, ...] = (0,)) -> str:
    """Run a command in a folder and return its output. Raises Failed unless its exit status is accepted."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        text=True,
        errors="replace",
    )
    if done.returncode not in accepted:
        raise Failed(f"$ {' '.join(command)}\n{done.stdout[-20_000:]}")
    return done.stdout
