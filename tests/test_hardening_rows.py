"""The rows of HARDENING.md and the tests whose names begin with their ids."""

import ast
import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent
_ROW = re.compile(r"^\| ([A-Z]\d+b?) \| .+ \| .+ \|$", re.MULTILINE)
_IDS = re.compile(r"test_((?:[a-z]\d{1,2}b?_)+)")


def rows() -> list[str]:
    return _ROW.findall((TESTS / "HARDENING.md").read_text())


def ids_of_tests() -> set[str]:
    return {
        identifier[0].upper() + identifier[1:]  # E2b
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (match := _IDS.match(node.name))
        for identifier in match[1].split("_")[:-1]
    }


def test_no_row_is_there_twice() -> None:
    assert [identifier for identifier, count in Counter(rows()).items() if count > 1] == []


def test_each_row_has_a_test_and_each_id_of_a_test_has_a_row() -> None:
    assert len(rows()) > 40
    assert set(rows()) == ids_of_tests()
