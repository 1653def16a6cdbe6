"""The exposed routes of a Flask app, and the match of every sub-request with one of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, get_args
from urllib.parse import unquote

import msgspec
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from restgql import view_functions
from restgql.config import Verb
from restgql.errors import BadPath
from restgql.formats.remote_upstream import RemoteUpstream
from restgql.formats.target import Site, Target
from restgql.model import RouteKey
from restgql.schema.coverage import normalize_template
from restgql.upstream.exposure import Exposure
from restgql.upstream.fast_path.match_cache import Matched, Matches
from restgql.upstream.route_index import Near, RouteIndex
from restgql.upstream.routing import walk
from restgql.upstream.rule_templates import RuleTemplates
from restgql.upstream.rules_version import rules_version
from restgql.upstream.text_map import TextMap, text_map_of

MAX_MATCHES = 2_048


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An exposed route. `path` is a URI template (RFC 6570)."""

    path: str
    endpoint: str
    methods: tuple[str, ...]
    parameters: tuple[str, ...]
    description: str | None
    typed: bool = False


class RouteCache(msgspec.Struct, frozen=True, eq=False):
    """Cached route matches, for apps whose routing depends only on path and method. Dropped when the rules change.

    `by_client_path` has the matches by the path that the client sent, `by_app_path` by the path after middleware.
    """

    version: object
    by_client_path: dict[tuple[str, str, str, str], Matched] = {}
    by_app_path: Matches = {}

    @property
    def size(self) -> int:
        return max(len(self.by_client_path), len(self.by_app_path))


