"""Upstreams on other servers beside the app: which paths are theirs, what leaves, and what comes back."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, redirect, request, session
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from restgql import BadPath, ConfigError, Gateway, NestedRequest, NotAllowed, UpstreamStatus
from tests.equality.client import Client
from tests.upstream.raw import Raw

Serve = Callable[[Any], str]


class Api:
    """An API on another server. `hits` are the targets it was asked for, `headers` those of the last request."""

    def __init__(self, name: str) -> None:
        self.hits: list[str] = []
        self.headers: dict[str, str] = {}
        self.url = ""
        self.app = Flask(name)
        self.app.url_map.merge_slashes = False
        self.app.add_url_rule("/", view_func=self.any, defaults={"path": ""})
        self.app.add_url_rule("/<path:path>", view_func=self.any)
        self.app.register_error_handler(404, lambda _: self.any(""))  # a path with a newline in it, say
        self.answers: dict[str, Callable[[], Any]] = {}

    def any(self, path: str) -> Any:
        target = request.environ["RAW_URI"]
        self.hits.append(target)
        self.headers = dict(request.headers)
        answer = self.answers.get(f"/{path}")
        return {"api": self.app.name, "target": target} if answer is None else answer()


@pytest.fixture(scope="module")
def apis(serve: Serve) -> dict[str, Api]:
    found = {name: Api(name) for name in ("one", "two")}
    for api in found.values():
        api.url = serve(api.app)
    return found


@pytest.fixture
def one(apis: dict[str, Api]) -> Api:
    apis["one"].hits.clear()
    apis["one"].answers.clear()
    return apis["one"]


@pytest.fixture
def two(apis: dict[str, Api]) -> Api:
    apis["two"].hits.clear()
    apis["two"].answers.clear()
    return apis["two"]


@pytest.fixture
def app() -> Flask:
    found = Flask("app")
    found.secret_key = "secret"

    @found.get("/users/<int:id>")
    def user(id: int) -> dict[str, Any]:
        return {"app": id, "link": f"/users/{id + 1}"}

    @found.get("/one/hidden")
    def hidden() -> str:
        return "behind the upstream"

    return found


def mounted(app: Flask, upstreams: dict[str, str], **options: Any) -> Gateway:
    return Gateway(app, upstreams=upstreams, **{"routes": ["*", "!static"], "profile": "open"} | options)


# Which paths are whose.


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/one", "/v3"),
        ("/one/", "/v3/"),
        ("/one/users/1", "/v3/users/1"),
        ("/one/users/1?a=b&c=%20d", "/v3/users/1?a=b&c=%20d"),
        ("/one/a b/é", "/v3/a%20b/%C3%A9"),
        ("/%6Fne/users", "/v3/users"),
        ("/one//a", "/v3//a"),
        ("/one/hidden", "/v3/hidden"),
        ("/one/two", "/v3/two"),
    ],
)
def test_what_is_below_a_prefix_goes_to_its_upstream(app: Flask, one: Api, path: str, target: str) -> None:
    gateway = mounted(app, {"/one": f"{one.url}/v3/"})
    response = gateway.fetch(path)
    assert response.json() == {"api": "one", "target": target}
    assert gateway.get("/users/1") == {"app": 1, "link": "/users/2"}
    assert one.hits == [target]


def test_the_longest_prefix_wins(app: Flask, one: Api, two: Api) -> None:
    gateway = mounted(app, {"/a": f"{one.url}/one", "/a/b": f"{two.url}/two", "/": f"{one.url}/rest"})
    paths = ["/a/x", "/a/b/x", "/a/bc", "/a/b", "/ab", "/users/1", "/"]
    found = [gateway.get(path)["target"] for path in paths]
    assert found == ["/one/x", "/two/x", "/one/bc", "/two", "/rest/ab", "/rest/users/1", "/rest/"]


def test_routes_bind_the_app_alone(app: Flask, one: Api) -> None:
    gateway = mounted(app, {"/one": one.url}, routes=[])
    assert gateway.get("/one/x") == {"api": "one", "target": "/x"}
    for path in ("/users/1", "/oneself", "/on", "/One/x", "/two/x"):
        with pytest.raises(NotAllowed):
            gateway.get(path)


@pytest.mark.parametrize(
    "path",
    [
        *("/one/a%2Fb", "/one%2Fa", "/one/a%5cb", "/one/../x", "/one/%2e%2e/x", "/one/a\\b", "/one/a#b", "/one/a\nb"),
        *("//one/x", "/one/" + "a" * 4_100, "http://127.0.0.1/one/x"),
    ],
)
def test_a_path_that_is_refused_is_refused_of_an_upstream(app: Flask, one: Api, path: str) -> None:
    gateway = mounted(app, {"/one": one.url, "/": one.url})
    with pytest.raises(BadPath):
        gateway.get(path)
    assert one.hits == []


def test_the_host_cannot_be_changed_by_any_path(app: Flask, one: Api, two: Api) -> None:
    gateway = mounted(app, {"/one": one.url})
    evil = two.url.removeprefix("http://")
    for path in (
        f"/one/@{evil}/x",
        f"/one/:80@{evil}/x",
        f"/one//{evil}/x",
        f"/one///{evil}/x",
        f"/one/http://{evil}/x",
        f"/one/;@{evil}",
        f"/one/x?@{evil}/",
        f"/one/%00@{evil}",
        f"/one/%0d%0aHost:%20{evil}",
        f"/one/%7Bx%7D@{evil}",
    ):
        one.headers = {}
        assert gateway.fetch(path).error is None
        assert one.headers["Host"] == one.url.removeprefix("http://")
    for path in (f"/one@{evil}/x", f"/one:80@{evil}/x", f"/one.{evil}/x"):
        with pytest.raises(UpstreamStatus, match="404"):  # no prefix covers it: it is the app's
            gateway.get(path)
    assert two.hits == []


def test_the_gateways_own_endpoints_stay_its_own(app: Flask, one: Api) -> None:
    gateway = mounted(app, {"/": one.url})
    mounted(app, {"/": one.url}, name="second", url_prefix="/second")
    for path in ("/graphql", "/%67raphql", "/graphql/", "/graphql?query=%7Bx%7D", "/aggregate", "/second/graphql"):
        with pytest.raises((NestedRequest, NotAllowed, UpstreamStatus)):
            gateway.get(path)
    assert one.hits == []
    assert gateway.get("/graphqlx") == {"api": "one", "target": "/graphqlx"}


@pytest.mark.parametrize("prefix", ["/graphql", "/graphql/x", "/aggregate", "/graphql/static"])
def test_a_prefix_that_would_hide_an_endpoint_is_a_start_error(app: Flask, prefix: str) -> None:
    with pytest.raises(ConfigError, match="the gateway's own"):
        mounted(app, {prefix: "http://127.0.0.1:9"})


def test_routes_lists_the_upstreams_without_their_credentials(app: Flask) -> None:
    gateway = mounted(app, {"/one": "https://hilda:secret@API.example.com/v3", "/": "http://127.0.0.1:9000"})
    query = "{ routes { path endpoint methods parameters typed } }"
    rest = {"methods": ["GET"], "parameters": ["path"], "typed": False}
    assert gateway.execute(query)["data"]["routes"] == [
        {"path": "/one/{+path}", "endpoint": "api.example.com", **rest},
        {"path": "/{+path}", "endpoint": "127.0.0.1:9000", **rest},
    ]


def test_routes_of_the_app_that_an_upstream_has_taken_are_not_listed(app: Flask, one: Api) -> None:
    gateway = mounted(app, {"/one": one.url})
    found = [route["path"] for route in gateway.execute("{ routes { path } }")["data"]["routes"]]
    assert found == ["/one/{+path}", "/users/{id}"]


# In every field.


def test_every_field_takes_paths_of_upstreams(app: Flask, one: Api, two: Api) -> None:
    one.answers["/list"] = lambda: {"ids": [1, 2], "next": "/more?page=2", "self": f"{one.url}/list"}
    gateway = mounted(app, {"/one": one.url, "/two": f"{two.url}/v2"})
    found = gateway.execute("""{
      list: fetch(path: "/one/list") {
        url status ok
        next: get(path: "{+next}", select: "target")
        self: get(path: "{+self}", select: "ids[0]")
        more: fetch(path: "{+next}") { url }
        app: getEach(over: "ids", path: "/users/{item}", select: "[].app")
        two: getEach(over: "ids", path: "/two/{item}", select: "[].target")
        each(over: "ids") { get(path: "/two/{item}{?x}", params: {x: 7}, select: "target") }
      }
      aggregate(paths: ["/one/a", "/two/b", "/users/3", "/one/a"])
    }""")
    assert found == {
        "data": {
            "list": {
                "url": "/one/list",
                "status": 200,
                "ok": True,
                "next": "/more?page=2",
                "self": 1,
                "more": {"url": "/one/more?page=2"},
                "app": [1, 2],
                "two": ["/v2/1", "/v2/2"],
                "each": [{"get": "/v2/1?x=7"}, {"get": "/v2/2?x=7"}],
            },
            "aggregate": {
                "/one/a": {"api": "one", "target": "/a"},
                "/two/b": {"api": "two", "target": "/v2/b"},
                "/users/3": {"app": 3, "link": "/users/4"},
            },
        }
    }
    assert sorted(one.hits) == ["/a", "/list", "/more?page=2"]


def test_requests_to_upstreams_run_at_once(app: Flask, one: Api) -> None:
    one.answers["/slow"] = lambda: time.sleep(0.2) or {}
    gateway = mounted(app, {"/one": one.url})
    started = time.monotonic()
    answers = gateway.execute(
        "query ($paths: [String!]!) { aggregate(paths: $paths) }", {"paths": [f"/one/slow?{n}" for n in range(10)]}
    )
    assert list(answers["data"]["aggregate"].values()) == [{}] * 10
    assert time.monotonic() - started < 1


def test_a_failed_upstream_harms_no_sibling(app: Flask, one: Api) -> None:
    one.answers["/down"] = lambda: ({"message": "no"}, 503, {"Retry-After": "7"})
    gateway = mounted(app, {"/one": one.url})
    found = gateway.execute('{ a: get(path: "/one/down") b: get(path: "/users/1", select: "app") }')
    assert found["data"] == {"a": None, "b": 1}
    assert found["errors"][0]["extensions"] == {
        "code": "UPSTREAM_STATUS",
        "http": {"status": 503, "headers": {"Retry-After": "7"}, "body": {"message": "no"}},
    }


# Links and redirects.


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/v3/b", "/one/b"),
        ("b?x=1#y", "/one/a/b?x=1"),
        ("?x=1", "/one/a/start?x=1"),
        ("../b", "/one/b"),
        ("{one}/v3/b", "/one/b"),
        ("//{host}/v3", "/one"),
        ("HTTP://{host}/v3/b", "/one/b"),
    ],
)
@pytest.mark.parametrize("way", ["link", "redirect"])
def test_what_leads_within_the_upstream_is_followed(app: Flask, one: Api, link: str, url: str, way: str) -> None:
    link = link.format(one=one.url, host=one.url.removeprefix("http://"))
    one.answers["/v3/a/start"] = lambda: (
        {"link": link} if way == "link" or request.args else Response("", 302, {"Location": link})
    )
    one.answers["/v3/a/b"] = one.answers["/v3/b"] = one.answers["/v3"] = lambda: {"there": True}
    gateway = mounted(app, {"/one": f"{one.url}/v3"})
    if way == "redirect":
        found = gateway.fetch("/one/a/start")
        assert (found.url, found.status, found.redirected) == (url, 200, True)
    else:
        found = gateway.execute('{ fetch(path: "/one/a/start") { fetch(path: "{+link}") { url status } } }')
        assert found == {"data": {"fetch": {"fetch": {"url": url, "status": 200}}}}


@pytest.mark.parametrize(
    "link",
    [
        *("/users/1", "/v33/b", "/", "{two}/v3/b", "//{two_host}/v3", "http://u@{host}/v3/b", "https://{host}/v3/b"),
        *("/v3/two/b", "/v3/a%2Fb", "/v3/%2e%2e/b", "http://localhost/users/1", "http://localhost/one/b"),
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("way", ["link", "redirect"])
@pytest.mark.parametrize("prefix", ["/one", "/"])
def test_what_leads_elsewhere_is_not_followed(app: Flask, one: Api, two: Api, link: str, way: str, prefix: str) -> None:
    link = link.format(two=two.url, two_host=two.url.removeprefix("http://"), host=one.url.removeprefix("http://"))
    one.answers["/v3/start"] = lambda: {"link": link} if way == "link" else Response("", 302, {"Location": link})
    nested = f"{prefix.rstrip('/')}/two"
    gateway = mounted(app, {prefix: f"{one.url}/v3", nested: two.url})
    start = f"{prefix.rstrip('/')}/start"
    if way == "redirect":
        found = gateway.fetch(start)
        assert (found.url, found.status, found.redirected) == (start, 302, False)
        assert found.header("Location") == link
        with pytest.raises(UpstreamStatus):
            gateway.get(start)
    else:
        query = 'query ($start: String!) { fetch(path: $start) { get(path: "{+link}") } }'
        found = gateway.execute(query, {"start": start})
        assert [error["extensions"]["code"] for error in found["errors"]] == ["BAD_PATH"]
    assert set(one.hits) == {"/v3/start"}
    assert two.hits == []


def test_a_redirect_of_the_app_does_not_lead_to_an_upstream(app: Flask, one: Api) -> None:
    app.add_url_rule("/go", view_func=lambda: redirect("/one/x"), endpoint="go")
    app.add_url_rule("/out", view_func=lambda: redirect(f"{one.url}/x"), endpoint="out")
    gateway = mounted(app, {"/one": one.url})
    for path in ("/go", "/out"):
        found = gateway.fetch(path)
        assert (found.url, found.status, found.redirected) == (path, 302, False)
    assert one.hits == []


@pytest.mark.parametrize(("prefix", "location"), [("/one", "http://[/x"), ("/", "/graphql"), ("/", "/a\\b")])
def test_a_location_that_leads_nowhere_is_not_followed(app: Flask, prefix: str, location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    server = Raw(lambda peer: peer.send(head.encode()))
    try:
        found = mounted(app, {prefix: server.url}).fetch(f"{prefix.rstrip('/')}/start")
    finally:
        server.close()
    assert (found.status, found.redirected, found.error) == (302, False, None)


def test_a_redirect_loop_ends(app: Flask, one: Api) -> None:
    one.answers["/loop"] = lambda: Response("", 302, {"Location": "/loop"})
    one.answers["/more"] = lambda: Response("", 302, {"Location": f"{request.full_path}1"})
    gateway = mounted(app, {"/one": one.url})
    for path, hits in (("/one/loop", 1), ("/one/more?1", 6)):  # what was asked already is not asked again
        one.hits.clear()
        found = gateway.fetch(path)
        assert (found.status, found.error, len(one.hits)) == (502, "LIMIT_EXCEEDED", hits)


def test_the_body_of_a_redirect_is_within_the_limit(app: Flask, one: Api) -> None:
    one.answers["/to"] = lambda: Response(b"x" * 5_000, 302, {"Location": "/x"})
    found = mounted(app, {"/one": one.url}, max_reply=1_000).fetch("/one/to")
    assert found.error == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("mount", ["script", "stripped"])
def test_prefixes_are_beside_the_apps_own_routes_wherever_it_is(app: Flask, one: Api, serve: Serve, mount: str) -> None:
    one.answers["/to"] = lambda: Response("", 302, {"Location": "/x"})
    one.answers["/list"] = lambda: {"link": "/x"}
    mounted(app, {"/one": one.url})
    inner = app.wsgi_app

    def strip(environ: dict[str, Any], start: Any) -> Any:
        return inner(environ | {"PATH_INFO": environ["PATH_INFO"].removeprefix("/shop")}, start)

    if mount == "stripped":
        app.wsgi_app = strip  # type: ignore[method-assign]
    url = serve(app if mount == "stripped" else DispatcherMiddleware(Flask("root"), {"/shop": app}))
    prefix = "/shop" if mount == "stripped" else ""
    client = Client(url, "/shop")
    assert client.fetch(f"{prefix}/one/to", follow=True).url == f"{prefix}/one/x"
    answer = client.query(f'{{ fetch(path: "{prefix}/one/list") {{ fetch(path: "{{+link}}") {{ url }} }} }}')
    assert answer.json == {"data": {"fetch": {"fetch": {"url": f"{prefix}/one/x"}}}}
    assert client.fetch(f"{prefix}/users/1").status == 200


# What leaves, and what comes back.


CALLER = {
    "Cookie": "sid=1",
    "Authorization": "Bearer mine",
    "Proxy-Authorization": "Basic x",
    "X-Api-Key": "key",
    "X-Forwarded-For": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "Via": "1.1 proxy",
    "Referer": "http://shop.example/",
    "Origin": "http://shop.example",
    "If-None-Match": '"a"',
    "Range": "bytes=0-1",
    "TE": "trailers",
    "Connection": "keep-alive, X-Request-Id",
    "X-HTTP-Method-Override": "DELETE",
    "Restgql-Depth": "1",
    "Accept": "application/json;q=0.1",
    "Accept-Encoding": "zstd",
    "Accept-Language": "de",
    "User-Agent": "Shop/1.0",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Tracestate": "a=b",
    "Baggage": "c=d",
}
LEFT = {
    "Accept": "application/json, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "de",
    "User-Agent": "Shop/1.0",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Tracestate": "a=b",
    "Baggage": "c=d",
}


@pytest.mark.parametrize(
    ("options", "sent", "added"),
    [
        ({}, {}, {}),
        ({}, {"Connection": "close", "X-Request-Id": "id-7"}, {"X-Request-Id": "id-7"}),
        (
            {"upstream_headers": ["cookie", "Authorization", "x-api-key", "x-unknown"]},
            {},
            {"Cookie": "sid=1", "Authorization": "Bearer mine", "X-Api-Key": "key"},
        ),
    ],
    ids=["by default", "a request id", "what is listed"],
)
def test_what_leaves(
    app: Flask, one: Api, serve: Serve, options: dict[str, Any], sent: dict[str, str], added: dict[str, str]
) -> None:
    mounted(app, {"/one": one.url}, **options)
    found = Client(serve(app)).fetch("/one/x", (CALLER | sent).items())
    assert found.status == 200
    assert one.headers == LEFT | added | {"Host": one.url.removeprefix("http://")}


def test_what_a_field_sets_leaves(app: Flask, one: Api) -> None:
    gateway = mounted(app, {"/one": one.url}, subrequest_headers=["X-Tenant"])
    own = {"Accept": "text/csv", "X-Tenant": "t", "If-None-Match": '"a"', "Range": "bytes=0-9", "X-CSRFToken": "c"}
    gateway.fetch("/one/x", headers=own)
    assert own.items() <= {**one.headers, "X-CSRFToken": one.headers["X-Csrftoken"]}.items()
    assert one.headers["Accept-Encoding"] == "identity"
    assert one.headers["User-Agent"] == "restgql"
    with pytest.raises(NotAllowed):
        gateway.fetch("/one/x", headers={"Authorization": "Bearer mine"})


def test_userinfo_becomes_basic_auth_whoever_asks(app: Flask, one: Api, two: Api, serve: Serve) -> None:
    url = one.url.replace("//", "//hilda:p%40ss%3A%C3%A9@")
    mounted(app, {"/one": url, "/two": two.url}, upstream_headers=["authorization"])
    client = Client(serve(app), headers=[("Authorization", "Bearer mine")])
    client.fetch("/one/x")
    client.fetch("/two/x")
    assert one.headers["Authorization"] == "Basic aGlsZGE6cEBzczrDqQ=="
    assert two.headers["Authorization"] == "Bearer mine"


def test_neither_netrc_nor_a_proxy_of_the_environment_is_believed(
    app: Flask, one: Api, two: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login hilda password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, two.url)
    assert mounted(app, {"/one": one.url}).get("/one/x", select="api") == "one"
    assert "Authorization" not in one.headers
    assert two.hits == []


def test_cookies_of_an_upstream_reach_nobody(app: Flask, one: Api, serve: Serve) -> None:
    one.answers["/login"] = lambda: Response(
        "{}", headers=[("Set-Cookie", "session=evil; Path=/")], mimetype="text/json"
    )
    mounted(app, {"/one": one.url}, upstream_headers=["cookie"])
    client = Client(serve(app))
    answer = client.query(
        '{ fetch(path: "/one/login") { headers { name } header(name: "Set-Cookie") get(path: "/one/x") } }'
    )
    found = answer.json["data"]["fetch"]
    assert answer.all("Set-Cookie") == []
    assert found["header"] is None
    assert "set-cookie" not in [header["name"].lower() for header in found["headers"]]
    client.fetch("/one/x")
    assert "Cookie" not in one.headers


def test_a_cookie_that_the_app_sets_leaves_only_where_cookies_may(app: Flask, one: Api, two: Api) -> None:
    @app.get("/login")
    def login() -> dict[str, Any]:
        session["user"] = 1
        return {}

    query = '{ fetch(path: "/login") { get(path: "/one/x") } }'
    default = mounted(app, {"/one": one.url})
    listed = mounted(app, {"/one": one.url}, name="open", url_prefix="/open", upstream_headers=["cookie"])
    default.execute(query, headers={"Cookie": "a=b"})
    assert "Cookie" not in one.headers
    listed.execute(query, headers={"Cookie": "a=b"})
    assert sorted(pair.partition("=")[0] for pair in one.headers["Cookie"].split("; ")) == ["a", "session"]


def test_headers_of_the_connection_stay_where_they_are(app: Flask, one: Api) -> None:
    one.answers["/x"] = lambda: Response(
        "[1]", 203, {"X-A": "b", "X-Hop": "c", "Connection": "close, X-Hop", "ETag": '"e"'}
    )
    found = mounted(app, {"/one": one.url}).fetch("/one/x")
    names = {header.name.lower() for header in found.headers}
    assert (found.status, found.header("X-A"), found.etag) == (203, "b", '"e"')
    assert names.isdisjoint({"connection", "x-hop", "date", "keep-alive", "transfer-encoding"})


# The connections.


@pytest.fixture
def kept() -> Iterator[Raw]:
    server = Raw(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), keep=True)
    yield server
    server.close()


def test_connections_are_reused_until_they_are_closed(app: Flask, kept: Raw) -> None:
    gateway = mounted(app, {"/one": kept.url})
    for number in range(3):
        gateway.fetch(f"/one/{number}")
    assert (kept.connections, len(kept.requests)) == (1, 3)
    app.extensions["restgql"]["restgql"].remotes.close()
    gateway.fetch("/one/4")
    assert (kept.connections, len(kept.requests)) == (2, 4)


def test_a_connection_that_was_closed_meanwhile_is_replaced(app: Flask) -> None:
    closing = Raw(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    gateway = mounted(app, {"/one": closing.url})
    try:
        for number in range(3):
            assert gateway.fetch(f"/one/{number}").status == 200
            time.sleep(0.05)
        assert closing.connections == 3
    finally:
        closing.close()


FORKS = """
import os, sys
from flask import Flask
from restgql import Gateway
gateway = Gateway(Flask("app"), upstreams={"/one": sys.argv[1]}, routes=[], sequential=True)
assert gateway.fetch("/one/parent").status == 200
if os.fork() == 0:
    os._exit(0 if gateway.fetch("/one/child").status == 200 else 1)
