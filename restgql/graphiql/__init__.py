"""The GraphiQL page: a template and its assets, built from `source/` into `static/`."""

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
TEMPLATE: Final = "index.html"

CSP: Final = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        # the editor writes its themes as style elements, and underlines errors with data: images
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)

# Inside <script> these could end the element or open a comment; json.dumps escapes everything outside ASCII.
_UNSAFE_IN_SCRIPT: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def page(*, endpoint: str, assets: str, query: str, title: str) -> str:
    """Return the page that posts to `endpoint`, loads `assets`/… and opens with `query`; send it with `CSP`."""
    config = json.dumps({"endpoint": endpoint, "defaultQuery": query, "title": title})
    return Template((STATIC / TEMPLATE).read_text(encoding="utf-8")).substitute(
        title=escape(title), assets=escape(assets), config=config.translate(_UNSAFE_IN_SCRIPT)
    )
