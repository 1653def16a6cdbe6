"""Responses whose status no server can send."""

from typing import Any

import pytest
from flask import Flask, Response

from restgql import Gateway


@pytest.mark.parametrize("through", ["fast path", "wsgi_app"])
@pytest.mark.parametrize("status", ["wrong", "0 None", "99 Low", -5, "-12 Low"])
def test_a_status_without_three_digits_is_an_error_of_the_route(
    status: Any, through: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask(__name__)
    app.add_url_rule("/odd", "odd", lambda: Response('{"a": 1}', status=status, content_type="application/json"))
    app.add_url_rule("/even", "even", lambda: {"a": 1})
    Gateway(app, routes=["*"])
    if through == "wsgi_app":
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    document = '{ get(path: "/odd") fetch(path: "/odd") { status error } even: get(path: "/even") }'
    answer = app.test_client().post("/graphql", json={"query": document}).json or {}
    assert answer["data"] == {"get": None, "fetch": {"status": 502, "error": "UPSTREAM_INVALID"}, "even": {"a": 1}}
    (error,) = answer["errors"]
    assert error["message"] == "The route's status is not a number of three digits, such as 200."
    assert "Traceback" not in caplog.text
    part = app.test_client().post("/aggregate", json=["/odd"]).json or {}
    assert (part["/odd"]["status"], part["/odd"]["code"]) == (502, "UPSTREAM_INVALID")
