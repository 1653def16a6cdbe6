"""Wrong configuration: the error or the log names the cause and the cure."""

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask

from restgql import ConfigError, Gateway
from tests.mistakes.shop import everywhere, shop, warnings_of

# By the row: the keyword arguments, the words that name the cause, and those that name the cure.
ARGUMENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "1a a typing error": ({"max_dept": 3}, "max_dept is no key of restgql", "did you mean max_depth?"),
    "1c a text for a list": (
        {"routes": "/api/*"},
        "not a string",
        "routes = '/api/*': it takes a list or None, such as ['/api/*']",
    ),
    "1c two in a text": ({"routes": "/a/*, /b/*"}, "not a string", "such as ['/a/*', '/b/*']"),
    "1c a number in a list": ({"routes": [1]}, "at [0]", "it takes a string, not a whole number"),
    "1c headers": ({"subrequest_headers": "X-A"}, "not a string", "such as ['X-A']"),
    "1c a text for a number": ({"max_depth": "9"}, "not a string", "it takes a whole number"),
    "1c a negative number": ({"max_depth": -1}, "max_depth = -1", "it takes a whole number >= 0"),
    "1c a text for a time": ({"deadline": "5s"}, "not a string", "it takes a number"),
    "1c a text for a boolean": ({"graphiql": "yes"}, "not a string", "it takes True or False or None"),
    "1c a boolean for a cache": ({"cache": True}, "not True", "it takes a string or None, such as 'memory'"),
    "1c another cache": ({"cache": "redis"}, "cache = 'redis'", "'redis://HOST:PORT/DB'"),
    "1c a path without a slash": ({"graphql_path": "graphql"}, "graphql_path = 'graphql'", "begins with a slash"),
    "1c a path with two": ({"graphql_path": "/graphql/"}, "such as '/graphql'", "ends without one"),
    "1c a text for a mapping": ({"upstreams": "http://a"}, "not a string", "such as {'/shop': "),
    "1d a verb": ({"verbs": ["post"]}, "Invalid enum value 'post'", "it takes 'GET', 'POST'"),
    "1d a text of a verb": ({"verbs": "POST"}, "not a string", "it takes a list, such as ['POST']"),
    "1d a profile": ({"profile": "production"}, "Invalid enum value", "it takes 'open', 'hardened'"),
    "1d a boolean for get": ({"get": True}, "get = True", "it takes 'any', 'persisted', 'stored', 'off'"),
}


@pytest.mark.parametrize("row", ARGUMENTS)
def test_a_wrong_argument_gets_the_cause_and_the_cure(row: str) -> None:
    arguments, cause, cure = ARGUMENTS[row]
    with pytest.raises(ConfigError) as caught:
        shop(**arguments)
    assert cause in str(caught.value)
    assert cure in str(caught.value)


ENVIRONMENT = {
    "1b a typing error": ("MAX_DEPHT", "3", "RESTGQL_MAX_DEPHT is no key", "did you mean RESTGQL_MAX_DEPTH?"),
    "1c a text for a list": (
        "ROUTES",
        "/api/*,/b",
        "RESTGQL_ROUTES = '/api/*,/b': it takes a list",
        """is JSON, FLASK_RESTGQL_ROUTES='["/api/*","/b"]'""",
    ),
    "1c a boolean of Python": ("CAMEL_CASE", "True", "a value of the environment is JSON", "it is true there"),
    "1c a word for a number": ("MAX_DEPTH", "nine", "not a string", "a value of the environment is JSON"),
}


