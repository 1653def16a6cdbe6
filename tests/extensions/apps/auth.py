"""The smallest app for each extension that knows who asks: sessions, logins, tokens, roles."""

from typing import Any

import cachelib
import flask_session
from beaker.middleware import SessionMiddleware
from flask import Flask, request, session
from flask.sessions import SessionInterface
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt_identity,
    jwt_required,
    set_access_cookies,
)
from flask_login import LoginManager, UserMixin, current_user, fresh_login_required, login_required, login_user
from flask_principal import Identity, Permission, Principal, RoleNeed, identity_changed, identity_loaded
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore, auth_required, roles_required
from flask_security import UserMixin as SecurityUser
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from tests.extensions.setting import Setting

SECRET = "a secret of at least thirty-two bytes"


def by_login(setting: Setting) -> Flask:
    app = Flask("app")
    app.secret_key = SECRET
    with setting.gateway(app):
        logins = LoginManager(app)

        class User(UserMixin):
            def __init__(self, name: str) -> None:
                self.id = name

        logins.user_loader(User)

        @app.post("/login")
        def login() -> Any:
            login_user(User("ann"), remember=True)
            return {"user": current_user.id}

        @app.get("/me")
        @login_required
        def me() -> Any:
            return {"user": current_user.id}

        @app.get("/settings")
        @fresh_login_required
        def settings() -> Any:
            return {"theme": "dark"}

    return app


def by_principal(setting: Setting) -> Flask:
    app = Flask("app")
    app.secret_key = SECRET
    with setting.gateway(app):
        Principal(app)

        @app.post("/login")
        def login() -> Any:
            identity_changed.send(app, identity=Identity("ann"))
            return {"user": "ann"}

        @app.get("/admin")
        @Permission(RoleNeed("admin")).require(403)
        def admin() -> Any:
            return {"secret": 42}

        def provide(sender: Any, identity: Identity) -> None:
            if identity.id == "ann":
                identity.provides.add(RoleNeed("admin"))

        app.extensions["provide"] = provide  # signals hold their receivers weakly
        identity_loaded.connect(provide, app)
    return app


def by_token(setting: Setting) -> Flask:
    app = Flask("app")
    app.config.update(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies"], JWT_ACCESS_TOKEN_EXPIRES=False)
    with setting.gateway(app):
        JWTManager(app)

        @app.post("/login")
        def login() -> Any:
            return {"token": create_access_token("ann")}

        @app.post("/login/cookie")
        def login_by_cookie() -> Any:
            response = app.json.response({})
            set_access_cookies(response, create_access_token("ann"))
            return response

        @app.get("/me")
        @jwt_required()
        def me() -> Any:
            return {"user": get_jwt_identity()}

        @app.post("/orders")
        @jwt_required()
        def order() -> Any:
            return {"by": get_jwt_identity(), "item": request.get_json()["item"]}, 201

    return app


def by_security(setting: Setting) -> Flask:
    app = Flask("app")
    app.config.update(
        SECRET_KEY=SECRET,
        SECURITY_PASSWORD_HASH="plaintext",  # a hash takes longer than the tests
        SECURITY_PASSWORD_SCHEMES=["plaintext"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_CSRF_PROTECT_MECHANISMS=["session"],
        WTF_CSRF_CHECK_DEFAULT=False,  # Flask-Security checks where these mechanisms log in
        SQLALCHEMY_DATABASE_URI="sqlite://",
    )
    with setting.gateway(app):
        CSRFProtect(app)
        database = SQLAlchemy(app)
        column, integer, text = database.Column, database.Integer, database.String
        user_id, role_id = database.ForeignKey("user.id"), database.ForeignKey("role.id")
        roles_users = database.Table("roles_users", column("user", user_id), column("role", role_id))

        class Role(database.Model, RoleMixin):  # type: ignore[misc,name-defined]
            id = column(integer, primary_key=True)
            name = column(text, unique=True)

        class User(database.Model, SecurityUser):  # type: ignore[misc,name-defined]
            id = column(integer, primary_key=True)
            email = column(text, unique=True)
            password = column(text)
            active = column(database.Boolean)
            fs_uniquifier = column(text, unique=True)
            roles = database.relationship("Role", secondary=roles_users)

        store = SQLAlchemyUserDatastore(database, User, Role)
        Security(app, store)
        with app.app_context():
            database.create_all()
            role = store.create_role(name="buyer")
            store.create_user(email="ann@example.com", password="password", fs_uniquifier="ann", roles=[role])
            database.session.commit()
        setting.cleanup.callback(_disposed, app, database)

        @app.get("/me")
        @auth_required("session", "token")
        def me() -> Any:
            from flask_security import current_user

            return {"email": current_user.email}

        @app.post("/orders")
        @auth_required("session", "token")
        @roles_required("buyer")
        def order() -> Any:
            return {"item": request.get_json()["item"]}, 201

        @app.get("/admin")
        @auth_required("session", "token")
        @roles_required("admin")
        def admin() -> Any:
            return {}

    return app


def _disposed(app: Flask, database: SQLAlchemy) -> None:
    with app.app_context():
        database.engine.dispose()


def by_session(setting: Setting) -> Flask:
    app = Flask("app")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=cachelib.SimpleCache())
    with setting.gateway(app):
        flask_session.Session(app)
        _add_cart(app, lambda: session)
    return app


def by_beaker(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        config = {"session.type": "memory", "session.key": "beaker", **setting.config}
        app.wsgi_app = SessionMiddleware(app.wsgi_app, config)  # type: ignore[method-assign]
        _add_cart(app, lambda: request.environ["beaker.session"], lambda: request.environ["beaker.session"].save())
    return app


def by_beaker_as_flask_session(setting: Setting) -> Flask:
    """Put Beaker in the place of Flask's sessions, by the interface that its users copy."""

    class Interface(SessionInterface):
        def open_session(self, app: Flask, request: Any) -> Any:
            return request.environ["beaker.session"]

        def save_session(self, app: Flask, session: Any, response: Any) -> None:
            session.save()

    app = Flask("app")
    with setting.gateway(app):
        app.session_interface = Interface()
        config = {"session.type": "memory", "session.key": "beaker", **setting.config}
        app.wsgi_app = SessionMiddleware(app.wsgi_app, config)  # type: ignore[method-assign]
        _add_cart(app, lambda: session)
    return app


def _add_cart(app: Flask, of_request: Any, save: Any = lambda: None) -> None:
    @app.post("/cart")
    def add() -> Any:
        of_request()["cart"] = [*of_request().get("cart", []), request.get_json()["item"]]
        save()
        return {"cart": of_request()["cart"]}

    @app.get("/cart")
    def cart() -> Any:
        return {"cart": of_request().get("cart", [])}
