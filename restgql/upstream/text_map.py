"""Routing by the text of a path alone: the app's own converters run in the sub-request, once, and nowhere else."""

from typing import Any

from werkzeug.routing import BaseConverter, Map, MapAdapter, Rule
from werkzeug.routing.converters import DEFAULT_CONVERTERS

_WERKZEUGS_OWN = frozenset(DEFAULT_CONVERTERS.values())


class TextMap:
    """A copy of a URL map in which each converter of the app's own accepts every value that its `regex` matches.

    Such a converter may load a record by the request or the app context, abort the request, or reject the value. Flask
    runs it within the contexts of the request.
    """

    def __init__(self, url_map: Map) -> None:
        self._map = Map(
            default_subdomain=url_map.default_subdomain,
            strict_slashes=url_map.strict_slashes,
            merge_slashes=url_map.merge_slashes,
            redirect_defaults=url_map.redirect_defaults,
            converters={name: _as_text(converter) for name, converter in _own_converters(url_map).items()},
            host_matching=url_map.host_matching,
        )
        self._rules: dict[int, Rule] = {}
        """The rules of the app by the ids of their copies."""
        for rule in url_map.iter_rules():
            copy = rule.empty()
            # Werkzeug's `empty` omits these two
            copy.websocket, copy.merge_slashes = rule.websocket, rule.merge_slashes
            self._map.add(copy)
            self._rules[id(copy)] = rule

    def bind(self, adapter: MapAdapter) -> MapAdapter:
        """Return an adapter of this map for the same server as `adapter`."""
        return MapAdapter(
            self._map,
            adapter.server_name,
            adapter.script_name,
            adapter.subdomain,
            adapter.url_scheme,
            adapter.path_info,
            adapter.default_method,
            adapter.query_args,
        )

    def rule_of(self, copy: Rule) -> Rule:
        """Return the app's rule of a rule in this map."""
        return self._rules[id(copy)]


def text_map_of(url_map: Map) -> TextMap | None:
    """Return the map for routing by text, or None if the app has only Werkzeug's converters, or a map of its own."""
    return TextMap(url_map) if type(url_map) is Map and _own_converters(url_map) else None


def _own_converters(url_map: Map) -> dict[str, Any]:
    """Return the converters of a map that are not Werkzeug's own."""
    return {name: converter for name, converter in url_map.converters.items() if converter not in _WERKZEUGS_OWN}


def _as_text(converter: Any) -> Any:
    def make(url_map: Map, *arguments: Any, **named: Any) -> BaseConverter:
        return _Text(url_map, converter(url_map, *arguments, **named))

    return make


class _Text(BaseConverter):
    """Matches as `converter` does, and converts nothing."""

    def __init__(self, url_map: Map, converter: BaseConverter) -> None:
        super().__init__(url_map)
        self.regex, self.weight = converter.regex, converter.weight
        self.part_isolating = converter.part_isolating
