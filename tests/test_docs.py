"""What the documents name exists: links, codes of errors, modules, figures, and the commands of start.py."""

import os
import re
from pathlib import Path

import pytest

import restgql
from restgql import RestgqlError
from tests.pages import FENCE, PAGES, ROOT, blocks, commands_of

REPOSITORY = "https://github.com/restgql/restgql/blob/main/"
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_curl_command_is_in_a_block_that_is_run(page: Path) -> None:
    outside = FENCE.sub(lambda block: "" if block[1] == "console" else block[0], page.read_text())
    assert re.findall(r"^\W*curl .*", outside, re.MULTILINE) == []


def family(cls: type[RestgqlError]) -> set[type[RestgqlError]]:
    return {cls}.union(*map(family, cls.__subclasses__()))


def test_every_code_is_documented() -> None:
    documented = re.findall(r"^### `([A-Z_]+)`$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    errors = {error for error in family(RestgqlError) if error.__module__ == RestgqlError.__module__}
    assert set(documented) == {error.code for error in errors}
    assert {error.__name__ for error in errors} <= set(restgql.__all__)


LINKED = sorted(
    {
        *PAGES,
        *(ROOT / "docs").rglob("*.md"),
        *(
            ROOT / f"{name}.md"
            for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY", "examples/README", "tests/HARDENING")
        ),
    }
)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        path = target.removeprefix(REPOSITORY)
        if "://" not in path:
            file = page if not target else ROOT / path if path != target else page.parent / path
            assert file.is_file(), target
            if anchor:
                headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
                slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                assert anchor in slugs, anchor


def test_the_links_of_the_readme_are_absolute_as_pypi_needs_them() -> None:
    relative = [
        target for target, _ in LINK.findall((ROOT / "README.md").read_text()) if "://" not in target and target
    ]
    assert relative == []


@pytest.mark.parametrize("page", LINKED, ids=lambda p: p.name)
def test_each_module_that_a_page_for_contributors_names_exists(page: Path) -> None:
    folders = [ROOT, ROOT / "restgql", *(ROOT / "restgql").rglob("*/"), *(ROOT / "tests").rglob("*/")]
    for name in re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", page.read_text()):
        assert any((folder / name).exists() for folder in folders), name


def test_each_decision_is_in_the_list() -> None:
    listed = LINK.findall((ROOT / "docs/decisions/README.md").read_text())
    pages = {page.name for page in (ROOT / "docs/decisions").glob("0*.md")}
    assert {target for target, _ in listed} == pages


def test_the_commands_of_the_readme_are_those_that_start_py_prints() -> None:
    banner = (
        (ROOT / "start.py").read_text().replace("{address}", "127.0.0.1:5000").replace("{{", "{").replace("}}", "}")
    )
    readme = blocks(ROOT / "README.md")
    shown = [command for language, text in readme if language == "console" for command, _ in commands_of(text)]
    for command in shown:
        assert re.sub(r"\s+", " ", command).strip() in re.sub(r"\s+", " ", banner.replace("\\\\", "\\")), command
    assert os.access(ROOT / "start.py", os.R_OK)


def test_the_picture_of_the_stages_has_the_types_of_the_table_and_rooms_of_the_package() -> None:
    picture = (ROOT / "docs/stages.svg").read_text()
    table = re.findall(
        r"^\| `(\w+)` \| `\w+(?:/\w+)*\.py` \|", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE
    )
    assert len(table) == 8
    assert re.findall(r'class="type"[^>]*>(\w+)<', picture) == table
    rooms = re.findall(r'class="room"[^>]*>(\w+)/<', picture)
    assert len(rooms) == 7
    assert all((ROOT / "restgql" / room).is_dir() for room in rooms)


def test_the_figure_of_the_readme_is_that_of_the_measurement() -> None:
    row = re.search(
        r"^\| a sentence, then its nine words, 100 ms \| (.*) \|$",
        (ROOT / "docs/performance.md").read_text(),
        re.MULTILINE,
    )
    assert row is not None
    readme = (ROOT / "README.md").read_text()
    for figure in row[1].split(" | "):
        assert f"{figure} ms" in readme, figure
    assert "`python3 start.py bench links`" in readme
