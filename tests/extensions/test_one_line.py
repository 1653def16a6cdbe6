"""One line is enough on an app that has its own: a CSRFProtect, a /graphql, a guard, middleware around it."""

import logging
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask.json.provider import DefaultJSONProvider
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client
from werkzeug.wrappers import Response

from restgql import ConfigError, Gateway

QUERY = {"query": '{ get(path: "/a") }'}


def shop() -> Flask:
    app = Flask("shop")
    app.secret_key = "secret"
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    app.add_url_rule("/b", "b", lambda: {"b": 1}, methods=["POST"])
    return app


@pytest.mark.parametrize("order", ["before", "after", "nested"])
def test_a_csrf_protection_exempts_the_gateway_and_checks_the_parts(order: str) -> None:
    app = shop()
    if order == "before":
        CSRFProtect(app)
    Gateway(app, routes=["*"], verbs=["GET", "POST"], url_prefix="/api" if order == "nested" else None)
    if order != "before":
        CSRFProtect(app)
    prefix = "/api" if order == "nested" else ""
    client = app.test_client()
    assert client.post(f"{prefix}/graphql", json=QUERY).json == {"data": {"get": {"a": 1}}}
    assert client.post(f"{prefix}/aggregate", json=["/a"]).json == {"/a": {"a": 1}}
    mutation = {"query": 'mutation { post(path: "/b", body: {}) { status } }'}
    assert client.post(f"{prefix}/graphql", json=mutation).json == {"data": {"post": {"status": 400}}}
    assert client.post("/b", json={}).status_code == 400


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("/graphql", r"^/graphql is the app's own \(own\): graphql_path= "),
        ("/aggregate", r"^/aggregate is the app's own \(own\): aggregate_path= "),
        ("/graphql/health", r"^/graphql/health is the app's own \(own\): graphql_path= "),
    ],
)
def test_a_rule_of_the_app_at_a_path_of_the_gateway_is_an_error(rule: str, message: str) -> None:
    app = shop()
    app.add_url_rule(rule, "own", lambda: "own")
    with pytest.raises(ConfigError, match=message):
        Gateway(app)


def test_another_path_is_the_way_out() -> None:
    app = shop()
    app.add_url_rule("/graphql", "own", lambda: "own")
    Gateway(app, routes=["*"], graphql_path="/gql")
    client = app.test_client()
    assert client.post("/gql", json=QUERY).json == {"data": {"get": {"a": 1}}}
    assert client.get("/graphql").text == "own"


@pytest.mark.parametrize("answer", [lambda: redirect("/login"), lambda: ({"error": "who?"}, 401)])
def test_a_guard_that_answers_for_the_gateway_is_named_once(caplog: pytest.LogCaptureFixture, answer: Any) -> None:
    app = shop()
    app.before_request(lambda: answer() if request.method == "POST" else None)
    Gateway(app, routes=["*"])
    client = app.test_client()
    with caplog.at_level(logging.WARNING, "restgql"):
        for _ in range(3):
            assert client.post("/graphql", json=QUERY).status_code in (302, 401)
            client.post("/b")
    (record,) = [record for record in caplog.records if "A hook of the app" in record.getMessage()]
    assert "POST /graphql" in record.getMessage()
    assert "RESTGQL_HOOKS = False" in record.getMessage()


def test_a_gateway_that_refuses_by_itself_is_no_guard(caplog: pytest.LogCaptureFixture) -> None:
    app = shop()
    Gateway(app, routes=["*"])
    with caplog.at_level(logging.WARNING, "restgql"):
        assert app.test_client().post("/graphql", json={"query": "{"}).status_code == 200
        assert app.test_client().post("/aggregate", json={"a": 1}).status_code == 400
    assert "A hook of the app" not in caplog.text


class Guard:
    """Middleware around the app, which puts a unit of work into the environ, and guards by path."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["app.unit"] = []
        if environ["PATH_INFO"].startswith("/admin") and environ.get("HTTP_X_KEY") != "key":
            return Response("denied", 403)(environ, start_response)
        return self.wsgi(environ, start_response)


@pytest.mark.parametrize("early", [False, True])
def test_middleware_around_the_app_is_passed_once_it_is_named(early: bool) -> None:
    app = shop()
    app.add_url_rule("/admin/users", "users", lambda: ["secret"])
    app.add_url_rule("/unit", "unit", lambda: {"seen": request.environ["app.unit"].append(1) or 1})
    app.add_url_rule("/units", "units", lambda: len(request.environ["app.unit"]))
    gateway = Gateway(routes=["*"])
    application = Guard(app)
    if early:
        gateway.application = application
    gateway.init_app(app)
    gateway.application = application
    assert gateway.application is application
    client = Client(application)
    paths = ["/admin/users", "/unit", "/unit?2"]
    parts = client.post("/aggregate?envelope=true", json=paths).json
    assert [parts[path]["status"] for path in paths] == [403, 200, 200]
    parts = client.post("/aggregate?envelope=true", json=paths, headers={"X-Key": "key"}).json
    assert [parts[path]["status"] for path in paths] == [200, 200, 200]


def test_proxy_fix_may_be_named_as_middleware_around_the_app() -> None:
    app = shop()
    app.add_url_rule("/self", "self", lambda: [request.url, request.remote_addr])
    gateway = Gateway(app, routes=["*"])
    gateway.application = application = ProxyFix(app, x_for=1, x_host=1, x_port=1, x_prefix=1)
    fields = {"For": "192.0.2.1", "Host": "shop.example", "Port": "8443", "Prefix": "/shop"}
    headers = {f"X-Forwarded-{name}": value for name, value in fields.items()}
    direct = Client(application).get("/self", headers=headers).json
    assert direct == ["http://shop.example:8443/shop/self", "192.0.2.1"]
    assert Client(application).post("/aggregate", json=["/self"], headers=headers).json == {"/self": direct}


def test_what_is_no_flask_app_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"a Flask app, and this is a dict\. Pass the app itself"):
        Gateway({})  # type: ignore[arg-type]
    provider = type("FlaskJSONProvider", (DefaultJSONProvider,), {"__module__": "connexion.frameworks.flask"})
    app = shop()
    app.json = provider(app)
    with pytest.raises(ConfigError, match="Connexion 3"):
        Gateway(app)


@pytest.mark.one_thread
def test_a_server_of_one_thread_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    app = shop()
    Gateway(app, routes=["*"])
    with caplog.at_level(logging.WARNING, "restgql"):
        for _ in range(2):
            app.test_client().post("/graphql", json=QUERY)
    assert caplog.text.count("wsgi.multithread is false") == 1
    assert "RESTGQL_SEQUENTIAL = False" in caplog.text


def test_an_app_that_matches_hosts_has_its_gateway_on_each() -> None:
    app = Flask("hosts", host_matching=True, static_host="a.example")
    app.add_url_rule("/a", "a", lambda: {"a": 1}, host="a.example")
    app.add_url_rule("/any", "any", lambda host: {"host": host}, host="<host>")
    Gateway(app, profile="open")
    query = {"query": '{ a: fetch(path: "/a") { status } any: get(path: "/any") }'}
    for host, status in (("a.example", 200), ("b.example", 404)):
        client, base = app.test_client(), f"http://{host}"
        answer = client.post("/graphql", json=query, base_url=base).json
        assert answer == {"data": {"a": {"status": status}, "any": {"host": host}}}
        assert client.post("/aggregate", json=["/any"], base_url=base).json == {"/any": {"host": host}}
        assert client.get("/graphql/health", base_url=base).json == {"status": "pass"}
