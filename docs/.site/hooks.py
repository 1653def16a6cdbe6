"""Hooks of the documentation's build: links that leave docs/ lead to the repository, and CHANGELOG.md is a page."""

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/restgql/restgql/blob/main/"
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, **options: Any) -> str:
    """Return a page with links that work on the site; for changelog.md, the text of CHANGELOG.md."""
    source = f"docs/{page.file.src_uri}"
    text = markdown
    if source == "docs/changelog.md":
        source = "CHANGELOG.md"
        text = (ROOT / source).read_text("utf-8")

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        if not target.startswith("docs/"):
            return f"]({REPOSITORY}{target})"
        return f"]({match[1].removeprefix('docs/')})" if source == "CHANGELOG.md" else match[0]

    return LINK.sub(link, text)
