"""The cache of route matches by the path that the app sees, after its middleware."""

from typing import Any

from flask import Flask, Request
from werkzeug.routing import MapAdapter, Rule

from restgql.upstream.environ import decoded

MATCHED = "restgql.matched"
"""The environ key of the match of a sub-request that was checked."""
MATCH_CACHE = "restgql.match_cache"
# Besides the path: everything that makes a URL adapter one of WebSockets, or none, such as a host that no URL can have.
_ROUTED_BY = ("REQUEST_METHOD", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "HTTP_CONNECTION", "HTTP_UPGRADE")

Matched = tuple[Rule, dict[str, Any]]
"""The rule that a path matches, and the arguments of its view."""

Routed = tuple[Matched, MapAdapter | None, str | None]
"""A match, and the URL adapter and the host of its request if they are cached, too."""

MatchKey = tuple[object, ...]
"""Everything that the match of a request depends on, including the rule that a typed field opens."""

Matches = dict[MatchKey, Matched]


MAX_KEY = 512
"""The most characters of a key whose match is cached: clients choose the paths."""


def is_kept(key: MatchKey) -> bool:
    """Return True if the match of a key may be cached."""
    return sum(len(part) for part in key if isinstance(part, str)) <= MAX_KEY


class MatchCache:
    """The cached matches of `app`, carried in a sub-request's environ through the app's middleware.

    Once a path has been matched, `request_context` reuses the match instead of routing again. Requests that only a
    typed field permits (`opens`) have separate entries.
    """

    def __init__(self, app: Flask, matches: Matches, *, opens: str) -> None:
        self.app = app
        self._matches = matches
        self._opens = opens

    def is_of(self, app: object) -> bool:
        """Return True if the cache belongs to this app, and not to another that a middleware calls."""
        return self.app is app

    def key_of(self, environ: dict[str, Any]) -> MatchKey:
        """Return the key of a request in the cache."""
        return decoded(environ, "PATH_INFO"), self._opens, *map(environ.get, _ROUTED_BY)

    def get(self, key: MatchKey) -> Routed | None:
        """Return the cached match of a request, or None."""
        matched = self._matches.get(key)
        return None if matched is None else (matched, None, None)

    def learn(self, key: MatchKey, context: Any) -> None:
        """Cache the match of a request that may be answered, in its context; no hook has run yet."""
        request: Request = context.request
        if request.url_rule is not None and request.routing_exception is None and is_kept(key):
            self._matches[key] = request.url_rule, dict(request.view_args or {})
