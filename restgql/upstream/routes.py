"""The exposed routes of a Flask app, and the check that every sub-request passes."""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, get_args
from urllib.parse import unquote

import msgspec
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import FloatConverter, Map, MapAdapter, Rule

from restgql.config import Verb
from restgql.errors import NESTED, BadPath, ClientError, NestedRequest, NotAllowed
from restgql.formats.remote_upstream import RemoteUpstream
from restgql.formats.target import Site, Target
from restgql.model import RouteKey
from restgql.schema.coverage import normalize_template
from restgql.upstream.fast_path.match_cache import Matched, Matches
from restgql.upstream.marks import mark_of
from restgql.upstream.route_index import Near, RouteIndex
from restgql.upstream.routing import walk
from restgql.upstream.text_map import TextMap, text_map_of

DEFAULT = ("*", "!static")
MAX_MATCHES = 2_048
_NOT_ALLOWED = "No route matches this path."
# A variable part of a rule, by Werkzeug's documentation of its rule format
_VARIABLE = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\([^<>]*\))?:)?(?P<variable>[a-zA-Z_]\w*)>")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An exposed route. `path` is a URI template (RFC 6570)."""

    path: str
    endpoint: str
    methods: tuple[str, ...]
    parameters: tuple[str, ...]
    description: str | None
    typed: bool = False


