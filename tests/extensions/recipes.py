"""The code blocks of docs/recipes.md, by heading and language."""

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
_SECTION = re.compile(r"^## (?P<heading>.+)\n(?P<text>(?:(?!## ).*\n)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

SECTIONS = {section["heading"]: section["text"] for section in _SECTION.finditer(PAGE.read_text("utf-8"))}


def block(heading: str, language: str, replace: Mapping[str, str] | None = None) -> str:
    """The one block of a section; each text that is to be replaced must be there once."""
    (code,) = [found["code"] for found in _BLOCK.finditer(SECTIONS[heading]) if found["language"] == language]
    for old, new in (replace or {}).items():
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code
