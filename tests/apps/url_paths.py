"""The paths to request: every GET rule of an app's URL map with its arguments filled in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from werkzeug.routing import BuildError, Map, Rule

# Values for the arguments that a description does not name, by converter.
DEFAULTS = {"IntegerConverter": 1, "FloatConverter": 1.5, "UUIDConverter": "00000000-0000-4000-8000-000000000000"}
GATEWAY = "restgql"


def get_rules(url_map: Map) -> Iterator[Rule]:
    for rule in url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not str(rule.endpoint).startswith(GATEWAY):
            yield rule


def paths_of(url_map: Map, arguments: Mapping[str, Any], more: Iterable[str] = ()) -> list[str]:
    """Return one path for every GET rule, and `more`. Raise ValueError for a rule that cannot be filled."""
    paths = [path_of(rule, arguments) for rule in get_rules(url_map)]
    return [encoded(path) for path in dict.fromkeys([*paths, *more])]


def encoded(path: str) -> str:
    """Encode braces and quotes: the path of a `fetch` is a template."""
    return quote(path, safe="/:@!$&'()*+,;=?%~")


def path_of(rule: Rule, arguments: Mapping[str, Any]) -> str:
    """Return a path that `rule` matches.

    An argument is `arguments["<rule>"]["<name>"]`, or `arguments["<name>"]`, or the default of its converter.
    """
    own = arguments.get(rule.rule, {})
    values = {}
    for name in rule.arguments - set(rule.defaults or ()):
        default = DEFAULTS.get(type(rule._converters[name]).__name__, "1")
        values[name] = own.get(name, arguments.get(name, default))
    try:
        built = rule.build(values, append_unknown=False)
    except (BuildError, ValueError, TypeError, AttributeError) as exc:
        raise ValueError(f"{rule.rule}: no path of {values}") from exc
    if built is None:
        raise ValueError(f"{rule.rule}: no path of {values}")
    return built[1]