class RouteCache(msgspec.Struct, frozen=True, eq=False):
    """Cached route matches, for apps whose routing depends only on path and method. Dropped when the URL map changes.

    `by_client_path` has the matches by the path that the client sent, `by_app_path` by the path after middleware.
    """

    rules: int
    url_map: Map | None = None
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
        self._patterns = list(DEFAULT) if patterns is None else patterns
        self._are_chosen = patterns is not None and tuple(patterns) != DEFAULT
        self._excludes_paths = any(pattern.startswith("!/") for pattern in self._patterns)
        self._marks: dict[str, tuple[object, bool | None]] = {}
        """The views of endpoints, and their marks."""
        self._named: dict[str, tuple[int, frozenset[int]]] = {}
        """The rules that typed fields open, by the shape of their template, with the number of rules at that time."""
        self._floats: dict[tuple[str, str], frozenset[int]] = {}
        self.methods = methods
        self._is_gateway = is_gateway
        self._remotes = remotes
        self.typed: frozenset[tuple[str, str]] = frozenset()
        """The methods and shapes of the routes of typed fields, once these are known."""
        self._route_cache = RouteCache(0)
        self._fingerprint = (-1, "")
        self._text_maps: tuple[tuple[int, Map | None], TextMap | None] = (-1, None), None
        """The map for routing by text, with the number of rules and the URL map that it was built from."""
        self._keys: dict[object, RouteKey] = {}
        self._index = RouteIndex()
        self._verdicts: dict[int, tuple[Rule, type[ClientError] | None]] = {}

    def __iter__(self) -> Iterator[Route]:
        """Return the exposed routes by path, without those of the app that an upstream's prefix covers."""
        routes = [*map(self._as_route, self._remotes), *self._of_app()]
        return iter(sorted(routes, key=lambda route: route.path) if self._remotes else routes)

    def reachable(self) -> Iterator[Reachable]:
        """Yield the rules of all exposed routes, also for unsafe methods."""
        for rule in self._app.url_map.iter_rules():
            if not rule.websocket and self._verdict(rule) is None:
                yield self._reached(rule)

    def everything(self) -> Iterator[tuple[str, str]]:
        """Yield methods and templates of all rules and upstreams, exposed or not."""
        for rule in self._app.url_map.iter_rules():
            yield from ((method, self.template_of(rule)) for method in rule.methods or ())
        for remote in self._remotes:
            yield from ((method, self._as_route(remote).path) for method in get_args(Verb))

    def at(self, path: str) -> Reachable | None:
        """Return the rule that a path matches, or None if it is not exposed."""
        try:
            rule, _ = self._app.url_map.bind("localhost").match(path.partition("?")[0], "GET", return_rule=True)
        except HTTPException:
            return None
        return self._reached(rule) if self._verdict(rule) is None else None

    def near(self, segments: Sequence[str | None]) -> list[Near]:
        """Return the exposed rules that are nearly a path, the nearest first. A segment that is None is a variable."""
        near = self._index.near(self._app.url_map, segments)
        return [each for each in near if not each.rule.websocket and self.is_exposed(each.rule)]

    def rule_at(self, adapter: MapAdapter, path: str) -> Rule | None:
        """Return the rule that a decoded path leads to, whatever its methods."""
        return self._walk(adapter, path, "GET")[1]

    def is_exposed(self, rule: Rule) -> bool:
        """Return True if clients may request a rule."""
        return self._verdict(rule) is None

    def is_hidden(self, rule: Rule) -> bool:
        """Return True if a mark hides the view of a rule."""
        return self._mark(rule) is False

    def template_of(self, rule: Rule) -> str:
        """Return a rule as a URI template: `/users/<int:id>` as `/users/{id}`."""
        return _VARIABLE.sub(lambda m: f"{{{'+' if self._is_path(m['converter']) else ''}{m['variable']}}}", rule.rule)

    def _reached(self, rule: Rule) -> Reachable:
        return Reachable(
            path=self.template_of(rule),
            endpoint=rule.endpoint,
            methods=tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})),
            parameters={m["variable"]: m["converter"] or "default" for m in _VARIABLE.finditer(rule.rule)},
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
            if methods and not rule.websocket and not taken and self._verdict(rule) is None:
                path = self.template_of(rule)
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
        self.check_rule(rule, unquote(target.path).removeprefix(site.mount) or "/", opens)
        if target.has_encoded_slash and not self._takes_slashes(rule):
            raise BadPath("The path has an encoded slash or backslash in a segment.")
        return matched

    def route_cache(self) -> RouteCache:
        """Return the cached matches, which are dropped when the app has another map, or another number of rules."""
        cache, rules, url_map = self._route_cache, self._count(), self._app.url_map
        if rules != cache.rules or url_map is not cache.url_map or cache.size > MAX_MATCHES:
            cache = self._route_cache = RouteCache(rules, url_map)
        return cache

    def fingerprint(self) -> str:
        """Return a text that changes with the app's rules and with the set of exposed ones."""
        count = self._count()
        if count != self._fingerprint[0]:
            rules = self._app.url_map.iter_rules()
            verdicts = sorted(f"{r.host} {r.subdomain} {r.rule} {r.endpoint} {self._verdict(r)}" for r in rules)
            self._fingerprint = (count, "\n".join(verdicts))
        return self._fingerprint[1]

    def _count(self) -> int:
        """Return the number of the app's rules; Flask only ever adds rules."""
        return len(list(self._app.url_map.iter_rules()))

    def key_of(self, rule: Rule | None) -> RouteKey:
        """Return the key of the route with this rule: one for all rules of an endpoint, and one for no rule."""
        endpoint = None if rule is None else rule.endpoint
        key = self._keys.get(endpoint)
        if key is None:
            name = "paths without a rule" if rule is None else rule.rule
            key = self._keys[endpoint] = RouteKey(name)
        return key

    def check_rule(self, rule: Rule | None, path: str, opens: str = "") -> None:
        """Raise NotAllowed or NestedRequest if a rule may not be requested by this path; one message for every reason.

        A path without a rule gets the app's own answer, unless RESTGQL_ROUTES is set. A typed field `opens` the rule
        that a template of this shape names, even if RESTGQL_ROUTES excludes it.
        """
        if rule is None:
            if self._are_chosen:
                raise NotAllowed(_NOT_ALLOWED)
            return
        verdict = self._verdict(rule)
        if verdict is NestedRequest:
            raise NestedRequest(NESTED)
        if verdict is None and self._excludes_paths and not self._allows(rule, path):
            verdict = NotAllowed
        if verdict is not None and not (opens and self._opens(opens, rule)):
            raise verdict(_NOT_ALLOWED)

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
        count, url_map = self._count(), self._app.url_map
        version, text_map = self._text_maps
        if version != (count, url_map):
            text_map = text_map_of(url_map)
            self._text_maps = (count, url_map), text_map
        return text_map

    def _verdict(self, rule: Rule) -> type[ClientError] | None:
        """Return the error that rejects a rule, decided once: no rule changes while the app serves."""
        entry = self._verdicts.get(id(rule))
        if entry is None or entry[0] is not rule:
            verdict = NestedRequest if self._is_gateway(rule.endpoint) else None if self._allows(rule) else NotAllowed
            entry = self._verdicts[id(rule)] = (rule, verdict)
        return entry[1]

    def _allows(self, rule: Rule, path: str = "") -> bool:
        """Return True if a mark or the patterns allow a rule.

        Exclusions are compared with the path, too: a path that middleware answers has no rule, or that of a catch-all.
        """
        marked = self._mark(rule)
        if marked is not None:
            return marked
        allowed = False
        for pattern in self._patterns:
            bare = pattern.removeprefix("!")
            is_of_paths = bare.startswith("/")
            if fnmatchcase(rule.rule if is_of_paths else rule.endpoint, bare):
                allowed = bare == pattern
            elif is_of_paths and bare != pattern and fnmatchcase(path, bare):
                allowed = False
        return allowed

    def _mark(self, rule: Rule) -> bool | None:
        views = self._app.view_functions
        view = views.get(rule.endpoint)
        entry = self._marks.get(rule.endpoint)
        if entry is None or entry[0] is not view:
            entry = self._marks[rule.endpoint] = view, mark_of(view, views.values())
        return entry[1]

    def _opens(self, shape: str, rule: Rule) -> bool:
        """Return True if a template of this shape names a rule, and no view is hidden by it."""
        count = self._count()
        named = self._named.get(shape)
        if named is None or named[0] != count:
            named = self._named[shape] = count, self._named_by(shape)
        return id(rule) in named[1] and self._mark(rule) is not False

    def _named_by(self, shape: str) -> frozenset[int]:
        """Return the ids of the rules that a template of a shape names: the rules with variables where it has
        variables, and of these the ones that share the most of its literals.

        A variable may represent a segment with several, as in `/nodes/{id}` for `/nodes/<kind>:<key>`, if no rule has
        it exactly.
        """
        sample = shape.replace("{}", "\0").rstrip("/")
        fits: dict[int, tuple[int, bool, int]] = {}
        for rule in self._app.url_map.iter_rules():
            text = rule.rule.rstrip("/")
            if re.fullmatch(self._as_loose_pattern(text), sample):
                literals = sum("<" not in segment for segment in text.split("/"))
                is_strict = bool(re.fullmatch(self._as_pattern(text), sample))
                fits[id(rule)] = literals, is_strict, -len(_VARIABLE.findall(text))
        best = max(fits.values(), default=None)
        return frozenset(key for key, fit in fits.items() if fit == best)

    def _as_pattern(self, rule: str) -> str:
        """Return the text of a rule as a regular expression of paths."""
        pattern, end = "", 0
        for match in _VARIABLE.finditer(rule):
            pattern += re.escape(rule[end : match.start()])
            pattern += ".+" if self._is_path(match["converter"]) else "[^/]+"
            end = match.end()
        return pattern + re.escape(rule[end:])

    def _as_loose_pattern(self, rule: str) -> str:
        """Return the same, with each segment that has variables as one variable."""
        return "/".join("[^/]+" if "[^/]+" in part else part for part in _split(self._as_pattern(rule)))

    def float_variables(self, method: str, shape: str) -> frozenset[int]:
        """Return the places of the variables in paths of a shape for which its rules take only floats.

        Decided at the first request for each, when the app has its rules.
        """
        places = self._floats.get((method, shape))
        if places is None:
            places = self._floats[method, shape] = self._find_floats(method, shape)
        return places

    def _find_floats(self, method: str, shape: str) -> frozenset[int]:
        named = self._named_by(shape)
        places: list[frozenset[int]] = []
        for rule in self._app.url_map.iter_rules():
            converters = [match["converter"] for match in _VARIABLE.finditer(rule.rule)]
            if id(rule) in named and method in (rule.methods or ()) and len(converters) == shape.count("{}"):
                places.append(frozenset(i for i, name in enumerate(converters) if self._is_float(name)))
        return frozenset.intersection(*places) if places else frozenset()

    def _is_float(self, converter: str | None) -> bool:
        of_map = self._app.url_map.converters.get(converter or "default")
        return isinstance(of_map, type) and issubclass(of_map, FloatConverter)

    def _description(self, rule: Rule) -> str | None:
        view = self._app.view_functions.get(rule.endpoint)
        documented = getattr(view, "view_class", view)
        text = (getattr(documented, "__doc__", None) or "").strip()
        return text.splitlines()[0] if text else None

    def _takes_slashes(self, rule: Rule | None) -> bool:
        return rule is not None and any(self._is_path(m["converter"]) for m in _VARIABLE.finditer(rule.rule))

    def _is_path(self, converter: str | None) -> bool:
        """Return True if a converter's values may contain a slash, as those of `path`."""
        return not getattr(self._app.url_map.converters.get(converter or "default"), "part_isolating", True)


def _split(pattern: str) -> list[str]:
    """Return the segments of a regular expression of paths."""
    return [part.replace("\0", "[^/]+") for part in pattern.replace("[^/]+", "\0").split("/")]
