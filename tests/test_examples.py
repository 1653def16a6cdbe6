"""Each app of examples/ is run, with the queries of its README."""

import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from restgql.cli import cli

EXAMPLES = Path(__file__).parent.parent / "examples"
README = (EXAMPLES / "README.md").read_text("utf-8")
NAMES = re.findall(r"^\| \[(\w+)\]", README, re.MULTILINE)
QUERIES = re.findall(r"^# (\w+)[^\n]*\n(.+)$", README, re.MULTILINE)
ADA = {"name": "Ada", "books": [{"title": "Old maps"}, {"title": "Small gardens"}]}
BRUNO = {"name": "Bruno", "books": [{"title": "Night trains"}, {"title": "Radio plays"}]}
BOOKS = [("Old maps", ADA), ("Night trains", BRUNO), ("Small gardens", ADA), ("Radio plays", BRUNO)]
OWNERS = [{"name": "Ada", "pets": [{"name": "Mia"}]}, {"name": "Bruno", "pets": [{"name": "Bo"}]}]
ANSWERS: dict[str, list[Any]] = {
    "bookshop": [{"books": [{"title": title, "author": author} for title, author in BOOKS]}],
    "pets": [{"pets": [{"id": 1, "name": "Mia"}]}, {"addPet": {"id": 3, "name": "Rex"}}],
    "login": [{"post": {"status": 200, "me": {"user": "ann", "notes": ["buy tea", "call Bo"]}}}],
    "remote": [{"owners": OWNERS}],
}

Load = Callable[[str], Flask]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[[Any], str]) -> Iterator[Load]:
    """Import the app.py of an example, with its database in a folder of its own."""
    modules = []

    def load_app(name: str) -> Flask:
        if name == "remote":
            monkeypatch.setenv("PETS_URL", serve(load_app("pets")))
        module_name = f"example_{name}"
        spec = importlib.util.spec_from_file_location(module_name, EXAMPLES / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[module_name] = importlib.util.module_from_spec(spec)
        modules.append(module_name)
        spec.loader.exec_module(module)
        app = module.app if hasattr(module, "app") else module.create_app(f"sqlite:///{tmp_path}/shop.sqlite3")
        assert isinstance(app, Flask)
        return app

    yield load_app
    for module_name in modules:
        del sys.modules[module_name]


def query(client: FlaskClient, text: str) -> Any:
    return client.post("/graphql", json={"query": text}).get_json()


def test_the_readme_lists_the_folders_and_has_a_query_for_each() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert set(NAMES) == folders == {name for name, _ in QUERIES} == set(ANSWERS)
    assert [len(ANSWERS[name]) for name in NAMES] == [sum(of == name for of, _ in QUERIES) for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_the_queries_of_the_readme_are_answered(name: str, load: Load) -> None:
    client = load(name).test_client()
    for text, data in zip([text for of, text in QUERIES if of == name], ANSWERS[name], strict=True):
        assert query(client, text) == {"data": data}


@pytest.mark.parametrize("name", NAMES)
def test_graphiql_and_its_files_are_served_in_debug(name: str, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load(name)
    monkeypatch.setattr(app, "debug", True)
    client = app.test_client()
    page = client.get("/graphql", headers={"Accept": "text/html"})
    files = re.findall(r'(?:src|href)="(graphql/static/[^"]+)"', page.text)
    assert len(files) == 3
    for file in files:
        with client.get(f"/{file}") as response:
            assert response.status_code == 200, file


def test_a_join_of_the_bookshop_is_one_request(load: Load) -> None:
    app = load("bookshop")
    result = app.test_cli_runner().invoke(cli, ["explain", "{ books { author { books { title } } } }"])
    assert result.exit_code == 0, result.output
    assert "50 at once by /authors{?id*}" in result.output
    assert "50 at once by /books{?author_id*}" in result.output


def test_a_body_that_a_schema_refuses_is_an_error_of_the_mutation(load: Load) -> None:
    answer = query(load("pets").test_client(), 'mutation { post: addPet(input: {name: "Rex", kind: FISH}) { id } }')
    assert "FISH" in answer["errors"][0]["message"]


def test_the_hook_of_the_login_guards_the_parts_of_a_query(load: Load) -> None:
    client = load("login").test_client()
    both = '{ me: get(path: "/me") news: get(path: "/news") }'
    answer = query(client, both)
    assert answer["data"] == {"me": None, "news": ["Open to all"]}
    assert [error["extensions"]["http"]["status"] for error in answer["errors"]] == [401]
    assert client.get("/me").status_code == 401
    wrong = {"name": "ann", "password": "guess"}
    assert client.post("/login", json=wrong).status_code == 403
    client.post("/login", json={**wrong, "password": "secret"})
    assert "errors" not in query(client, both)


def test_the_document_of_the_remote_api_is_that_of_the_pets(load: Load) -> None:
    assert json.loads((EXAMPLES / "remote/pets.json").read_text("utf-8")) == json.loads(json.dumps(load("pets").spec))
