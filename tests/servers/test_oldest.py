"""The oldest Flask whose steps the fast path takes one by one, with the oldest versions of all else."""

import os
import re
import tomllib
from pathlib import Path

from tests.environments import Environment, call

ROOT = Path(__file__).parent.parent.parent
NEEDED = [
    "pytest",
    "hypothesis",
    "asgiref",
    "brotli",
    "flask-aggregator",
    "flask-compress",
    "flask-wtf",
    "afinn==0.1",
    "hishel==2.0.0",
    "pydantic",
    "pyyaml",
]
TESTS = ["aggregate", "scenarios", "equality/test_values.py", "equality/test_fields.py"]


def lowest() -> list[str]:
    """Return the lowest permitted version of each dependency, and the first Flask and Werkzeug of the fast path."""
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    matches = [re.match(r"([\w-]+)>=([\d.]+)", requirement) for requirement in requirements]
    assert all(matches), "each has a lowest version"
    versions = {match[1]: match[2] for match in matches if match} | {"flask": "3.0.0", "werkzeug": "3.0.0"}
    return [f"{name}=={version}" for name, version in versions.items()]


def test_with_the_oldest_versions_sub_requests_are_direct_requests_too(tmp_path: Path) -> None:
    oldest = Environment(tmp_path / "environment")
    oldest.install(*lowest(), *NEEDED)
    tests = [f"tests/{name}" for name in TESTS]
    call(
        str(oldest.python),
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'tmp'}", *tests),
        folder=ROOT,
        variables=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""},
    )
