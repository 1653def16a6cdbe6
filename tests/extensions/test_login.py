"""Flask-Login's guard, and a login inside a batch."""

from typing import Any

import pytest

from tests.extensions.conftest import Recipe
from tests.extensions.recipes import block

LOCATION = "/login?next=%2Fme"


@pytest.fixture
def module(recipe: Recipe) -> Any:
    return recipe("Guard routes with Flask-Login")


def test_a_redirect_to_the_login_page_is_not_data(module: Any) -> None:
    client = module.app.test_client()
    direct = client.get("/me")
    assert (direct.status_code, direct.location) == (302, LOCATION)
    answer = client.post("/graphql", json={"query": '{ me: get(path: "/me") news: get(path: "/news") }'}).json
    assert answer["data"] == {"me": None, "news": ["Open to all"]}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["me"], "UPSTREAM_STATUS")
    assert error["extensions"]["http"] == {"status": 302, "headers": {"Location": LOCATION}}


def test_a_redirect_to_the_login_page_is_a_problem_in_an_aggregate(module: Any) -> None:
    client = module.app.test_client()
    answer = client.post("/aggregate", json=["/me", "/news"]).json
    assert answer["/news"] == ["Open to all"]
    assert (answer["/me"]["status"], answer["/me"]["title"]) == (302, "Found")
    assert "form" not in str(answer["/me"])
    part = client.post("/aggregate?envelope=true", json=["/me"]).json["/me"]
    assert (part["status"], part["headers"]["Location"]) == (302, LOCATION)


@pytest.mark.parametrize(
    ("follow", "expected"),
    [
        ("true", {"status": 200, "url": LOCATION, "redirected": True, "contentType": "text/html; charset=utf-8"}),
        ("false", {"status": 302, "url": "/me", "redirected": False, "contentType": "text/html; charset=utf-8"}),
    ],
)
def test_fetch_tells_where_it_ended(module: Any, follow: str, expected: dict[str, Any]) -> None:
    query = f'{{ fetch(path: "/me", followRedirects: {follow}) {{ status url redirected contentType }} }}'
    assert module.app.test_client().post("/graphql", json={"query": query}).json == {"data": {"fetch": expected}}


def test_without_a_login_view_it_is_401(module: Any) -> None:
    module.logins.login_view = None
    answer = module.app.test_client().post("/graphql", json={"query": '{ get(path: "/me") }'}).json
    assert answer["errors"][0]["extensions"]["http"]["status"] == 401


def test_parts_are_the_callers_and_nobody_elses(module: Any) -> None:
    clients = {name: module.app.test_client() for name in ("ann", "bob")}
    for name, client in clients.items():
        assert client.post("/login", data={"name": name}).location == "/me"
    for name, client in clients.items():
        assert client.post("/aggregate", json=["/me"]).json == {"/me": {"name": name}}
    assert module.app.test_client().post("/aggregate", json=["/me"]).json["/me"]["status"] == 302


LOGIN, ME = "/login/a-token-from-an-email", "/me"


@pytest.fixture(params=["new", "known"])
def client(request: pytest.FixtureRequest, recipe: Recipe) -> Any:
    """A client that the app has not seen, and one that already has a session."""
    app = recipe("Log in inside a query").app
    client = app.test_client()
    if request.param == "known":
        with client.session_transaction() as session:
            session["theme"] = "dark"
    return client


def test_what_depends_on_a_login_has_its_cookie(client: Any) -> None:
    answer = client.post("/graphql", json={"query": block("Log in inside a query", "graphql")})
    assert answer.json == {"data": {"login": {"status": 200, "me": {"user": "ann"}}}}
    assert len(answer.headers.getlist("Set-Cookie")) == 1
    assert "Expires=" in answer.headers["Set-Cookie"]
    assert client.get(ME).json == {"user": "ann"}


@pytest.mark.parametrize("paths", [[ME, LOGIN], [LOGIN], [LOGIN, ME]], ids=str)
def test_a_login_holds_wherever_it_stands(client: Any, paths: list[str]) -> None:
    answer = client.post("/aggregate", json=paths)
    assert answer.json[LOGIN] == {"user": "ann"}
    assert len(answer.headers.getlist("Set-Cookie")) <= 1
    assert client.get(ME).json == {"user": "ann"}


def test_a_refused_login_sets_nothing(client: Any) -> None:
    answer = client.post("/aggregate", json=["/login/guessed", ME]).json
    assert (answer["/login/guessed"]["status"], answer[ME]) == (403, {"user": None})
