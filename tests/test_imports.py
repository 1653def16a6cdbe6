"""The modules that restgql imports at its import, and at the start of each `flask` command."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import restgql

ENTRY_POINT = """
import json, sys
from importlib.metadata import entry_points
(entry_point,) = entry_points(group="flask.commands", name="restgql")
cli = entry_point.load()
assert cli.name == "restgql" and cli.get_short_help_str()
"""
BROKEN = """
import sys
sys.modules["graphene"] = None
from flask.cli import main
sys.argv = ["flask", *sys.argv[1:]]
main()
"""


def python(code: str, *arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd)


def loaded(code: str) -> set[str]:
    """Return the top-level packages that are imported after some code."""
    done = python(f"{code}\nimport json, sys; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_entry_point_of_flask_imports_no_gateway() -> None:
    assert loaded(ENTRY_POINT).isdisjoint({"graphene", "graphql", "msgspec", "requests", "urllib3", "jmespath"})


@pytest.mark.parametrize("code", ["import restgql", "from restgql import *", "from restgql import Gateway"])
def test_the_http_client_and_the_cache_are_imported_when_they_are_used(code: str) -> None:
    assert loaded(code).isdisjoint({"requests", "urllib3", "hishel", "yaml", "redis"})


def test_the_package_imports_nothing_before_a_name_is_used() -> None:
    assert loaded("import restgql").isdisjoint({"flask", "graphene", "graphql", "msgspec"})


def test_an_import_that_fails_leaves_the_other_commands_of_flask(tmp_path: Path) -> None:
    assert "restgql" in python(BROKEN, "--help", cwd=tmp_path).stdout
    failed = python(BROKEN, "restgql", "--help", cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: restgql cannot be imported: ")
    assert "Traceback" not in failed.stderr
    assert re.search(r"Installed: graphene \S+, graphql-core \S+, flask \S+\.", failed.stderr)


def test_an_import_that_fails_leaves_flask_run(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    routes = python(BROKEN, "--app", "app", "routes", cwd=tmp_path)
    assert (routes.returncode, routes.stderr) == (0, "")
    assert "static" in routes.stdout


@pytest.mark.parametrize("command", [["--help"], ["serve"]])
def test_an_import_that_fails_is_reported_without_a_traceback(command: list[str]) -> None:
    code = "import runpy, sys; sys.modules['graphql'] = None; runpy.run_module('restgql', run_name='__main__')"
    failed = python(code, *command)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: restgql cannot be imported: ")
    assert "Traceback" not in failed.stderr


def test_each_public_name_has_its_object() -> None:
    assert set(restgql.__all__) <= set(dir(restgql))
    for name in restgql.__all__:
        assert getattr(restgql, name) is not None
    assert restgql.Response.__name__ == "SubResponse"
    with pytest.raises(AttributeError, match="no attribute 'gateway'"):
        restgql.gateway  # noqa: B018