class Reachable(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of an exposed route. `path` is a URI template, `parameters` are its converters by variable."""

    path: str
    endpoint: str
    methods: tuple[str, ...]
    parameters: dict[str, str]
    view: Callable[..., Any] | None


class Routes:
    """The routes of `app` that `patterns` allow, and the remote upstreams, which their prefixes allow.

    `is_gateway` is True for the endpoints of a gateway.
    """

    def __init__(
        self,
        app: Flask,
        patterns: list[str] | None,
        methods: frozenset[str],
        is_gateway: Callable[[str], bool],
        remotes: tuple[RemoteUpstream, ...] = (),
    ) -> None:
        self._app = app
        self._is_gateway = is_gateway
        self._remotes = remotes
        self.methods = methods
        self.templates = RuleTemplates(app)
        self.exposure = Exposure(app, patterns, is_gateway, self.templates)
        self.typed: frozenset[tuple[str, str]] = frozenset()
        """The methods and shapes of the routes of typed fields, once these are known."""
        self._route_cache = RouteCache(None)
        self._fingerprint: tuple[object, str] = None, ""
        self._text_maps: tuple[object, TextMap | None] = None, None
        """The map for routing by text, with the version of the rules that it was built from."""
        self._keys: dict[object, RouteKey] = {}
        self._index = RouteIndex()

    def __iter__(self) -> Iterator[Route]:
        """Return the exposed routes by path, without those of the app that an upstream's prefix covers."""
        routes = [*map(self._as_route, self._remotes), *self._of_app()]
        return iter(sorted(routes, key=lambda route: route.path) if self._remotes else routes)

    def reachable(self) -> Iterator[Reachable]:
        """Yield the rules of all exposed routes, also for unsafe methods."""
        for rule in self._app.url_map.iter_rules():
            if not rule.websocket and self.exposure.includes(rule):
                yield self._reached(rule)

    def everything(self) -> Iterator[tuple[str, str]]:
        """Yield methods and templates of all rules and upstreams, exposed or not."""
        for rule in self._app.url_map.iter_rules():
            yield from ((method, self.templates.template_of(rule)) for method in rule.methods or ())
        for remote in self._remotes:
            yield from ((method, self._as_route(remote).path) for method in get_args(Verb))

    def at(self, path: str) -> Reachable | None:
        """Return the rule that a path matches, or None if it is not exposed."""
        try:
            rule, _ = self._app.url_map.bind("localhost").match(path.partition("?")[0], "GET", return_rule=True)
        except HTTPException:
            return None
        return self._reached(rule) if self.exposure.includes(rule) else None

    def near(self, segments: Sequence[str | None]) -> list[Near]:
        """Return the exposed rules that are nearly a path, the nearest first. A segment that is None is a variable."""
        near = self._index.near(self._app.url_map, segments)
        return [each for each in near if not each.rule.websocket and self.exposure.includes(each.rule)]

    def rule_at(self, adapter: MapAdapter, path: str) -> Rule | None:
        """Return the rule that a decoded path leads to, whatever its methods."""
        return self._walk(adapter, path, "GET")[1]

    def _reached(self, rule: Rule) -> Reachable:
        return Reachable(
            path=self.templates.template_of(rule),
            endpoint=rule.endpoint,
            methods=tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})),
            parameters=self.templates.converters_of(rule),
            view=self._app.view_functions.get(rule.endpoint),
        )

    @cached_property
    def kept(self) -> frozenset[str]:
        """The paths of the gateways' endpoints: no upstream can replace these, or a path below them."""
        rules = (rule for rule in self._app.url_map.iter_rules() if self._is_gateway(rule.endpoint))
        return frozenset(rule.rule.partition("/<")[0] for rule in rules)

    def _as_route(self, remote: RemoteUpstream) -> Route:
        path = f"{remote.prefix}/{{+path}}"
        return Route(path=path, endpoint=remote.host, methods=("GET",), parameters=("path",), description=None)

    def _of_app(self) -> Iterator[Route]:
        for rule in sorted(self._app.url_map.iter_rules(), key=lambda rule: rule.rule):
            methods = sorted(self.methods & (rule.methods or set()))
            taken = any(remote.rest(rule.rule) is not None for remote in self._remotes)
            if methods and not rule.websocket and not taken and self.exposure.includes(rule):
                path = self.templates.template_of(rule)
                yield Route(
                    path=path,
                    endpoint=rule.endpoint,
                    methods=tuple(methods),
                    parameters=tuple(sorted(rule.arguments)),
                    description=self._description(rule),
                    typed=("GET", normalize_template(path)) in self.typed,
                )

    def match(self, adapter: MapAdapter, site: Site, target: Target, method: str, *, opens: str = "") -> Matched | None:
        """Return the match of `target`, or None if routing itself, or code before it, answers: for example with a
        redirect, 404 or 405.

        Raises NotAllowed, NestedRequest or BadPath if a sub-request to `target` is rejected.
        """
        matched, rule = self._match(adapter, site, target, method)
        self.exposure.check(rule, unquote(target.path).removeprefix(site.mount) or "/", opens)
        if target.has_encoded_slash and not self.templates.takes_slashes(rule):
            raise BadPath("The path has an encoded slash or backslash in a segment.")
        return matched

    def route_cache(self) -> RouteCache:
        """Return the cached matches, which are dropped when the app's rules change."""
        cache, version = self._route_cache, rules_version(self._app)
        if version is not cache.version or cache.size > MAX_MATCHES:
            cache = self._route_cache = RouteCache(version)
        return cache

    def fingerprint(self) -> str:
        """Return a text that changes with the app's rules and with the set of exposed ones."""
        version = rules_version(self._app)
        if version is not self._fingerprint[0]:
            rules = self._app.url_map.iter_rules()
            verdicts = sorted(f"{r.host} {r.subdomain} {r.rule} {r.endpoint} {self.exposure.verdict(r)}" for r in rules)
            self._fingerprint = version, "\n".join(verdicts)
        return self._fingerprint[1]

    def key_of(self, rule: Rule | None) -> RouteKey:
        """Return the key of the route with this rule: one for all rules of an endpoint, and one for no rule."""
        endpoint = None if rule is None else rule.endpoint
        key = self._keys.get(endpoint)
        if key is None:
            name = "paths without a rule" if rule is None else rule.rule
            key = self._keys[endpoint] = RouteKey(name)
        return key

    def _match(
        self, adapter: MapAdapter, site: Site, target: Target, method: str
    ) -> tuple[Matched | None, Rule | None]:
        """Return the match, and the rule to check: after redirects of routing itself, the one that they lead to.

        The app's own converters do not run, and the match has no arguments then.
        """
        path = unquote(target.path)
        if not path.startswith(site.mount):
            return None, None
        return self._walk(adapter, path.removeprefix(site.mount) or "/", method)

    def _walk(self, adapter: MapAdapter, path: str, method: str) -> tuple[Matched | None, Rule | None]:
        text_map = self._text_map() if type(adapter) is MapAdapter else None
        if text_map is None:
            return walk(adapter, path, method)
        matched, copy = walk(text_map.bind(adapter), path, method)
        rule = None if copy is None else text_map.rule_of(copy)
        return (None if matched is None or rule is None else (rule, {})), rule

    def _text_map(self) -> TextMap | None:
        """Return the map for routing by text, if the app has converters of its own."""
        built_from, text_map = self._text_maps
        version = rules_version(self._app)
        if version is not built_from:
            text_map = text_map_of(self._app.url_map)
            self._text_maps = version, text_map
        return text_map

    def _description(self, rule: Rule) -> str | None:
        view = self._app.view_functions.get(rule.endpoint)
        text = view_functions.documentation(getattr(view, "view_class", view)).strip()
        return text.splitlines()[0] if text else None
