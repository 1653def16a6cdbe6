"""Wrong paths: the message names the cause and the route that was meant, in production no route."""

import sys
from functools import cache
from typing import Any

import pytest
from werkzeug.routing import Map, Rule, Submount

from restgql.upstream.route_index import MAX_ADDED, RouteIndex
from tests.mistakes.shop import CHOSEN, get, shop

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
    "2 two paths": ("/users,/hello", "Several paths are several strings", "'/users'"),
    "2 two paths with a space": ("/users/1, /hello", "Several paths are several strings", "'/users/1'"),
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
