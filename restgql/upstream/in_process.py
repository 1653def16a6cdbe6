"""The dispatcher into a Flask app: each sub-request is matched, checked, and sent."""

import msgspec
from flask import Flask
from werkzeug.routing import MapAdapter

from restgql.errors import NotAllowed
from restgql.formats.target import Site
from restgql.model import RouteKey, SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import environ
from restgql.upstream.contexts import current_request_context
from restgql.upstream.fast_path.match_cache import MATCH_CACHE, MATCHED, MatchCache, Matched, is_kept
from restgql.upstream.outer_request import GATE, Gate
from restgql.upstream.route_hints import hint_of
from restgql.upstream.routes import Routes
from restgql.upstream.wsgi import WsgiDispatcher

_UNROUTED = frozenset({404, 405})
"""The statuses with which Flask answers a path or a method that no route has."""


class InProcess:
    """The dispatcher of one operation into `app`: each sub-request is matched, checked, and sent through `wsgi`.

    It caches matches if they depend only on path and method. The app `is_plain` if it also has no middleware: then a
    request that was checked is sent with its match. If it `suggests`, a path that no route answers gets a hint.
    """

    def __init__(
        self,
        app: Flask,
        wsgi: WsgiDispatcher,
        routes: Routes,
        adapter: MapAdapter,
        site: Site,
        *,
        caches_matches: bool,
        is_plain: bool,
        suggests: bool = False,
    ) -> None:
        self._app = app
        self._wsgi = wsgi
        self._routes = routes
        self._adapter = adapter
        self._site = site
        self.is_plain = is_plain
        self._suggests = suggests
        self._route_cache = routes.route_cache() if caches_matches else None
        self._matches = {} if self._route_cache is None else self._route_cache.by_client_path
        """Matches of this operation, or of all operations if they depend only on path and method."""
        self._last: tuple[SubRequest | None, Matched | None] = None, None
        """The last request that was matched, in any thread."""

    def route(self, request: SubRequest) -> RouteKey:
        """Return the key of the endpoint that the path matches; all paths without a match share one key."""
        try:
            matched = self._match(request)
        except Exception:  # sending the request raises this again
            matched = None
        return self._routes.key_of(None if matched is None else matched[0])

    def __call__(self, request: SubRequest) -> SubResponse:
        """Return the app's response. Raises NotAllowed, NestedRequest and BadPath."""
        last, matched = self._last
        if last is not request:  # a thread needs the route of a request before its response
            matched = self._match(request)
        if self.is_plain and matched is not None:  # it was checked, and nothing can redirect it
            return self._wsgi(request, {MATCHED: matched, GATE: None})
        extra: environ.Environ = {GATE: gate_of(self._routes, request.opens)} if request.opens else {}
        if self._route_cache is not None:
            extra[MATCH_CACHE] = MatchCache(self._app, self._route_cache.by_app_path, opens=request.opens)
        response = self._wsgi(request, extra)
        if self._suggests and matched is None and response.status in _UNROUTED and response.failure is None:
            return msgspec.structs.replace(response, hint=self._hint(request))
        return response

    def _match(self, request: SubRequest) -> Matched | None:
        key = request.method, request.target.path, request.opens, self._site.mount
        matched = self._matches.get(key)
        if matched is None:
            try:
                match = self._routes.match
                matched = match(self._adapter, self._site, request.target, request.method, opens=request.opens)
            except NotAllowed as exc:
                hint = self._hint(request) if self._suggests else ""
                raise NotAllowed(hint or exc.message) from exc
            if matched is not None and is_kept(key):  # the target of a redirect may depend on more
                self._matches[key] = matched
        self._last = request, matched
        return matched

    def _hint(self, request: SubRequest) -> str:
        return hint_of(self._routes, self._adapter, self._site, request.target, request.method)


def gate_of(routes: Routes, opens: str = "") -> Gate:
    """Return a check of the rule that a sub-request matched in the app."""

    def gate() -> None:
        request = current_request_context().request
        if request.url_rule is not None:
            routes.exposure.check(request.url_rule, request.path, opens)

    return gate
