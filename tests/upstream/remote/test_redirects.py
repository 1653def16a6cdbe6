"""Links and redirects of an upstream: within it they are followed."""

from typing import Any

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from restgql import UpstreamStatus
from tests.equality.client import Client
from tests.upstream.raw import Raw
from tests.upstream.remote.api import Api, Serve, mounted


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
