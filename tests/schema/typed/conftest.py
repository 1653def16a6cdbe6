from pathlib import Path

import pytest

from tests.schema.typed.fields import Make
from tests.schema.world import World


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda sdl, answers=(), **keys: World(tmp_path, sdl, dict(answers), **keys)
