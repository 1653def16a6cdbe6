"""Every recipe is run by a test here, and none names what a reader does not have."""

import re
from pathlib import Path

from tests.extensions.recipes import PAGE, SECTIONS

TESTS = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))


def test_every_python_block_is_run() -> None:
    with_code = {heading for heading, text in SECTIONS.items() if "```python" in text}
    assert with_code == set(re.findall(r'recipe\("([^"]+)"', TESTS))


def test_the_list_of_contents_is_complete() -> None:
    listed = dict(re.findall(r"^- \[(.+)\]\(#(.+)\)$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert listed == {heading: heading.lower().replace(" ", "-") for heading in SECTIONS}