@pytest.mark.parametrize("row", ENVIRONMENT)
def test_a_wrong_value_of_the_environment_gets_the_cause_and_the_cure(
    row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, cause, cure = ENVIRONMENT[row]
    monkeypatch.setenv(f"FLASK_RESTGQL_{name}", text)
    app = Flask("environment")
    app.config.from_prefixed_env()
    with pytest.raises(ConfigError) as caught:
        Gateway(app)
    assert cause in str(caught.value)
    assert cure in str(caught.value)


@everywhere
def test_1e_a_key_that_is_set_too_late(debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    app = shop(debug=debug)
    app.config["RESTGQL_VERBS"] = ["GET", "POST"]
    (line,) = warnings_of(app, caplog).splitlines()
    assert "RESTGQL_VERBS = ['GET', 'POST'] was set after the gateway was made" in line
    assert "Set it before Gateway(app)" in line


@everywhere
def test_1f_a_key_in_the_environment_that_nobody_reads(
    debug: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_RESTGQL_CACHE", "memory")
    (line,) = warnings_of(shop(debug=debug), caplog).splitlines()
    assert "FLASK_RESTGQL_CACHE is in the environment, and the app does not read it" in line
    assert "app.config.from_prefixed_env() before Gateway(app)" in line


def test_1f_a_key_without_the_prefix_of_flask(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTGQL_MAX_DEPTH", "3")
    assert "Name it FLASK_RESTGQL_MAX_DEPTH" in warnings_of(shop(), caplog)
    assert warnings_of(shop(max_depth=3), caplog) == ""


def test_1f_an_environment_that_is_read(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RESTGQL_MAX_DEPTH", "12")
    monkeypatch.setenv("FLASK_RESTGQL_UPSTREAMS", "{}")
    app = Flask("environment")
    app.config.from_prefixed_env()
    Gateway(app)
    assert warnings_of(app, caplog) == ""


@everywhere
def test_1g_a_pattern_that_matches_nothing(debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = warnings_of(shop(debug=debug, routes=["api/*"]), caplog).splitlines()
    assert "'api/*' matches no endpoint of the app, so it opens nothing" in line
    assert "did you mean '/api/*'?" in line


def test_11_an_openapi_document_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        ConfigError, match=r"no.json': .*No such file or directory: '.*no.json'. A relative path begins at /"
    ):
        shop(openapi="no.json")
    warnings_of(shop(openapi="auto"), caplog)
    assert "tried no route. It looks for the document of a known extension" in caplog.text
    assert "Name the route or a file" in caplog.text


@pytest.mark.parametrize(
    ("app", "cause", "cure"),
    [
        ("app", "this is a str.", "Pass the app itself"),
        (Blueprint("b", "b"), "Blueprint.", "that registers the blueprint"),
    ],
)
def test_9_a_gateway_on_no_app(app: Any, cause: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Gateway(app)
    assert cause in str(caught.value)
    assert f"{cure}: Gateway(app)." in str(caught.value)


def test_9_two_gateways_and_none() -> None:
    with pytest.raises(ConfigError, match="a second one takes another name="):
        Gateway(shop())
    with pytest.raises(ConfigError, match=r"/graphql is another gateway's .*graphql_path= takes another path"):
        Gateway(shop(), name="other")
    with pytest.raises(ConfigError, match=r"call init_app\(app\) first"):
        Gateway().get("/users")


# By the row: the files of the app's folder, the key with its value, the words that name the cause and the cure.
FOLDERS = {
    "11 schema with a typing error": (
        ["schema/a.graphql"],
        {"schema": "shcema"},
        "no such file, or folder of .graphql files",
        "'schema'?",
    ),
    "11 schema beside the app's folder": ([], {"schema": "types"}, "no such file", "begins at app.root_path"),
    "11 schema of another suffix": (["schema/a.gql"], {"schema": "schema"}, "no .graphql file", "a.gql to a.graphql"),
    "11 schema in a folder below": (["schema/v1/a.graphql"], {"schema": "schema"}, "no .graphql file", "files in v1"),
    "11 schema as text": ([], {"schema": "type Query { a: ID }"}, "takes a path, not the text", "schema/first.graphql"),
    "11 schema as a long text": ([], {"schema": "type Query { a: ID }" * 99}, "takes a path, not", "schema='schema'"),
    "11 operations with a typing error": (
        ["operations/a.graphql"],
        {"operations": "operation"},
        "no such folder",
        "'operations'?",
    ),
    "11 operations as a file": (
        ["operations/a.graphql"],
        {"operations": "operations/a.graphql"},
        "this is a file",
        "operations='operations'",
    ),
    "11 operations as text": ([], {"operations": "query A { b }" * 99}, "takes a path, not", "operations='operations'"),
}


@pytest.mark.parametrize("row", FOLDERS)
def test_11_a_folder_without_files_gets_the_cause_and_the_cure(row: str, tmp_path: Path) -> None:
    files, options, cause, cure = FOLDERS[row]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("type Query { a: ID }")
    with pytest.raises(ConfigError) as caught:
        Gateway(Flask("folders", root_path=str(tmp_path)), **options)
    assert next(iter(options)) in str(caught.value)
    assert cause in str(caught.value)
    assert cure in str(caught.value)
