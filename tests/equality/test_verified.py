"""RESTGQL_VERIFY: the fast path gives the responses of the whole way, for every kind of route."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

import app as demo
from restgql import Gateway
from restgql.upstream.fast_path.dispatch import PlainApp
from tests.equality.app import create_app
from tests.equality.test_routes import PATHS


@pytest.mark.parametrize("wrapped", [False, True])
def test_every_kind_of_route_is_the_same_by_both_ways(caplog: pytest.LogCaptureFixture, wrapped: bool) -> None:
    app = create_app(converters=False)
    Gateway(app, verify=True, profile="open")
    if wrapped:
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    client = app.test_client()
    for _ in range(2):
        for path in PATHS:
            with caplog.at_level(logging.ERROR):
                assert client.post("/aggregate", json=[path]).status_code in (200, 401, 429), path
            assert "Different" not in caplog.text, path
            caplog.clear()


def test_the_demo_is_the_same_by_both_ways(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "Gateway", partial(Gateway, verify=True))
    client = demo.create_app(tmp_path / "demo.sqlite3").test_client()
    paths = ["/users", "/users/1", "/posts?userId=1", "/hello/a?question=b", "/v1/word/good.json", "/nowhere"]
    for _ in range(2):
        parts = client.post("/aggregate", json=paths).json
        assert parts == {path: client.post("/aggregate", json=[path]).json[path] for path in paths}
        assert "Different" not in caplog.text


@pytest.mark.parametrize("changes", [False, True])
def test_a_difference_is_raised_unless_the_route_changes_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, changes: bool
) -> None:
    app = Flask("app")
    turns: list[int] = []

    def view() -> Any:
        turns.append(1)
        return {"path": request.path, "turn": len(turns) if changes else 0}

    app.add_url_rule("/a", "a", view)
    Gateway(app, routes=["*"], verify=True)
    exchange = PlainApp.exchange

    def wrong(self: PlainApp, environ: Any, limit: int) -> Any:
        status, fields, body = exchange(self, environ, limit)
        return status, fields, body + b" "

    if not changes:
        monkeypatch.setattr(PlainApp, "exchange", wrong)
    part = app.test_client().post("/aggregate?envelope=true", json=["/a"]).json
    assert part is not None
    assert part["/a"]["status"] == (200 if changes else 500)
    assert ("ResponsesDiffer" in caplog.text) is not changes
