"""Where programs of npm packages run: outside of the project, with its packages."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Ran(NamedTuple):
    """What a program gave: its exit code, and what it printed, errors last."""

    code: int
    out: str


class Workshop:
    """A folder outside of the project in which the tools of `tests/clients` run, and write what they write."""

    def __init__(self, folder: Path, clients: Path, sdl: str) -> None:
        self.folder = folder
        self._clients = clients
        folder.joinpath("node_modules").symlink_to(clients / "node_modules")
        folder.joinpath("package.json").write_text('{"type": "module"}')
        folder.joinpath("schema.graphql").write_text(sdl)

    def bring(self, *names: str) -> None:
        """Copy files of `tests/clients` here."""
        for name in names:
            shutil.copy(self._clients / name, self.folder / name)

    def run(self, program: str, *arguments: str) -> Ran:
        """One of the programs that the npm packages have."""
        return _ran([str(self._clients / "node_modules" / ".bin" / program), *arguments], self.folder)

    def script(self, name: str, *arguments: str) -> list[Any]:
        """What a script printed, a JSON value a line; it prints nothing else."""
        ran = _ran(["node", name, *arguments], self.folder)
        assert ran.code == 0, ran.out
        return [json.loads(line) for line in ran.out.splitlines()]


def _ran(command: Sequence[str], folder: Path) -> Ran:
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return Ran(done.returncode, done.stdout + done.stderr)
