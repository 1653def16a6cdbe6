"""The page in the package is the one its sources build."""

import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from restgql.graphiql import STATIC

SOURCE = STATIC.parent / "source"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_sources_build_the_page_byte_by_byte(program: Callable[[str], str], tmp_path: Path) -> None:
    program("node")
    npm = program("npm")
    source = shutil.copytree(SOURCE, tmp_path / "source", ignore=shutil.ignore_patterns("node_modules"))
    for command in ["ci --ignore-scripts --no-audit --no-fund --prefer-offline", "run build"]:
        subprocess.run([npm, *command.split()], cwd=source, check=True, timeout=600)
    assert hashes(tmp_path / "static") == hashes(STATIC)


def test_every_bundled_package_has_its_licence() -> None:
    licences = (STATIC / "LICENSES.txt").read_text(encoding="utf-8")
    for package in ["@graphiql/plugin-explorer 5.", "graphiql 5.", "monaco-editor 0.", "react 19.", "prettier 3."]:
        assert f"\n{package}" in licences
