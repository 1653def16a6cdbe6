"""Typed mutations: their body, order, redirects and cookies."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from flask import Request

from tests.schema.typed.fields import MUTATIONS, STATUS, Make, echo
from tests.schema.world import World, errors


def mutable(make: Make, answers: Mapping[str, Any] = MappingProxyType({})) -> World:
    given = {"/posts": echo, "/posts/5": echo, "/users/1": "Ann", **answers}
    return make(MUTATIONS, given, routes=["*"])  # where redirects lead is no typed field's own


# The field, the method, the body and its type.
BODIES = {
    'add(title: "é", tags: ["a"])': ("POST", '{"title":"é","tags":["a"],"draft":true}'),
    "add(title: null)": ("POST", '{"title":null,"draft":true}'),
    "add": ("POST", '{"draft":true}'),
    'addTo(id: 5, dry: true, input: {title: "t"})': ("POST", '{"input":{"title":"t","n":3}}'),
    "addTo(id: 5)": ("POST", "{}"),
    "whole(input: {n: 1})": ("POST", '{"n":1}'),
    'set(id: 5, title: "t")': ("PUT", '{"title":"t"}'),
    "set(id: 5)": ("PUT", "{}"),
}


@pytest.mark.parametrize("field", BODIES)
def test_the_body_is_what_body_makes_or_the_arguments_that_are_left(make: Make, field: str) -> None:
    method, body = BODIES[field]
    world = mutable(make)
    found = world.ask(f"mutation {{ it: {field} {{ method seen }} }}")["data"]["it"]
    assert found["method"] == method
    assert found["seen"] == body
    assert world.requests[0].content_type == "application/json"


def test_a_body_with_all_its_arguments_used_elsewhere_is_none(make: Make) -> None:
    world = mutable(make)
    found = world.data('mutation { change(id: 5, title: "t") { method seen } remove(id: 5) }')
    assert found["change"] == {"method": "PATCH", "seen": ""}
    assert found["remove"]["method"] == "DELETE"
    assert world.requests[0].headers["If-Match"] == "t"
    assert [asked.content_type for asked in world.requests] == [None, None]


@pytest.mark.parametrize(
    ("field", "media_type"), [("form", "application/x-www-form-urlencoded"), ("multi", "multipart/form-data")]
)
def test_a_form(make: Make, field: str, media_type: str) -> None:
    world = mutable(make, {"/posts": lambda asked: {"id": 1, "seen": repr(asked.form.to_dict(flat=False))}})
    found = world.data(f'mutation {{ it: {field}(title: "a&b é", tags: ["x", "y"]) {{ seen }} }}')
    assert found["it"]["seen"] == repr({"title": ["a&b é"], "tags": ["x", "y"]})
    assert world.requests[0].mimetype == media_type


def test_a_body_of_json_with_another_media_type(make: Make) -> None:
    sdl = """
    type Query { a: JSON @get(path: "/a") }
    type Mutation {
      change(title: String): Post @patch(path: "/posts/5", mediaType: "application/merge-patch+json")
    }
    type Post { seen: String }
    """
    world = make(sdl, {"/posts/5": echo})
    assert world.data("mutation { change(title: null) { seen } }")["change"] == {"seen": '{"title":null}'}
    assert world.requests[0].content_type == "application/merge-patch+json"


def test_mutations_run_one_after_the_other_with_all_that_depends_on_them(make: Make) -> None:
    def slow(asked: Request) -> Any:
        time.sleep(0.02)
        return "Ann"

    world = mutable(make, {"/users/1": slow})
    text = "mutation { a: add { author } b: set(id: 5) { author } c: remove(id: 5) d: add { id } }"
    world.data(text)
    # A query is asked again after a mutation: it may answer otherwise.
    assert world.hits == ["POST /posts", "/users/1", "PUT /posts/5", "/users/1", "DELETE /posts/5", "POST /posts"]


def test_equal_mutations_are_each_made(make: Make) -> None:
    world = mutable(make)
    world.data('mutation { a: add(title: "t") { id } b: add(title: "t") { id } }')
    assert world.hits == ["POST /posts", "POST /posts"]


def test_a_mutation_that_fails_does_not_keep_the_next_from_it(make: Make) -> None:
    world = mutable(make, {"PUT /posts/5": (422, {"title": "is missing"})})
    found = world.ask("mutation { set(id: 5) { id } add { id } }")
    assert found["data"] == {"set": None, "add": {"id": "1"}}
    assert errors(found) == {("set",): STATUS}
    assert found["errors"][0]["extensions"]["http"]["body"] == {"title": "is missing"}


def test_a_303_after_a_post_becomes_a_get(make: Make) -> None:
    world = mutable(make, {"POST /posts": (303, None, {"Location": "/posts/9"}), "/posts/9": {"id": 9}})
    assert world.data('mutation { add(title: "t") { id } }') == {"add": {"id": "9"}}
    assert world.hits == ["POST /posts", "/posts/9"]
    assert (world.requests[1].get_data(), str(world.requests[1].content_type)) == (b"", "None")


COOKIE = {"Set-Cookie": "u=ann; Path=/"}


@pytest.mark.parametrize("field", ["login", "enter"])
def test_a_cookie_that_a_mutation_sets_reaches_the_next_one(make: Make, field: str) -> None:
    world = mutable(
        make,
        {
            "/login": (200, {"id": 1}, COOKIE),
            "POST /enter": (303, None, {"Location": "/welcome", **COOKIE}),
            "/welcome": echo,
            "/out": (200, {"id": 2}, {"Set-Cookie": "u=; Path=/; Max-Age=0"}),
            "/users/1": lambda asked: asked.cookies.get("u"),
        },
    )
    text = f"mutation {{ {field} {{ id author }} add {{ title author }} out {{ id }} last: add {{ title }} }}"
    found = world.data(text)
    assert found[field] == {"id": "1", "author": "ann"}
    assert found["add"] == {"title": "ann", "author": "ann"}
    assert found["last"] == {"title": None}


TEXTS = """
type Query { a: JSON @get(path: "/a") }
type Mutation {
  note(text: String): Post @post(path: "/notes", body: "text", mediaType: "text/plain")
  old(text: JSON): Post @post(path: "/notes", body: "text", mediaType: "text/plain; charset=latin-1")
  odd(text: String): Post @post(path: "/notes", body: "text", mediaType: "text/plain; charset=klingon")
}
type Post { seen: String }
"""


def test_a_body_of_text(make: Make) -> None:
    world = make(TEXTS, {"/notes": lambda asked: {"seen": repr(asked.get_data())}})
    texts = """mutation { a: note(text: "a\\"é") { seen } b: old(text: "é") { seen } c: old(text: 5) { seen }
      d: note { seen } }"""
    sent = ['a"é'.encode(), b"\xe9", b"5", b""]
    assert [seen["seen"] for seen in world.data(texts).values()] == [*map(repr, sent)]
    content_types = [asked.content_type for asked in world.requests]
    assert content_types == ["text/plain", "text/plain; charset=latin-1", "text/plain; charset=latin-1", None]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('old(text: "☃")', "The body cannot be encoded in 'latin-1'."),
        ('odd(text: "a")', "The body cannot be encoded in 'klingon'."),
        ("old(text: [1])", "A body of text/plain takes a string, not an array."),
    ],
)
def test_a_body_that_is_no_text_is_an_error(make: Make, field: str, message: str) -> None:
    world = make(TEXTS, {"/notes": echo})
    (error,) = world.ask(f"mutation {{ {field} {{ seen }} }}")["errors"]
    assert (error["message"], error["extensions"]["code"]) == (message, "BAD_REQUEST")
    assert world.requests == []
