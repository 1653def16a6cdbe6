"""The hooks of .pre-commit-config.yaml get each file by its path, unlike `python3 start.py check`."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))


def test_codespell_accepts_each_file_by_its_path() -> None:
    folders = [path for path in ROOT.iterdir() if path.name in {"benchmarks", "docs", "examples", "restgql", "tests"}]
    paths = [*ROOT.glob("*.*"), *(path for folder in folders for path in folder.rglob("*.*"))]
    texts = [path.relative_to(ROOT) for path in paths if path.suffix in {".json", ".md", ".py", ".toml", ".yml"}]
    files = [str(path) for path in texts if "node_modules" not in path.parts]
    files = [file for file in files if not re.match(CONFIG["exclude"], file)]
    assert "restgql/graphiql/source/package-lock.json" in files
    done = subprocess.run([sys.executable, "-m", "codespell_lib", *files], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_hook_for_yaml_only_parses() -> None:
    """mkdocs.yml has tags for objects of Python, which no safe loader constructs."""
    assert "!!python/" in (ROOT / "mkdocs.yml").read_text("utf-8")
    (entry,) = (hook["entry"] for hook in CONFIG["repos"][0]["hooks"] if hook["id"] == "check-yaml")
    assert entry == "check-yaml --unsafe"
