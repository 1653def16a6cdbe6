"""Every how-to page is run by a test here, and the index lists each page by its title."""

import re
from pathlib import Path

from tests.extensions.recipes import FOLDER, PAGES, TEXTS
from tests.pages import PAGES as PAGES_OF_TEST_DOCS

TESTS = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))


def test_every_python_block_is_run() -> None:
    with_code = {title for title, text in PAGES.items() if "```python" in text}
    in_test_docs = {title for title, text in PAGES.items() if text in {page.read_text() for page in PAGES_OF_TEST_DOCS}}
    assert with_code == in_test_docs | set(re.findall(r'recipe\("([^"]+)"', TESTS))


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (FOLDER / "index.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted((title, path.name) for title, path in zip(PAGES, TEXTS, strict=True))
