"""The header fields, timeout and names of the request of a typed field."""

import threading
from typing import Any

import pytest

from tests.schema.typed.fields import Make
from tests.schema.world import errors
from tests.turnstile import PATIENCE, Turnstile

REQUESTS = """
type Query {
  user(id: ID = 1, tag: String, lang: String): User @get(
    path: "/users/{id}", headers: [{name: "X-Tag", value: "t-{tag}"}, {name: "Accept-Language", value: "{lang}"}],
    query: "{tag: tag}")
  slow: JSON @get(path: "/slow", timeout: 0.1)
  quick: JSON @get(path: "/quick")
}
type User { id: ID key: String firstName: String
  friends: JSON @get(path: "/friends", query: "{of: this.id, all: `true`}", headers: [{name: "X-Key", value: "{key}"}])
}
"""


def test_headers_are_templates_of_values(make: Make) -> None:
    world = make(REQUESTS, {"/users/1": {"id": 1, "key": "k é/ü"}, "/friends": []})
    world.data('{ user(tag: "a/b {c}") { friends } }')
    user, friends = world.requests
    assert user.headers["X-Tag"] == "t-a/b {c}"
    assert "Accept-Language" not in user.headers
    assert friends.headers["X-Key"].encode("latin-1").decode("latin-1") == "k é/ü"
    assert friends.args.to_dict() == {"of": "1", "all": "true"}


@pytest.mark.parametrize("tag", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "snow ☃"])
def test_a_header_value_that_is_none_is_refused(make: Make, tag: str) -> None:
    world = make(REQUESTS, {"/quick": 1, "/users/1": {"id": 1, "key": tag}, "/friends": []})
    found = world.ask("query ($tag: String) { user(tag: $tag) { id } quick }", tag=tag)
    assert found["data"] == {"user": None, "quick": 1}
    assert errors(found) == {("user",): "BAD_REQUEST"}
    assert world.hits == ["/quick"]
    found = world.ask("{ user { id friends } }")
    assert errors(found) == {("user", "friends"): "BAD_REQUEST"}


def test_a_timeout_is_the_fields_own(make: Make) -> None:
    released, turnstile = threading.Event(), Turnstile()

    def slow(asked: Any) -> bool:
        with turnstile.entered():
            return released.wait(PATIENCE)

    world = make(REQUESTS, {"/slow": slow, "/quick": 1}, subrequest_timeout=3 * PATIENCE)
    answer = world.post("{ slow quick }")
    assert turnstile.inside == 1, "the view is not done yet"
    assert answer["data"] == {"slow": None, "quick": 1}
    assert errors(answer) == {("slow",): "TIMEOUT"}
    released.set()
    assert turnstile.left()


def test_camel_case_names_read_what_is_in_snake_case(make: Make) -> None:
    answers = {"/users/1": {"first_name": "Ann", "firstName": "no"}}
    assert make(REQUESTS, answers, camel_case=True).data("{ user { firstName } }") == {"user": {"firstName": "Ann"}}


def test_names_are_as_the_api_has_them_without_camel_case(make: Make) -> None:
    answers = {"/users/1": {"first_name": "Ann", "firstName": "yes"}}
    assert make(REQUESTS, answers).data("{ user { firstName } }") == {"user": {"firstName": "yes"}}
