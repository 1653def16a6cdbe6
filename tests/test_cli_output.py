"""What the commands write, in processes of their own: SDL and JSON alone, and files that are whole at any time."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from graphql import build_schema

from restgql import Gateway
from restgql.cli import cli

THING = {"type": "object", "properties": {"name": {"type": "string"}}}
ANSWER = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": THING}}}}}


def document(*paths: str, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": ANSWER} for path in paths},
        **more,
    }


NOISY = f"""
import os
from flask import Flask
from restgql import Gateway
print("loading")
os.system("echo child")
app = Flask(__name__)
@app.get("/thing")
def thing():
    print("asked")
    return {{"name": "it"}}
def openapi():
    print("reading")
    return {document("/thing")!r}
Gateway(app, openapi=openapi)
"""


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    (tmp_path / "noisy.py").write_text(NOISY)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "noisy", "restgql", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)


def test_what_an_app_prints_is_not_in_sdl_or_json(noisy: Path) -> None:
    done = run(noisy, "schema")
    assert "thing" in build_schema(done.stdout).query_type.fields  # type: ignore[union-attr]
    assert {"loading", "child", "reading"} <= set(done.stderr.splitlines())
    assert json.loads(run(noisy, "check", "--json").stdout)["errors"] == []
    assert json.loads(run(noisy, "query", "{ thing { name } }").stdout) == {"data": {"thing": {"name": "it"}}}


def of(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app))


def app_of(folder: Path, rules: tuple[str, ...] = ("/thing",), **settings: Any) -> Flask:
    app = Flask(__name__, root_path=str(folder), static_folder=None)
    for rule in rules:
        app.add_url_rule(rule, rule.strip("/").replace("/", "_"), lambda: {"name": "it"})
    Gateway(app, **settings)
    return app


def test_files_are_replaced_as_a_whole(tmp_path: Path) -> None:
    app = app_of(tmp_path, openapi=document("/thing"))
    names, link = tmp_path / "names.json", tmp_path / "link.json"
    link.symlink_to(names)
    done = of(app, "schema", "--write-names", str(link), "--output", str(tmp_path / "schema.graphql"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(names.read_text()) == {"GET /thing": "thing"}
    assert link.is_symlink()
    assert (tmp_path / "schema.graphql").read_text() == of(app, "schema").stdout
    names.chmod(0o640)
    os.link(names, tmp_path / "before.json")
    assert of(app, "schema", "--write-names", str(names)).exit_code == 0
    assert stat.S_IMODE(names.stat().st_mode) == 0o640
    assert names.stat().st_ino != (tmp_path / "before.json").stat().st_ino, "it is another file with the same name"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "before.json", "link.json", "names.json", "schema.graphql",
    ]  # fmt: skip


def test_a_file_that_cannot_be_written_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, names = app_of(tmp_path, openapi=document("/thing")), tmp_path / "names.json"
    names.write_text("{}")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = of(app, "schema", "--write-names", str(names))
    assert (done.exit_code, done.stderr) == (1, f"Error: {names} could not be written: No space left on device.\n")
    assert names.read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["names.json"]
    missing = of(app, "schema", "--output", str(tmp_path / "no/file"))
    assert missing.exit_code == 1
    assert missing.stderr.endswith("No such file or directory. Make the folder no first.\n")
    assert of(app, "schema", "--output", "x", "--check", "y").exit_code == 2


def test_types_that_could_not_be_built_are_not_written(tmp_path: Path) -> None:
    app, names = app_of(tmp_path, openapi="/missing.json"), tmp_path / "names.json"
    done = of(app, "schema", "--write-names", str(names))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the app answers 404" in done.stderr
    assert not names.exists()
    checked = of(app, "check")
    assert checked.exit_code == 1
    assert "The schema could not be built: openapi = '/missing.json': the app answers 404" in checked.stdout


def test_the_lockfile_keeps_the_names_of_operations_that_have_no_route_now(tmp_path: Path) -> None:
    locked = {"GET /gone": "old", "GET /thing": "it"}
    (tmp_path / "names.json").write_text(json.dumps(locked))
    app = app_of(tmp_path, openapi=document("/thing", "/gone", "/other"), openapi_names="names.json")
    assert json.loads(of(app, "schema", "--names").stdout) == locked


SKIPPED = [
    ("/thing/", {}, {}, "typed", ""),
    ("/thing#list", {}, {}, "typed", ""),
    ("/none", {}, {}, "skipped", "the app has no route for /none"),
    ("/v2/thing", {"servers": [{"url": "/v1"}]}, {}, "skipped", "it has /thing, below another base path"),
    ("/thing", {"servers": [{"url": "/v1"}, {"url": "https://example.com/"}]}, {}, "typed", ""),
    ("/thing", {}, {"routes": ["*", "!/thing"]}, "skipped", "its route is not exposed"),
    ("/thing", {}, {"internal": True}, "skipped", "x-internal"),
    ("/thing", {}, {"method": "post"}, "skipped", "the route /thing answers GET only"),
    ("/thing", {}, {"method": "head"}, "skipped", "a field makes a GET"),
]


@pytest.mark.parametrize(("path", "more", "how", "kind", "reason"), SKIPPED)
def test_every_operation_is_a_field_or_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, more: Any, how: Any, kind: str, reason: str
) -> None:
    caplog.set_level("DEBUG", "restgql")
    method, internal = how.get("method", "get"), how.get("internal", False)
    settings = {key: value for key, value in how.items() if key == "routes"}
    given = {**document(**more), "paths": {path: {method: {**ANSWER, "x-internal": internal}}}}
    app = app_of(tmp_path, openapi=given, **settings)
    report = json.loads(of(app, "check", "--json").stdout)
    rows = [row for row in report["rows"] if row["method"] == method.upper() and row["kind"] != "untyped"]
    assert [row["kind"] for row in rows] == [kind]
    assert reason in rows[0]["reason"]
    logged = [message for message in caplog.messages if message.startswith(f"No field for {method.upper()} {path}: ")]
    assert len(logged) == (kind == "skipped")
    if kind == "typed":
        answer = app.test_client().post("/graphql", json={"query": f"{{ {rows[0]['field']} {{ name }} }}"})
        assert answer.json == {"data": {rows[0]["field"]: {"name": "it"}}}


def test_a_trailing_slash_is_that_of_the_app(tmp_path: Path) -> None:
    app = app_of(tmp_path, ("/things/", "/thing"), openapi=document("/things", "/thing", "/thing/"))
    rows = {row["path"]: row for row in json.loads(of(app, "check", "--json").stdout)["rows"]}
    assert {path: row["kind"] for path, row in rows.items()} == {
        "/thing": "typed", "/things/": "typed", "/thing/": "skipped",
    }  # fmt: skip
    app.testing = True
    hits: list[str] = []
    app.before_request(lambda: hits.append(__import__("flask").request.path))
    query = {"query": "{ things { name } }"}
    assert app.test_client().post("/graphql", json=query).json == {"data": {"things": {"name": "it"}}}
    assert hits == ["/graphql", "/things/"]


@pytest.mark.parametrize(
    ("sdl", "settings", "codes"),
    [
        ('type Query { a: JSON @get(path: "/thing") }', {}, (0, 0)),
        ('type Query { a: JSON @get(path: "/gone") }', {}, (1, 1)),
        ('type Query { a: JSON @get(path: "/thing") } type Orphan { y: Int }', {}, (0, 1)),
        ('type Query { a: JSON @get(path: "/thing") }', {"openapi": document("/none")}, (0, 1)),
        ('type Query { a: JSON @get(path: "/thing") }', {"joins": ["Post.author"]}, (1, 1)),
    ],
)
def test_check_ends_with_1_on_errors_and_strictly_on_all(
    tmp_path: Path, sdl: str, settings: Any, codes: tuple[int, int]
) -> None:
    (tmp_path / "own.graphql").write_text(sdl)
    app = app_of(tmp_path, schema="own.graphql", **settings)
    assert (of(app, "check").exit_code, of(app, "check", "--strict").exit_code) == codes


def test_an_app_that_does_not_start_is_told_in_a_line(tmp_path: Path) -> None:
    done = (
        Flask("x")
        .test_cli_runner()
        .invoke(cli, ["schema"], obj=ScriptInfo(create_app=lambda: app_of(tmp_path, schema="missing")))
    )
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: The app does not start: ")
