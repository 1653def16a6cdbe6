"""The cheap way is for an app whose steps are all Flask's own: whoever replaces one is asked for sub-requests, too."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from flask.ctx import AppContext, RequestContext
from flask.globals import request_ctx
from werkzeug.routing import Map, MapAdapter

from restgql import Gateway
from restgql.upstream import fast_path
from restgql.upstream.fast_path.eligibility import WATCHED

Step = Callable[..., Any]
STEPS = (
    "__call__",
    "wsgi_app",
    "request_context",
    "create_url_adapter",
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "finalize_request",
    "process_response",
    "make_response",
    "ensure_sync",
    "do_teardown_request",
    "do_teardown_appcontext",
    "app_context",
)
TAKEN: dict[type, tuple[str, ...]] = {
    Flask: STEPS,
    RequestContext: ("__init__", "push", "pop", "match_request"),
    AppContext: ("__init__", "push", "pop"),
    Response: ("__call__", "get_wsgi_response", "get_wsgi_headers", "get_app_iter"),
    MapAdapter: ("match",),
    Map: ("bind_to_environ", "bind"),
}
"""The steps that every request to an app takes."""


class Proxy:
    """As wrapt has it: what it wraps is called, and gives it all its attributes."""

    def __init__(self, step: Step, calls: list[str], name: str) -> None:
        self._step, self._calls, self._name = step, calls, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._step, name)

    def __get__(self, app: Any, cls: Any) -> Any:
        return self if app is None else lambda *args, **options: self(app, *args, **options)

    def __eq__(self, other: object) -> bool:
        return self._step == other

    def __hash__(self) -> int:
        return hash(self._step)

    def __call__(self, *args: Any, **options: Any) -> Any:
        self._calls.append(self._name)
        return self._step(*args, **options)


def made(cls: type[Flask] = Flask) -> Flask:
    app = cls(__name__)
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    Gateway(app, routes=["*"])
    return app


def has_plain_core(app: Flask) -> bool:
    with app.test_request_context() as context:
        assert context.url_adapter is not None
        return fast_path.is_routed_by_path(app, context.url_adapter)


def is_plain(app: Flask) -> bool:
    with app.test_request_context() as context:
        assert context.url_adapter is not None
        adapter = context.url_adapter
        return fast_path.is_routed_by_path(app, adapter) and fast_path.exchange_with(app, adapter) is not None


def wrap(app: Flask) -> None:
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ, start_response)  # type: ignore[method-assign]


def ask(app: Flask) -> None:
    assert app.test_client().post("/aggregate", json=["/a"]).json == {"/a": {"a": 1}}


def test_an_app_of_flask_alone_is_plain() -> None:
    app = made()
    assert is_plain(app)
    ask(app)
    assert is_plain(app)


@pytest.mark.parametrize(("cls", "step"), [(cls, step) for cls, steps in TAKEN.items() for step in steps])
def test_a_step_that_a_tool_wraps_is_taken_for_sub_requests_too(
    monkeypatch: pytest.MonkeyPatch, cls: type, step: str
) -> None:
    app, calls = made(), []  # type: ignore[var-annotated]
    ask(app)
    monkeypatch.setattr(cls, step, Proxy(getattr(cls, step), calls, step))
    assert not is_plain(app)
    ask(app)
    sub_requests = calls.count(step)
    calls.clear()
    assert app.test_client().post("/aggregate", json=[]).json == {}
    assert sub_requests > calls.count(step)
    monkeypatch.undo()
    assert is_plain(app)


@pytest.mark.parametrize(("cls", "step"), [(cls, step) for cls, steps in WATCHED.items() for step in steps])
def test_what_flasks_steps_reach_is_watched(monkeypatch: pytest.MonkeyPatch, cls: type, step: str) -> None:
    app = made()
    with app.test_request_context() as context:
        adapter = context.url_adapter
        assert adapter is not None
        assert fast_path.is_routed_by_path(app, adapter)
        monkeypatch.setattr(cls, step, Proxy(getattr(cls, step), [], step))
        assert not fast_path.is_routed_by_path(app, adapter)
        monkeypatch.undo()
        assert fast_path.is_routed_by_path(app, adapter)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "__call__"])  # which Python looks up in the class
def test_a_step_that_the_app_itself_has_is_taken_for_sub_requests_too(step: str) -> None:
    app, calls = made(), []  # type: ignore[var-annotated]
    setattr(app, step, Proxy(getattr(app, step), calls, step))
    assert not is_plain(app)
    ask(app)
    assert len(calls) > 1


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_a_subclass_has_is_taken_for_sub_requests_too(step: str) -> None:
    calls: list[str] = []

    def own(self: Flask, *args: Any, **options: Any) -> Any:
        calls.append(step)
        return getattr(super(app_class, self), step)(*args, **options)

    app_class = type("Own", (Flask,), {step: own})
    app = made(app_class)
    assert not is_plain(app)
    ask(app)
    assert len(calls) > 1


def ways(app: Flask) -> list[str]:
    """The kinds of context that two sub-requests to one path have, one after the other."""
    app.add_url_rule("/way", "way", lambda: type(request_ctx._get_current_object()).__name__)  # type: ignore[attr-defined]
    return [app.test_client().post("/aggregate", json=["/way"]).json["/way"] for _ in range(2)]


def test_behind_middleware_a_path_takes_the_cheap_way_once_it_is_known() -> None:
    app = made()
    assert ways(app) == ["MatchedContext"] * 2
    app = made()
    wrap(app)
    assert (is_plain(app), has_plain_core(app)) == (False, True)
    assert ways(app) == ["RequestContext", "MatchedContext"]


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("__call__", "wsgi_app")])
def test_behind_middleware_too_a_step_that_is_not_flasks_keeps_to_the_long_way(step: str) -> None:
    app = made()
    setattr(app, step, Proxy(getattr(app, step), [], step))
    wrap(app)
    assert not has_plain_core(app)
    assert ways(app) == ["RequestContext"] * 2
