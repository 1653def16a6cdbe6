"""The blueprint of a gateway, and the checks of what a gateway is made of and put on."""

from typing import Any

from flask import Blueprint, Flask

from restgql.errors import ConfigError


class GatewayBlueprint(Blueprint):
    """The blueprint of one gateway. An app registers it once."""

    def register(self, app: Any, options: dict[str, Any]) -> None:
        """Register the blueprint. Raises ConfigError if the app has it already."""
        if any(blueprint is self for blueprint in getattr(app, "blueprints", {}).values()):
            raise ConfigError(
                f"The gateway {self.name!r} is on this app already. Use one of Gateway(app), gateway.init_app(app) and "
                "app.register_blueprint(gateway.blueprint). For a prefix, write Gateway(url_prefix=…)."
            )
        super().register(app, options)


def check_name(name: str) -> None:
    """Raise ConfigError for a name that is no name of a blueprint."""
    if not name or "." in name:
        raise ConfigError(f"name = {name!r}: it takes a word without a dot, such as 'partners'.")


def check_graphene_type(key: str, value: Any) -> None:
    """Raise ConfigError for a value that is no graphene type."""
    if value is not None and not hasattr(value, "_meta"):
        raise ConfigError(
            f"{key} = {value!r}: it takes a subclass of graphene.ObjectType. Types in SDL are the files of schema=."
        )


def check_app(app: Any) -> None:
    """Raise ConfigError for an object that is not a Flask app, or an app whose views are called from an ASGI stack."""
    if not isinstance(app, Flask):
        kind = f"{type(app).__module__}.{type(app).__name__}".removeprefix("builtins.")
        cure = "Put it on the app that registers the blueprint" if isinstance(app, Blueprint) else "Pass the app itself"
        raise ConfigError(f"A gateway is put on a Flask app, and this is a {kind}. {cure}: Gateway(app).")
    if type(app.json).__module__.partition(".")[0] == "connexion":
        raise ConfigError(
            "The views of this Flask app belong to Connexion 3, which calls them from an ASGI stack of its own: a "
            "gateway on the app cannot ask for them. Serve the app as it is, and put the gateway on another Flask app, "
            'with upstreams={"/api": "http://…"}.'
        )
