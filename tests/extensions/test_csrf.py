"""Flask-WTF's CSRFProtect, from which the gateway exempts itself."""

import pytest

from tests.extensions.conftest import Recipe

BODIES = {"/graphql": {"query": '{ get(path: "/balance") }'}, "/aggregate": ["/balance"]}
ANSWERS = {"/graphql": {"data": {"get": {"balance": 100}}}, "/aggregate": {"/balance": {"balance": 100}}}

endpoints = pytest.mark.parametrize("endpoint", BODIES)


@endpoints
def test_an_exempt_gateway_answers(recipe: Recipe, endpoint: str) -> None:
    client = recipe("Protect forms with CSRFProtect").app.test_client()
    answer = client.post(endpoint, json=BODIES[endpoint])
    assert (answer.status_code, answer.json) == (200, ANSWERS[endpoint])


def test_the_apps_other_routes_stay_protected(recipe: Recipe) -> None:
    client = recipe("Protect forms with CSRFProtect").app.test_client()
    assert client.post("/transfer").status_code == 400
    assert client.post("/transfer", json={}).status_code == 400


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", None]
)
@endpoints
def test_what_a_foreign_form_can_send_is_refused(recipe: Recipe, endpoint: str, content_type: str | None) -> None:
    module = recipe("Protect forms with CSRFProtect")
    asked = []
    module.app.before_request(lambda: asked.append(1))
    answer = module.app.test_client().post(endpoint, data=b'["/balance"]', content_type=content_type)
    assert (answer.status_code, len(asked)) == (415, 1)


def test_the_gateway_is_no_way_to_the_protected_route(recipe: Recipe) -> None:
    client = recipe("Protect forms with CSRFProtect").app.test_client()
    assert client.post("/aggregate", json=["/transfer"]).json["/transfer"]["status"] == 405
    assert client.get("/transfer").status_code == 405
