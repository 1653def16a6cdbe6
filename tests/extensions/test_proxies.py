"""ProxyFix and DispatcherMiddleware, as the recipes put them on."""

from typing import Any

import pytest

from restgql import Gateway
from tests.extensions.conftest import Recipe

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
PROXIED = "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)\n"


@pytest.mark.parametrize(
    ("replace", "address", "url"),
    [
        ({}, "203.0.113.9", "https://shop.example/whoami?a=1"),
        ({PROXIED: ""}, "127.0.0.1", "http://localhost/whoami?a=1"),
    ],
    ids=["ProxyFix", "no ProxyFix"],
)
def test_a_sub_request_is_trusted_as_a_direct_one(
    recipe: Recipe, replace: dict[str, str], address: str, url: str
) -> None:
    client = recipe("Run behind nginx", replace).app.test_client()
    expected = {"url": url, "address": address, "scheme": url.partition(":")[0]}
    assert client.get("/whoami?a=1", headers=FORWARDED).json == expected
    answer = client.post("/aggregate", json=["/whoami?a=1"], headers=FORWARDED)
    assert answer.json == {"/whoami?a=1": expected}


def test_proxy_fix_may_come_after_the_gateway(recipe: Recipe) -> None:
    gateway = 'Gateway(app, routes=["*", "!static", "!/internal/*"])\n'
    client = recipe("Run behind nginx", {PROXIED: "", gateway: gateway + PROXIED}).app.test_client()
    answer = client.post("/graphql", json={"query": '{ get(path: "/whoami") }'}, headers=FORWARDED)
    assert answer.json["data"]["get"] == client.get("/whoami", headers=FORWARDED).json
    assert answer.json["data"]["get"]["address"] == "203.0.113.9"


@pytest.fixture
def mounted(recipe: Recipe) -> Any:
    return recipe("Mount the app below a prefix")


def test_paths_are_those_of_the_mounted_app(mounted: Any) -> None:
    client = mounted.app.test_client()
    direct = client.get("/api/users/1").json
    assert direct == {"id": 1, "self": "/api/users/1", "url": "http://localhost/api/users/1"}
    assert client.post("/api/aggregate", json=["/users/1"]).json == {"/users/1": direct}
    assert client.post("/api/graphql", json={"query": '{ get(path: "/users/1") }'}).json == {"data": {"get": direct}}


@pytest.mark.parametrize("path", ["/", "/api/users/1"])
def test_the_mounted_gateway_reaches_its_own_app_alone(mounted: Any, path: str) -> None:
    answer = mounted.app.test_client().post("/api/graphql", json={"query": f'{{ get(path: "{path}") }}'}).json
    assert [error["extensions"]["http"]["status"] for error in answer["errors"]] == [404]


def test_the_outer_apps_gateway_reaches_what_is_mounted_in_its_stack(mounted: Any) -> None:
    Gateway(mounted.app)
    client = mounted.app.test_client()
    answer = client.post("/aggregate?envelope=true", json=["/", "/api/users/1", "/users/1"]).json
    assert {path: part["status"] for path, part in answer.items()} == {"/": 200, "/api/users/1": 200, "/users/1": 404}
    assert client.post("/api/aggregate", json=["/users/1"]).json["/users/1"]["self"] == "/api/users/1"
