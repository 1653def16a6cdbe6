"""The table of marks: its rows are files or folders, and each test is in exactly one phase of the whole run."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests import marks

MARKERS = tomllib.loads((marks.ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
REGISTERED = {text.partition(":")[0] for text in MARKERS}


@pytest.mark.parametrize("path", [*marks.MARKS, *marks.LONGEST])
def test_a_row_is_a_file_or_folder_of_tests(path: str) -> None:
    assert (marks.ROOT / path).exists()
    assert path.startswith("tests/")


def test_every_mark_is_registered_and_used() -> None:
    used = {mark for row in marks.MARKS.values() for mark in row}
    assert used | {"one_thread"} == REGISTERED


def test_a_file_has_the_marks_of_its_folders_too() -> None:
    assert marks.marks_of("tests/browser/test_build.py") == {"browser", "slow", "node", "network"}
    assert marks.marks_of("tests/browser_like/test_other.py") == set()


def test_a_test_shares_the_machine_or_has_it_alone() -> None:
    for path in marks.MARKS:
        own = marks.marks_of(path)
        assert marks.PHASES["together"](own) != marks.PHASES["alone"](own)
        assert not marks.PHASES["fast"](own) or marks.PHASES["together"](own)


def test_the_longest_start_first() -> None:
    paths = ["tests/plan/test_passes.py", "tests/apps/test_apps.py", "tests/test_floors.py"]
    assert sorted(paths, key=marks.rank) == [
        "tests/test_floors.py",
        "tests/apps/test_apps.py",
        "tests/plan/test_passes.py",
    ]


def test_a_file_is_a_group_an_app_is_one_and_so_is_an_environment(request: pytest.FixtureRequest) -> None:
    assert marks.group(request.node.nodeid) == "tests/test_marks.py"
    assert marks.group("tests/test_docs.py::test_a_command[queries: 1]") == "tests/test_docs.py"
    assert marks.group("tests/apps/test_apps.py::test_a_request[fava]") == "tests/apps/fava"
    assert marks.group("tests/apps/test_suites.py::test_a_suite[fava]") == "tests/apps/fava"
    environment = "tests/test_floors.py::test_the_suite_passes[lowest]"
    assert marks.group(environment) == environment


def test_one_process_runs_the_tests_of_a_file() -> None:
    tests = ["-n", "2", "-v", "tests/test_marks.py", "-k", "is_a_file_or_folder"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests], cwd=marks.ROOT, env=environ, capture_output=True, text=True
    )
    processes = re.findall(r"^\[(gw\d)\].* PASSED", done.stdout, re.MULTILINE)
    assert len(processes) == len(marks.MARKS) + len(marks.LONGEST)
    assert len(set(processes)) == 1
