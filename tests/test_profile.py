"""The profiles: what each opens over HTTP, what overrides it, and what the log says of it."""

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from graphql import build_client_schema, get_introspection_query, validate_schema

from restgql import Gateway
from restgql.cli import cli
from restgql.config import Config
from restgql.profile import HARDENED, OPEN, OVERRIDES, profile_of

SCHEMA = "{ __schema { queryType { name } } }"
MISSPELT = [
    "{ gett(path: 1) }",
    '{ get(paht: "/a") }',
    "query ($p: Strin!) { get(path: $p) }",
    '{ get(path: "/a", headers: [{nam: "a"}]) }',
    '{ fetch(path: "/a") { ... on RestRespons { status } } }',
    '{ fetch(path: "/a") }',
]


def app_of(*, debug: bool = False, **settings: Any) -> Flask:
    app = Flask(__name__)
    app.debug = debug
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    Gateway(app, routes=["*"], **settings)
    return app


def ask(app: Flask, query: str, variables: Any = None) -> Any:
    return app.test_client().post("/graphql", json={"query": query, "variables": variables}).json


def opened(app: Flask) -> dict[str, bool]:
    """What of the presets a client finds open."""
    client = app.test_client()
    page = client.get("/graphql", headers={"Accept": "text/html"})
    return {
        "introspection": "errors" not in ask(app, SCHEMA),
        "suggestions": any("Did you mean" in str(ask(app, query)) for query in MISSPELT),
        "graphiql": page.content_type.startswith("text/html"),
        "routes_field": "errors" not in ask(app, "{ routes { path } }"),
        "timings": "extensions" in ask(app, '{ get(path: "/a") }'),
        "get": client.get("/graphql?query={__typename}").status_code == 200,
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"profile": "hardened"}, {}),
        ({"profile": "hardened", "debug": True}, {}),
        ({"debug": True}, dict.fromkeys(OVERRIDES, True)),
        ({"profile": "open"}, dict.fromkeys(OVERRIDES, True) | {"timings": False}),
        ({"introspection": True}, {"introspection": True}),
        ({"suggestions": True}, {"suggestions": True}),
        ({"graphiql": True}, {"graphiql": True}),
        ({"routes_field": True}, {"routes_field": True}),
        ({"timings": True}, {"timings": True}),
        ({"get": "any"}, {"get": True}),
        ({"profile": "open", "get": "off"}, dict.fromkeys(OVERRIDES, True) | {"timings": False, "get": False}),
        ({"debug": True, "introspection": False}, dict.fromkeys(OVERRIDES, True) | {"introspection": False}),
    ],
    ids=str,
)
def test_a_profile_presets_what_is_open_and_each_key_wins_over_it(
    settings: dict[str, Any], expected: dict[str, bool]
) -> None:
    assert opened(app_of(**settings)) == dict.fromkeys(OVERRIDES, False) | expected


@pytest.mark.parametrize("query", MISSPELT)
def test_c3_an_error_of_the_hardened_profile_suggests_nothing(query: str) -> None:
    for profile, suggests in (("open", True), ("hardened", False)):
        errors = ask(app_of(profile=profile), query, {"p": "/a"})["errors"]
        assert any("Did you mean" in error["message"] for error in errors) is suggests


def test_c3_nor_do_errors_of_variables() -> None:
    query = 'query ($h: [RestHeaderInput!]) { get(path: "/a", headers: $h) }'
    for profile, suggests in (("open", True), ("hardened", False)):
        error = ask(app_of(profile=profile), query, {"h": [{"nam": "a", "name": "b", "value": "c"}]})["errors"][0]
        assert ("Did you mean" in error["message"]) is suggests


def test_what_is_closed_is_closed_in_fragments_too() -> None:
    app = app_of()
    for field in ("__schema { queryType { name } }", '__type(name: "Query") { name }', "routes { path }"):
        for query in (f"{{ ...F }} fragment F on Query {{ {field} }}", f"{{ ... {{ x: {field} }} }}"):
            assert "errors" in ask(app, query)
    assert ask(app, "{ __typename }") == {"data": {"__typename": "Query"}}


DEFAULTS = """
input Filter { a: Int = 3 b: [String!] = ["x"] e: JSON = {k: [1, null]} }
enum Kind { A B @deprecated(reason: "no") }
extend type Query {
  t(f: Filter = {a: 4}, kind: Kind = A, x: Long = 12345678901): T @get(path: "/a{?f,kind,x}")
}
type T { id: ID kind: Kind }
"""


