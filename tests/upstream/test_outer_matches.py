"""Requests to a gateway whose match is cached: hooks, views and the response are as for the first one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, appcontext_popped, g, request, request_started, session, url_for
from flask.globals import request_ctx
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from restgql import Gateway
from restgql.upstream.fast_path.versions import ARE_KNOWN
from restgql.upstream.gateways import Gateways

if not ARE_KNOWN:
    pytest.skip("the installed Flask routes every request", allow_module_level=True)

from restgql.upstream.fast_path import MatchedContext

QUERY = {"query": '{ get(path: "/item?of=1") }'}
Seen = list[tuple[object, ...]]


def observed() -> tuple[object, ...]:
    rule = request.url_rule
    return (
        request.endpoint, str(rule), dict(request.view_args or {}), request.blueprint, request.url, request.host,
        request.script_root, request.scheme, request.method, dict(request.args), url_for("item", _external=True),
        request_ctx.url_adapter.path_info, request_ctx.url_adapter.query_args, dict(session), sorted(vars(g)),
    )  # fmt: skip


class Observed:
    """An app with a gateway, whose hooks note what they see of the requests to the gateway."""

    def __init__(self, **settings: Any) -> None:
        self.app = Flask("observed")
        self.app.secret_key = "a"
        self.seen: Seen = []
        self.contexts: list[type] = []
        self.app.add_url_rule("/item", "item", lambda: {"of": request.args["of"]})
        self.app.before_request(self._before)
        self.app.after_request(self._after)
        self.app.teardown_request(lambda exc: self._note("teardown", type(exc).__name__))
        self.app.teardown_appcontext(self._popped)
        Gateway(self.app, **({"profile": "open", "verbs": ["GET", "POST"]} | settings))
        self.client = self.app.test_client()

    def _note(self, *what: object) -> None:
        if request.path != "/item":
            self.seen.append(what)

    def _popped(self, exc: BaseException | None) -> None:
        if "user" in g:
            self.seen.append(("popped", type(exc).__name__))

    def _before(self) -> None:
        self._note("before", *observed())
        if request.path != "/item":
            self.contexts.append(type(request_ctx._get_current_object()))
            session["visited"] = True
            g.user = "u"

    def _after(self, response: Any) -> Any:
        self._note("after", *observed(), response.status, sorted(response.headers.keys()))
        response.headers["X-After"] = "1"
        return response

    def ask(self, client: FlaskClient | None = None, **options: Any) -> tuple[object, ...]:
        """Ask once; return what the hooks saw, and the response without its changing values."""
        self.seen.clear()
        client = self.app.test_client() if client is None else client
        given = {"json": QUERY} | options
        response = client.open(given.pop("path", "/graphql"), method=given.pop("method", "POST"), **given)
        cookies = [value.partition("=")[0] for value in response.headers.getlist("Set-Cookie")]  # they have the time
        fields = [(name, value) for name, value in response.headers if name != "Set-Cookie"] + cookies
        return [*self.seen], response.status, fields, response.data


REQUESTS: dict[str, dict[str, Any]] = {
    "the endpoint": {},
    "a query string": {"query_string": "a=1&b=2"},
    "another host": {"base_url": "http://other.test:8080"},
    "HTTPS": {"base_url": "https://other.test"},
    "a script name": {"base_url": "http://localhost/mounted"},
    "a GET": {"method": "GET", "json": None, "query_string": QUERY},
    "HEAD": {"method": "HEAD", "json": None, "query_string": QUERY},
    "OPTIONS": {"method": "OPTIONS", "json": None},
    "a method that it lacks": {"method": "DELETE"},
    "aggregate": {"path": "/aggregate", "json": ["/item?of=1", "/item?of=2"]},
    "a body that is refused": {"json": [1]},
    "a slash too many": {"path": "/graphql/"},
}


@pytest.mark.parametrize("settings", [{}, {"hooks": False}], ids=["with hooks", "without hooks"])
def test_a_cached_match_changes_nothing(settings: dict[str, Any]) -> None:
    served = Observed(**settings)
    first = {name: served.ask(**options) for name, options in REQUESTS.items()}
    for _ in range(2):
        assert {name: served.ask(**options) for name, options in REQUESTS.items()} == first


def test_the_later_requests_have_a_cached_match() -> None:
    served = Observed()
    for _ in range(3):
        served.ask()
    assert served.contexts[1:] == [MatchedContext] * 2
    served.ask(base_url="http://other.test")
    served.ask(query_string="a=1")
    assert [context is MatchedContext for context in served.contexts[3:]] == [False, True]


def test_a_context_that_a_test_client_keeps_is_the_requests_own() -> None:
    served = Observed()
    for _ in range(3):
        with served.app.test_client() as client:
            served.ask(client)
            assert (request.path, g.user, session["visited"]) == ("/graphql", "u", True)
        assert ("teardown", "NoneType") in served.seen


def test_a_rule_that_is_added_later_ends_the_cached_matches() -> None:
    served = Observed()
    served.ask()
    served.ask()
    served.app.url_map.add(served.app.url_rule_class("/other", endpoint="item"))
    served.ask()
    served.ask()
    assert [context is MatchedContext for context in served.contexts] == [False, True, False, True]


@pytest.mark.parametrize("name", ["dispatch_request", "preprocess_request", "process_response", "do_teardown_request"])
def test_a_step_that_is_patched_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Observed()
    served.ask()
    served.ask()
    calls: list[str] = []
    step: Callable[..., Any] = getattr(Flask, name)

    def patched(app: Flask, *arguments: Any) -> Any:
        calls.append(request.path)
        return step(app, *arguments)

    monkeypatch.setattr(Flask, name, patched)
    served.ask()
    assert "/graphql" in calls
    assert served.contexts[-1] is not MatchedContext


def test_signals_are_sent_for_each_request() -> None:
    served = Observed()
    sent: list[str] = []

    def started(app: Flask, **named: object) -> None:
        sent.append(f"started {request.path}")

    def popped(app: Flask, **named: object) -> None:
        sent.append("popped")

    with request_started.connected_to(started, served.app), appcontext_popped.connected_to(popped, served.app):
        served.ask()
        first = [*sent]
        sent.clear()
        served.ask()
    assert sent == first
    assert first[0] == "started /graphql"
    assert first[-1] == "popped"


def test_trusted_hosts_that_are_set_later_hold() -> None:
    app = Flask("trusting")
    app.add_url_rule("/item", "item", lambda: {"of": request.args["of"]})
    Gateway(app, profile="open")
    client = app.test_client()
    of_other: dict[str, Any] = {"json": QUERY, "base_url": "http://other.test"}
    assert [client.post("/graphql", **of_other).status_code for _ in range(2)] == [200, 200]
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    assert client.post("/graphql", **of_other).status_code == 400


def test_a_request_without_a_query_string_has_a_url_adapter() -> None:
    served = Observed()
    statuses = []
    for _ in range(3):
        environ = EnvironBuilder("/graphql", method="POST", json=QUERY).get_environ()
        del environ["QUERY_STRING"]  # PEP 3333: it "may be empty or absent"
        statuses.append(run_wsgi_app(served.app, environ, buffered=True)[1])
    assert statuses == ["200 OK"] * 3
    assert served.contexts[1:] == [MatchedContext] * 2


def test_the_url_adapter_has_the_decoded_query_string() -> None:
    served = Observed()
    answers = [served.ask(query_string="a=é") for _ in range(3)]
    assert answers[1:] == [answers[0]] * 2


def test_a_url_adapter_that_a_hook_changes_is_the_requests_own() -> None:
    app = Flask("tenants")
    app.add_url_rule("/item", "item", lambda: {"of": request.args["of"]})
    urls: list[str] = []

    @app.before_request
    def set_tenant() -> None:
        if request.path != "/item":
            adapter = request_ctx.url_adapter
            assert adapter is not None
            adapter.server_name = request.headers.get("X-Tenant", adapter.server_name)
            urls.append(url_for("item", _external=True))

    Gateway(app, profile="open")
    client = app.test_client()
    for tenant in ("a.test", "b.test", None):
        client.post("/graphql", json=QUERY, headers={"X-Tenant": tenant} if tenant else {})
    assert urls == ["http://a.test/item", "http://b.test/item", "http://localhost/item"]


def serve(after: Callable[[Response], Response]) -> list[TestResponse]:
    """Return the responses to three equal requests to a gateway, whose app has an after_request function."""
    app = Flask("changed")
    app.add_url_rule("/item", "item", lambda: {"of": request.args["of"]})
    app.after_request(lambda response: after(response) if request.path != "/item" else response)
    Gateway(app, profile="open")
    return [app.test_client().post("/graphql", json=QUERY) for _ in range(3)]


def test_a_hook_may_replace_the_header_fields_by_a_dict() -> None:
    def replace(response: Response) -> Response:
        response.headers = {"X-Own": "1", "Content-Length": response.headers["Content-Length"]}  # type: ignore[assignment]
        return response

    assert [(answer.status_code, answer.headers["X-Own"]) for answer in serve(replace)] == [(200, "1")] * 3


def test_a_hook_may_replace_a_method_of_the_response() -> None:
    def replace(response: Response) -> Response:
        response.get_wsgi_headers = lambda environ: Headers({"X-Own": "1"})  # type: ignore[method-assign]
        return response

    assert [answer.headers.get("X-Own") for answer in serve(replace)] == ["1"] * 3


def test_a_patched_method_of_the_response_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Response.get_wsgi_headers

    def patched(response: Response, environ: dict[str, Any]) -> Headers:
        headers = own(response, environ)
        headers["X-Patched"] = "1"
        return headers

    monkeypatch.setattr(Response, "get_wsgi_headers", patched)
    assert [answer.headers["X-Patched"] for answer in serve(lambda response: response)] == ["1"] * 3


def test_a_match_from_before_a_rule_was_added_is_not_cached_for_later_requests() -> None:
    served = Observed()
    matches = Gateways.on(served.app).matches
    with served.app.test_request_context("/graphql", method="POST") as context:
        key = matches.key_of(context.request.environ)
        served.app.url_map.add(served.app.url_rule_class("/other", endpoint="item"))
        matches.learn(key, context)
        assert matches.get(matches.key_of(context.request.environ)) is None
        matches.learn(matches.key_of(context.request.environ), context)
        assert matches.get(matches.key_of(context.request.environ)) is not None


def test_the_url_adapter_is_that_of_the_request_before_any_hook() -> None:
    app = Flask("changing")
    app.add_url_rule("/item", "item", lambda: {"of": request.args["of"]})
    adapters: list[tuple[object, ...]] = []

    @app.before_request
    def change() -> None:
        if request.path != "/item":
            request.method, request.path = "PUT", "/other"
            request.environ["QUERY_STRING"] = "a=2"
            adapter = request_ctx.url_adapter
            assert adapter is not None
            adapters.append((adapter.default_method, adapter.path_info, adapter.query_args))

    Gateway(app, profile="open")
    for _ in range(3):
        app.test_client().post("/graphql?a=1", json=QUERY)
    assert adapters == [("POST", "/graphql", "a=1")] * 3


def test_a_method_that_the_url_map_itself_gets_later_is_called() -> None:
    served = Observed()
    served.ask()
    served.ask()
    own = served.app.url_map.bind_to_environ
    calls: list[str] = []

    def bind_to_environ(environ: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        calls.append(environ["PATH_INFO"])
        return own(environ, *arguments, **options)

    served.app.url_map.bind_to_environ = bind_to_environ  # type: ignore[method-assign, assignment]
    served.ask()
    assert calls == ["/graphql", "/item"]
