"""What the documents show is run: every query, command and piece of Python, and every answer is compared."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import restgql
from app import create_app
from restgql import Gateway, RestgqlError

ROOT = Path(__file__).parent.parent
# The other pages of docs/how-to/ are run by tests/extensions/, docs/tutorial.md by test_tutorial.py
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("queries", "aggregate", "rule", "errors", "configuration")),
    ROOT / "docs/upstreams.md",
    ROOT / "docs/streaming.md",
    ROOT / "docs/types.md",
    ROOT / "docs/openapi.md",
    ROOT / "docs/annotations.md",
    ROOT / "docs/graphene.md",
    *(ROOT / f"docs/how-to/{name}.md" for name in ("expose-routes", "several-gateways", "monitor")),
    ROOT / "docs/caching.md",
    ROOT / "docs/operations.md",
    ROOT / "docs/persisted.md",
    ROOT / "docs/testing.md",
    ROOT / "docs/migrating.md",
    ROOT / "docs/index.md",
]
ADDRESS = "http://127.0.0.1:5000"
REPOSITORY = "https://github.com/restgql/restgql/blob/main/"
SET_UP = {"python3 start.py", "python3 start.py test"}  # test_start.py

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")


def blocks(page: Path) -> list[tuple[str, str]]:
    return FENCE.findall(page.read_text())


def queries() -> Iterator[Any]:
    for page in PAGES:
        found = blocks(page)
        for (language, text), (after, answer) in pairwise(found):
            if language == "graphql":
                assert after == "json", f"{page.name}: a query without its answer:\n{text}"
                yield pytest.param(text, answer, id=f"{page.stem}: {text.splitlines()[0][:40]}")


def sessions() -> Iterator[Any]:
    for page in PAGES:
        for number, (language, text) in enumerate(blocks(page)):
            if language == "console":
                commands = commands_of(text)
                if commands:
                    yield pytest.param(commands, id=f"{page.stem}: {number}")


def commands_of(session: str) -> list[tuple[str, str]]:
    """Return each command of a console block, with the answer that is shown; commands that set up are left out."""
    assert session.startswith("$ ")
    examples = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    pairs = [re.match(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", example).groups() for example in examples]  # type: ignore[union-attr]
    return [(command, answer) for command, answer in pairs if command.strip() not in SET_UP]


def programs() -> Iterator[Any]:
    for page in PAGES:
        for number, (language, text) in enumerate(blocks(page)):
            if language == "python":
                yield pytest.param(text, id=f"{page.stem}: {number}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(tmp_path_factory.mktemp("demo") / "demo.sqlite3")


@pytest.fixture(scope="module")
def address(demo: Flask, serve: Callable[[Any], str]) -> str:
    return serve(demo)


@pytest.mark.parametrize(("text", "answer"), list(queries()))
def test_a_query_has_the_answer_that_is_shown(demo: Flask, text: str, answer: str) -> None:
    variables = re.match(r"# variables: (.*)", text)
    with demo.app_context():
        assert Gateway().execute(text, json.loads(variables[1]) if variables else {}) == json.loads(answer)


@pytest.mark.parametrize("commands", list(sessions()))
def test_a_command_has_the_answer_that_is_shown(address: str, commands: list[tuple[str, str]]) -> None:
    for command, answer in commands:
        command = command.replace(ADDRESS, address).replace("curl ", "curl -sS ")
        command = re.sub(r"^flask ", f"'{sys.executable}' -m flask ", command)
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == answer.strip(), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_curl_command_is_in_a_block_that_is_run(page: Path) -> None:
    outside = FENCE.sub(lambda block: "" if block[1] == "console" else block[0], page.read_text())
    assert re.findall(r"^\W*curl .*", outside, re.MULTILINE) == []


@pytest.mark.parametrize("text", list(programs()))
def test_a_program_runs(text: str) -> None:
    logger = logging.getLogger("restgql")
    level = logger.level
    try:
        exec(compile(text, "the documents", "exec"), {"__name__": "shown"})
    finally:
        logger.setLevel(level)


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


def test_the_picture_of_the_readme_shows_the_requests_that_the_demo_makes(demo: Flask) -> None:
    """The page of docs/before-after.svg: who asks, the users, and the posts of each."""
    query = '{ me: get(path: "/me") users: fetch(path: "/users") { each { get(path: "/posts?userId={id}") } } }'
    headers = {"Authorization": "Bearer demo", "X-Timings": "1"}
    answer = demo.test_client().post("/graphql", json={"query": query}, headers=headers).get_json()
    asked = {request["path"] for request in answer["extensions"]["restgql"]["requests"]}
    shown = re.findall(r">GET (/[^<]+)<", (ROOT / "docs/before-after.svg").read_text())
    assert len(shown) == 12
    assert asked == set(shown)
    assert "errors" not in answer


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


def test_the_first_query_of_the_readme_has_the_result_that_is_shown() -> None:
    readme = (ROOT / "README.md").read_text()
    program = next(text for language, text in blocks(ROOT / "README.md") if language == "python")
    shown = re.search(r"^The query `(.+?)` to `/graphql` now returns `(.+?)`\.$", readme, re.MULTILINE)
    assert shown is not None
    namespace: dict[str, Any] = {"__name__": "shown"}
    exec(compile(program, "README.md", "exec"), namespace)
    answer = namespace["app"].test_client().post("/graphql", json={"query": shown[1]}).get_json()
    assert answer == json.loads(shown[2])


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
