"""The sub-requests that typed fields may make, and the routes that they open."""

from pathlib import Path

import pytest
from flask import Flask

from restgql import Gateway
from tests.schema.typed.fields import ARGUMENTS, BATCHES, MUTATIONS, VALUES, Make, _user, echo, users
from tests.schema.world import errors, write


def test_a_route_that_is_excluded_is_open_to_its_typed_field_alone(make: Make) -> None:
    world = make(VALUES, {"/a": {"id": 1}}, routes=["/open"])
    assert world.data("{ a { id } }") == {"a": {"id": "1"}}
    found = world.ask('{ get(path: "/a") a { id } }')
    assert found["data"] == {"get": None, "a": {"id": "1"}}
    assert errors(found) == {("get",): "NOT_ALLOWED"}
    assert errors(world.ask('{ a { id } get(path: "/a") }')) == {("get",): "NOT_ALLOWED"}
    assert errors(world.ask('{ fetch(path: "/a") { status } a { id } }')) == {("fetch",): "NOT_ALLOWED"}
    assert world.hits == ["/a"]


def test_more_than_the_budget_is_refused_as_a_whole(make: Make) -> None:
    parents = [{"id": n, "userId": n} for n in range(10)]
    answers = {"/posts": parents, **{f"/users/{n}": _user(str(n)) for n in range(10)}, "/users": users}
    world = make(BATCHES % 2, answers, max_subrequests=1, max_typed_subrequests=10)
    found = world.ask("{ plain { id author { id } } }")
    assert set(errors(found).values()) == {"LIMIT_EXCEEDED"}
    assert [post["author"] for post in found["data"]["plain"]] == [None] * 10
    assert found["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_TYPED_SUBREQUESTS"
    assert found["errors"][0]["extensions"]["allowed"] == 10
    assert world.hits == ["/posts"]
    assert len(world.data("{ posts { author { id } } }")["posts"]) == 10
    assert len(world.hits) == 6


TYPED = "t1: item(i: 1) { id } t2: item(i: 2) { id }"
UNTYPED = 'u1: get(path: "/items/1") u2: get(path: "/items/2")'
BELOW = 'list: fetch(path: "/items") { each { get(path: "/items/{id}") } }'


@pytest.mark.parametrize(("fields", "codes"), [(TYPED + UNTYPED, set()), (UNTYPED + TYPED, {"LIMIT_EXCEEDED"})])
def test_what_a_typed_and_an_untyped_field_ask_for_is_the_first_ones(fields: str, codes: set[str]) -> None:
    path = {"name": "i", "in": "path", "required": True, "schema": {"type": "integer"}}
    item = {"type": "object", "title": "Item", "properties": {"id": {"type": "integer"}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": item}}}}
    paths = {"/items/{i}": {"get": {"operationId": "item", "parameters": [path], "responses": responses}}}
    app = Flask(__name__)
    app.add_url_rule("/items/<int:i>", "item", lambda i: {"id": i})
    app.add_url_rule("/items", "items", lambda: [{"id": 7}, {"id": 8}])
    document = {"openapi": "3.0.0", "info": {"title": "Items", "version": "1"}, "paths": paths}
    gateway = Gateway(app, routes=["*"], openapi=document, max_subrequests=4)
    answer = gateway.execute(f"{{ {fields} {BELOW} }}")
    assert set(errors(answer).values()) == codes


def test_equal_mutations_each_count(make: Make) -> None:
    world = make(MUTATIONS, {"/posts": echo}, max_subrequests=1, max_typed_subrequests=2)
    found = world.ask("mutation { a: add { id } b: add { id } c: add { id } }")
    assert "data" not in found
    assert world.hits == []


def test_a_typed_field_opens_its_route_with_a_slash_too(tmp_path: Path) -> None:
    write(tmp_path / "schema", {"a.graphql": 'type Query { users: JSON @get(path: "/users") }'})
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/users/", "users", lambda: [1])
    assert Gateway(app, schema="schema", routes=[]).execute("{ users }") == {"data": {"users": [1]}}


def test_more_fields_than_the_budget_are_refused_before_any_is_asked(make: Make) -> None:
    world = make(ARGUMENTS, max_subrequests=1, max_typed_subrequests=2)
    found = world.ask("{ a: user(id: 1) { id } b: user(id: 2) { id } c: user(id: 3) { id } }")
    assert "data" not in found
    assert found["errors"][0]["extensions"]["limit"] == "RESTGQL_MAX_TYPED_SUBREQUESTS"
    assert world.hits == []