def test_the_hardened_profile_shows_all_of_the_schema_but_the_field_routes(tmp_path: Path) -> None:
    file = tmp_path / "types.graphql"
    file.write_text(DEFAULTS)
    shown, hardened = (
        ask(app_of(profile=profile, introspection=True, schema=str(file)), get_introspection_query())["data"][
            "__schema"
        ]
        for profile in ("open", "hardened")
    )
    shown["types"] = [of_type for of_type in shown["types"] if of_type["name"] != "RestRoute"]
    query = next(of_type for of_type in shown["types"] if of_type["name"] == "Query")
    query["fields"] = [field for field in query["fields"] if field["name"] != "routes"]
    assert hardened == shown


def test_python_and_its_commands_are_not_bound_by_the_profile() -> None:
    app = app_of()
    gateway: Any = Gateway(app, name="second", url_prefix="/second")
    with app.app_context():
        assert "errors" not in gateway.execute("{ __schema { queryType { name } } routes { path } }")
    assert "type Query" in app.test_cli_runner().invoke(cli, ["schema"]).output


def test_an_app_may_be_put_in_debug_after_its_gateway_was_made(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "restgql")
    app = app_of()
    assert "errors" in ask(app, SCHEMA)
    app.debug = True  # as app.run(debug=True) does
    assert "errors" not in ask(app, SCHEMA)
    said = [message for message in caplog.messages if message.startswith("The profile is")]
    assert [message.split("(")[0].split()[-1] for message in said] == ["hardened", "open"]
    levels = [record.levelno for record in caplog.records if record.getMessage() in said]
    assert levels == [logging.WARNING, logging.INFO]


@pytest.mark.parametrize("settings", [{"profile": "hardened"}, {"profile": "open"}, {"debug": True}], ids=str)
def test_a_profile_that_was_chosen_is_no_warning(settings: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "restgql")
    app = app_of(**settings)
    for _ in range(2):
        ask(app, SCHEMA)
    said = [record.levelno for record in caplog.records if record.getMessage().startswith("The profile is")]
    assert said == [logging.INFO]


def test_the_start_log_says_which_profile_it_is_and_how_to_change_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "restgql")
    app_of(profile="hardened", introspection=True)
    app_of(profile="open")
    ask(app_of(), SCHEMA)
    ask(app_of(graphiql=True), SCHEMA)
    chosen, opened, hardened, page = (text for text in caplog.messages if text.startswith("The profile is"))
    assert hardened == (
        "The profile is hardened (not in debug): GET runs stored and persisted queries only; disabled: introspection, "
        'suggestions, GraphiQL, the field routes, timings. To change that, set RESTGQL_PROFILE = "open" or the key of '
        "each feature."
    )
    assert "hardened (RESTGQL_PROFILE)" in chosen
    assert "introspection" not in chosen
    assert 'set RESTGQL_PROFILE = "hardened"' in opened
    assert page.endswith("GraphiQL shows no schema without introspection: set RESTGQL_INTROSPECTION.")


def test_who_opens_a_closed_endpoint_in_a_browser_is_told_what_opens_the_page() -> None:
    client = app_of().test_client()
    for accept in ("text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"):
        answer = client.get("/graphql", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
        assert "RESTGQL_GRAPHIQL" in (answer.json or {})["detail"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.get("/graphql?query={__typename}", headers={"Accept": accept}).status_code in (405, 406)
    assert "RESTGQL_GRAPHIQL" not in client.get("/graphql").text


def test_every_preset_is_a_key() -> None:
    assert set(OVERRIDES) < set(Config.__struct_fields__)
    assert profile_of(Config(), debug=False) == HARDENED
    assert profile_of(Config(timings=False), debug=True) == OPEN


NAMES = '{ __schema { types { name } queryType { fields { name } } } __type(name: "RestRoute") { name } }'


@pytest.mark.parametrize("routes_field", [True, False, None])
@pytest.mark.parametrize("debug", [True, False])
def test_introspection_shows_the_field_routes_only_if_it_is_on(routes_field: bool | None, debug: bool) -> None:
    app = app_of(debug=debug, introspection=True, routes_field=routes_field)
    is_on = routes_field is True or (routes_field is None and debug)
    data = ask(app, NAMES)["data"]
    fields = {field["name"] for field in data["__schema"]["queryType"]["fields"]}
    types = {of_type["name"] for of_type in data["__schema"]["types"]}
    assert fields == {"get", "fetch", "aggregate", *(["routes"] if is_on else [])}
    assert ("RestRoute" in types, data["__type"] is not None) == (is_on, is_on)
    shown = build_client_schema(ask(app, get_introspection_query())["data"])
    assert validate_schema(shown) == []
    assert ("errors" in ask(app, "{ routes { path } }")) != is_on


def test_a_query_type_that_has_only_the_field_routes_shows_it() -> None:
    app = app_of(introspection=True, untyped=False)
    assert ask(app, NAMES)["data"]["__schema"]["queryType"]["fields"] == [{"name": "routes"}]
    assert "RESTGQL_ROUTES_FIELD" in str(ask(app, "{ routes { path } }"))
