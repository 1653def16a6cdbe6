"""The jobs of the tests in this folder: comparisons and suites of apps."""

import json
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.apps.environment import make_environment, unpack_sdist
from tests.environments import call

PLUGIN = Path(__file__).parent / "plugin"


class Workshop:
    """Runs each job once, in a process of its own, and keeps its report; all its files are below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reports: dict[tuple[str, ...], Any] = {}
        self._environments: dict[str, Path] = {}

    def compare(self, name: str) -> dict[str, Any]:
        """Compare all routes of an app, and return the report of run.py."""
        return self._once(("compare", name), lambda: self._compare(name))

    def suite(self, name: str, mode: str) -> dict[str, Any]:
        """Run the suite of an app, and return the report of the plugin."""
        return self._once(("suite", name, mode), lambda: self._suite(name, mode))

    def _once(self, key: tuple[str, ...], job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if key not in self._reports:
            self._reports[key] = job()
        return self._reports[key]

    def _python(self, name: str) -> Path:
        if name not in self._environments:
            self._environments[name] = make_environment(name, self._folder / f"{name}-environment")
        return self._environments[name]

    def _sources(self, name: str, sdist: str) -> Path:
        folder = self._folder / f"{name}-sources"
        if not folder.exists():
            folder.mkdir()
            unpack_sdist(sdist, folder)
        return next(path for path in folder.iterdir() if path.is_dir())

    def _compare(self, name: str) -> dict[str, Any]:
        python, folder = self._python(name), self._folder / name
        folder.mkdir()
        call(str(python), "-m", "tests.apps.run", name, str(folder), folder=folder, variables=variables_of(folder))
        return read(folder / "report.json")

    def _suite(self, name: str, mode: str) -> dict[str, Any]:
        python, folder = self._python(name), self._folder / f"{name}-{mode}"
        folder.mkdir()
        suite = import_module(f"tests.apps.suites.{name}")
        sources = self._sources(name, suite.SDIST) if hasattr(suite, "SDIST") else folder
        report = folder / "report.json"
        own = {"GATEWAY_SUITE_MODE": mode, "GATEWAY_SUITE_REPORT": str(report), "PYTHONPATH": str(PLUGIN)}
        options = (
            "-p",
            "gateway_suite",
            "-p",
            "no:cacheprovider",
            "-q",
            f"--basetemp={folder / 'tmp'}",
            f"--rootdir={self._folder}",
        )
        command = (str(python), "-m", "pytest", *options, *suite.ARGUMENTS)
        call(*command, folder=sources, variables=variables_of(folder) | own, accepted=(0, 1))
        return read(report)


def variables_of(home: Path) -> dict[str, str]:
    """Return this process's environment variables, with a home folder in which an app finds no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RESTGQL_", "FLASK_"))}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PYTHONDONTWRITEBYTECODE": ""}


def read(report: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(report.read_text())
    return content
