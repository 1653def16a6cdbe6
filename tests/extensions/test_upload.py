"""docs/how-to/upload.md: the app, and the command as it is shown."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.extensions.conftest import Recipe
from tests.extensions.recipes import block


def test_the_command_uploads_a_file(recipe: Recipe, serve: Callable[[Any], str], tmp_path: Path) -> None:
    module = recipe("Upload a file")
    (tmp_path / "sea.jpg").write_bytes(b"\xff\xd8sea")
    command = block("Upload a file", "sh").replace("http://127.0.0.1:5000", serve(module.app))
    done = subprocess.run(["sh", "-ec", command], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(done.stdout) == {
        "data": {"post": {"status": 201, "json": {"id": 1, "title": "Sea", "name": "sea.jpg", "size": 5}}}
    }
    assert module.photos == [b"\xff\xd8sea"]
