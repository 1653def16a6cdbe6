import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.extensions.recipes import block
from tests.extensions.setting import Setting

Recipe = Callable[..., Any]


@pytest.fixture
def make_setting() -> Iterator[Callable[..., Setting]]:
    """Makes settings whose cleanup runs at the end of the test."""
    with ExitStack() as cleanup:
        yield lambda **options: Setting(cleanup=cleanup, **options)


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Recipe]:
    """Imports the Python block of a page as the module it would be: an app.py in a folder of its own."""
    name = "recipe_app"

    def load(heading: str, replace: dict[str, str] | None = None) -> Any:
        path = tmp_path / "app.py"
        path.write_text(block(heading, "python", replace), "utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.modules.pop(name, None)
