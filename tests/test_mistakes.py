"""Mistakes that newcomers make, each on purpose: what the gateway answers names the cause and the cure."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from werkzeug.routing import Map, Rule, Submount

import restgql
from restgql import ConfigError, Gateway
from restgql.schema.documents import SchemaError
from restgql.upstream.route_index import MAX_ADDED, RouteIndex

USERS = [{"id": 1, "name": "Ada", "created_at": 1}, {"id": 2, "name": "Bob", "created_at": 2}]
CHOSEN = ["*", "!static", "!/admin/*"]


def shop(*, debug: bool = True, **options: Any) -> Flask:
    """Return an app with a few routes, and a gateway on it."""
    app = Flask("shop")
    app.debug = debug
    app.get("/users")(lambda: jsonify(USERS))
    app.get("/users/<int:id>", endpoint="user")(lambda id: {"id": id, "name": "Ada", "friend_id": 2})
    app.get("/users/<int:id>/orders", endpoint="orders")(lambda id: jsonify([{"id": 1}]))
    app.post("/orders", endpoint="order")(lambda: {})
    app.get("/api/v1/customers/<int:id>", endpoint="customer")(lambda id: {"id": id})
    app.get("/admin/secret", endpoint="secret")(lambda: {})
    app.get("/hidden", endpoint="hidden")(restgql.hide(lambda: {}))
    app.get("/hello", endpoint="hello")(lambda: "hi")
    Gateway(app, sequential=True, **options)
    return app


def ask(document: str, variables: dict[str, Any] | None = None, **options: Any) -> str:
    """Return the messages of the errors of an operation."""
    sent = {"query": document, "variables": variables or {}}
    answer = shop(**options).test_client().post("/graphql", json=sent).json
    return "\n".join(error["message"] for error in answer.get("errors", ()))


def get(path: str, **options: Any) -> str:
    return ask("query($path: String!) { get(path: $path) }", {"path": path}, **options)


# By the row of the table of mistakes: the path, the words that name the cause, and those that name the cure.
PATHS = {
    "2 a typing error": ("/userz/1", "No route matches '/userz/1'", "Did you mean '/users/{id}'?"),
    "2 a singular": ("/user/1", "No route matches", "'/users/{id}'"),
    "2 the last segment": ("/users/1/order", "No route matches", "'/users/{id}/orders'"),
    "2 a slash at the end": ("/users/1/", "The route has no slash at its end", "'/users/1'"),
    "2 another case": ("/Users/1", "The route is in lower case", "'/users/1'"),
    "2 without the prefix": ("/customers/1", "No route matches", "'/api/v1/customers/{id}'"),
    "2 without a segment": ("/api/customers/1", "No route matches", "'/api/v1/customers/{id}'"),
    "2 with a prefix": ("/api/users/1", "without '/api'", "'/users/1'"),
    "2 white space": ("/users ", "white space", "'/users'"),
    "2 an ampersand": ("/users/1&page=2", "A query begins with '?'", "'/users/1?page=2'"),
    "2 two paths": ("/users,/hello", "Several paths are several values", "'/users'"),
    "2 a word for a number": ("/users/ada", "<int:id> takes a whole number", "'/users/{id}'"),
    "2 nothing like it": ("/nope", "No route matches '/nope'", "flask restgql routes"),
    "2 a POST route": ("/orders", "'/orders' takes POST, not GET", 'mutation { post(path: "/orders") }'),
    "2 a key for POST": ("/orders", "'/orders' takes POST", 'add "POST" to RESTGQL_VERBS'),
    "2 an excluded route": ("/admin/secret", "'/admin/secret' is a route of the app that is not", "RESTGQL_ROUTES"),
    "2 a hidden view": ("/hidden", "'/hidden' is a route of the app that is not exposed", "restgql.hide"),
    "7b a variable": ("/users/$id", "'$id' is not replaced by a value", "write '/users/{id}', and params: {id: $id}"),
    "7b in braces": ("/users/{id}/${id}", "The path needs a value for {id}", "{id}"),
    "7c Flask": ("/users/<int:id>", "'<int:id>' is not replaced", "write '/users/{id}', and params: {id: …}"),
    "7c Flask without a converter": ("/users/<id>", "'<id>' is not replaced", "write '/users/{id}'"),
    "7c Express": ("/users/:id/orders", "':id' is not replaced", "write '/users/{id}/orders'"),
    "7c Next.js": ("/users/[id]", "'[id]' is not replaced", "write '/users/{id}'"),
    "7c Python": ("/users/%s", "'%s' is not replaced", "write '/users/{id}'"),
}


@pytest.mark.parametrize("row", PATHS)
@pytest.mark.parametrize("profile", [{}, {"debug": False, "profile": "open"}], ids=["debug", "open"])
def test_a_wrong_path_gets_the_cause_and_the_route_that_was_meant(row: str, profile: dict[str, Any]) -> None:
    path, cause, cure = PATHS[row]
    message = get(path, routes=CHOSEN, **profile)
    assert cause in message
    assert cure in message


@pytest.mark.parametrize("path", ["/userz/1", "/users/<int:id>", "/users/1/"])
def test_a_path_without_a_rule_gets_the_hint_whether_routes_are_chosen_or_not(path: str) -> None:
    message = get(path)
    assert get(path, routes=CHOSEN) == message.removesuffix(" The app answered 404 Not Found.")
    part = shop().test_client().post("/aggregate", json=[path]).json[path]
    assert (part["status"], part["detail"]) == (404, message.removesuffix(" The app answered 404 Not Found."))


@pytest.mark.parametrize("row", PATHS)
def test_in_production_no_route_is_suggested(row: str) -> None:
    path, _, _ = PATHS[row]
    message = get(path, debug=False, routes=CHOSEN)
    assert "'/" not in message
    assert "Did you mean" not in message


@pytest.mark.parametrize("path", ["/admin/secret", "/hidden", "/admin/secret/", "/static/x.css"])
def test_in_production_an_excluded_route_is_as_one_that_is_not_there(path: str) -> None:
    assert get(path, debug=False, routes=CHOSEN) == get("/nope", debug=False, routes=CHOSEN)


def test_no_hint_names_a_route_that_is_not_exposed() -> None:
    for path in ("/admin/secrets", "/admin/secre", "/hiden", "/secret"):
        message = get(path, routes=CHOSEN)
        assert "flask restgql routes" in message, message


ID = "query($id: Int) "
# By the row: the document, the words that name the cause, and those that name the cure.
DOCUMENTS = {
    "6d a selection of get": ('{ get(path: "/users/1") { name } }', "'JSON' has no subfields", 'select: "name"'),
    "6d two fields": (
        '{ get(path: "/users/1") { id name } }',
        "'JSON' has no subfields",
        'select: "{id: id, name: name}"',
    ),
    "6d a selection of json": ('{ fetch(path: "/users/1") { json { name } } }', "no subfields", 'select: "name"'),
    "6e a key of fetch": (
        '{ fetch(path: "/users/1") { name } }',
        "Cannot query field 'name' on type 'RestResponse'",
        'json(select: "name")',
    ),
    "6e a key of each": (
        '{ fetch(path: "/users") { each { name } } }',
        "Cannot query field 'name' on type 'RestItem'",
        'json(select: "name")',
    ),
    "6e select of fetch": ('{ fetch(path: "/users/1", select: "id") { url } }', "'select'", "json(select: …)"),
    "7b a variable in the path": (
        ID + '{ get(path: "/users/$id") }',
        "Variable '$id' is never used",
        'path: "/users/{id}", params: {id: $id}',
    ),
    "7b in braces": (ID + '{ get(path: "/users/${id}") }', "is not filled", 'path: "/users/{id}", params: {id: $id}'),
    "7b params forgotten": (ID + '{ get(path: "/users/{id}") }', "is not filled", "params: {id: $id}"),
    "7b Express": (ID + '{ get(path: "/users/:id") }', "is not filled", 'path: "/users/{id}", params: {id: $id}'),
    "7 a value beside the path": (
        '{ get(path: "/users/{id}", id: 1) }',
        "Unknown argument 'id' on field 'Query.get'",
        "params: {id: …}",
    ),
    "7 url in place of path": ('{ get(url: "/users/1") }', "Unknown argument 'url'", "Did you mean 'path'?"),
    "7 a body of GET": ('{ get(path: "/users", body: {}) }', "A GET has no body", "mutation { post("),
    "2 a field without types": ("{ users { name } }", "Cannot query field 'users'", 'get(path: "/users")'),
    "2 a field with a typing error": ('{ gett(path: "/users") }', "Cannot query field 'gett'", "Did you mean 'get'?"),
    "1e post in a query": ('{ post(path: "/orders") }', "a field of Mutation", 'add "POST" to RESTGQL_VERBS'),
    "1e put in a query": ('{ put(path: "/orders") }', "a field of Mutation", 'add "PUT" to RESTGQL_VERBS'),
    "1e no mutation": (
        'mutation { post(path: "/orders") { status } }',
        "The schema has no mutation",
        "RESTGQL_VERBS = [",
    ),
}


@pytest.mark.parametrize("row", DOCUMENTS)
def test_a_wrong_document_gets_the_cause_and_the_cure(row: str) -> None:
    document, cause, cure = DOCUMENTS[row]
    message = ask(document)
    assert cause in message
    assert cure in message


def test_a_verb_that_is_not_added_names_its_key() -> None:
    message = ask('mutation { post(path: "/orders") { status } }', verbs=["PUT"])
    assert message == "Cannot query field 'post' on type 'Mutation'. Add \"POST\" to RESTGQL_VERBS."


@pytest.mark.parametrize("row", [row for row in DOCUMENTS if row != "1e no mutation"])
def test_in_production_a_wrong_document_gets_no_suggestion(row: str) -> None:
    document, _, cure = DOCUMENTS[row]
    message = ask(document, debug=False)
    assert message
    assert cure not in message
    assert "Did you mean" not in message


# By the row: the document, and the key that turns on what it uses.
CLOSED = {
    "10b introspection": ("{ __schema { types { name } } }", "RESTGQL_INTROSPECTION = True", "flask restgql schema"),
    "10b a type": ('{ __type(name: "Query") { name } }', "RESTGQL_INTROSPECTION = True", "flask restgql schema"),
    "10c routes": ("{ routes { path } }", "RESTGQL_ROUTES_FIELD = True", "flask restgql routes"),
}


@pytest.mark.parametrize("row", CLOSED)
def test_what_production_refuses_names_its_key(row: str) -> None:
    document, key, command = CLOSED[row]
    (message,) = ask(document, debug=False).splitlines()
    assert key in message
    assert command in message


JSON = "application/json"
PATHS_EXAMPLE = 'Send an array of paths, ["/users", "/users/1"]'
DOCUMENT_EXAMPLE = 'Send {"query": "{ … }"}'
# By the row: the endpoint, the body, its media type, the words that name the cause, and those that name the cure.
BODIES = {
    "4 a form": (
        "/graphql",
        "query=x",
        "application/x-www-form-urlencoded",
        "not 'application/x-www-",
        DOCUMENT_EXAMPLE,
    ),
    "4b multipart": (
        "/graphql",
        "--a--",
        "multipart/form-data; boundary=a",
        "is an upload",
        "send JSON with Content-Type",
    ),
    "4 application/graphql": (
        "/graphql",
        "{ routes }",
        "application/graphql",
        "not 'application/graphql'",
        DOCUMENT_EXAMPLE,
    ),
    "5 no Content-Type": ("/graphql", "{}", None, "the request has none", "Content-Type must be application/json"),
    "5 text": ("/graphql", "{}", "text/plain", "not 'text/plain'", "Content-Type must be application/json"),
    "5b an empty body": ("/graphql", "", JSON, "The request body is empty", DOCUMENT_EXAMPLE),
    "5b a trailing comma": ("/graphql", '{"query": "{a}",}', JSON, "not valid JSON: trailing comma", DOCUMENT_EXAMPLE),
    "5b cut off": ("/graphql", '{"query": "{a}"', JSON, "it ends too early", DOCUMENT_EXAMPLE),
    "5b single quotes": ("/graphql", "{'query': '{a}'}", JSON, "not valid JSON", "double quotes"),
    "5b a bare document": ("/graphql", '{ get(path: "/a") }', JSON, "not valid JSON", 'send {"query": "{ … }"}'),
    "5b a bare query": ("/graphql", "query { a }", JSON, "not valid JSON", 'send {"query": "{ … }"}'),
    "5b a string": ("/graphql", '"{ a }"', JSON, "expected an object, got a string", DOCUMENT_EXAMPLE),
    "5b null": ("/graphql", "null", JSON, "expected an object, got null", DOCUMENT_EXAMPLE),
    "5b variables as text": (
        "/graphql",
        '{"query": "{a}", "variables": "{}"}',
        JSON,
        "does not fit at variables: expected an object or null, got a string",
        DOCUMENT_EXAMPLE,
    ),
    "5b no query": ("/graphql", '{"mutation": "{a}"}', JSON, "The parameter query is missing", 'send {"query"'),
    "5b a batch": ("/graphql", '[{"query": "{a}"}]', JSON, "batches of operations are off", "RESTGQL_MAX_BATCH"),
    "5b an array of paths": ("/graphql", '["/users"]', JSON, "is an array", "goes to the aggregate endpoint"),
    "16 paths within a key": (
        "/aggregate",
        '{"paths": ["/users"]}',
        JSON,
        "does not fit at paths: expected a string, got an array",
        PATHS_EXAMPLE,
    ),
    "16 an object of a path": (
        "/aggregate",
        '[{"path": "/users"}]',
        JSON,
        "at [0]: expected a string, got an",
        PATHS_EXAMPLE,
    ),
    "16 a string": ("/aggregate", '"/users"', JSON, "expected an object or an array, got a string", PATHS_EXAMPLE),
    "16 an empty body": ("/aggregate", "", JSON, "The request body is empty", PATHS_EXAMPLE),
    "16 a trailing comma": ("/aggregate", '["/users",]', JSON, "trailing comma in array", PATHS_EXAMPLE),
    "16 no Content-Type": ("/aggregate", '["/users"]', None, "the request has none", "must be application/json"),
    "16 a document": ("/aggregate", '{"query": "{ a }"}', JSON, "goes to the GraphQL endpoint", PATHS_EXAMPLE),
}


def messages_of(answer: Any) -> str:
    """Return the messages of an answer, of GraphQL or of problem details."""
    body = answer.json
    return "\n".join(error["message"] for error in body["errors"]) if "errors" in body else body["detail"]


@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
@pytest.mark.parametrize("row", BODIES)
def test_a_wrong_body_gets_the_cause_and_an_example(row: str, debug: bool) -> None:
    endpoint, body, media_type, cause, cure = BODIES[row]
    answer = shop(debug=debug).test_client().post(endpoint, data=body, content_type=media_type)
    assert answer.status_code in (400, 415)
    assert cause in messages_of(answer)
    assert cure in messages_of(answer)


# By the row: the address, the words that name the cause, and those that name the cure.
ADDRESSES = {
    "17 paths for path": ("/aggregate?paths=/users", "'paths' is not a parameter", "Send ?path=/users&path="),
    "17 brackets": ("/aggregate?path[]=/users", "'path[]' is not a parameter", "Send ?path=/users&path="),
    "17 another name": ("/aggregate?url=/users", "'url' is not a parameter", "Send ?path=/users&path="),
    "17 envelop": ("/aggregate?path=/users&envelop=true", "'envelop' is not a parameter", "envelope are the others"),
    "17 envelope=yes": ("/aggregate?path=/users&envelope=yes", "not 'yes'", "envelope is true or false"),
    "10 GET without a query": ("/graphql", "The parameter query is missing", 'send {"query"'),
}


@pytest.mark.parametrize("row", ADDRESSES)
def test_a_wrong_address_gets_the_cause_and_the_cure(row: str) -> None:
    address, cause, cure = ADDRESSES[row]
    answer = shop().test_client().get(address)
    assert answer.status_code == 400
    assert cause in messages_of(answer)
    assert cure in messages_of(answer)


def test_a_parameter_that_is_like_no_other_is_ignored() -> None:
    assert shop().test_client().get("/aggregate?path=/hello&_=1700000000").json == {"/hello": "hi"}


def test_in_production_graphiql_and_get_name_their_keys() -> None:
    client = shop(debug=False).test_client()
    assert "RESTGQL_GRAPHIQL = True" in messages_of(client.get("/graphql", headers={"Accept": "text/html"}))
    assert "set RESTGQL_GET to any" in messages_of(client.get("/graphql?query={__typename}"))


def test_operations_only_names_its_key() -> None:
    assert "RESTGQL_OPERATIONS_ONLY is on" in ask("{ __typename }", operations_only=True)


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


def warnings_of(app: Flask, caplog: pytest.LogCaptureFixture) -> str:
    """Return what the first two requests log, without the lines about profile and reach."""
    caplog.clear()
    for _ in range(2):
        app.test_client().post("/graphql", json={"query": "{ __typename }"})
    lines = [record.getMessage() for record in caplog.records]
    return "\n".join(line for line in lines if not line.startswith(("The profile is", "RESTGQL_ROUTES is not set")))


everywhere = pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])


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


# By the row: the expression, the words that name the cause, and those that name the cure.
SELECTS = {
    "6b as GraphQL": ("{ id name }", "Expecting: colon", "an object as {name: name}"),
    "6b a comma": ("id, name", "Unexpected token: ,", "{a: a, b: b}, or [a, b]"),
    "6b two names": ("id name", "Unexpected token: name", "{a: a, b: b}, or [a, b]"),
    "6b JSONPath": ("$.name", "Unknown token $", "begin with a key"),
    "6b jq": (".name", "invalid token", "without a dot"),
    "6b a dash": ("user-name", "Unknown token '-'", '"user-name"'),
    "6b one equals sign": ("[?name = 'Ada']", "Unknown token '='", "compares with =="),
    "6b a function": ("lenght(@)", "Unknown function: lenght()", "Did you mean length()?"),
    "6b nothing": ("", "cannot be empty", "Leave select out"),
}


@pytest.mark.parametrize("row", SELECTS)
def test_a_wrong_select_gets_the_cause_and_the_cure(row: str) -> None:
    expression, cause, cure = SELECTS[row]
    message = ask('query($e: String) { get(path: "/users", select: $e) }', {"e": expression}, debug=False)
    assert cause in message
    assert cure in message


# By the row: a field of `fetch`, and the words that a warning in debug has.
NOTHING_SELECTED = {
    "6c a typing error": (
        'fetch(path: "/users/1") { json(select: "nmae") }',
        "they have: friend_id, id, name",
        "'name'?",
    ),
    "6c a key of an array": ('get(path: "/users", select: "name")', "it is an array of 2", "Did you mean '[].name'?"),
    "6c a key of the elements": (
        'get(path: "/users", select: "[].nmae")',
        "none of the objects",
        "Did you mean 'name'?",
    ),
    "6c a key of a text": ('get(path: "/hello", select: "name")', "it is a string", "no keys"),
    "6c double quotes": ("""get(path: "/users", select: "[?name == \\"Ada\\"]")""", "is a key", "single quotes, 'Ada'"),
}


@pytest.mark.parametrize("row", NOTHING_SELECTED)
def test_a_select_that_finds_nothing_is_logged_in_debug(row: str, caplog: pytest.LogCaptureFixture) -> None:
    field, cause, cure = NOTHING_SELECTED[row]
    assert ask(f"{{ {field} }}") == ""
    assert cause in caplog.text
    assert cure in caplog.text
    caplog.clear()
    assert ask(f"{{ {field} }}", debug=False) == ""
    assert "finds nothing" not in caplog.text


@pytest.mark.parametrize("select", ["id", "friends", "[].x", "name || id", "length(@)", "@"])
def test_a_select_that_may_find_nothing_is_not_logged(select: str, caplog: pytest.LogCaptureFixture) -> None:
    app = shop()
    app.get("/empty", endpoint="empty")(lambda: {"id": None, "friends": []})
    document = f'{{ a: get(path: "/empty", select: "{select}") b: get(path: "/users/1", select: "{select}") }}'
    app.test_client().post("/graphql", json={"query": document})
    assert "/empty" not in caplog.text


# By the row: a field below `fetch`, the words that name the cause, and those that name the cure.
DEPENDENT = {
    "7d get below a list": (
        'fetch(path: "/users") { get(path: "/users/{id}") }',
        "no value for {id}. It is an array of 2",
        "use getEach(path: …), or each { get(path: …) }",
    ),
    "7d get below a text": ('fetch(path: "/hello") { get(path: "/users/{id}") }', "It is a string", "not an object"),
    "7d a key with a typing error": (
        'fetch(path: "/users/1") { get(path: "/users/{freind_id}") }',
        "no value for {freind_id}",
        "Did you mean 'friend_id'?",
    ),
    "7d getEach below an object": (
        'fetch(path: "/users/1") { getEach(path: "/users/{id}") }',
        "over selects an object, and it takes an array",
        "use get, or name an array",
    ),
}


@pytest.mark.parametrize("row", DEPENDENT)
def test_a_wrong_dependent_field_gets_the_cause_and_the_cure(row: str) -> None:
    field, cause, cure = DEPENDENT[row]
    message = ask(f"{{ {field} }}")
    assert cause in message
    assert cure in message


def test_in_production_no_key_of_an_object_is_suggested() -> None:
    field, _, _ = DEPENDENT["7d a key with a typing error"]
    assert ask(f"{{ {field} }}", debug=False) == "The parent's JSON has no value for {freind_id}."


@everywhere
@pytest.mark.parametrize("endpoint", ["/graphql", "/aggregate"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_18_another_method_names_those_of_the_endpoint(endpoint: str, method: str, debug: bool) -> None:
    answer = shop(debug=debug).test_client().open(endpoint, method=method, json={})
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert f"{endpoint} takes GET, HEAD, OPTIONS, POST, QUERY, and not {method}" in messages_of(answer)
    assert "Send the request by POST" in messages_of(answer)


@everywhere
def test_18_a_slash_at_the_end_of_an_endpoint_leads_to_it(debug: bool) -> None:
    client = shop(debug=debug).test_client()
    answer = client.post("/graphql/?a=1%202", json={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/graphql?a=1%202")
    assert "has no slash at its end: /graphql" in messages_of(answer)
    followed = client.post("/graphql/", json={"query": "{ __typename }"}, follow_redirects=True)
    assert followed.json["data"] == {"__typename": "Query"}
    assert client.get("/aggregate/?path=/hello", follow_redirects=True).json == {"/hello": "hi"}


@pytest.mark.parametrize("path", ["/nope/", "/users/", "//graphql/", "/graphql//x/", "/"])
def test_18_any_other_path_that_is_not_there_is_the_apps_own(path: str) -> None:
    answer = shop().test_client().get(path)
    assert answer.status_code in (404, 308)
    assert answer.content_type.startswith("text/html")


TYPES = """
type Query {
  users: [User] @get(path: "/users")
  wrong: User @get(path: "%s")
}
type User {
  id: ID
  %s: Int
  friend: User @get(path: "/users/{id}", batch: {path: "/users{?id*}", by: ["id"], key: ["%s"]})
}
"""


def typed(
    folder: Path, document: str, *, path: str = "/users/1", field: str = "name", key: str = "id", **options: Any
) -> Flask:
    """Return the app with types after a request for `document`."""
    (folder / "types.graphql").write_text(TYPES % (path, field, key))
    app = shop(schema=str(folder / "types.graphql"), **options)
    answer = app.test_client().post("/graphql", json={"query": document})
    assert answer.status_code == 200
    return app


@everywhere
def test_13c_a_field_that_no_route_answers(debug: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = typed(tmp_path, "{ __typename }", path="/userz/1", debug=debug)
    assert "Query.wrong: there is no route for GET /userz/1" in caplog.text
    assert "Did you mean" in caplog.text
    with app.app_context():
        assert [each for each, _, _ in app.extensions["restgql"]["restgql"]._unrouted()] == ["Query.wrong"]


def test_13c_a_placeholder_of_flask_in_a_type(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    typed(tmp_path, "{ wrong { id } }", path="/users/<int:id>")
    assert "Query.wrong: No route matches '/users/<int:id>'" in caplog.text
    assert "write '/users/{id}'" in caplog.text


def test_13_a_batch_key_that_no_item_has(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    typed(tmp_path, "{ users { friend { id } } }", key="idd")
    assert "User.friend: its batch matches nothing" in caplog.text
    assert "Did you mean 'id'?" in caplog.text


def test_13d_camel_case_over_snake_case(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    typed(tmp_path, "{ users { id createdAt } }", field="createdAt")
    assert "User.createdAt: no object of /users has the key 'createdAt', so it is null" in caplog.text
    assert "RESTGQL_CAMEL_CASE" in caplog.text
    caplog.clear()
    typed(tmp_path, "{ users { id createdAt } }", field="createdAt", camel_case=True)
    assert "createdAt" not in caplog.text


@pytest.mark.parametrize(
    ("types", "cause", "cure"),
    [
        ('type Query { a: Usr @get(path: "/a") } type User { id: ID }', "Unknown type 'Usr'", "Did you mean 'User'?"),
        ('type Query { a: ID @gte(path: "/a") }', "Unknown directive '@gte'", "Did you mean '@get'?"),
        ('type Query { a: ID @get(pth: "/a") }', "Unknown argument 'pth'", "Did you mean 'path'?"),
        ('type Query { a ID @get(path: "/a") }', "Expected ':'", "types.graphql:1"),
        ('type Query { a: ID @get(path: "a") }', "begins with no slash", "Query.a @get"),
    ],
)
def test_12_a_mistake_in_types(types: str, cause: str, cure: str, tmp_path: Path) -> None:
    (tmp_path / "types.graphql").write_text(types)
    with pytest.raises(SchemaError) as caught:
        shop(schema=str(tmp_path / "types.graphql"))
    assert cause in str(caught.value)
    assert cure in str(caught.value)


def test_11_an_openapi_document_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ConfigError, match=r"openapi = 'no.json': .*No such file or directory: '.*no.json'"):
        shop(openapi="no.json")
    warnings_of(shop(openapi="auto"), caplog)
    assert "tried no route. It looks for the document of a known extension" in caplog.text
    assert "Name the route or a file" in caplog.text


def test_9_two_gateways_and_none() -> None:
    with pytest.raises(ConfigError, match="a second one takes another name="):
        Gateway(shop())
    with pytest.raises(ConfigError, match=r"/graphql is another gateway's .*graphql_path= takes another path"):
        Gateway(shop(), name="other")
    with pytest.raises(ConfigError, match=r"call init_app\(app\) first"):
        Gateway().get("/users")


HOSTILE = ["/a/a/a/a/a/a/a/b", "/things77/x/part", "/" + "<" * 200, "/things/1/parts", "/a/a"]


@cache
def map_of(rules: int) -> Map:
    url_map = Map([Rule(f"/a/a/a/a/a/a/a/x{number}") for number in range(rules)])
    url_map.add(Submount("", [Rule(f"/things{number}/<int:id>/parts") for number in range(rules)]))
    return url_map


def calls_of_search(rules: int, path: str) -> int:
    """Return the function calls of a search among so many rules, all of which are in the index."""
    url_map = map_of(rules)
    index, calls = RouteIndex(), 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    for _ in range(2 * rules // MAX_ADDED):
        index.near(url_map, path.split("/")[1:])
    sys.setprofile(count)
    try:
        index.near(url_map, path.split("/")[1:])
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("path", HOSTILE)
def test_the_work_for_a_hint_does_not_grow_with_the_rules(path: str) -> None:
    large, small = calls_of_search(2 * MAX_ADDED, path), calls_of_search(MAX_ADDED, path)
    assert large < 1.1 * small


@pytest.mark.parametrize("path", ["/a" * 2_000, "/" + "a" * 1_000])
def test_a_long_path_gets_no_suggestion(path: str) -> None:
    assert get(path, routes=CHOSEN) == "No route matches this path."
