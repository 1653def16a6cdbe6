"""docs/extensions.md and the table of extensions have the same rows, and each row its tests."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.extensions.extension_table import API_FRAMEWORKS, AUTH, EXTENSIONS, OBSERVABILITY, RESPONSES, Extension

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
PAGE = (ROOT / "docs" / "extensions.md").read_text("utf-8")
GROUPS = {
    "Sessions, logins and tokens": AUTH,
    "API frameworks": API_FRAMEWORKS,
    "Errors, traces and metrics": OBSERVABILITY,
    "Limits, caching and responses": RESPONSES,
}
FILES = ("auth", "api_frameworks", "sentry", "opentelemetry", "metrics", "debugtoolbar", "responses", "socketio")
OF_ALL_EXTENSIONS = {"test_responses::test_an_extension_gives_the_gateway_no_header_that_a_part_has"}


@cache
def functions(file: str) -> set[str]:
    """Return the test functions of a file, as file::function."""
    tree = ast.parse((FOLDER / f"{file}.py").read_text("utf-8"))
    return {f"{file}::{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("heading", GROUPS)
def test_the_page_has_the_rows_of_the_table(heading: str) -> None:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE)
    assert [package for package, _ in rows] == [extension.package for extension in GROUPS[heading]]
    assert all(text.endswith(".") for _, text in rows)


def test_the_page_has_no_other_tables() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == list(GROUPS)
    assert len(re.findall(r"^\| `", PAGE, re.MULTILINE)) == len(EXTENSIONS)


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda extension: extension.package)
def test_the_tests_of_a_row_are_there(extension: Extension) -> None:
    assert extension.shown_by
    for test in extension.shown_by:
        assert test in functions(test.partition("::")[0])


def test_each_test_of_an_extension_is_named_by_a_row() -> None:
    tests = {test for name in FILES for test in functions(f"test_{name}") if test.partition("::")[2][:5] == "test_"}
    named = {test for extension in EXTENSIONS for test in extension.shown_by}
    assert tests - named == OF_ALL_EXTENSIONS


def test_the_dependency_group_test_installs_each_extension() -> None:
    group = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["test"]
    installed = {re.split(r"[\[<>=]", entry)[0].lower() for entry in group if isinstance(entry, str)}
    assert {extension.package for extension in EXTENSIONS} <= installed
