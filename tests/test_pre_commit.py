"""The hooks of .pre-commit-config.yaml get each file by its path, unlike `python3 start.py check`."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
NOT_OURS = {".git", ".venv", ".benchmarks", "node_modules", "site"}


def test_codespell_accepts_each_file_by_its_path() -> None:
    paths = [
        path.relative_to(ROOT) for path in ROOT.rglob("*") if path.suffix in {".json", ".md", ".py", ".toml", ".yml"}
    ]
    files = [
        str(path) for path in paths if NOT_OURS.isdisjoint(path.parts) and not re.match(CONFIG["exclude"], str(path))
    ]
    assert "restgql/graphiql/source/package-lock.json" in files
    done = subprocess.run([sys.executable, "-m", "codespell_lib", *files], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_hook_for_yaml_only_parses() -> None:
    """mkdocs.yml has tags for objects of Python, which no safe loader constructs."""
    assert "!!python/" in (ROOT / "mkdocs.yml").read_text("utf-8")
    (entry,) = (hook["entry"] for hook in CONFIG["repos"][0]["hooks"] if hook["id"] == "check-yaml")
    assert entry == "check-yaml --unsafe"
