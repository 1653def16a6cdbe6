"""Behind middleware a path that is known takes the cheap way, and is still what it is directly, each time."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, current_app, jsonify, request, session, url_for
from flask.globals import request_ctx
from flask.sessions import SecureCookieSessionInterface
from werkzeug.routing import Rule

from restgql import Gateway

Environ = dict[str, Any]
Change = Callable[[Environ], None]
ASKED = 3


def made(change: Change = lambda environ: None, routes: tuple[str, ...] = ("*",)) -> Flask:
    """An app behind a middleware that may `change` the environ of all but the gateway's own requests."""
    app = Flask(__name__)
    app.secret_key = "secret"
    Gateway(app, routes=list(routes))
    inner = app.wsgi_app

    def wsgi(environ: Environ, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/aggregate":
            change(environ)
        return inner(environ, start_response)

    app.wsgi_app = wsgi  # type: ignore[method-assign]
    return app


def asked(app: Flask, path: str, **headers: str) -> list[Any]:
    client = app.test_client()
    return [client.post("/aggregate", json=[path], headers=headers).json[path] for _ in range(ASKED)]


def assert_equal(app: Flask, path: str, **headers: str) -> None:
    assert asked(app, path, **headers) == [app.test_client().get(path, headers=headers).json] * ASKED


def test_what_a_middleware_makes_options_runs_no_view() -> None:
    runs: list[str] = []
    app = made(lambda environ: environ.update(REQUEST_METHOD="OPTIONS"))
    app.add_url_rule("/a", "a", lambda: runs.append("a") or {})  # type: ignore[func-returns-value]
    assert asked(app, "/a") == [None] * ASKED
    assert not runs


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_hook_that_changes_the_environ_changes_no_urls(wrapped: bool) -> None:
    app = made()
    if not wrapped:
        del app.wsgi_app

    @app.before_request
    def change() -> None:
        request.environ.update({"wsgi.url_scheme": "https", "SCRIPT_NAME": "/other", "HTTP_HOST": "other.example"})

    app.add_url_rule(
        "/a", "a", lambda: [url_for("a"), url_for("a", _external=True), request.url, request.host, request.script_root]
    )
    assert_equal(app, "/a")


def test_a_context_that_is_pushed_after_its_end_keeps_its_session() -> None:
    app, seen = made(), []  # type: ignore[var-annotated]

    def view() -> Response:
        session["a"] = len(seen)
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]
        response = jsonify({})

        def again() -> None:
            with context:
                seen.append(session.get("a"))

        response.call_on_close(again)
        return response

    app.add_url_rule("/a", "a", view)
    asked(app, "/a")
    assert seen == [*range(ASKED)]


def forwarding(app: Flask, path: str) -> Callable[[], Any]:
    def view() -> Any:
        request.url_rule, request.view_args = request_ctx.url_adapter.match(path, return_rule=True)
        return current_app.full_dispatch_request()

    return view


def test_a_view_that_leads_its_request_elsewhere_is_run_each_time() -> None:
    app, runs = made(), []  # type: ignore[var-annotated]
    forward = forwarding(app, "/b")
    app.add_url_rule("/a", "a", lambda: runs.append("a") or forward())  # type: ignore[func-returns-value]
    app.add_url_rule("/b", "b", lambda: {"b": len(runs)})
    assert asked(app, "/a") == [{"b": times + 1} for times in range(ASKED)]


def test_a_view_leads_no_request_to_a_route_that_is_hidden() -> None:
    app = made(routes=("*", "!hidden"))
    turn: list[str] = []

    def view() -> Any:
        turn.append("a")
        return {} if len(turn) == 1 else forwarding(app, "/hidden")()

    app.add_url_rule("/a", "a", view)
    app.add_url_rule("/hidden", "hidden", lambda: {"secret": 1})
    first, *others = asked(app, "/a")
    assert first == {}
    assert [other["code"] for other in others] == ["NOT_ALLOWED"] * (ASKED - 1)


def test_what_is_known_is_known_by_the_path_that_was_matched() -> None:
    class Sessions(SecureCookieSessionInterface):
        def open_session(self, app: Flask, request: Any) -> Any:
            if request.environ["PATH_INFO"] == "/a":
                request.environ["PATH_INFO"] = "/b"
            return super().open_session(app, request)

    app = made()
    app.session_interface = Sessions()
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    app.add_url_rule("/b", "b", lambda: {"b": 1})
    assert_equal(app, "/a")
    assert_equal(app, "/b")


def test_a_context_is_popped_with_an_error_by_name() -> None:
    app = made()

    def view() -> Any:
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]
        context.push()
        context.pop(exc=None)
        return {}

    app.add_url_rule("/a", "a", view)
    assert_equal(app, "/a")


@pytest.mark.parametrize(
    ("key", "value"), [("HTTP_HOST", f"{'a' * 64}.example"), ("HTTP_HOST", "a..b"), ("wsgi.url_scheme", "ws")]
)
def test_what_routing_itself_refuses_is_refused_for_a_known_path_too(key: str, value: str) -> None:
    app = made(lambda environ: environ.update({key: value} if "HTTP_X_OTHER" in environ else {}))
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    app.register_error_handler(400, lambda error: ({"error": str(error)}, 400))
    assert asked(app, "/a") == [{"a": 1}] * ASKED
    assert_equal(app, "/a", **{"X-Other": "1"})


def test_where_a_redirect_leads_is_judged_each_time() -> None:
    app, to = made(routes=("*", "!hidden")), ["open", "hidden"]
    app.url_map.add(Rule("/a", endpoint="a", redirect_to=lambda adapter: to[0]))
    for name in to:
        app.add_url_rule(f"/{name}", name, dict)
    query = {"query": '{ fetch(path: "/a", followRedirects: false) { status } }'}
    client = app.test_client()
    assert client.post("/graphql", json=query).json == {"data": {"fetch": {"status": 308}}}
    to.reverse()
    (error,) = client.post("/graphql", json=query).json["errors"]
    assert error["extensions"]["code"] == "NOT_ALLOWED"
