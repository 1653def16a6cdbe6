import ast
import re
from pathlib import Path
from typing import Unpack, get_type_hints

import msgspec
import pytest
from flask import Flask

from restgql import ConfigError, Gateway, Scripted
from restgql.config import Config, load
from restgql.options import Options

DOCUMENTED = Path(__file__).parent.parent / "docs" / "configuration.md"


@pytest.mark.parametrize(
    ("arguments", "app_config", "depth"),
    [
        ({}, {}, 12),
        ({}, {"RESTGQL_MAX_DEPTH": 7}, 7),
        ({"max_depth": 5}, {}, 5),
        ({"max_depth": 5}, {"RESTGQL_MAX_DEPTH": 7}, 5),
    ],
    ids=["default", "app.config", "argument", "argument over app.config"],
)
def test_an_argument_wins_over_app_config_over_the_default(arguments, app_config, depth):
    assert load(arguments, {"DEBUG": True, "MAX_DEPTH": 3} | app_config) == Config(max_depth=depth)


def test_the_options_of_a_gateway_have_the_types_of_the_keys():
    keys = get_type_hints(Config)  # without the bounds of Annotated
    assert get_type_hints(Options) == keys
    assert list(Options.__annotations__) == list(Config.__struct_fields__)
    for function in (Gateway.__init__, Scripted.__init__):
        assert get_type_hints(function)["arguments"] == Unpack[Options]


@pytest.mark.parametrize(
    ("text", "paths"),
    [("/batch", {"/graphql", "/batch"}), ('"/batch"', {"/graphql", "/batch"}), ("null", {"/graphql"})],
)
def test_the_environment_gives_keys_through_from_prefixed_env(monkeypatch, text, paths):
    monkeypatch.setenv("FLASK_RESTGQL_AGGREGATE_PATH", text)
    app = Flask(__name__, static_folder=None)
    app.config.from_prefixed_env()
    Gateway(app)
    assert {rule.rule for rule in app.url_map.iter_rules() if not rule.arguments} == paths | {"/graphql/health"}


def test_the_environment_gives_lists_as_json(monkeypatch):
    monkeypatch.setenv("FLASK_RESTGQL_ROUTES", '["/api/*", "!admin.*"]')
    app = Flask(__name__)
    app.config.from_prefixed_env()
    assert load({}, app.config).routes == ["/api/*", "!admin.*"]


@pytest.mark.parametrize(
    ("arguments", "app_config", "names"),
    [
        ({"max_dept": 3}, {}, ["max_dept", "max_depth"]),
        ({"MAX_DEPTH": 3}, {}, ["MAX_DEPTH", "max_depth"]),
        ({"RESTGQL_MAX_DEPTH": 3}, {}, ["RESTGQL_MAX_DEPTH", "max_depth"]),
        ({"route": []}, {}, ["route", "routes"]),
        ({}, {"RESTGQL_ROUTE": []}, ["RESTGQL_ROUTE", "RESTGQL_ROUTES"]),
        ({}, {"RESTGQL_GRAPHQL_PAHT": "/q"}, ["RESTGQL_GRAPHQL_PAHT", "RESTGQL_GRAPHQL_PATH"]),
        ({"max_depth": 3}, {"RESTGQL_SECONDS_IN_ALL": 3}, ["RESTGQL_SECONDS_IN_ALL", None]),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(arguments, app_config, names):
    app = Flask(__name__)
    app.config.update(app_config)
    with pytest.raises(ConfigError) as caught:
        Gateway(app, **arguments)
    cure = ". The page Configuration" if names[1] is None else f"; did you mean {names[1]}?"
    assert str(caught.value).startswith(f"{names[0]} is no key of restgql{cure}")


@pytest.mark.parametrize("field", Config.__struct_fields__)
def test_any_key_that_is_ill_typed_is_named_as_it_was_given(field):
    wrong = object()
    with pytest.raises(ConfigError, match=f"^{field} = <object"):
        load({field: wrong}, {})
    with pytest.raises(ConfigError, match=f"^RESTGQL_{field.upper()} = <object"):
        load({}, {f"RESTGQL_{field.upper()}": wrong})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_depth", "3"),
        ("max_depth", True),
        ("max_depth", -1),
        ("in_flight", 0),
        ("deadline", 0),
        ("deadline", float("nan")),
        ("sequential", "no"),
        ("graphiql", 1),
        ("routes", "/api/*"),
        ("routes", [1]),
        ("routes", {"*", "!static"}),
        ("graphql_path", "graphql"),
        ("graphql_path", "/graphql/"),
        ("graphql_path", "/graphql?"),
        ("url_prefix", "/"),
        ("subrequest_headers", ["Cookie"]),
        ("subrequest_headers", ["X-Tenant", "x-forwarded-for"]),
    ],
)
def test_a_value_that_a_key_does_not_take(key, value):
    with pytest.raises(ConfigError, match=f"^{key} = {re.escape(repr(value))}: ."):
        Gateway(Flask(__name__), **{key: value})


