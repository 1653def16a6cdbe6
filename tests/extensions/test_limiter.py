"""Flask-Limiter counts the outer request and each sub-request."""

from typing import Any

import pytest

from tests.extensions.conftest import Recipe

LIMIT = 6


@pytest.fixture
def module(recipe: Recipe) -> Any:
    return recipe("Limit requests with Flask-Limiter")


def left(client: Any, address: str = "127.0.0.1") -> int:
    """How many requests of an address's day are left, this one not counted."""
    response = client.get("/prices/0", environ_base={"REMOTE_ADDR": address})
    return int(response.headers["X-RateLimit-Remaining"]) + 1


@pytest.mark.parametrize("exempt", [False, True])
@pytest.mark.parametrize(
    ("endpoint", "body", "parts"),
    [
        ("/aggregate", ["/prices/1", "/prices/2", "/prices/3"], 3),
        ("/aggregate", ["/prices/1", "/prices/1"], 1),
        ("/aggregate", [], 0),
        ("/graphql", {"query": '{ a: get(path: "/prices/1") b: get(path: "/prices/2") }'}, 2),
        ("/graphql", {"query": '{ a: get(path: "/prices/1") b: get(path: "/prices/1") }'}, 1),
        ("/graphql", {"query": "{ __typename }"}, 0),
    ],
)
def test_one_and_each_part_is_counted(module: Any, exempt: bool, endpoint: str, body: Any, parts: int) -> None:
    if exempt:
        module.limiter.exempt(module.gateway.blueprint)
    client = module.app.test_client()
    assert client.post(endpoint, json=body).status_code == 200
    assert left(client) == LIMIT - parts - (0 if exempt else 1)


def test_a_batch_of_five_uses_up_the_day(module: Any) -> None:
    client = module.app.test_client()
    paths = [f"/prices/{id}" for id in range(LIMIT - 1)]
    assert client.post("/aggregate", json=paths).json == {
        path: {"id": id, "price": 10 * id} for id, path in enumerate(paths)
    }
    assert client.get("/prices/1").status_code == 429
    outer = client.post("/aggregate", json=paths)
    assert (outer.status_code, outer.mimetype) == (429, "text/html")
    assert int(outer.headers["Retry-After"]) > 0


def test_a_part_over_the_limit_fails_alone(module: Any) -> None:
    client = module.app.test_client()
    fields = " ".join(f'p{id}: get(path: "/prices/{id}")' for id in range(LIMIT + 2))
    answer = client.post("/graphql", json={"query": f"{{ {fields} }}"}).json
    assert sum(value is not None for value in answer["data"].values()) == LIMIT - 1
    assert {tuple(error["path"]) for error in answer["errors"]} == {
        (name,) for name, value in answer["data"].items() if value is None
    }
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "UPSTREAM_STATUS"
        assert error["extensions"]["http"]["status"] == 429
        assert int(error["extensions"]["http"]["headers"]["Retry-After"]) > 0


def test_default_limits_are_each_routes_own(recipe: Recipe) -> None:
    client = recipe("Limit requests with Flask-Limiter", {"application_limits": "default_limits"}).app.test_client()
    for remaining in (LIMIT - 1, LIMIT - 2):
        answer = client.post("/aggregate", json=["/prices/1", "/prices/2"])
        assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
    assert left(client) == LIMIT - 4


def test_a_sub_request_counts_for_the_callers_address(module: Any) -> None:
    client = module.app.test_client()
    client.post("/aggregate", json=["/prices/1"], environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert left(client) == LIMIT
    assert left(client, "192.0.2.1") == LIMIT - 2
