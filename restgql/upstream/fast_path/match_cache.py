"""What is behind an app's middleware: the way from there on, for a sub-request whose path is known."""

from typing import Any

from flask import Flask, Request

from restgql.upstream.environ import decoded
from restgql.upstream.fast_path.context import Matched

CORE = "restgql.core"
# Besides the path: what makes a URL adapter one of WebSockets, or none, as a host does that no URL can have.
_ROUTED_BY = ("REQUEST_METHOD", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "HTTP_CONNECTION", "HTTP_UPGRADE")

MatchKey = tuple[object, ...]
"""All that the match of a request depends on, and whether a field of its own opened it."""

Matches = dict[MatchKey, Matched]


MAX_KEY = 512
"""The characters of a key whose match is kept: clients choose the paths."""


def is_kept(key: MatchKey) -> bool:
    """Return True if the match of a key may be kept."""
    return sum(len(part) for part in key if isinstance(part, str)) <= MAX_KEY


class MatchCache:
    """The app behind its middleware, as the sub-requests of one operation come to it: their environ has it as CORE, and
    what comes to a path again takes the cheap way from there. What is `opened` is matched apart."""

    def __init__(self, app: Flask, matches: Matches, *, opened: bool) -> None:
        self.app = app
        self._matches = matches
        self._opened = opened

    def is_of(self, app: object) -> bool:
        """Whether it is this app, and no other one that a middleware leads to."""
        return self.app is app

    def at(self, environ: dict[str, Any]) -> MatchKey:
        """What to remember a request by."""
        return decoded(environ, "PATH_INFO"), self._opened, *map(environ.get, _ROUTED_BY)

    def matched(self, at: MatchKey) -> Matched | None:
        """The match of a request that was matched before, None of any other."""
        return self._matches.get(at)

    def learn(self, at: MatchKey, request: Request) -> None:
        """Remember the match of a request that may be answered; no hook has seen it yet."""
        if request.url_rule is not None and request.routing_exception is None and is_kept(at):
            self._matches[at] = request.url_rule, dict(request.view_args or {})