assert os.wait()[1] == 0
assert gateway.fetch("/one/parent").status == 200
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_has_connections_of_its_own(kept: Raw) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKS, kept.url], check=True, timeout=30)
    assert kept.connections == 2
    assert [line.split()[1] for line in kept.requests] == [b"/parent", b"/child", b"/parent"]


IMPORTS = """
import json, sys
from flask import Flask
import restgql, restgql.cli.commands
app = Flask("app")
gateway = restgql.Gateway(app, upstreams={"/one": sys.argv[1]}, routes=["*", "!static"])
app.add_url_rule("/", view_func=lambda: "here")
gateway.get("/")
before = {"requests", "urllib3"} & set(sys.modules)
gateway.fetch("/one/x")
print(json.dumps([sorted(before), sorted({"requests", "urllib3"} & set(sys.modules))]))
"""


def test_requests_is_imported_when_an_upstream_is_first_asked(kept: Raw) -> None:
    command = [sys.executable, "-W", "error", "-c", IMPORTS, kept.url]
    done = subprocess.run(command, check=True, timeout=30, capture_output=True, text=True)
    assert json.loads(done.stdout) == [[], ["requests", "urllib3"]]


# The configuration.


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"upstreams": {"github": "http://a"}}, "the prefix 'github' is not a plain path"),
        ({"upstreams": {"": "http://a"}}, "the prefix '' is not a plain path"),
        ({"upstreams": {"/a/": "http://a"}}, "the prefix '/a/' is not a plain path"),
        ({"upstreams": {"//a": "http://a"}}, "the prefix '//a' is not a plain path"),
        ({"upstreams": {"/a/../b": "http://a"}}, "the prefix '/a/../b' is not a plain path"),
        ({"upstreams": {"/a?b": "http://a"}}, "the prefix '/a?b' is not a plain path"),
        ({"upstreams": {"/{a}": "http://a"}}, "the prefix '/{a}' is not a plain path"),
        ({"upstreams": {"/a%2Fb": "http://a"}}, "the prefix '/a%2Fb' is not a plain path"),
        ({"upstreams": {"/a": "ftp://a"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "a.example"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "//a.example"}}, "the URL of '/a' does not begin with http:// or https://"),
        ({"upstreams": {"/a": "http://"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http:///x"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://hilda:secret@"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://hilda:secret@a:b"}}, "the URL of '/a' has no host, or an invalid port"),
        ({"upstreams": {"/a": "http://a:99999"}}, "the URL of '/a' has no host, or an invalid port"),
        ({"upstreams": {"/a": "http://[::1"}}, "the URL of '/a' has no host"),
        ({"upstreams": {"/a": "http://a/?b"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://a/#b"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://hilda:sec?ret@a"}}, "the URL of '/a' has a query or fragment"),
        ({"upstreams": {"/a": "http://a/b/../c"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": "http://a b"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": "http://hilda:se cret@é"}}, "the URL of '/a' has a character or a dot segment"),
        ({"upstreams": {"/a": 1}}, "Expected `str | object`, got `int`"),
        ({"upstreams": ["http://a"]}, "Expected `object`, got `array`"),
        ({"upstream_headers": ["Host"]}, "the header Host can never leave"),
        ({"upstream_headers": ["cookie", "X-Forwarded-For"]}, "the header X-Forwarded-For can never leave"),
        ({"upstream_headers": ["via"]}, "the header via can never leave"),
        ({"upstream_headers": ["content-type"]}, "the header content-type can never leave"),
        ({"upstream_headers": ["connection"]}, "the header connection can never leave"),
        ({"upstream_headers": ["a b"]}, "the header a b can never leave"),
    ],
)
@pytest.mark.parametrize("source", ["argument", "app.config"])
def test_what_is_wrong_with_a_key_is_said(given: dict[str, Any], says: str, source: str) -> None:
    app = Flask("app")
    if source == "app.config":
        app.config.update({f"RESTGQL_{key.upper()}": value for key, value in given.items()})
    with pytest.raises(ConfigError) as caught:
        Gateway(app, **given if source == "argument" else {})
    message = str(caught.value)
    assert says in message
    assert message.startswith("upstream" if source == "argument" else "RESTGQL_UPSTREAM")
    assert "secret" not in message
    assert "hilda" not in message


def test_the_environment_gives_upstreams(one: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RESTGQL_UPSTREAMS", json.dumps({"/one": one.url}))
    app = Flask("app")
    app.config.from_prefixed_env()
    assert Gateway(app, routes=[]).get("/one/x", select="api") == "one"


def test_the_document_that_the_page_shows(one: Api) -> None:
    page = (Path(__file__).parents[2] / "docs" / "upstreams.md").read_text()
    program, document = re.findall(r"^```(?:python)?\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[:2]
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(program.replace("https://api.example.com", one.url), shown)
    for path in ("tea", "pot"):
        one.answers[f"/v3/repos/{path}"] = lambda: {"stars": 3}
    with shown["app"].app_context():
        found = Gateway().execute(document)
    assert found["data"]["user"]["repositories"] == [3, 3]
    assert found["data"]["user"]["account"] == {"api": "one", "target": "/v3/users/ada"}
