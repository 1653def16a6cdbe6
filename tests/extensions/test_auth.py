"""Sessions, logins, tokens and roles: each part has the identity of the caller, and a login in a part stays."""

from pathlib import Path
from typing import Any

import pytest
from flask import request

from tests.equality.client import Answer, Headers
from tests.extensions.apps import auth
from tests.extensions.logins import log_in_by_security
from tests.extensions.setting import SETTINGS, Client, cookie_of

settings = pytest.mark.parametrize("options", SETTINGS)

LOG_IN_AND_ORDER = """
mutation ($login: String!, $path: String!) {
  login: post(path: $login, body: {}) { status }
  after: post(path: $path, body: {item: "tea"}) { status json }
}
"""


def statuses(client: Client, paths: list[str], headers: Headers = ()) -> list[int]:
    """Return the statuses of the parts of an aggregate."""
    return [part["status"] for part in client.aggregate(paths, headers).values()]


@settings
def test_flask_login_a_login_in_a_part_stays(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(auth.by_login(make_setting(**options)))
    outer = client.mutate("/login", {}).outer
    assert {value.partition("=")[0] for value in outer.all("Set-Cookie")} == {"session", "remember_token"}
    assert statuses(client, ["/me", "/settings"], cookie_of(outer)) == [200, 200]
    assert statuses(client, ["/me", "/settings"]) == [401, 401]
    (remembered,) = [pair for _, value in cookie_of(outer) for pair in value.split("; ") if "remember" in pair]
    assert statuses(client, ["/me", "/settings"], [("Cookie", remembered)]) == [200, 401]  # it is not fresh
    assert client.get("/settings", [("Cookie", remembered)]).status == 401


@settings
def test_flask_principal_each_part_has_the_callers_roles(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(auth.by_principal(make_setting(**options)))
    assert client.get_values(["/admin"]) == [None]
    outer = client.mutate("/login", {}).outer
    assert client.get_values(["/admin", "/admin?again"], cookie_of(outer)) == [{"secret": 42}] * 2
    assert statuses(client, ["/admin"]) == [403]


@settings
def test_flask_jwt_extended_a_mutation_by_cookie_needs_its_csrf_header(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(auth.by_token(make_setting(**options)))
    ((name, cookie),) = cookie_of(client.mutate("/login/cookie", {}).outer)
    csrf = dict(pair.split("=", 1) for pair in cookie.split("; "))["csrf_access_token"]
    order, by_cookie = {"item": "tea"}, [(name, cookie)]
    refused = client.send("/orders", order, by_cookie)
    through = client.mutate("/orders", order, by_cookie)
    assert (through.status, through.json) == (refused.status, refused.json) == (401, {"msg": "Missing CSRF token"})
    assert client.mutate("/orders", order, [*by_cookie, ("X-CSRF-TOKEN", csrf)]).json == {"by": "ann", "item": "tea"}
    assert client.get_values(["/me"], by_cookie) == [{"user": "ann"}]


@settings
def test_flask_jwt_extended_a_token_from_a_part_is_for_the_next_operation(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(auth.by_token(make_setting(**options)))
    token = client.mutate("/login", {}).json["token"]
    assert client.get_values(["/me"], [("Authorization", f"Bearer {token}")]) == [{"user": "ann"}]
    assert client.get_values(["/me"], [("Authorization", f"Bearer {token}x")]) == [None]


@settings
@pytest.mark.parametrize(
    ("make", "login"), [(auth.by_login, "/login"), (auth.by_token, "/login/cookie")], ids=["login", "jwt"]
)
def test_what_comes_after_a_login_in_the_same_operation_has_its_cookies(
    make_setting: Any, options: dict[str, Any], make: Any, login: str
) -> None:
    app = make(make_setting(**options))
    client, path = Client(app), "/login" if make is auth.by_login else "/orders"
    answer = client.query(LOG_IN_AND_ORDER, {"login": login, "path": path}).json["data"]
    # the cookie of the token is there, and its CSRF header is not: no client could have known it
    assert answer["after"]["status"] == (200 if make is auth.by_login else 401)
    assert answer["after"]["json"] == ({"user": "ann"} if make is auth.by_login else {"msg": "Missing CSRF token"})


@settings
def test_flask_security_a_session_needs_the_csrf_token_and_an_auth_token_does_not(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(auth.by_security(make_setting(**options)))
    answer = log_in_by_security(client)
    token, csrf = (answer.json["response"][key] for key in ("user", "csrf_token"))
    by_session, order = cookie_of(answer), {"item": "tea"}
    assert client.mutate("/orders", order).status == client.send("/orders", order).status == 401
    assert client.mutate("/orders", order, by_session).status == client.send("/orders", order, by_session).status == 400
    assert client.mutate("/orders", order, [*by_session, ("X-CSRFToken", csrf)]).json == order
    assert client.mutate("/orders", order, by_session, own=[("X-CSRFToken", csrf)]).json == order
    assert client.mutate("/orders", order, [("Authentication-Token", token["authentication_token"])]).json == order
    assert statuses(client, ["/me", "/admin"], by_session) == [200, 403]


class Through:
    """A client for `log_in_by_security` that sends its requests through the gateway."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, headers: Headers) -> Answer:
        through = self.client.fetch(path)
        return Answer(through.status, through.outer.headers, through.body or b"")

    def send(self, path: str, body: Any, headers: Headers) -> Answer:
        through = self.client.mutate(path, body, headers)
        return Answer(through.status, through.outer.headers, through.body or b"")


@settings
def test_flask_security_a_login_by_json_through_the_gateway_stays(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(auth.by_security(make_setting(**options)))
    answer = log_in_by_security(Through(client))  # type: ignore[arg-type]
    assert answer.status == 200
    assert client.get_values(["/me"], cookie_of(answer)) == [{"email": "ann@example.com"}]


@settings
def test_flask_security_a_part_is_refused_as_json(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(auth.by_security(make_setting(**options)))
    assert client.get("/me", [("Accept", "text/html")]).status == 302  # what a browser is answered
    through = client.fetch("/me", [("Accept", "text/html, application/json")])
    assert (through.status, through.json["meta"]) == (401, {"code": 401})


@settings
@pytest.mark.parametrize("make", [auth.by_session, auth.by_beaker])
def test_flask_session_and_beaker_what_a_part_writes_stays(
    make_setting: Any, options: dict[str, Any], make: Any
) -> None:
    client = Client(make(make_setting(**options)))
    query = """mutation { a: post(path: "/cart", body: {item: "tea"}) { json }
                          b: post(path: "/cart", body: {item: "milk"}) { json } }"""
    outer = client.query(query)
    assert outer.json["data"]["b"]["json"] == {"cart": ["tea", "milk"]}
    assert client.get_values(["/cart"], cookie_of(outer)) == [{"cart": ["tea", "milk"]}]
    client.query(query, headers=cookie_of(outer))
    assert client.get("/cart", cookie_of(outer)).json == {"cart": ["tea", "milk"] * 2}


def read_session() -> None:
    request.environ["beaker.session"].get("cart")


def log_visit() -> None:
    session = request.environ["beaker.session"]
    session["visits"] = session.get("visits", 0) + 1
    session.save()


@pytest.mark.parametrize("options", [SETTINGS[1], SETTINGS[3], SETTINGS[4]])
@pytest.mark.parametrize("kind", ["memory", "file", "cookie", "auto"])
@pytest.mark.parametrize("hook", [None, read_session, log_visit])
@pytest.mark.parametrize("make", [auth.by_beaker, auth.by_beaker_as_flask_session])
def test_beaker_what_a_part_writes_stays_where_a_hook_of_the_outer_request_uses_the_session(
    make_setting: Any, tmp_path: Path, options: dict[str, Any], make: Any, hook: Any, kind: str
) -> None:
    config = {
        "memory": {"session.type": "memory"},
        "auto": {"session.type": "memory", "session.auto": True},
        "file": {"session.type": "file", "session.data_dir": str(tmp_path)},
        "cookie": {"session.type": "cookie", "session.validate_key": "key", "session.data_serializer": "json"},
    }[kind]
    outcomes = []
    for through in (False, True):
        client = Client(make(make_setting(**options, config=config)))
        if hook is not None:
            client.app.before_request(lambda: hook() if request.path != "/cart" else None)
        cookie = cookie_of(client.send("/cart", {"item": "tea"}))
        if through:
            answer = client.mutate("/cart", {"item": "milk"}, cookie).outer
        else:
            answer = client.send("/cart", {"item": "milk"}, cookie)
        cookie = cookie_of(answer) if kind == "cookie" else cookie
        outcomes.append(client.get("/cart", cookie).json)
    assert outcomes == [{"cart": ["tea", "milk"]}] * 2


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_beaker_what_a_hook_of_the_outer_request_writes_stays_beside_it(
    make_setting: Any, tmp_path: Path, kind: str
) -> None:
    config = {"session.type": kind, "session.data_dir": str(tmp_path)}
    client = Client(auth.by_beaker(make_setting(order="last", config=config)))
    client.app.before_request(lambda: log_visit() if request.path == "/aggregate" else None)
    client.app.add_url_rule("/all", "all", lambda: {"visits": request.environ["beaker.session"].get("visits")})
    cookie = cookie_of(client.send("/cart", {"item": "tea"}))
    client.aggregate(["/cart"], cookie)
    parts = client.aggregate(["/all", "/cart"], cookie)
    assert [part["body"] for part in parts.values()] == [{"visits": 2}, {"cart": ["tea"]}]
