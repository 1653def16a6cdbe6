"""Wrong expressions of `select`."""

import pytest
from flask import Flask, request

from restgql import BadSelect, Gateway
from tests.mistakes.shop import ask, shop

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
    "6b an index": ("0.name", "invalid token", "write [0].name"),
    "6b nothing": ("", "cannot be empty", "Leave select out"),
}


@pytest.mark.parametrize("row", SELECTS)
def test_a_wrong_select_gets_the_cause_and_the_cure(row: str) -> None:
    expression, cause, cure = SELECTS[row]
    message = ask('query($e: String) { get(path: "/users", select: $e) }', {"e": expression}, debug=False)
    assert cause in message
    assert cure in message


# By the row: a field with the expression `{ id name }`, and the requests that the operation makes all the same.
FIELDS = {
    "get": ('{ get(path: "/users/1", select: %s) }', []),
    "get with a sibling": ('{ get(path: "/users/1", select: %s) hello: get(path: "/hello") }', ["GET /hello"]),
    "get below fetch": (
        '{ fetch(path: "/users/1") { get(path: "/users/{id}/orders", select: %s) } }',
        ["GET /users/1"],
    ),
    "get below each": (
        '{ fetch(path: "/users") { each { get(path: "/users/{id}", select: %s) } } }',
        ["GET /users"],
    ),
    "getEach": ('{ fetch(path: "/users") { getEach(path: "/users/{id}", select: %s) } }', ["GET /users"]),
    "post": ('mutation { post(path: "/orders") { status json(select: %s) } }', []),
    "post, the second json": (
        'mutation { post(path: "/orders") { json ok: json(select: "id") b: json(select: %s) } }',
        [],
    ),
}


@pytest.mark.parametrize("row", FIELDS)
@pytest.mark.parametrize("sends", ["literal", "variable"])
def test_a_wrong_select_is_refused_before_its_request_is_made(row: str, sends: str) -> None:
    document, requests = FIELDS[row]
    made: list[str] = []
    app = shop(verbs=["GET", "POST"])
    app.before_request(lambda: made.append(f"{request.method} {request.path}") if request.path != "/graphql" else None)
    if sends == "literal":
        body = {"query": document % '"{ id name }"'}
    else:
        named = document if document.startswith("mutation") else f"query {document}"
        operation, _, rest = named.partition(" ")
        body = {"query": f"{operation}($e: String) {rest % '$e'}", "variables": {"e": "{ id name }"}}
    errors = app.test_client().post("/graphql", json=body).json["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_SELECT"}
    assert all("an object as {name: name}" in error["message"] for error in errors)
    assert made == requests
    if row.startswith("post"):
        assert errors[0]["message"].startswith("The POST was not sent. ")
        assert errors[0]["path"] == ["post"]


def test_a_wrong_select_of_gateway_get_makes_no_request() -> None:
    made: list[str] = []
    app = Flask("python")
    app.get("/users")(lambda: made.append("/users") or [])
    gateway = Gateway(app)
    with pytest.raises(BadSelect, match="Expecting: colon"):
        gateway.get("/users", select="{ id name }")
    assert made == []


def test_a_wrong_select_is_charged_to_the_meter_before_it_is_compiled() -> None:
    query = '{ get(path: "/users", select: "{ id name }") }'
    answer = shop(max_elements=50).test_client().post("/graphql", json={"query": query}).json
    assert answer["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_ELEMENTS"


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
    "6c elements of an object": (
        'get(path: "/page", select: "[].name")',
        "it is an object, not an array",
        "Did you mean 'items[].name'?",
    ),
    "6c a key of an array in an object": (
        'get(path: "/page", select: "items.name")',
        "'items' is an array of 2",
        "Did you mean 'items[].name'?",
    ),
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


# By the row: the path, its params, and the path that sends them.
PARAMS = {
    "7e a query parameter": ("/users", "{page: 2}", "has no place for page", "'/users{?page}'"),
    "7e another one": ("/users{?q}", "{q: 1, page: 2}", "has no place for page", "'/users{?q,page}'"),
    "7e after a query": ("/users?q=1", "{page: 2, size: 3}", "no place for page, size", "'/users?q=1{&page,size}'"),
}


@pytest.mark.parametrize("row", PARAMS)
def test_params_that_are_not_sent_are_logged_in_debug(row: str, caplog: pytest.LogCaptureFixture) -> None:
    path, params, cause, cure = PARAMS[row]
    document = f'{{ get(path: "{path}", params: {params}) }}'
    assert ask(document) == ""
    assert cause in caplog.text
    assert cure in caplog.text
    caplog.clear()
    assert ask(document, debug=False) == ""
    assert ask('{ get(path: "/users/{a.b}{?q}", params: {a: {b: 1}, q: 2}) }') == ""
    assert "no place for" not in caplog.text


def test_the_names_of_unused_params_may_be_any_text(caplog: pytest.LogCaptureFixture) -> None:
    document = 'query($p: JSON) { get(path: "/users{?q}", params: $p) }'
    assert ask(document, {"p": {"q": 1, r"\9\g<q": 2}}) == ""
    assert r"has no place for \9\g<q" in caplog.text


@pytest.mark.parametrize("select", ["id", "friends", "[].x", "name || id", "length(@)", "@"])
def test_a_select_that_may_find_nothing_is_not_logged(select: str, caplog: pytest.LogCaptureFixture) -> None:
    app = shop()
    app.get("/empty", endpoint="empty")(lambda: {"id": None, "friends": []})
    document = f'{{ a: get(path: "/empty", select: "{select}") b: get(path: "/users/1", select: "{select}") }}'
    app.test_client().post("/graphql", json={"query": document})
    assert "/empty" not in caplog.text
