"""The commands about types: `schema` in its forms, and `check`."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from graphql import build_schema, parse, print_schema

from restgql import Gateway
from restgql.cli import cli

SDL = """
type Query {
  user(id: ID!): User @get(path: "/users/{id}")
  users(page: Int): [User] @get(path: "/users{?page}")
}
type User { id: ID name: String boss: User @get(path: "/users/{bossId}") }
"""


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask(__name__, root_path=str(tmp_path), static_folder=None)
    app.add_url_rule("/users/<id>", "user", lambda id: {"id": id})
    app.add_url_rule("/users", "users", list)
    app.add_url_rule("/other", "other", list)
    (tmp_path / "types.graphql").write_text(SDL)
    Gateway(app, schema="types.graphql", routes=["*"])
    return app


def run(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(cli, args, obj=ScriptInfo(create_app=lambda: app))


def test_the_schema_of_clients_has_no_directives_and_its_source_has(app: Flask) -> None:
    clients, source = run(app, "schema").stdout, run(app, "schema", "--source").stdout
    assert "@get" not in clients
    assert "user(id: ID!): User" in clients
    assert build_schema(clients)
    assert 'user(id: ID!): User @get(path: "/users/{id}")' in source
    assert parse(source)


def test_a_schema_that_has_drifted_fails(app: Flask, tmp_path: Path) -> None:
    committed = tmp_path / "committed.graphql"
    committed.write_text(run(app, "schema").stdout)
    assert run(app, "schema", "--check", str(committed)).exit_code == 0
    committed.write_text(committed.read_text().replace("name: String", "nom: String"))
    done = run(app, "schema", "--check", str(committed))
    assert done.exit_code == 1
    assert {"-  nom: String", "+  name: String"} <= set(done.stdout.splitlines())


def test_what_would_break_a_client_fails(app: Flask, tmp_path: Path) -> None:
    before = tmp_path / "before.graphql"
    before.write_text(run(app, "schema").stdout.replace("boss: User", "boss: User\n  age: Int"))
    done = run(app, "schema", "--breaking-since", str(before))
    assert (done.exit_code, done.stdout) == (1, "FIELD_REMOVED: User.age was removed.\n")
    before.write_text(print_schema(build_schema("type Query { users: [User] } type User { id: ID }")))
    assert run(app, "schema", "--breaking-since", str(before)).exit_code == 0


def test_operations_of_clients_that_are_no_longer_valid_fail(app: Flask, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"good": "{ users { name } }", "bad": "{ users { nam } }", "worse": "{"}))
    done = run(app, "schema", "--clients", str(manifest))
    assert done.exit_code == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["bad", "worse"]
    folder = tmp_path / "operations"
    folder.mkdir()
    (folder / "a.graphql").write_text("query A { users { id } }")
    assert run(app, "schema", "--clients", str(folder)).exit_code == 0
    manifest.write_text("[1]")
    assert "is not a JSON object" in run(app, "schema", "--clients", str(manifest)).stderr


def test_all_that_is_to_be_checked_is_checked(app: Flask, tmp_path: Path) -> None:
    committed, manifest = tmp_path / "committed.graphql", tmp_path / "manifest.json"
    committed.write_text(run(app, "schema").stdout)
    manifest.write_text(json.dumps({"a": "{ nowhere }"}))
    told = run(app, "schema", "--check", str(committed), "--clients", str(manifest), "--breaking-since", str(committed))
    assert (told.exit_code, told.stdout) == (1, "a: Cannot query field 'nowhere' on type 'Query'.\n")


def test_check_says_what_has_types_and_what_multiplies(app: Flask) -> None:
    text = run(app, "check").stdout
    assert ["GET", "/other", "untyped", "no", "source", "describes", "it"] in [
        line.split() for line in text.splitlines()
    ]
    assert "User.boss makes a request for each item of Query.users" in text
    found = json.loads(run(app, "check", "--json").stdout)
    assert {(row["path"], row["kind"]) for row in found["rows"]} == {
        ("/users", "typed"),
        ("/users/{id}", "typed"),
        ("/other", "untyped"),
    }
    assert len(found["warnings"]) == 1
