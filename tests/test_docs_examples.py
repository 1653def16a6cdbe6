"""What the documents show is run: every query, command and piece of Python, and every answer is compared."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from app import create_app
from restgql import Gateway
from tests.pages import ADDRESS, PAGES, ROOT, blocks, commands_of


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


@pytest.mark.parametrize("text", list(programs()))
def test_a_program_runs(text: str) -> None:
    logger = logging.getLogger("restgql")
    level = logger.level
    try:
        exec(compile(text, "the documents", "exec"), {"__name__": "shown"})
    finally:
        logger.setLevel(level)


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


def test_the_first_query_of_the_readme_has_the_result_that_is_shown() -> None:
    readme = (ROOT / "README.md").read_text()
    program = next(text for language, text in blocks(ROOT / "README.md") if language == "python")
    shown = re.search(r"^The query `(.+?)` to `/graphql` now returns `(.+?)`\.$", readme, re.MULTILINE)
    assert shown is not None
    namespace: dict[str, Any] = {"__name__": "shown"}
    exec(compile(program, "README.md", "exec"), namespace)
    answer = namespace["app"].test_client().post("/graphql", json={"query": shown[1]}).get_json()
    assert answer == json.loads(shown[2])
