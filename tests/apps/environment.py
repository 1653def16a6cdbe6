"""The environment of one app: a venv with exactly the pinned packages, and this checkout."""

import shutil
import sys
from pathlib import Path

from tests.environments import Environment, call

ROOT = Path(__file__).resolve().parents[2]
CATALOG = Path(__file__).parent / "catalog"


def make_environment(name: str, folder: Path) -> Path:
    """Install an app and return the path of the Python that has it. Raises Failed."""
    environment = Environment(folder)
    lists = ("-r", str(CATALOG / "requirements.txt"), "-r", str(CATALOG / f"{name}.txt"))
    environment.install("--no-deps", *lists)  # all packages are listed, so there is nothing to resolve
    packages = next(folder.glob("lib*/**/site-packages"))
    shutil.rmtree(packages / "tests", ignore_errors=True)  # that some apps install, and that would hide ours
    (packages / "restgql.pth").write_text(f"{ROOT}\n")
    return environment.python


def unpack_sdist(requirement: str, folder: Path) -> None:
    """Download the sdist of a package, and unpack its sources into a folder. Raises Failed."""
    options = ("--no-deps", "--no-binary", ":all:", "--no-input", "--quiet", "--disable-pip-version-check")
    call(sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement, folder=folder)
    archive = next(folder.glob("*.tar.gz"))
    shutil.unpack_archive(archive, folder, filter="data")
