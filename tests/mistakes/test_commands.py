"""Wrong commands: the message names the cause and the cure."""

from pathlib import Path

import pytest
from flask import abort

from restgql.cli import cli
from tests.mistakes.shop import shop

# By the row: the arguments, the words that name the cause, and those that name the cure.
COMMANDS = {
    "a typing error": (["route"], "No such command 'route'.", "Did you mean 'routes'?"),
    "a command without an app": (["serve"], "No such command 'serve'.", "python -m restgql serve"),
    "nothing like it": (["zebra"], "No such command 'zebra'.", "Run it without a command for the list."),
    "no braces": (["query", 'get(path: "/users")'], "Unexpected Name 'get'", "write { get(…) }"),
    "a path": (["query", "/users"], "Unexpected character: '/'", "write { get(path: "),
    "a file without @": (["query", "users.graphql"], "Unexpected character: '.'", "the commands read a file by @FILE"),
    "quotes of PowerShell": (["query", r"{get(path:\"/users\")}"], "Unexpected character", "no backslash before it"),
    "quotes of cmd.exe": (["query", "'{", "--operation", "a"], "single quote", "write @FILE"),
    "variables of Python": (["query", "{ a }", "--variables", "{'id': 1}"], "is not a JSON object", "double quotes"),
    "a header with =": (["query", "{ a }", "-H", "A=b"], "'A=b' has no colon", "write 'Name: value'"),
    "infer without a slash": (["infer", "users"], "users: 'users' is not a path", "begin with one slash"),
    "infer without a login": (["infer", "/private"], "/private answers 401", "Log in by -H 'Authorization: …'"),
}


@pytest.mark.parametrize("row", COMMANDS)
def test_a_wrong_command_gets_the_cause_and_the_cure(row: str) -> None:
    arguments, cause, cure = COMMANDS[row]
    app = shop()
    app.get("/private", endpoint="private")(lambda: abort(401))
    result = app.test_cli_runner().invoke(cli, arguments)
    assert result.exit_code > 0
    assert cause in result.output
    assert cure in result.output


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_the_profile_hides_no_hint_from_a_command(profile: str) -> None:
    app = shop(debug=False, profile=profile)
    result = app.test_cli_runner().invoke(cli, ["query", '{ get(path: "/userz/1") }'])
    assert "No route matches '/userz/1'. Did you mean '/users/{id}'?" in result.output
    answer = app.test_client().post("/graphql", json={"query": '{ get(path: "/userz/1") }'}).json
    assert ("Did you mean" in answer["errors"][0]["message"]) is (profile == "open")


def test_a_file_that_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "users.graphql").write_text('{ get(path: "/users", select: "[0].name") }')
    result = shop().test_cli_runner().invoke(cli, ["query", f"@{tmp_path / 'users.graphql'}"])
    assert '"get": "Ada"' in result.output
