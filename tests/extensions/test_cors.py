"""Flask-CORS: the outer response has the app's own rules, and nothing of the parts'."""

from typing import Any

import pytest

from tests.extensions.conftest import Recipe

SHOP, OTHER = "https://shop.example", "https://other.example"
QUERY = {"query": '{ items: fetch(path: "/open/items") { headers { name value } } cart: get(path: "/cart") }'}
PATHS = ["/open/items", "/cart"]


@pytest.fixture
def client(recipe: Recipe) -> Any:
    return recipe("Allow other origins with Flask-CORS").app.test_client()


def cors(response: Any) -> dict[str, str]:
    """The CORS headers, each of them sent once."""
    found = [(name, value) for name, value in response.headers if name.startswith("Access-Control-")]
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize(
    ("endpoint", "body", "origin", "expected"),
    [
        ("/graphql", QUERY, SHOP, {"Allow-Origin": SHOP, "Allow-Credentials": "true"}),
        ("/graphql", QUERY, OTHER, {}),
        ("/graphql", QUERY, None, {"Allow-Origin": SHOP, "Allow-Credentials": "true"}),
        ("/aggregate", PATHS, SHOP, {}),
        ("/aggregate", PATHS, OTHER, {}),
    ],
)
def test_the_outer_response_has_the_apps_rules(
    client: Any, endpoint: str, body: Any, origin: str | None, expected: dict[str, str]
) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = client.post(endpoint, json=body, headers=headers)
    assert answer.status_code == 200
    assert cors(answer) == {f"Access-Control-{name}": value for name, value in expected.items()}


def test_a_part_has_its_own_rules_inside(client: Any) -> None:
    direct = cors(client.get("/open/items", headers={"Origin": OTHER}))
    assert direct == {"Access-Control-Allow-Origin": OTHER, "Access-Control-Expose-Headers": "X-Total"}
    answer = client.post("/graphql", json=QUERY, headers={"Origin": OTHER})
    inside = {header["name"]: header["value"] for header in answer.json["data"]["items"]["headers"]}
    assert {name: inside[name] for name in direct} == direct
    assert "X-Total" not in answer.headers


@pytest.mark.parametrize(("origin", "allowed"), [(SHOP, SHOP), (OTHER, None)])
def test_a_preflight_is_answered_by_the_app(client: Any, origin: str, allowed: str | None) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = client.options("/graphql", headers={"Origin": origin, **asked})
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    if allowed:
        assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
