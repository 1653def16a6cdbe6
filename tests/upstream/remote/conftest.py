from typing import Any

import pytest
from flask import Flask

from tests.upstream.remote.api import Api, Serve


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
