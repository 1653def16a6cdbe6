"""The oldest versions that pyproject.toml allows: what takes Flask's steps one by one has to know them all."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

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
]
TESTS = ["aggregate", "scenarios", "equality/test_values.py", "equality/test_fields.py", "equality/test_generated.py"]


def lowest() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = [re.match(r"([\w-]+)>=([\d.]+)", wanted) for wanted in project["dependencies"]]
    assert all(found), "each has a lowest version"
    return [*(f"{match[1]}=={match[2]}" for match in found if match), "werkzeug==3.0.0"]


def test_with_the_oldest_versions_sub_requests_are_direct_requests_too(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = venv / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *lowest(), *NEEDED], check=True)
    tests = [f"tests/{name}" for name in TESTS]
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
