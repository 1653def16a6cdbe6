"""Generated apps: each path over a socket, by the fast path and by the whole way, plain and nested, with effects."""

import functools
import http.client
import re
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    current_app,
    g,
    got_request_exception,
    jsonify,
    make_response,
    request,
    request_finished,
    request_started,
    request_tearing_down,
    session,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Gone
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as WerkzeugResponse

from restgql import Gateway

BOUNDED = settings(max_examples=60, derandomize=True, database=None)


class Own(Response):
    default_mimetype = "application/json"


class Loud(Headers):
    pass


def set_headers(response: Response, value: Any) -> Response:
    response.headers = value
    return response


def set_body(response: Response, value: Any) -> Response:
    response.response = value
    del response.headers["Content-Length"]
    return response


def boom() -> Any:
    raise ZeroDivisionError


RETURNS: dict[str, Callable[[], Any]] = {
    "dict": lambda: {"a": [1, {"b": None}]},
    "list": lambda: [1, 2, "é"],
    "text": lambda: "<p>é</p>",
    "bytes": lambda: b"\xff\x00",
    "status": lambda: ({"a": 1}, 201),
    "headers": lambda: ({"a": 1}, {"X-A": "1", "x-b": "é"}),
    "both": lambda: ("a", "299 Fine", [("X-A", "1"), ("X-A", "2")]),
    "response": lambda: jsonify(a=1),
    "made": lambda: make_response({"a": 1}, 203),
    "own class": lambda: Own('{"own": 1}'),
    "werkzeug": lambda: WerkzeugResponse('{"w": 1}', mimetype="application/json"),
    "wsgi": lambda: Gone("gone"),
    "iterator": lambda: iter(["a", "b"]),
    "empty": lambda: ("", 204),
    "not modified": lambda: Response(status=304),
    "redirect": lambda: flask.redirect("/leaf", 307),
    "abort": lambda: flask.abort(418),
    "crash": boom,
    "headers are a dict": lambda: set_headers(jsonify(a=1), {"Content-Type": "application/json", "X-A": "1"}),
    "headers are loud": lambda: set_headers(jsonify(a=1), Loud([("Content-Type", "application/json")])),
    "body is a tuple": lambda: set_body(jsonify(a=1), (b"[1", b"]")),
    "body is a generator": lambda: set_body(jsonify(a=1), (chunk for chunk in (b"[2", b"]"))),
    "body is text": lambda: set_body(jsonify(a=1), ["[3]"]),
    "context": lambda: {
        "path": request.path,
        "endpoint": request.endpoint,
        "app": current_app.name,
        "g": g.get("mark"),
    },
    "session": lambda: {"seen": session.setdefault("seen", 1)},
    "environ": lambda: {"thread": request.environ["wsgi.multithread"], "args": request.args.to_dict(flat=False)},
    "after this": lambda: after_this_request(mark("after-this")) and {"a": 1},
    "nested context": lambda: nested_context(),
}


def nested_context() -> Any:
    g.mark = "outer"
    with current_app.app_context():
        inner = g.get("mark")
    with current_app.test_request_context("/other"):
        path = request.path
    return {"inner": inner, "path": path, "mark": g.mark, "own": request.path}


def mark(name: str) -> Callable[[Response], Response]:
    def after(response: Response) -> Response:
        response.headers["X-Marks"] = f"{response.headers.get('X-Marks', '')} {name}"
        return response

    return after


def hook_before() -> None:
    g.mark = f"{g.get('mark', '')}before "


def hook_refuses() -> Any:
    return ({"refused": request.path}, 403) if request.args.get("refuse") else None


def hook_replaces(response: Response) -> Response:
    return jsonify(replaced=response.status_code) if request.args.get("replace") else response


def hook_session() -> None:
    session["hook"] = session.get("hook", 0) + 1


