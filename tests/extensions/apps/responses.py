"""The smallest app for each extension that changes, counts or keeps responses."""

from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_babel import Babel, format_decimal, get_locale
from flask_caching import Cache
from flask_compress import Compress
from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from whitenoise import WhiteNoise

from tests.extensions.setting import Setting

ASSETS = Path(__file__).parents[3] / "schema"


def by_limiter(setting: Setting) -> Flask:
    """Limit each client to two requests an hour to each route, the gateway's too."""
    app = Flask("app")
    with setting.gateway(app):
        Limiter(
            lambda: request.headers.get("X-Api-Key") or get_remote_address(),
            app=app,
            default_limits=["2 per hour"],
            headers_enabled=True,
            storage_uri="memory://",
        )
        app.add_url_rule("/prices/<int:id>", "price", lambda id: {"id": id})
    return app


def by_caching(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})
        views, sums = count(1), count(1)

        @app.get("/pages/<int:id>")
        @cache.cached(timeout=60, query_string=True, response_hit_indication=True)  # type: ignore[untyped-decorator]
        def page(id: int) -> Any:
            return {"id": id, "sort": request.args.get("sort"), "view": next(views)}

        @cache.memoize(60)  # type: ignore[untyped-decorator]
        def total(id: int) -> int:
            return next(sums)

        @app.get("/totals/<int:id>")
        def totals(id: int) -> Any:
            return {"total": total(id)}

        @app.post("/pages/clear")
        def clear() -> Any:
            return {"cleared": cache.clear()}

    return app


def by_compress(setting: Setting) -> Flask:
    app = Flask("app")
    app.config.update(setting.config)
    with setting.gateway(app):
        Compress(app)
        app.add_url_rule("/rows", "rows", lambda: [{"id": id, "name": "a name"} for id in range(200)])
    return app


def by_talisman(setting: Setting) -> Flask:
    app = Flask("app")
    app.secret_key = "secret"
    with setting.gateway(app):
        Talisman(app)
        app.add_url_rule("/rows", "rows", lambda: {"rows": [1, 2]})
        app.add_url_rule("/rows", "add", lambda: ({"added": request.get_json()}, 201), methods=["POST"])
    return app


def by_cors(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        CORS(app, resources={"/open/*": {"origins": "*", "expose_headers": ["X-Total"]}})
        app.add_url_rule("/open/rows", "rows", lambda: ([1], {"X-Total": "1"}))
        app.add_url_rule("/own/rows", "own", lambda: [2])
    return app


def by_babel(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        Babel(app, locale_selector=lambda: request.accept_languages.best_match(["en", "de", "fr"]))

        @app.get("/price")
        def price() -> Any:
            return {"price": format_decimal(1234.5)}, {"Content-Language": str(get_locale()), "Vary": "Accept-Language"}

    return app


def by_socketio(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        sockets = SocketIO(app, async_mode="threading")

        @app.get("/orders/<int:id>")
        def order(id: int) -> Any:
            sockets.emit("read", {"id": id})
            return {"id": id}

        @app.post("/orders")
        def add() -> Any:
            sockets.emit("added", request.get_json())
            return {"id": 7}, 201

    return app


def by_whitenoise(setting: Setting) -> Flask:
    app = Flask("app", static_folder=None)
    with setting.gateway(app):
        app.wsgi_app = WhiteNoise(app.wsgi_app, root=ASSETS, prefix="assets/")  # type: ignore[method-assign]
        app.add_url_rule("/rows", "rows", lambda: [1])
    return app


def by_wtf(setting: Setting) -> Flask:
    app = Flask("app")
    app.secret_key = "secret"
    with setting.gateway(app):
        CSRFProtect(app)
        app.add_url_rule("/balance", "balance", lambda: {"balance": 100})
        app.add_url_rule("/token", "token", lambda: {"token": generate_csrf()})
        app.add_url_rule("/transfer", "transfer", lambda: {"balance": 0}, methods=["POST"])
    return app


def by_sqlalchemy(setting: Setting) -> Flask:
    app = Flask("app")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    with setting.gateway(app):
        database = SQLAlchemy(app)

        class Row(database.Model):  # type: ignore[misc,name-defined]
            id = database.Column(database.Integer, primary_key=True)
            name = database.Column(database.String)

        with app.app_context():
            database.create_all()
        setting.cleanup.callback(_dispose, app, database)

        @app.get("/rows")
        def rows() -> Any:
            return [row.name for row in database.session.scalars(database.select(Row))]

        @app.post("/rows")
        def add() -> Any:
            database.session.add(Row(name=request.get_json()["name"]))
            database.session.commit()
            return {}, 201

    return app


def _dispose(app: Flask, database: SQLAlchemy) -> None:
    with app.app_context():
        database.engine.dispose()
