"""A module with annotations, evaluated late (Python 3.14) and as text."""

import importlib.util
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FUTURE = "from __future__ import annotations\n"
# Python 3.14 evaluates an annotation when it is read
STARTS = [FUTURE, ""] if sys.version_info >= (3, 14) else [FUTURE]


@pytest.fixture(params=STARTS, ids=lambda start: "as text" if start else "late")
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def load(text: str) -> ModuleType:
        path = tmp_path / "shop_of_a_test.py"
        path.write_text(request.param + textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, path.stem, loaded)
        spec.loader.exec_module(loaded)
        return loaded

    return load