def middleware(wsgi: Any) -> Any:
    def around(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            return start_response(status, [*headers, ("X-Around", environ["PATH_INFO"])], exc_info)

        return wsgi(environ, start)

    return around


def note(name: str, value: Any = None) -> Any:
    """Record that a hook or a signal ran for the current path."""
    current_app.extensions["effects"][name, request.path] += 1
    return value


def connect_signals(on: Flask | Blueprint) -> None:
    if isinstance(on, Flask):
        for signal in (request_started, request_finished, request_tearing_down, got_request_exception):
            # kept by the app, as receivers are held weakly
            on.extensions.setdefault("receivers", []).append(receiver := functools.partial(signaled, signal.name))
            signal.connect(receiver, on)


def signaled(name: str, sender: Any, **named: Any) -> None:
    note(name)


PARTS: dict[str, Callable[[Flask | Blueprint], Any]] = {
    "signals": connect_signals,
    "counted": lambda on: (
        on.before_request(lambda: note("before")),
        on.after_request(lambda response: note("after", response)),
        on.teardown_request(lambda exc: note("teardown")),
    ),
    "before": lambda on: on.before_request(hook_before),
    "refuses": lambda on: on.before_request(hook_refuses),
    "after": lambda on: on.after_request(mark("after")),
    "replaces": lambda on: on.after_request(hook_replaces),
    "session": lambda on: on.before_request(hook_session),
    "errors": lambda on: on.register_error_handler(ZeroDivisionError, lambda exc: ({"crashed": True}, 599)),
    "teapot": lambda on: on.register_error_handler(418, lambda exc: ({"teapot": True}, 418)),
    "preprocessor": lambda on: on.url_value_preprocessor(lambda endpoint, values: setattr(g, "values", values)),
}


def patched_dispatch(app: Flask) -> None:
    dispatch = app.dispatch_request

    def dispatch_request() -> Any:
        value = dispatch()
        return ({"patched": True}, 200) if request.args.get("patched") else value

    app.dispatch_request = dispatch_request  # type: ignore[method-assign]


class OwnApp(Flask):
    def make_response(self, rv: Any) -> Response:
        response = super().make_response(rv)
        response.headers["X-Own"] = "1"
        return response


def build(
    returns: list[str],
    of_app: list[str],
    of_blueprint: list[str],
    *,
    own: bool,
    patched: bool,
    wrapped: bool,
    sequential: Any,
) -> tuple[Flask, Gateway]:
    app = (OwnApp if own else Flask)("generated")
    app.secret_key = "secret"
    app.extensions["effects"] = Counter()
    app.url_map.converters["even"] = Even
    blueprint = Blueprint("part", __name__, url_prefix="/part")
    for names, on in ((of_app, app), (of_blueprint, blueprint)):
        for name in names:
            PARTS[name](on)
    for number, name in enumerate(returns):
        on = blueprint if number % 2 else app
        on.add_url_rule(f"/r{number}", f"r{number}", RETURNS[name])
        for converter, endpoint in (("int", "i"), ("path", "p"), ("any('7', '8')", "a"), ("even", "e")):
            rule = f"/{endpoint}/<{converter}:id>/{number}"
            on.add_url_rule(rule, f"{endpoint}{number}", functools.partial(with_id, RETURNS[name]))
    app.add_url_rule("/leaf", "leaf", lambda: {"leaf": True})
    app.register_blueprint(blueprint)
    gateway = Gateway(
        app,
        routes=["*"],
        hooks=False,
        profile="open",
        sequential=sequential,
        verify=not {"session", "replaces"} & {*of_app, *of_blueprint},
    )
    app.add_url_rule("/nested/<path:path>", "nested", lambda path: envelope(gateway, f"/{path}"))
    if patched:
        patched_dispatch(app)
    if wrapped:
        app.wsgi_app = middleware(app.wsgi_app)  # type: ignore[method-assign]
    return app, gateway


class Even(IntegerConverter):
    """Counts how often it was asked for a value."""

    def to_python(self, value: str) -> Any:
        number = super().to_python(value)
        if number % 2:
            raise ValidationError
        return number


def with_id(make: Callable[[], Any], id: int) -> Any:
    return make()


class Served:
    """One server for all generated apps: it asks the one of the moment."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.server = make_server("127.0.0.1", 0, self.wsgi, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        assert self.app is not None
        return self.app(environ, start_response)

    def get(self, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


def envelope(gateway: Gateway, path: str) -> Any:
    query = request.query_string.decode()
    response = gateway.fetch(f"{path}?{query}" if query else path, follow_redirects=False)
    return {"status": response.status, "headers": response.header_map(), "body": response.data_url}


LEFT_OUT = {"date", "vary", "set-cookie", "server", "connection", "transfer-encoding"}


def shown(status: int, headers: list[tuple[str, str]]) -> tuple[int, dict[str, str]]:
    names = {name.lower() for name, _ in headers} - LEFT_OUT
    joined = {name: ", ".join(value for key, value in headers if key.lower() == name) for name in names}
    # a parser takes the white space around a value away (RFC 9110 section 5.5)
    return status, {name: ORIGIN.sub("", value).strip() for name, value in joined.items()}


ORIGIN = re.compile(r"http://(localhost|127\.0\.0\.1:\d+)")


@given(
    returns=st.lists(st.sampled_from(list(RETURNS)), min_size=1, max_size=6),
    of_app=st.lists(st.sampled_from(list(PARTS)), max_size=4),
    of_blueprint=st.lists(st.sampled_from(list(PARTS)), max_size=3),
    own=st.booleans(),
    patched=st.booleans(),
    wrapped=st.booleans(),
    query=st.sampled_from(["", "?refuse=1", "?replace=1", "?patched=1", "?a=1&a=2"]),
    sequential=st.sampled_from([None, True, "server"]),
)
@BOUNDED
def test_a_part_of_a_generated_app_is_the_direct_request(
    served: Served,
    returns: list[str],
    of_app: list[str],
    of_blueprint: list[str],
    own: bool,
    patched: bool,
    wrapped: bool,
    query: str,
    sequential: Any,
) -> None:
    app, _ = build(returns, of_app, of_blueprint, own=own, patched=patched, wrapped=wrapped, sequential=sequential)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    served.app, effects = app, app.extensions["effects"]
    doubled = 1 + app.extensions["restgql"]["restgql"].config.verify  # both ways run their hooks

    def effects_of(path: str) -> dict[str, int]:
        counts = {name: count for (name, at), count in effects.items() if at == path.partition("?")[0]}
        effects.clear()
        return counts

    for number in range(len(returns)):
        prefix = "/part" if number % 2 else ""
        kinds = ("i/7", "p/7/8", "a/8", "e/6", "e/7")
        for path in (f"{prefix}/r{number}{query}", *(f"{prefix}/{kind}/{number}{query}" for kind in kinds)):
            effects.clear()
            status, fields, body = served.get(path)
            expected, expected_effects = shown(status, fields), effects_of(path)
            fetch = f'{{ fetch(path: "{path}", followRedirects: false) {{ status headers {{ name value }} dataUrl }} }}'
            for _ in range(3):  # the first, the match cached, once more
                answer = app.test_client().post("/graphql", json={"query": fetch}).json
                assert answer is not None
                assert "errors" not in answer, (path, answer)
                part = answer["data"]["fetch"]
                fields = [(field["name"], field["value"]) for field in part["headers"]]
                assert shown(part["status"], fields) == expected, path
                sent = part["dataUrl"].partition(",")[2] if part["dataUrl"] else ""
                assert b64decode(sent) == body, path
                counted = effects_of(path)
                assert counted in (
                    expected_effects,
                    {name: count * doubled for name, count in expected_effects.items()},
                    # a part that differs from itself is asked for once more
                    {name: count * 3 for name, count in expected_effects.items()},
                ), path
            for _ in range(2):
                nested = app.test_client().get(f"/nested{path}")
                if not (nested.is_json and isinstance(nested.json, dict) and "headers" in nested.json):
                    continue  # a hook has answered in place of the view
                part = nested.json
                assert shown(part["status"], list(part["headers"].items())) == expected, path
                sent = part["body"].partition(",")[2] if part["body"] else ""
                assert b64decode(sent) == body, path


def test_every_kind_of_return_is_generated() -> None:
    for name in RETURNS:
        app, _ = build([name], [], [], own=False, patched=False, wrapped=False, sequential=None)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        assert app.test_client().get("/r0").status_code
    with pytest.raises(KeyError):
        RETURNS["none"]
