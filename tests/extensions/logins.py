"""The identities that clients ask with: each logs in, and gives the header fields of what it has then."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.equality.client import Answer, Headers
from tests.extensions.setting import Client, cookie_of

Login = Callable[[Client], Headers]
ANONYMOUS: Mapping[str, Login] = {"anonymous": lambda client: ()}


def with_cookie(path: str, body: Any = None) -> Mapping[str, Login]:
    return {**ANONYMOUS, "logged in": lambda client: cookie_of(client.send(path, body or {}))}


def by_token(client: Client) -> Headers:
    return [("Authorization", f"Bearer {client.send('/login', {}).json['token']}")]


def by_token_in_a_cookie(client: Client) -> Headers:
    (_, cookie), *_ = cookies = cookie_of(client.send("/login/cookie", {}))
    csrf = dict(pair.split("=", 1) for pair in cookie.split("; "))["csrf_access_token"]
    return [*cookies, ("X-CSRF-TOKEN", csrf)]


ANN = {"email": "ann@example.com", "password": "password"}


def log_in_by_security(client: Client) -> Answer:
    """Log in by JSON, with the CSRF token that the login page gives as JSON."""
    page = client.get("/login", [("Accept", "application/json")])
    token = page.json["response"]["csrf_token"]
    return client.send("/login?include_auth_token", ANN, [*cookie_of(page), ("X-CSRFToken", token)])


def by_security_token(client: Client) -> Headers:
    token = log_in_by_security(client).json["response"]["user"]["authentication_token"]
    return [("Authentication-Token", token)]


def by_security_session(client: Client) -> Headers:
    answer = log_in_by_security(client)
    return [*cookie_of(answer), ("X-CSRFToken", answer.json["response"]["csrf_token"])]
