"""The suite passes with the lowest versions that pyproject.toml permits, and with Flask 2.3."""

import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

FLASK_2_3 = {"flask": "2.3.3", "werkzeug": "2.3.8", "requests": "2.31.0", "urllib3": "2.0.2"}
TOOLS = (
    "pytest",
    "hypothesis",
    "asgiref",
    "blinker",
    "cachelib",
    "flask-session>=0.8",
    "flask-sqlalchemy",
    "flask-wtf",
    "peewee",
)

SUITE = (
    "tests/equality/test_contexts.py",
    "tests/equality/test_failures.py",
    "tests/equality/test_fields.py",
    "tests/equality/test_refused.py",
    "tests/equality/test_routes.py",
    "tests/equality/test_sessions.py",
    "tests/upstream/test_environ.py",
    "tests/upstream/test_http_client.py",
    "tests/upstream/test_remote.py",
    "tests/respond/test_rules.py",
    "tests/http/test_caching.py",
    "tests/http/test_uploads.py",
    "tests/aggregate/test_forms.py",
    "tests/plan/test_projections.py",
    "tests/schema/test_differential.py",
    "tests/schema/test_user_types.py",
    "tests/test_shapes.py",
    "tests/test_config.py",
    "tests/test_extension.py",
)

_LOCATION = "tests/equality/test_failures.py::test_b8_a_failure_leaves_the_nine_others_intact"
_TRUSTED = "tests/test_extension.py::test_outside_of_a_request_the_host_is_one_that_the_app_trusts"

# By the start of a test's id: the reason that it cannot pass with an older Flask or Werkzeug.
NEWER = {
    _TRUSTED: "TRUSTED_HOSTS came with Flask 3.1",
    f"{_LOCATION}[handled-/crash/location]": "Werkzeug sends a Location that is no URL",
    f"{_LOCATION}[propagated-/crash/location]": "Werkzeug sends a Location that is no URL",
    "tests/http/test_uploads.py::test_a_file_name_is_passed_on_as_it_was_sent": "Werkzeug 2.2 unquotes otherwise",
    "tests/http/test_uploads.py::test_the_name_of_a_field_injects_nothing_either": "Werkzeug 2.2 unquotes otherwise",
}


def lowest(extras: tuple[str, ...]) -> dict[str, str]:
    """Return the lowest permitted version of each dependency, and of those of some extras."""
    requirements = [*PROJECT["dependencies"]]
    for extra in extras:
        requirements += PROJECT["optional-dependencies"][extra]
    matches = [re.match(r"([\w-]+)[>=]=([\w.]+)", requirement) for requirement in requirements]
    assert all(matches), requirements
    return {match[1]: match[2] for match in matches if match}


LOWEST = lowest(("brotli", "cache", "redis", "yaml"))


@pytest.mark.floors
def test_the_suite_passes(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads:
        lowest_versions = threads.submit(outcome, tmp_path / "lowest", LOWEST)
        flask_2_3 = threads.submit(outcome, tmp_path / "flask-2.3", LOWEST | FLASK_2_3)
    for run_of in (lowest_versions, flask_2_3):
        status, output, tests, skipped = run_of.result()
        print(f"{tests} tests, skipped: {skipped}")
        assert status == 0, output
        assert tests > 3_000
        assert skipped == []


def outcome(folder: Path, versions: dict[str, str]) -> tuple[int, str, int, list[str]]:
    """Run the suite in an environment; return its status, the end of its output, its tests and the skipped ones."""
    python, report = environment(folder, versions), folder / "report.xml"
    left_out = [f"--deselect={start}" for start in NEWER]
    plain = ("-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'tmp'}", f"--junit-xml={report}")
    done = run(python, "-m", "pytest", *plain, *left_out, *SUITE, cwd=ROOT, PYTHONDONTWRITEBYTECODE="1")
    root = ElementTree.parse(report).getroot()
    skipped = [f"{case.get('name')}" for case in root.iter("testcase") if case.find("skipped") is not None]
    return done.returncode, done.stdout[-6_000:], len(list(root.iter("testcase"))), skipped


def environment(folder: Path, versions: dict[str, str]) -> str:
    """Make an environment with the checkout, exactly these versions, and what the tests need; return its Python."""
    run(sys.executable, "-m", "venv", folder, check=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pinned = [f"{name}=={version}" for name, version in versions.items()]
    install = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*install, f"{ROOT}[brotli,cache,redis,yaml]", *pinned, *TOOLS, check=True)
    installed = run(python, "-m", "pip", "freeze", check=True).stdout.lower()
    assert {pin for pin in pinned if pin not in installed} == set()
    return python


def run(
    *command: object, cwd: Path | None = None, check: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "RESTGQL_NO_SKIPS")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | variables, capture_output=True, text=True, timeout=600
    )
    assert not check or done.returncode == 0, done.stderr
    return done
