"""The pages of the documentation whose queries, commands and programs are run, and what they contain."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The other pages of docs/how-to/ are run by tests/extensions/, docs/tutorial.md by test_tutorial.py
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("queries", "aggregate", "rule", "errors", "configuration")),
    ROOT / "docs/upstreams.md",
    ROOT / "docs/streaming.md",
    ROOT / "docs/types.md",
    ROOT / "docs/openapi.md",
    ROOT / "docs/annotations.md",
    ROOT / "docs/graphene.md",
    *(ROOT / f"docs/how-to/{name}.md" for name in ("app-factory", "expose-routes", "several-gateways", "monitor")),
    ROOT / "docs/caching.md",
    ROOT / "docs/operations.md",
    ROOT / "docs/persisted.md",
    ROOT / "docs/testing.md",
    ROOT / "docs/migrating.md",
    ROOT / "docs/index.md",
]
ADDRESS = "http://127.0.0.1:5000"
SET_UP = {"python3 start.py", "python3 start.py test"}  # test_start.py

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    return FENCE.findall(page.read_text())


def commands_of(session: str) -> list[tuple[str, str]]:
    """Return each command of a console block, with the answer that is shown; commands that set up are left out."""
    assert session.startswith("$ ")
    examples = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    pairs = [re.match(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", example).groups() for example in examples]  # type: ignore[union-attr]
    return [(command, answer) for command, answer in pairs if command.strip() not in SET_UP]
