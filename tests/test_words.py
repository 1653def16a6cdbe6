"""Habits of language that make code hard to read: their number in each room may only fall."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "restgql"

HEADLESS = re.compile(r"(?:What|Which|Whether|How|Where|Who)\b")
"""The first word of a docstring that names neither an actor nor a verb."""
VAGUE = {"found", "given", "said", "told", "called", "there", "made", "wanted", "asked", "came", "known"}
"""Names that do not tell what a value is."""

# Room: at most so many docstrings that begin with a headless clause, and so many bindings of vague names.
CEILINGS: dict[str, tuple[int, int]] = {
    "cache": (2, 2),
    "cli": (1, 0),
    "documents": (0, 2),
    "execution": (1, 7),
    "formats": (0, 2),
    "http": (0, 2),
    "plan": (0, 3),
    "respond": (2, 11),
    "restgql": (1, 4),
    "schema": (33, 159),
    "upstream": (4, 7),
}


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "restgql"


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    return tuple((room_of(path), ast.parse(path.read_text())) for path in sorted(PACKAGE.rglob("*.py")))


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and functions, and of its variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def bindings(tree: ast.Module) -> Iterator[str]:
    """Yield the names of arguments, attributes, and variables, once for each place that sets them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name


def habits() -> dict[str, tuple[int, int]]:
    headless, vague = Counter[str](), Counter[str]()
    for room, tree in trees():
        headless[room] += sum(bool(HEADLESS.match(text)) for text in docstrings(tree))
        vague[room] += sum(name.strip("_") in VAGUE for name in bindings(tree))
    return {room: (headless[room], vague[room]) for room in sorted(headless | vague)}


@pytest.mark.parametrize("room", sorted({room for room, _ in trees()}))
def test_the_habits_of_a_room_only_fall(room: str) -> None:
    counts = habits().get(room, (0, 0))
    assert counts == CEILINGS.get(room, (0, 0)), "lower the ceiling if the habits fell; reword if they rose"


ROOT = PACKAGE.parent
# CONTRIBUTING.md shows hard sentences beside plain ones.
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
IDIOM = re.compile(
    r"\b(?:ask(?:s|ed)? for|of which none|comes? of|in vain|who asks|whoever|goes by|stands? (?:as|where|in for)"
    r"|is what (?:it|they)|what is open|says? (?:of|what|which|who|why)|to be had|would be said|is told|are told)\b",
    re.IGNORECASE,
)
"""Phrases that avoid the common word: request, respond, expose, enable, validate, log."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_phrase_of_the_idiom(page: Path) -> None:
    assert IDIOM.findall(CODE.sub("", page.read_text("utf-8"))) == []


@pytest.mark.parametrize("page", PAGES[3:], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_a_paragraph_below_its_title(page: Path) -> None:
    """Records of decisions begin with their context."""
    title, _, begin = page.read_text("utf-8").partition("\n\n")
    assert re.fullmatch(r"# \S.*", title)
    begin = begin.removeprefix("## Context\n\n")
    assert re.match(r"[A-Za-z*]|`[^`]", begin)
