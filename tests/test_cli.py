"""The commands, inside and as processes; this module is the app that the processes load."""

import json
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from flask import Flask, request
from flask.cli import ScriptInfo
from graphql import build_schema

from restgql import Gateway
from restgql.cli import cli
from restgql.cli.standalone import serve

SELF = Path(__file__)
WHO = 'query Who($user: ID!) { who: get(path: "/users/{id}", params: {id: $user}) }'


def create_app() -> Flask:
    app = Flask(__name__)

    @app.get("/users/<int:id>")
    def user(id):
        """One user.

        More of it."""
        return {"id": id, "auth": request.headers.get("Authorization"), "sid": request.cookies.get("sid")}

    @app.route("/users", methods=["GET", "POST"])
    def users():
        return []

    @app.post("/orders")
    def order():
        return {}

    @app.get("/files/<path:name>")
    def file(name):
        return name

    Gateway(app, routes=["*", "!static"])
    Gateway(app, name="partners", url_prefix="/partners", routes=["/files/*"])
    return app


def run(*args, app_factory=create_app, **options):
    runner = app_factory().test_cli_runner()
    return runner.invoke(cli, args, obj=ScriptInfo(create_app=app_factory), **options)


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (
            [],
            [
                "path            methods  endpoint  description",
                "/files/{+name}  GET      file",
                "/users          GET      users",
                "/users/{id}     GET      user      One user.",
            ],
        ),
        (
            ["--prefix", "/users/"],
            ["path         methods  endpoint  description", "/users/{id}  GET      user      One user."],
        ),
        (["--prefix", "/nowhere"], ["path  methods  endpoint  description"]),
        (
            ["--gateway", "partners"],
            ["path            methods  endpoint  description", "/files/{+name}  GET      file"],
        ),
    ],
)
def test_routes(args, lines):
    done = run("routes", *args)
    assert (done.exit_code, done.stdout.splitlines(), done.stderr) == (0, lines, "")


def test_schema_is_the_sdl_of_clients():
    done = run("schema")
    assert done.exit_code == 0
    assert set(build_schema(done.stdout).query_type.fields) == {"get", "fetch", "aggregate", "routes"}


@pytest.mark.parametrize("form", ["text", "file", "stdin"])
def test_query(form, tmp_path):
    (tmp_path / "who.graphql").write_text(WHO)
    document = {"text": WHO, "file": f"@{tmp_path / 'who.graphql'}", "stdin": "-"}[form]
    headers = ["-H", "Authorization: Bearer a:b", "--header", "Cookie:sid=7"]
    done = run("query", document, "--variables", '{"user": 5}', *headers, input=WHO if form == "stdin" else None)
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"data": {"who": {"id": 5, "auth": "Bearer a:b", "sid": "7"}}}


