"""The jobs of all tests in this folder: two at a time, in the order of the tests."""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from tests.apps.environment import call, make_environment, unpack_sdist

PLUGIN = Path(__file__).parent / "plugin"
MODES = ("alone", "added", "through")


class Workshop:
    """Runs jobs in two threads, each in a process of its own; all its files are below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(2)
        self._jobs: dict[tuple[str, ...], Future[Any]] = {}
        self._lock = Lock()
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        """A lock for each environment."""
        self._environments: dict[str, Path] = {}

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def compare(self, name: str) -> Future[dict[str, Any]]:
        """Start to compare all routes of an app; the result is the report of run.py."""
        return self._start(("compare", name), lambda: self._compare(name))

    def suite(self, name: str, mode: str) -> Future[dict[str, Any]]:
        """Start the suite of an app; the result is the report of the plugin."""
        return self._start(("suite", name, mode), lambda: self._suite(name, mode))

    def _start(self, key: tuple[str, ...], job: Callable[[], Any]) -> Future[Any]:
        if key not in self._jobs:
            self._jobs[key] = self._pool.submit(job)
        return self._jobs[key]

    def _python(self, name: str) -> Path:
        with self._lock:
            lock = self._locks[name]
        with lock:
            if name not in self._environments:
                self._environments[name] = make_environment(name, self._folder / f"{name}-environment")
            return self._environments[name]

    def _sources(self, name: str, sdist: str) -> Path:
        with self._locks[name]:
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
