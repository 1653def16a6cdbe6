"""The record of the gateways on an app, for every request to the app."""

from dataclasses import dataclass, field
from traceback import walk_tb
from typing import Any

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from restgql.log import logger
from restgql.upstream import fast_path
from restgql.upstream.rule_templates import longest_literal

_ATTRIBUTE = "restgql_gateways"
_BEFORE = frozenset({Flask.preprocess_request.__name__, "_preprocess_request"})
"""The functions that call the before_request functions: Flask's and the fast path's."""
_REFUSED = frozenset({301, 302, 303, 307, 400, 401, 403})


@dataclass
class Gateways:
    """The gateways on one app: their endpoints, the endpoints that run `without_hooks`, and their blueprints."""

    endpoints: set[str] = field(default_factory=set)
    without_hooks: set[str] = field(default_factory=set)
    blueprints: list[Blueprint] = field(default_factory=list)
    has_begun: bool = False
    has_logged_guard: bool = False
    has_logged_hook: bool = False
    literals: tuple[str, ...] | None = None
    """Texts of which each path to an endpoint contains one, once the app takes no more rules."""
    matches: Any = None
    """The cached matches of requests to the endpoints, or None if the fast path is off."""

    @classmethod
    def on(cls, app: Flask) -> "Gateways":
        """Return the gateways on an app; create an empty record at the first call."""
        # not getattr: the class of an app may have a __getattr__ that answers every name, as Eve's does
        gateways: Gateways | None = vars(app).get(_ATTRIBUTE)
        if gateways is None:
            gateways = cls()
            gateways.matches = fast_path.outer_matches(app, gateways.endpoints)
            setattr(app, _ATTRIBUTE, gateways)
        return gateways

    def add(self, blueprint: Blueprint, endpoints: frozenset[str], *, hooks: bool) -> None:
        """Add a gateway, whose endpoints run the app's hooks or none."""
        self.endpoints |= endpoints
        self.without_hooks |= frozenset() if hooks else endpoints
        self.blueprints.append(blueprint)
        self.literals = None

    def begin(self, app: Flask) -> None:
        """Exempt the gateways from CSRFProtect before the first request: it may be added to the app after them.

        The app takes no more rules then, so the literals of the gateways' rules are kept.

        A POST to a gateway is JSON, or has a header field of its own, which no form of another site can send; and each
        sub-request is checked.
        """
        self.has_begun = True
        rules = app.url_map.iter_rules()
        texts = {longest_literal(rule) for rule in rules if rule.endpoint in self.endpoints}
        self.literals = tuple(text for text in texts if not any(other in text for other in texts - {text}))
        protection: Any = app.extensions.get("csrf")
        for blueprint in self.blueprints if hasattr(protection, "exempt") else ():
            protection.exempt(blueprint)

    def may_lead(self, path: str) -> bool:
        """Return False if a path leads to no endpoint of a gateway.

        It is asked for every request to the app. Routing would tell for certain, and takes longer.
        """
        if self.literals is None:
            return True
        for literal in self.literals:  # noqa: SIM110, a generator takes twice the time
            if literal in path:
                return True
        return False

    def log_guard(self, request: Any, response: Response) -> None:
        """Log once that a hook of the app has answered a POST to a gateway in its place."""
        if self.has_logged_guard or request.method != "POST" or response.status_code not in _REFUSED:
            return
        self.has_logged_guard = True
        logger.warning(
            "A hook of the app answered POST %s with %d before the gateway could. If clients like this one should ask "
            "it, exempt the endpoint %s in that hook, or set RESTGQL_HOOKS = False: each sub-request is guarded as "
            "before.",
            request.path,
            response.status_code,
            request.endpoint,
        )

    def log_hook(self, environ: dict[str, Any], exception: Exception) -> None:
        """Log once that a before_request function has failed in a sub-request, in the thread of the outer request."""
        frames = {frame.f_code.co_name for frame, _ in walk_tb(exception.__traceback__)}
        if self.has_logged_hook or isinstance(exception, HTTPException) or _BEFORE.isdisjoint(frames):
            return
        self.has_logged_hook = True
        logger.warning(
            "A before_request function failed in the sub-request %s %s (%s: %s). The same functions had run in this "
            "thread for the request to the gateway. If one keeps a connection or a lock by thread, set "
            "RESTGQL_HOOKS = False or RESTGQL_SEQUENTIAL = True.",
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            type(exception).__name__,
            exception,
        )
