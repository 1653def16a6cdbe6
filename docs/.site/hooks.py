"""Hooks of the documentation's build: the changelog is the file at the top level."""

import re
from pathlib import Path
from typing import Any

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def on_page_markdown(markdown: str, page: Any, **options: Any) -> str:
    """Return CHANGELOG.md in place of the page that stands for it, with links from its place."""
    if page.file.src_uri != "changelog.md":
        return markdown
    text = CHANGELOG.read_text("utf-8").replace("](docs/", "](")
    # what is in the repository and not on the site is named without a link
    return re.sub(r"\[([^\]]*)\]\((?:schema|tests|benchmarks|restgql|examples)/[^)]*\)", r"\1", text)