def test_query_runs_the_operation_that_is_named():
    done = run("query", "query A { __typename } query B { b: __typename }", "--operation", "B")
    assert json.loads(done.stdout) == {"data": {"b": "Query"}}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (['{ get(path: "/nowhere") }'], "UPSTREAM_STATUS"),
        (['{ get(path: "/users/1") }', "--gateway", "partners"], "NOT_ALLOWED"),
        (["{ get(path: 5 }"], "BAD_REQUEST"),
        ([""], "BAD_REQUEST"),
        ([WHO], "BAD_REQUEST"),
        (["{ __typename }", "--operation", "B"], "BAD_REQUEST"),
    ],
)
def test_query_exits_with_1_where_there_are_errors(args, code):
    done = run("query", *args)
    assert done.exit_code == 1
    assert [error["extensions"]["code"] for error in json.loads(done.stdout)["errors"]] == [code]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["routes", "--gateway", "admin"], "The app has no gateway named 'admin'; it has restgql, partners."),
        (["schema", "--gateway", "admin"], "The app has no gateway named 'admin'; it has restgql, partners."),
        (["query", "{a}", "--gateway", "admin"], "The app has no gateway named 'admin'; it has restgql, partners."),
        (["query", "{a}", "--variables", "[1]"], "Invalid value for --variables: is not a JSON object: "),
        (["query", "{a}", "--variables", "{user: 5}"], "Invalid value for --variables: is not a JSON object: "),
        (["query", "{a}", "-H", "Authorization"], "Invalid value for --header: 'Authorization' has no colon"),
        (["query", "@nowhere.graphql"], "'nowhere.graphql': No such file or directory"),
        (["query"], "Missing argument 'DOCUMENT'."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(args, says):
    done = run(*args)
    assert done.exit_code in (1, 2)
    assert (done.stdout, says in done.stderr) == ("", True), done.stderr
    assert isinstance(done.exception, SystemExit)


def test_an_app_without_a_gateway_is_told():
    done = run("routes", app_factory=lambda: Flask(__name__))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: The app has no gateway named 'restgql'; it has none: it needs Gateway(app).\n"


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "flask", "--app", str(SELF), "restgql"],
        ["-m", "restgql", "--app", str(SELF)],
    ],
    ids=["flask restgql", "python -m restgql"],
)
def test_as_a_process(command, tmp_path):
    args = [sys.executable, "-W", "error", *command, "query", "-", "--variables", '{"user": 5}', "-H", "Cookie: sid=7"]
    done = subprocess.run(args, cwd=tmp_path, input=WHO, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"data": {"who": {"id": 5, "auth": None, "sid": "7"}}}


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], ["query Who: 1 request at first", "└─ who  GET /users/7"]),
        (
            ["--mermaid"],
            ["flowchart TD", '  plan(["query Who: 1 request at first"])', '  plan --> s0["who  GET /users/7"]'],
        ),
    ],
)
def test_explain_prints_the_plan_and_asks_for_nothing(options, lines):
    done = run("explain", WHO, "--variables", '{"user": 7}', *options)
    assert (done.exit_code, done.stdout.splitlines(), done.stderr) == (0, lines, "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["{ nowhere }"],
            "BAD_REQUEST: Cannot query field 'nowhere' on type 'Query'. "
            'To request a route, write get(path: "/nowhere"). Fields with types come from RESTGQL_SCHEMA.',
        ),
        ([WHO], "BAD_REQUEST: Variable '$user' of required type 'ID!' was not provided."),
        (["{"], "BAD_REQUEST: Syntax Error: Expected Name, found <EOF>. A closing '}' or ')' is missing."),
        (["who"], "who: There is no stored operation of this name."),
        (
            ["mutation { post }"],
            'BAD_REQUEST: The schema has no mutation. RESTGQL_VERBS = ["GET", "POST"], set before Gateway(app), adds '
            "the field post; PUT, PATCH and DELETE add theirs.",
        ),
    ],
)
def test_explain_says_why_there_is_no_plan(args, message):
    done = run("explain", *args)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"Error: {message}\n")


def commands_of(group, *names):
    """Yield the name and the command of each command in a group, and the group itself."""
    yield names, group
    context = click.Context(group)
    for name in group.list_commands(context) if isinstance(group, click.Group) else ():
        yield from commands_of(group.get_command(context, name), *names, name)


COMMANDS = {" ".join(names): command for names, command in commands_of(cli) if names} | {"serve": serve}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_an_example_that_its_parser_takes(name):
    command = COMMANDS[name]
    text = command.get_help(click.Context(command, info_name=name))
    examples = [line.strip() for line in text.partition("Example")[2].splitlines()[1:]]
    assert examples
    program = "python -m restgql" if name == "serve" else "flask restgql"
    for example in examples:
        assert example.startswith(f"{program} {name}")
        words = shlex.split(example)[len(program.split()) :]
        parsed = cli if words[0] != "serve" else click.Group(commands={"serve": serve})
        while isinstance(parsed, click.Group):
            parsed = parsed.get_command(click.Context(parsed), words.pop(0))
        parsed.make_context(name, words)


@pytest.mark.parametrize("command", [("flask", "restgql", "--version"), ("restgql", "--version")], ids=" ".join)
def test_the_versions_for_a_bug_report(command):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=True)
    lines = dict(line.split() for line in done.stdout.splitlines())
    assert list(lines) == ["restgql", "Python", "Flask", "graphene", "graphql-core"]
    assert lines["restgql"] == version("restgql")
    assert lines["Flask"] == version("flask")
