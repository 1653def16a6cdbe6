"""What all requests to an app have to know of the gateways on it."""

import logging
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, Response

_ATTRIBUTE = "restgql_gateways"
_REFUSED = frozenset({301, 302, 303, 307, 400, 401, 403})


@dataclass
class Gateways:
    """The gateways on one app: their endpoints, those of these that run `without_hooks`, and their blueprints."""

    endpoints: set[str] = field(default_factory=set)
    without_hooks: set[str] = field(default_factory=set)
    blueprints: list[Blueprint] = field(default_factory=list)
    has_begun: bool = False
    has_logged_guard: bool = False

    @classmethod
    def on(cls, app: Flask) -> "Gateways":
        """Return the gateways on an app; an empty record at the first call."""
        gateways: Gateways | None = getattr(app, _ATTRIBUTE, None)  # every request to the app asks for it
        if gateways is None:
            gateways = cls()
            setattr(app, _ATTRIBUTE, gateways)
        return gateways

    def begin(self, app: Flask) -> None:
        """Exempt the gateways from CSRFProtect before the first request: it may be put on the app after them.

        A POST to a gateway is JSON, or has a header of its own, which no form of another site can send; and each
        sub-request is checked.
        """
        self.has_begun = True
        protection: Any = app.extensions.get("csrf")
        for blueprint in self.blueprints if hasattr(protection, "exempt") else ():
            protection.exempt(blueprint)

    def log_guard(self, request: Any, response: Response) -> None:
        """Log once that a hook of the app has answered a POST to a gateway in its place."""
        if self.has_logged_guard or request.method != "POST" or response.status_code not in _REFUSED:
            return
        self.has_logged_guard = True
        logging.getLogger("restgql").warning(
            "A hook of the app answered POST %s with %d before the gateway could. If clients like this one should ask "
            "it, exempt the endpoint %s in that hook, or set RESTGQL_HOOKS = False: each sub-request is guarded as "
            "before.",
            request.path,
            response.status_code,
            request.endpoint,
        )
