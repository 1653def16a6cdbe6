"""Habits of language that make code hard to read: the package has none of them."""

import ast
import builtins
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
def test_no_docstring_is_headless_and_no_name_is_vague(room: str) -> None:
    assert habits().get(room, (0, 0)) == (0, 0), "name the actor or begin with a verb; name a value after its content"


RAISES = re.compile(r"\b[Rr]aises? ((?:[A-Z]\w+(?:, (?:and |or )?| and | or )?)+)")


def identifiers() -> set[str]:
    """Return every name that the code of the package uses."""
    names = set(dir(builtins))
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.alias):
                names.add(node.name.rpartition(".")[2])
    return names


def test_a_docstring_names_exceptions_that_exist() -> None:
    known = identifiers()
    named = [
        (room, name)
        for room, tree in trees()
        for text in docstrings(tree)
        for match in RAISES.findall(text)
        for name in re.findall(r"[A-Z]\w+", match)
    ]
    assert len(named) > 200
    assert [(room, name) for room, name in named if name not in known] == []


def test_no_two_files_have_one_name() -> None:
    """Two files of one name are two chances to open the wrong one."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name not in {"__init__.py", "__main__.py"}]
    names = Counter(path.name for path in paths)
    assert [str(path.relative_to(PACKAGE)) for path in paths if names[path.name] > 1] == []


def types_of(tree: ast.Module) -> Iterator[str]:
    """Yield the names of a module's classes, type aliases and type variables."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name) and re.match(r"_?[A-Z]\w*[a-z]", target.id):
                yield target.id


def test_no_two_types_have_one_name() -> None:
    """A type's name means one thing in the whole package, so that a search for it finds one definition."""
    names = Counter(name for _, tree in trees() for name in types_of(tree))
    assert [name for name, count in names.items() if count > 1] == []


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