@pytest.mark.parametrize(
    ("key", "value", "takes"),
    [
        ("profile", "hard", "'open', 'hardened'"),
        ("operations_only", "yes", "'log', True, False"),
        ("verbs", ["GET", "FETCH"], "'GET', 'POST', 'PUT', 'PATCH', 'DELETE'"),
    ],
)
def test_a_word_that_a_key_does_not_know_is_answered_by_those_that_it_does(key, value, takes):
    with pytest.raises(ConfigError) as caught:
        load({key: value}, {})
    assert str(caught.value).endswith(f"; it takes {takes}.")


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("routes", ("*", "!admin.*"), ["*", "!admin.*"]),
        ("subrequest_headers", ["X-Tenant"], ["X-Tenant"]),
        ("deadline", 3, 3.0),
        ("max_subrequests", 0, 0),
        ("graphql_path", "/v1/ask", "/v1/ask"),
        ("graphql_path", None, None),
    ],
)
def test_a_value_that_a_key_takes(key, value, read):
    assert getattr(load({key: value}, {}), key) == read


def test_the_documented_table_has_every_key_and_its_default():
    rows = re.findall(r"^\| `(RESTGQL_\w+)` \| `(.+?)` \| (.+) \|$", DOCUMENTED.read_text(), re.MULTILINE)
    defaults = msgspec.structs.asdict(Config())
    assert [(key, ast.literal_eval(default)) for key, default, _ in rows] == [
        (f"RESTGQL_{field.upper()}", default) for field, default in defaults.items()
    ]
    assert all(meaning.strip() for _, _, meaning in rows)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("PROFILE", "Open", "'Open': Invalid enum value 'Open'; it takes 'open', 'hardened'."),
        ("GET", "never", "it takes 'any', 'persisted', 'stored', 'off'."),
        ("OPERATIONS_ONLY", "warn", "it takes 'log', True, False."),
        ("VERBS", '["post"]', "it takes 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'."),
        ("INTROSPECTION", "True", "'True': a value of the environment is JSON, so it is true there."),
        ("TIMINGS", "False", "so it is false there."),
        ("GRAPHQL_PATH", "None", "so it is null there."),
    ],
)
def test_a_word_that_a_key_does_not_take_is_told_with_those_that_it_does(monkeypatch, key, text, message):
    monkeypatch.setenv(f"FLASK_RESTGQL_{key}", text)
    app = Flask(__name__)
    app.config.from_prefixed_env()
    with pytest.raises(ConfigError, match=f"RESTGQL_{key} = .*{re.escape(message)}"):
        Gateway(app)


@pytest.mark.parametrize("key", ["schema", "openapi", "openapi_names", "operations", "persisted_documents"])
def test_an_empty_path_is_refused_as_empty(monkeypatch, key):
    monkeypatch.setenv(f"FLASK_RESTGQL_{key.upper()}", "")
    app = Flask(__name__)
    app.config.from_prefixed_env()
    with pytest.raises(ConfigError, match=f"^RESTGQL_{key.upper()} = '': an empty path names no file. Leave "):
        Gateway(app)


@pytest.mark.parametrize("key", ["openapi", "persisted_documents"])
def test_an_empty_path_in_a_list_is_refused_as_empty(key):
    with pytest.raises(ConfigError, match="an empty path names no file"):
        load({key: ["a.json", ""]}, {})
