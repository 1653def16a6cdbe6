"""Wrong types: the error at the start or the log names the cause and the cure."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql.cli import cli
from restgql.schema.type_source import SchemaError
from tests.mistakes.shop import everywhere, shop, warnings_of

TYPES = """
type Query {
  users: [User] @get(path: "/users")
  wrong: User @get(path: "%s")
}
type User {
  id: ID
  %s: Int
  friend: User @get(path: "/users/{id}", batch: {path: "/users{?id*}", by: ["id"], key: ["%s"], select: "%s"})
}
"""


def typed(
    folder: Path,
    document: str,
    *,
    path: str = "/users/1",
    field: str = "name",
    key: str = "id",
    select: str = "@",
    **options: Any,
) -> Flask:
    """Return the app with types after a request for `document`."""
    (folder / "types.graphql").write_text(TYPES % (path, field, key, select))
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


@everywhere
def test_13e_a_literal_that_a_scalar_refuses_has_its_location(debug: bool, tmp_path: Path) -> None:
    (tmp_path / "types.graphql").write_text('type Query { user(id: Long!): JSON @get(path: "/users/{id}") }')
    app = shop(schema=str(tmp_path / "types.graphql"), debug=debug)
    (error,) = app.test_client().post("/graphql", json={"query": '{ user(id: "a") }'}).json["errors"]
    assert error["message"] == "Long: 'a' is not an integer."
    assert error["locations"] == [{"line": 1, "column": 12}]


METHODS = {
    "GET of a POST route": (
        'type Query { a: JSON @get(path: "/orders") }',
        "takes POST: use @post on a field of Mutation",
    ),
    "POST of a GET route": (
        'type Query { b: JSON @get(path: "/users") } type Mutation { a: JSON @post(path: "/users") }',
        "takes GET: use @get on a field of Query",
    ),
    "Flask's placeholder": ('type Query { a: JSON @get(path: "/users/<int:id>") }', "Write '/users/{id}': braces take"),
}


@pytest.mark.parametrize("row", METHODS)
def test_13c_a_field_of_another_method_or_syntax(row: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    types, cure = METHODS[row]
    (tmp_path / "types.graphql").write_text(types)
    line = warnings_of(shop(schema=str(tmp_path / "types.graphql")), caplog)
    assert ".a: there is no route for" in line
    assert cure in line


def test_13_a_batch_key_that_no_item_has(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    typed(tmp_path, "{ users { friend { id } } }", key="idd")
    assert "User.friend: its batch matches nothing" in caplog.text
    assert "Did you mean 'id'?" in caplog.text


@pytest.mark.parametrize(
    ("key", "select", "message"),
    [
        ("name", "@", "none of the 2 items of /users?id=1&id=2 has a requested key"),
        ("name", "[:1]", "the item of /users?id=1&id=2 does not have a requested key"),
        ("idd", "[:1]", "batch.key names 'idd', which the item of /users?id=1&id=2 does not have"),
    ],
)
def test_13_a_batch_whose_items_have_other_values(
    key: str, select: str, message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    typed(tmp_path, "{ users { friend { id } } }", key=key, select=select)
    assert message in caplog.text


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
        ('type Query @get(path: "/a") { a: ID }', "may not be used on object", "Write it after a field"),
        ('type Query { a: ID @http(path: "/a") }', "Unknown directive '@http'", "A route is @get(path: …) on a field"),
        ('type Query { a: ID @get(url: "/a") }', "Unknown argument 'url'", "@get takes path, query, select"),
        ('type Query { a: ID @get(path: "/a", query: {q: "q"}) }', "'query' has invalid value", 'query: "{page_size: '),
        ('type Query { a: ID @get(path: "/a", timeout: "5s") }', "It takes the type Float", "write timeout: 2.5"),
        ('type Query { a: ID @get(path: "/a", headers: {A: "b"}) }', "[RestHeaderInput!]", 'headers: [{name: "Accept"'),
        ('type Query { get: ID @get(path: "/a") }', "Field 'Query.get' already exists", "choose another name than get"),
        ('type Query { a: Datetime @get(path: "/a") }', "Unknown type 'Datetime'", "Did you mean 'DateTime'?"),
        ('type Query { a: Money @get(path: "/a") }', "Unknown type 'Money'", "Define it: type Money { … }, or scalar"),
        ('input U { id: ID } type Query { a: U @get(path: "/a") }', "U is an input type", "define it with type"),
        (
            'type U { id: ID } type Query { a(u: U): ID @get(path: "/a") }',
            "U is an object type",
            "define it with input",
        ),
        ('type Query { a(id: ID): ID @get(path: "/a/$id") }', "is not filled into '$id'", "write {id}"),
        ('type Query { a(id: ID): ID @get(path: "/a/:id") }', "is not filled into '/:id'", "write {id}"),
        ("directive @get(path: String!) on FIELD_DEFINITION", "'@get' already exists", "Remove this definition"),
        ('// types\ntype Query { a: ID @get(path: "/a") }', "Unexpected character", "A comment begins with #."),
        ('{"openapi": "3.0.0"}', "Expected Name", "This is JSON, not GraphQL."),
        ('type Subscription { a: ID @get(path: "/a") }', "Remove type Subscription", "runs queries and mutations"),
        ("", "Unexpected <EOF>", "The document is empty."),
        ('type Query { a ID @get(path: "/a") }', "Expected ':'", "types.graphql:1"),
        ('type Query { a: ID @get(path: "/a") ', "found <EOF>", "A closing '}' or ')' is missing."),
        ('schema { query: Query } type Query { a: ID @get(path: "/a") }', "Remove schema { … }", "types.graphql:1"),
        ('type Query { a: ID @get(path: "a") }', "begins with no slash", "Query.a @get"),
        ('type Query { a: ID @get(path: "/a", select: "lenght(@)") }', "Unknown function: lenght()", "mean length()?"),
    ],
)
def test_12_a_mistake_in_types(types: str, cause: str, cure: str, tmp_path: Path) -> None:
    (tmp_path / "types.graphql").write_text(types)
    with pytest.raises(SchemaError) as caught:
        shop(schema=str(tmp_path / "types.graphql"))
    assert cause in str(caught.value)
    assert cure in str(caught.value)


def test_an_array_where_the_type_is_an_object(tmp_path: Path) -> None:
    app = typed(tmp_path, "{ __typename }", path="/users")
    (error,) = app.test_client().post("/graphql", json={"query": "{ wrong { id } }"}).get_json()["errors"]
    assert "The value is an array, and User is an object." in error["message"]
    assert "A field of the type [User] takes an array." in error["message"]


# By the row: the batch of User.friend, the words that name the cause, and those that name the cure.
BATCHES = {
    "a boolean": ("true", "'batch' has invalid value", 'write batch: {path: "/users{?id*}"'),
    "no path": ('{by: ["id"], key: ["id"]}', "It lacks path", 'batch: {path: "/users{?id*}"'),
    "no variable": (
        '{path: "/users", by: ["id"], key: ["id"]}',
        "no place for the values of key: id",
        "'/users{?id*}'",
    ),
    "one key": (
        '{path: "/users?id={id}", by: ["id"], key: ["id"]}',
        "{id} of '/users?id={id}' takes one key",
        "{?id*}",
    ),
}


@pytest.mark.parametrize("row", BATCHES)
def test_13_a_batch_that_cannot_be_sent(row: str, tmp_path: Path) -> None:
    batch, cause, cure = BATCHES[row]
    user = f'type User {{ id: ID friend: User @get(path: "/users/{{id}}", batch: {batch}) }}'
    (tmp_path / "types.graphql").write_text(f'{user} type Query {{ users: [User] @get(path: "/users") }}')
    with pytest.raises(SchemaError) as caught:
        shop(schema=str(tmp_path / "types.graphql"))
    assert cause in str(caught.value)
    assert cure in str(caught.value)


# By the row: the field, and the template that sends its argument.
UNSENT = {
    "no query": ('a(page: Int): JSON @get(path: "/users")', "'/users{?page}'"),
    "a query": ('a(page: Int): JSON @get(path: "/users?a=1")', "'/users?a=1{&page}'"),
    "another parameter": ('a(page: Int, q: ID): JSON @get(path: "/users{?q}")', "'/users{?q,page}'"),
}


@everywhere
@pytest.mark.parametrize("row", UNSENT)
def test_13f_an_argument_that_no_request_contains(
    row: str, debug: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    field, cure = UNSENT[row]
    (tmp_path / "types.graphql").write_text(f"type Query {{ {field} }}")
    app = shop(schema=str(tmp_path / "types.graphql"), debug=debug)
    (line,) = warnings_of(app, caplog).splitlines()
    assert "Query.a(page:) is not sent to the route" in line
    assert f"Write {cure}." in line
    assert f"Query.a(page:) is not sent: write {cure}." in app.test_cli_runner().invoke(cli, ["check"]).output


@pytest.mark.parametrize(
    "field",
    [
        'a(page: Int): JSON @get(path: "/users{?page}")',
        'a(page: Int): JSON @get(path: "/users", query: "{p: page}")',
        'a(page: Int): JSON @get(path: "/users", query: "@")',
        'a(lang: String): JSON @get(path: "/users", headers: [{name: "Accept-Language", value: "{lang}"}])',
    ],
)
def test_13f_an_argument_that_the_request_contains(
    field: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "types.graphql").write_text(f"type Query {{ {field} }}")
    assert warnings_of(shop(schema=str(tmp_path / "types.graphql")), caplog) == ""


@everywhere
def test_an_object_where_the_type_is_a_list(debug: bool, tmp_path: Path) -> None:
    (tmp_path / "types.graphql").write_text('type U { id: ID } type Query { a: [U] @get(path: "/page") }')
    app = shop(schema=str(tmp_path / "types.graphql"), debug=debug)
    (error,) = app.test_client().post("/graphql", json={"query": "{ a { id } }"}).get_json()["errors"]
    assert error["message"].startswith("The value is an object, and [U] is a list. A field of the type U takes an")
    assert 'select: "items") names it' in error["message"]


def test_a_type_that_is_named_subscription_is_one_like_others(tmp_path: Path) -> None:
    types = 'type Subscription { id: ID } type Query { a: [Subscription] @get(path: "/users") }'
    (tmp_path / "types.graphql").write_text(types)
    app = shop(schema=str(tmp_path / "types.graphql"))
    answer = app.test_client().post("/graphql", json={"query": "{ a { id } }"}).get_json()
    assert answer["data"] == {"a": [{"id": "1"}, {"id": "2"}]}


def test_13d_a_key_of_a_type_that_is_never_null(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "types.graphql").write_text('type U { id: ID nam: String! } type Query { a: [U] @get(path: "/users") }')
    app = shop(schema=str(tmp_path / "types.graphql"))
    app.test_client().post("/graphql", json={"query": "{ a { id nam } }"})
    assert "U.nam: its type is never null, and none of the objects has the key 'nam'" in caplog.text
    assert "Did you mean 'name'?" in caplog.text


def test_13e_the_spelling_of_an_enum_value(tmp_path: Path) -> None:
    types = 'enum N { ADA BOB } type U { name: N } type Query { a: [U] @get(path: "/users") }'
    (tmp_path / "types.graphql").write_text(types)
    app = shop(schema=str(tmp_path / "types.graphql"))
    errors = app.test_client().post("/graphql", json={"query": "{ a { name } }"}).get_json()["errors"]
    assert [error["message"] for error in errors] == [
        f"""Enum 'N' cannot represent value: '{text}'. Write {name} @value(is: "{text}") in the enum N."""
        for name, text in (("ADA", "Ada"), ("BOB", "Bob"))
    ]
