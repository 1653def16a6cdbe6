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
    "1a the word of another library": ({"endpoint": "/x"}, "endpoint is no key", "did you mean graphql_path?"),
    "1a a mode": ({"mode": "debug"}, "mode is no key of restgql", "did you mean profile?"),
    "1a methods": ({"methods": ["POST"]}, "methods is no key of restgql", "did you mean verbs?"),
    "1a mutations": ({"mutations": True}, "mutations is no key of restgql", "did you mean verbs?"),
    "1a exclude": ({"exclude": ["/a"]}, "exclude is no key of restgql", "did you mean routes?"),
    "1a swagger": ({"swagger": "auto"}, "swagger is no key of restgql", "did you mean openapi?"),
    "1a types": ({"types": "schema"}, "types is no key of restgql", "did you mean schema?"),
    "1a a task of Flask-CORS": ({"cors": "*"}, "cors is no key of restgql", "Flask-CORS on the app"),
    "1a a lifetime": ({"cache_ttl": 60}, "cache_ttl is no key of restgql", "The Cache-Control of a route sets"),
    "1a nothing like it": ({"zebra": 1}, "zebra is no key of restgql", "The page Configuration"),
    "1c a boolean as text": ({"graphiql": "True"}, "it is a string here", "write True without quotes"),
    "1c a text for another number": ({"deadline": "25s"}, "not a string", "such as 25.0"),
    "1c no header": ({"subrequest_headers": ["X Foo"]}, "'X Foo' is not the name of a header", "such as 'X-Tenant'"),
    "1c a URL of SQLAlchemy": ({"cache": "sqlite:///cache.db"}, "cache = 'sqlite:///cache.db'", "'sqlite:PATH'"),
    "1c a cache off": ({"cache": "off"}, "cache = 'off'", "None without a cache"),
    "1c a list in a text": ({"routes": "['/a']"}, "not a string", "such as ['/a']"),
    "1c a prefix without a slash": ({"upstreams": {"shop": "http://a"}}, "the prefix 'shop'", "such as '/shop'"),
    "1d every verb": ({"verbs": "*"}, "not a string", "such as ['GET', 'POST']"),
    "11 a dict without a version": ({"openapi": {}}, "The dict of openapi is not", "neither `openapi` nor `swagger`"),
    "9 a name with a dot": ({"name": "shop.api"}, "name = 'shop.api'", "a word without a dot"),
    "9 no name": ({"name": ""}, "name = ''", "such as 'partners'"),
    "9 one path for both": ({"aggregate_path": "/graphql"}, "are both /graphql", "set another path for one"),
    "9 a type as text": ({"query": "Query"}, "query = 'Query'", "a subclass of graphene.ObjectType"),
    "9 a type that is no graphene type": ({"mutation": dict}, "mutation = ", "a subclass of graphene.ObjectType"),
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
    "1c a list of Python": ("ROUTES", "['/a']", "not a string", """FLASK_RESTGQL_ROUTES='["/a"]'"""),
    "1c every verb": ("VERBS", "*", "not a string", """FLASK_RESTGQL_VERBS='["GET","POST"]'"""),
    "1c a number for a boolean": ("GRAPHIQL", "1", "not a whole number", "is JSON: true or false"),
    "1c yes": ("GRAPHIQL", "yes", "not a string", "is JSON: true or false"),
    "1c quotes of a shell": ("PROFILE", "'open'", "no single quotes", "FLASK_RESTGQL_PROFILE=open"),
    "1c an empty variable": ("PROFILE", "", "RESTGQL_PROFILE = ''", "remove the variable, or write null"),
    "1c Git Bash": ("GRAPHQL_PATH", "C:/Program Files/Git/graphql", "Git Bash rewrites", "MSYS_NO_PATHCONV=1"),
    "1c a unit": ("MAX_BODY", "1MB", "not a string", "such as 1000000"),
    "1b two underscores": (
        "_PROFILE",
        "open",
        "RESTGQL is a mapping of PROFILE",
        "one underscore follows FLASK_RESTGQL",
    ),
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


@pytest.mark.parametrize("key", ["RESTQL_PROFILE", "RESTGRAPHQL_PROFILE", "restgql_profile"])
def test_1b_a_key_with_a_typing_error_in_its_prefix(key: str, caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("prefix")
    app.config[key] = "open"
    Gateway(app)
    (line,) = warnings_of(app, caplog).splitlines()
    assert line == f"{key} in app.config has no effect. Did you mean 'RESTGQL_PROFILE'?"


@everywhere
def test_1i_a_timeout_that_the_deadline_cuts(debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = warnings_of(shop(debug=debug, subrequest_timeout=60), caplog).splitlines()
    assert "RESTGQL_SUBREQUEST_TIMEOUT = 60 has no effect beyond RESTGQL_DEADLINE = 25" in line
    assert "Set both." in line
    assert warnings_of(shop(debug=debug, subrequest_timeout=60, deadline=60), caplog) == ""


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


# By the row: the pattern, and the words that name the cure.
PATTERNS = {
    "as flask restgql routes prints it": ("/users/{id}", "Did you mean '/users/<int:id>'?"),
    "of Express": ("/users/:id", "Did you mean '/users/<int:id>'?"),
    "with a method": ("GET /users", "A pattern of rules begins with '/': did you mean '/users'?"),
    "as a URL": ("http://localhost:5000/users/{id}", "did you mean '/users/<int:id>'?"),
    "a regular expression": ("^/users.*$", "A pattern is no regular expression: '*' matches any text"),
}


@pytest.mark.parametrize("row", PATTERNS)
@pytest.mark.parametrize("sign", ["", "!"])
def test_1g_a_pattern_in_another_syntax(row: str, sign: str, caplog: pytest.LogCaptureFixture) -> None:
    pattern, cure = PATTERNS[row]
    (line,) = warnings_of(shop(routes=["/hello", sign + pattern]), caplog).splitlines()
    assert f"{sign + pattern!r} matches no" in line
    assert cure in line


def test_11_a_join_without_a_document(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = warnings_of(shop(joins=["Post.author"]), caplog).splitlines()
    assert "'Post.author' is no join that the documents offer. They offer none: is RESTGQL_OPENAPI set?" in line


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


def test_9_one_gateway_is_registered_twice() -> None:
    app, gateway = Flask("twice"), Gateway()
    gateway.init_app(app)
    with pytest.raises(ConfigError, match=r"is on this app already. Use one of .* write Gateway\(url_prefix=…\)"):
        app.register_blueprint(gateway.blueprint, url_prefix="/api")
    other = Flask("other")
    other.register_blueprint(gateway.blueprint, url_prefix="/api")
    assert other.test_client().post("/api/graphql", json={"query": "{ __typename }"}).status_code == 200


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
