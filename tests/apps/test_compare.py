"""The comparison itself: it sees a route that answers a sub-request in another way, and masks no more than it must."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, make_response, redirect, request

from restgql import Gateway
from tests.apps.compare import Mask
from tests.apps.run import Comparison
from tests.apps.url_paths import paths_of

COUNT = iter(range(10_000))


def is_sub_request() -> bool:
    return "restgql.depth" in request.environ


def own_status() -> Any:
    return ("", 410) if is_sub_request() else ("", 404)


def own_field() -> Any:
    return {"a": 1}, 200, {"X-Sub": "1"} if is_sub_request() else {}


def own_body() -> Any:
    return {"id": next(COUNT), "sub": is_sub_request()}


def own_cookie() -> Any:
    response = make_response("a")
    if is_sub_request():
        response.set_cookie("sub", "1")
    return response


def own_target() -> Any:
    return redirect("/b" if is_sub_request() else "/c")


def same() -> Any:
    response = make_response({"id": next(COUNT), "token": f"{next(COUNT):x}.{next(COUNT)}"})
    response.set_cookie("token", str(next(COUNT)))
    return response


@pytest.mark.parametrize(
    ("view", "facts"),
    [
        (own_status, {"status", "aggregate status", "aggregate body"}),
        (own_field, {"headers", "aggregate headers"}),
        (own_body, {"headers", "body", "aggregate headers", "aggregate body"}),
        (own_cookie, {"cookies"}),
        (own_target, {"headers", "body", "aggregate headers", "aggregate status", "aggregate body"}),
        (same, set()),
    ],
)
def test_a_sub_request_that_is_answered_in_another_way_is_seen(view: Any, facts: set[str]) -> None:
    app = Flask("app")
    app.add_url_rule("/a/<int:id>", "a", lambda id: view())
    app.add_url_rule("/b", "b", lambda: "b")
    Gateway(app, routes=["*"])
    paths = [path for path in paths_of(app.url_map, {"filename": "none"}) if path.startswith("/a/")]
    assert paths == ["/a/1"]
    rows = list(Comparison(app, SimpleNamespace(), paths).differences())
    seen = {row["fact"] for row in rows}
    assert bool(seen) == bool(facts)
    assert seen <= facts
    if facts:
        assert {(row["multithread"], row["path"].partition(" ")[0]) for row in rows} == {
            (False, "/a/1"),
            (True, "/a/1"),
        }


@pytest.mark.parametrize(
    ("text", "is_equal"),
    [
        ('{"at": "12:03", "a": 1}', True),
        ('{"at": "12:03", "a": 2}', False),
        ('{"at": "12:03", "a": 1, "b": 1}', False),
        ('{"at": "<b>", "a": 1}', False),
    ],
)
def test_only_words_that_change_between_direct_requests_may_differ(text: str, is_equal: bool) -> None:
    assert Mask().equal(text, '{"at": "12:01", "a": 1}', '{"at": "12:02", "a": 1}') is is_equal


def test_a_pattern_masks_texts_of_another_number_of_words() -> None:
    mask = Mask([re.compile('"at": "[^"]*"')])
    assert mask.equal('{"at": "a b c"}', '{"at": "a"}', '{"at": "b d"}')
    assert not Mask().equal('{"at": "a b c"}', '{"at": "a"}', '{"at": "b d"}')


def test_a_rule_whose_arguments_are_not_filled_is_an_error() -> None:
    app = Flask("app")
    app.add_url_rule("/a/<any(x, y):word>", "a", lambda word: word)
    with pytest.raises(ValueError, match="no path of"):
        paths_of(app.url_map, {"filename": "none", "word": "z"})
