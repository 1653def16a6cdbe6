"""Header fields on the way in and out: H1, H2, H3, R3."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, session
from werkzeug.middleware.proxy_fix import ProxyFix

from restgql import Gateway
from tests.equality import rule
from tests.equality.app import FILE, create_app
from tests.equality.client import Answer, Client

OUTER_FIELDS: dict[str, list[tuple[str, str]]] = {
    "connection-named": [("X-Hop", "1"), ("X-End", "2"), ("Connection", "X-Hop, close")],
    "connection-twice": [("X-Hop", "1"), ("X-Two", "2"), ("Connection", "x-hop"), ("connection", "X-TWO,,")],
    "connection-odd": [("X-Hop", "1"), ("Connection", ' "X-Hop" , ; =, x-hop ')],
    "connection-identity": [
        ("Cookie", "a=1"),
        ("Authorization", "Bearer a"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("Connection", "cookie, authorization, host, x-forwarded-for, via, forwarded"),
    ],
    "te": [("TE", "trailers"), ("Trailer", "X-A"), ("Connection", "TE")],
    "upgrade": [("Upgrade", "h2c"), ("HTTP2-Settings", "AAAA"), ("Connection", "Upgrade, HTTP2-Settings")],
    "keep-alive": [("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("Connection", "keep-alive")],
    "proxy": [("Proxy-Authorization", "Basic a"), ("Proxy-Authenticate", "Basic"), ("Proxy", "http://evil.example")],
    "content": [
        ("Content-Language", "en"),
        ("Content-MD5", "a"),
        ("Content-Disposition", "x"),
        ("Content-Range", "bytes 0-1/2"),
    ],
    "expect": [("Expect", "100-continue")],
    "override": [("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "DELETE")],
    "idempotency": [("Idempotency-Key", "a")],
}

# What a proxy or a client may say of where a request came from, and went to.
ORIGINS: dict[str, list[tuple[str, str]]] = {
    "host": [("Host", "example.test")],
    "host-port": [("Host", "example.test:80")],
    "host-upper": [("Host", "EXAMPLE.Test:8080")],
    "host-ipv6": [("Host", "[::1]:8080")],
    "host-empty": [("Host", "")],
    "host-space": [("Host", "a b")],
    "host-path": [("Host", "evil.example/path?")],
    "host-user": [("Host", "user@evil.example")],
    "host-idn": [("Host", "xn--mnchen-3ya.example")],
    "host-latin-1": [("Host", "münchen.example")],
    "for": [("X-Forwarded-For", "192.0.2.1")],
    "for-list": [("X-Forwarded-For", "192.0.2.1, 192.0.2.2"), ("X-Forwarded-For", "192.0.2.3")],
    "for-underscores": [("X_Forwarded_For", "192.0.2.1")],
    "for-both": [("X-Forwarded-For", "192.0.2.1"), ("X_Forwarded_For", "192.0.2.66")],
    "proto": [("X-Forwarded-Proto", "https")],
    "proto-odd": [("X-Forwarded-Proto", "gopher")],
    "forwarded-host": [("X-Forwarded-Host", "public.example")],
    "forwarded-host-odd": [("X-Forwarded-Host", "a b, c/d")],
    "forwarded-port": [("X-Forwarded-Port", "8443"), ("X-Forwarded-Host", "public.example")],
    "prefix": [("X-Forwarded-Prefix", "/shop")],
    "prefix-odd": [("X-Forwarded-Prefix", "shop/é")],
    "forwarded": [("Forwarded", "for=192.0.2.1;proto=https;host=public.example")],
    "real-ip": [("X-Real-IP", "192.0.2.1"), ("True-Client-IP", "192.0.2.2"), ("CF-Connecting-IP", "192.0.2.3")],
    "all": [
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "public.example"),
        ("X-Forwarded-Prefix", "/shop"),
        ("Forwarded", "for=192.0.2.9"),
        ("Via", "1.1 proxy"),
    ],
}

CONDITIONS: tuple[list[tuple[str, str]], ...] = (
    [("If-None-Match", "*")],
    [("If-Match", '"none"')],
    [("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")],
    [("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")],
    [("Range", "bytes=0-3")],
    [("Range", "bytes=0-3"), ("If-Range", '"none"')],
)


def distrusting() -> Flask:
    return create_app(converters=False)


def trusting() -> Flask:
    app = create_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)  # type: ignore[method-assign]
    return app


@pytest.fixture(scope="module", params=[distrusting, trusting], ids=lambda make: make.__name__)
def client(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> Client:
    app = request.param()
    Gateway(app, routes=["*"])
    return Client(serve(app))


@pytest.mark.parametrize("fields", OUTER_FIELDS.values(), ids=OUTER_FIELDS)
def test_h1_what_speaks_of_the_outer_request_is_not_passed_on(client: Client, fields: list[tuple[str, str]]) -> None:
    rule.assert_equal(client.get("/echo", rule.carried(fields)), client.fetch("/echo", fields))


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_h1_a_sub_request_has_no_body(client: Client, coding: str) -> None:
    body = b'{"query": "{ get(path: \\"/echo\\") }"}'
    content = rule.ENCODERS[coding](body)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:7], content[7:], b""))
    fields = [("Content-Type", "application/json; charset=utf-8"), ("Content-Encoding", coding)]
    direct = client.get("/echo", rule.ADDED_TO_REQUESTS).json
    for answer in (
        client.ask("POST", "/graphql", fields, content),
        client.ask("POST", "/graphql", [*fields, ("Transfer-Encoding", "chunked")], chunks),
    ):
        assert answer.json["data"]["get"] == direct
    assert (direct["body"], direct["content_length"], direct["content_type"]) == ("", None, None)


@pytest.mark.parametrize("fields", ORIGINS.values(), ids=ORIGINS)
def test_h2_a_sub_request_is_trusted_as_the_direct_one(client: Client, fields: list[tuple[str, str]]) -> None:
    for path in ("/echo", "/redirect/absolute", "/slash"):
        rule.assert_equal(client.get(path, rule.carried(fields)), client.fetch(path, fields))


@pytest.mark.parametrize("attributes", [{"secure": True}, {"domain": "public.example"}, {"secure": True, "path": "/"}])
def test_h2_a_redirect_keeps_the_cookies_that_the_public_site_sets(
    serve: Callable[[Any], str], attributes: dict[str, Any]
) -> None:
    app = trusting()

    @app.get("/hop")
    def hop() -> Any:
        response = app.redirect("/cookies")
        response.set_cookie("hop", "1", **attributes)
        return response

    Gateway(app, routes=["*"])
    through = Client(serve(app)).fetch("/hop", ORIGINS["all"][:3], follow=True)
    assert through.json == {"hop": "1"}


@pytest.mark.parametrize("fields", CONDITIONS, ids=lambda fields: fields[0][0])
def test_r3_a_condition_on_the_outer_request_is_not_the_sub_requests(
    client: Client, fields: list[tuple[str, str]]
) -> None:
    through = client.fetch("/file", fields)
    assert (through.outer.status, through.status, through.body) == (200, 200, FILE.read_bytes())
    rule.assert_equal(client.get("/file", rule.carried(fields)), through)


@pytest.mark.parametrize("fields", CONDITIONS[:5], ids=lambda fields: fields[0][0])
def test_r3_a_condition_of_the_field_is_the_sub_requests(client: Client, fields: list[tuple[str, str]]) -> None:
    direct, through = client.get("/file", [*rule.carried([]), *fields]), client.fetch("/file", own=fields)
    # Werkzeug does not evaluate If-Unmodified-Since; an app may.
    assert direct.status in ((200,) if fields[0][0] == "If-Unmodified-Since" else (206, 304, 412))
    rule.assert_equal(direct, through)
    rule.assert_equal(client.get("/echo", [*rule.carried([]), *fields]), client.fetch("/echo", own=fields))


def test_h3_the_parts_cookies_follow_the_outer_responses_own(serve: Callable[[Any], str]) -> None:
    app = Flask(__name__)

    @app.after_request
    def set_cookie(response: Any) -> Any:
        response.set_cookie("all", app.extensions.get("seen", "own"))
        return response

    @app.get("/set/<name>/<value>")
    def set_one(name: str, value: str) -> Any:
        response = app.response_class("[]", content_type="application/json")
        response.set_cookie(name, value)
        response.set_cookie(name, value, path="/set")
        return response

    Gateway(app, routes=["*"])
    client = Client(serve(app))
    answer = client.post("/aggregate", ["/set/a/1", "/set/b/2", "/set/a/3"])
    assert answer.all("Set-Cookie") == [
        "all=own; Path=/",
        "b=2; Path=/",
        "b=2; Path=/set",
        "a=3; Path=/",
        "a=3; Path=/set",
    ]


def login_app(*, permanent: bool) -> Flask:
    app = Flask(__name__)
    app.secret_key = "not secret"

    @app.before_request
    def keep() -> None:
        if permanent:  # to assign it, even False, is a change of the session
            session.permanent = True
        session.setdefault("visits", 0)

    @app.get("/login")
    def login() -> Any:
        session["user"] = "ann"
        return {"user": "ann"}

    @app.get("/who")
    def who() -> Any:
        return {"user": session.get("user")}

    Gateway(app, routes=["*"])
    return app


def cookie_of(answer: Answer) -> list[tuple[str, str]]:
    """The Cookie field of a client that got this response."""
    return [("Cookie", "; ".join(value.partition(";")[0] for value in answer.all("Set-Cookie")))]


@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("paths", [["/login"], ["/who", "/login"], ["/login", "/who"]], ids="-".join)
def test_h3_a_login_in_a_part_holds(
    serve: Callable[[Any], str], permanent: bool, known: bool, paths: list[str]
) -> None:
    client = Client(serve(login_app(permanent=permanent)))
    first = cookie_of(client.get("/who")) if known else []
    answer = client.post("/aggregate", paths, first)
    assert len(answer.all("Set-Cookie")) == (1 if permanent or not known or "/login" in paths else 0)
    assert client.get("/who", cookie_of(answer)).json == {"user": "ann"}


def test_h3_nothing_else_of_a_part_leaks_outward(client: Client) -> None:
    part = client.get("/response/security-fields")
    answers = [
        client.post("/aggregate", ["/response/security-fields", "/status/401", "/status/429"]),
        client.fetch("/response/security-fields").outer,
    ]
    own = {"server", "date", "content-type", "content-length", "connection", "x-after", "x-content-type-options"}
    for answer in answers:
        assert answer.status == 200
        assert {name.lower() for name, _ in answer.headers} - own <= {"cache-control", "vary"}
        assert answer.header("X-Secret") is None
    assert answers[0].header("Cache-Control") == "no-store"
    assert part.header("X-Secret") == "1"


def test_h3_set_cookie_is_never_in_data(client: Client) -> None:
    document = '{ fetch(path: "/cookies/set") { headers { name } header(name: "set-COOKIE") } }'
    answer = client.query(document)
    assert "set-cookie" not in {field["name"].lower() for field in answer.json["data"]["fetch"]["headers"]}
    assert answer.json["data"]["fetch"]["header"] is None
    assert "Set-Cookie" not in client.aggregate(["/cookies/set"])["/cookies/set"]["headers"]
    assert len(answer.all("Set-Cookie")) == 3
