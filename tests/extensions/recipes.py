"""The code blocks of docs/how-to/, by the title of the page and language."""

import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

TEXTS = {path: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md")) if path.name != "index.md"}
PAGES = {text.partition("\n")[0].removeprefix("# "): text for text in TEXTS.values()}


def block(title: str, language: str, replace: Mapping[str, str] | None = None) -> str:
    """Return the one block of a page; each text that is to be replaced must occur once."""
    (code,) = [match["code"] for match in _BLOCK.finditer(PAGES[title]) if match["language"] == language]
    for old, new in (replace or {}).items():
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code
