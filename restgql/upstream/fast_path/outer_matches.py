"""The cache of route matches of the requests to the gateways on an app."""

from collections.abc import Set
from copy import copy
from typing import Any

from flask import Flask
from flask.ctx import RequestContext

from restgql.upstream.fast_path.eligibility import has_flasks_steps, has_plain_routing
from restgql.upstream.fast_path.match_cache import MatchKey, Routed, is_kept
from restgql.upstream.rules_version import rules_version

_MAX_MATCHES = 256
# Everything from which Werkzeug makes a URL adapter (`Map.bind_to_environ`) except the query string, and its match.
_ROUTED_BY = (
    "PATH_INFO",
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_CONNECTION",
    "HTTP_UPGRADE",
)


class OuterMatches:
    """The cached matches of requests to `endpoints` of `app`, the gateways' own."""

    def __init__(self, app: Flask, endpoints: Set[str]) -> None:
        self.app = app
        self._endpoints = endpoints
        self._by_key: dict[MatchKey, Routed] = {}

    def is_of(self, app: object) -> bool:
        """Return True if the cache belongs to this app."""
        return self.app is app

    def key_of(self, environ: dict[str, Any]) -> MatchKey:
        """Return the key of a request in the cache: another one after the rules have changed."""
        return rules_version(self.app), *map(environ.get, _ROUTED_BY)

    def get(self, key: MatchKey) -> Routed | None:
        """Return the cached match of a request with its URL adapter and host, or None if the app has to route it."""
        routed, app = self._by_key.get(key), self.app
        if routed is None:
            return None
        adapter = routed[1]
        assert adapter is not None
        return routed if has_flasks_steps(app) and has_plain_routing(app, adapter) else None

    def learn(self, key: MatchKey, context: Any) -> None:
        """Cache the match of a request to one of the endpoints; no hook has run yet."""
        request = context.request
        if request.endpoint not in self._endpoints or type(context) is not RequestContext or not is_kept(key):
            return
        if len(self._by_key) >= _MAX_MATCHES:
            self._by_key = {}
        match = request.url_rule, dict(request.view_args or {})
        self._by_key[key] = match, copy(context.url_adapter), request.host  # a hook may change its request's adapter
