"""The header fields, credentials and cookies that go to an upstream and come back."""

from typing import Any

import pytest
from flask import Flask, Response, session

from restgql import NotAllowed
from tests.equality.client import Client
from tests.upstream.remote.api import Api, Serve, mounted

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
