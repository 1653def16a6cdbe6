"""E3: what a view, a hook or a tool assigns to the objects of a request is answered as a direct request is, by the fast
path or by the whole way."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, current_app, g, jsonify, request, session
from flask.ctx import AppContext
from werkzeug.datastructures import Headers
from werkzeug.routing import BaseConverter, Map, Rule, ValidationError
from werkzeug.wrappers import Response as WerkzeugResponse

from restgql import Gateway

Change = Callable[[Flask], Any]
CHANGES: dict[str, Change] = {}


def change(function: Change) -> Change:
    CHANGES[function.__name__] = function
    return function


def answering(app: Flask, make: Callable[[], Any]) -> None:
    app.add_url_rule("/a", "a", make)


@change
def headers_are_a_dict(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.headers = {"Content-Type": "application/json", "X-A": "1"}
        return response

    answering(app, view)


@change
def headers_are_a_list(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.headers = [("Content-Type", "application/json"), ("Content-Length", "7"), ("X-A", "1")]
        return response

    answering(app, view)


@change
def headers_are_of_a_subclass(app: Flask) -> None:
    class Loud(Headers):
        def to_wsgi_list(self) -> Any:
            return [*super().to_wsgi_list(), ("X-Loud", "1")]

    def view() -> Any:
        response = jsonify(a=1)
        response.headers = Loud(response.headers)
        return response

    answering(app, view)


@change
def the_body_is_replaced(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.response = [b'{"a":', "2", b"}"]
        response.content_length = 7
        return response

    answering(app, view)


@change
def the_body_is_a_tuple(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.response = (b'{"a":', b"3}")
        return response

    answering(app, view)


@change
def the_body_is_a_generator(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.response = (chunk for chunk in [b'{"a":', b"4}"])
        return response

    answering(app, view)


@change
def a_method_of_the_response_is_replaced(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        made = response.get_wsgi_headers

        def get_wsgi_headers(environ: Any) -> Any:
            return Headers([*made(environ), ("X-Path", environ["PATH_INFO"])])

        response.get_wsgi_headers = get_wsgi_headers
        return response

    answering(app, view)


@change
def the_response_class_makes_its_own_answer(app: Flask) -> None:
    class Own(Response):
        def get_app_iter(self, environ: Any) -> Any:
            return [b'{"own":', *super().get_app_iter(environ), b"}"]

        def get_wsgi_headers(self, environ: Any) -> Any:
            headers = super().get_wsgi_headers(environ)
            headers["Content-Length"] = str(int(headers["Content-Length"]) + 8)
            return headers

    answering(app, lambda: Own('{"a": 1}', mimetype="application/json"))


@change
def a_hook_returns_a_wsgi_app(app: Flask) -> None:
    @app.after_request
    def after(response: Any) -> Any:
        if request.path != "/a":
            return response

        def answer(environ: Any, start_response: Any) -> Any:
            start_response("202 Accepted", [("Content-Type", "application/json")])
            return [b'{"wsgi": true}']

        return answer

    answering(app, lambda: {"a": 1})


@change
def a_hook_returns_a_werkzeug_response(app: Flask) -> None:
    @app.after_request
    def after(response: Any) -> Any:
        return WerkzeugResponse(b'{"w": 1}', 203, mimetype="application/json") if request.path == "/a" else response

    answering(app, lambda: {"a": 1})


@change
def the_status_is_odd(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        response.status = "299 Quite fine"
        return response

    answering(app, view)


@change
def the_length_is_wrong(app: Flask) -> None:
    def view() -> Any:
        response = jsonify(a=1)
        del response.headers["Content-Length"]
        response.headers.add("X-A", "1")
        response.headers.add("X-A", "2")
        return response

    answering(app, view)


@change
def the_map_is_of_a_subclass(app: Flask) -> None:
    class Own(Map):
        def bind_to_environ(self, environ: Any, *args: Any, **named: Any) -> Any:
            adapter = super().bind_to_environ(environ, *args, **named)
            if environ.get("HTTP_X_TENANT") and adapter.path_info == "/a":
                adapter.path_info = "/b"
            return adapter

    rules = [rule.empty() for rule in app.url_map.iter_rules()]
    app.url_map = Own(rules)
    answering(app, lambda: {"a": 1})
    app.add_url_rule("/b", "b", lambda: {"b": 1})


@change
def the_map_is_replaced_by_one_as_large(app: Flask) -> None:
    def first() -> Any:
        def second() -> Any:
            return {"second": True}

        app.url_map = Map(
            [*(rule.empty() for rule in app.url_map.iter_rules() if rule.rule != "/a"), Rule("/a", endpoint="z")]
        )
        app.view_functions["z"] = second
        return {"second": False}

    answering(app, first)


@change
def the_app_context_is_of_a_subclass(app: Flask) -> None:
    class Own(AppContext):
        def push(self) -> None:
            super().push()
            self.g.own = 1

    app.app_context = lambda: Own(app)  # type: ignore[method-assign]
    answering(app, lambda: {"own": g.get("own")})


@change
def a_converter_asks_the_app(app: Flask) -> None:
    runs = []

    class OfRequest(BaseConverter):
        def to_python(self, value: str) -> dict[str, Any]:
            runs.append(value)
            return {"path": request.path, "app": current_app.name, "a": session.get("a"), "runs": len(runs)}

    app.url_map.converters["of_request"] = OfRequest
    app.add_url_rule("/<of_request:value>", "a", lambda value: value)


@change
def a_converter_aborts(app: Flask) -> None:
    class Aborting(BaseConverter):
        def to_python(self, value: str) -> str:
            abort(410)

    app.url_map.converters["aborting"] = Aborting
    app.register_error_handler(410, lambda error: ({"gone": request.path}, 410))
    app.add_url_rule("/<aborting:value>", "a", lambda value: value)


@change
def a_converter_rejects_the_value(app: Flask) -> None:
    class Rejecting(BaseConverter):
        def to_python(self, value: str) -> str:
            raise ValidationError(current_app.name)

    app.url_map.converters["rejecting"] = Rejecting
    app.register_error_handler(404, lambda error: ({"none": request.path}, 404))
    app.add_url_rule("/<rejecting:value>", "a", lambda value: value)


@change
def the_app_class_has_every_attribute(app: Flask) -> None:
    class Own(Flask):
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda *arguments, **named: None

    app.__class__ = Own
    answering(app, lambda: {"a": 1})


@change
def a_context_is_pushed_in_the_view(app: Flask) -> None:
    def view() -> Any:
        g.mark = 1
        with app.app_context():
            inner = g.get("mark")
        with app.test_request_context("/other?x=1"):
            path = request.full_path
        return {"inner": inner, "path": path, "mark": g.mark}

    answering(app, view)


@change
def a_rule_is_set_by_a_hook(app: Flask) -> None:
    app.add_url_rule("/b", "b", lambda: {"b": request.endpoint})

    @app.before_request
    def lead() -> None:
        if request.path == "/a":
            request.url_rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "b")

    answering(app, lambda: {"a": request.endpoint})


def made(name: str) -> Flask:
    app = Flask(__name__)
    CHANGES[name](app)
    Gateway(app, routes=["*"])
    return app


@pytest.mark.parametrize("header", [{}, {"X-Tenant": "1"}])
@pytest.mark.parametrize("name", CHANGES)
def test_e3_a_part_is_what_the_direct_request_is(name: str, header: dict[str, str]) -> None:
    direct, through = made(name).test_client(), made(name).test_client()
    for _ in range(3):
        alone = direct.get("/a", headers=header)
        answer = through.post("/aggregate?envelope=true", json=["/a"], headers=header).json
        assert answer is not None
        part = answer["/a"]
        assert part["status"] == alone.status_code
        assert part["body"] == alone.json
        sent = {name: value for name, value in alone.headers.items(lower=True) if name != "date"}
        assert {name.lower(): value for name, value in part["headers"].items()} == {
            name: ", ".join(alone.headers.getlist(name)) for name in sent
        }


def test_a_closed_rule_is_closed_whatever_its_converter_makes_of_the_value() -> None:
    app, runs = Flask(__name__), []

    class Even(BaseConverter):
        def to_python(self, value: str) -> str:
            runs.append(request.path)
            if len(value) % 2:
                raise ValidationError(value)
            return value

    app.url_map.converters["even"] = Even
    app.add_url_rule("/closed/<even:value>", "closed", lambda value: {"value": value})
    app.add_url_rule("/open/<even:value>/", "open", lambda value: {"value": value})
    Gateway(app, routes=["/open/*"])
    paths = ["/closed/ab", "/closed/abc", "/open/ab/", "/open/abc/", "/open/ab", "/none"]
    answer = app.test_client().post("/aggregate?envelope=true", json=paths).json
    assert answer is not None
    assert {path: answer[path]["status"] for path in paths} == {
        "/closed/ab": 403,
        "/closed/abc": 403,
        "/open/ab/": 200,
        "/open/abc/": 404,
        "/open/ab": 200,
        "/none": 403,
    }
    assert {path.rstrip("/") for path in runs} == {"/open/ab", "/open/abc"}
