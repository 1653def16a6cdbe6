"""The paths that go to an upstream, in every field."""

import threading

import pytest
from flask import Flask

from restgql import BadPath, ConfigError, NestedRequest, NotAllowed, UpstreamStatus
from tests.turnstile import PATIENCE
from tests.upstream.remote.api import Api, mounted

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
    together = threading.Barrier(10)
    one.answers["/slow"] = lambda: {"met": together.wait(PATIENCE) >= 0}
    gateway = mounted(app, {"/one": one.url})
    answers = gateway.execute(
        "query ($paths: [String!]!) { aggregate(paths: $paths) }", {"paths": [f"/one/slow?{n}" for n in range(10)]}
    )
    assert list(answers["data"]["aggregate"].values()) == [{"met": True}] * 10


def test_a_failed_upstream_harms_no_sibling(app: Flask, one: Api) -> None:
    one.answers["/down"] = lambda: ({"message": "no"}, 503, {"Retry-After": "7"})
    gateway = mounted(app, {"/one": one.url})
    found = gateway.execute('{ a: get(path: "/one/down") b: get(path: "/users/1", select: "app") }')
    assert found["data"] == {"a": None, "b": 1}
    assert found["errors"][0]["extensions"] == {
        "code": "UPSTREAM_STATUS",
        "http": {"status": 503, "headers": {"Retry-After": "7"}, "body": {"message": "no"}},
    }
