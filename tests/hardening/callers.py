"""Users, their header fields, and the routes that they visit."""

from typing import Any

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user

from tests.hardening.own_types import CALLER, correlation

Headers = dict[str, str]


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.name = name


def visited(app: Flask) -> None:
    """Give an app the things that a resolver may look at: a session, a user, `g` and a context variable."""
    app.secret_key = "a secret"
    app.config["SESSION_COOKIE_NAME"] = "session"
    logins = LoginManager(app)
    logins.request_loader(lambda request: User(f"user {request.headers.get(CALLER)}"))

    @app.before_request
    def remember() -> None:
        g.caller = f"g {request.headers.get(CALLER)}"
        correlation.set(f"context {request.headers.get(CALLER)}")


def headers_of(app: Flask, caller: str) -> Headers:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return {CALLER: caller, "Cookie": f"session={serializer.dumps({'name': f'session {caller}'})}"}


def who() -> dict[str, Any]:
    """The answer of GET /who, which says who asks."""
    seen = {"caller": request.headers.get(CALLER), "g": g.caller}
    return {**seen, "session": session.get("name"), "user": current_user.name}


def paths(errors: list[Any]) -> set[tuple[str | int, ...]]:
    return {tuple(error["path"]) for error in errors}
