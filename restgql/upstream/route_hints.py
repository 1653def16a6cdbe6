"""The hints of the open profile: the route that was probably meant by a path that none answers, or the reason."""

import re
from urllib.parse import unquote

from werkzeug.routing import MapAdapter, Rule

from restgql.formats.target import Site, Target
from restgql.upstream.routes import Routes

MAX_PATH = 256
"""The characters of a path that gets a suggestion."""
MAX_SEGMENTS = 8
_PLACEHOLDER = re.compile(
    r"<(?:\w+(?:\([^<>]*\))?:)?(?P<flask>\w+)>|\$\{?(?P<variable>\w+)\}?|:(?P<express>[A-Za-z_]\w*)|\[(?P<next>\w+)\]"
    r"|%\((?P<python>\w+)\)s|\{(?P<template>\w+)\}|%[sd]|\{\}|\*"
)
"""The placeholders of other languages and frameworks: `<int:id>`, `$id`, `:id`, `[id]`, `%s`."""
_CONVERTER = re.compile(r"<(\w+)(?:\([^<>]*\))?:\w+>")
_KINDS = {"int": "a whole number", "float": "a number with a fraction", "uuid": "a UUID"}


def hint_of(routes: Routes, adapter: MapAdapter, site: Site, target: Target, method: str) -> str:
    """Return the reason why no route answers a request, and the route that was probably meant."""
    path = unquote(target.path).removeprefix(site.mount) or "/"
    segments = path.split("/")[1:]
    if len(path) > MAX_PATH or len(segments) > MAX_SEGMENTS:
        return ""
    rule = routes.rule_at(adapter, path)
    if rule is not None:
        return _reason(routes, rule, path, method)
    hint = _of_placeholder(routes, path) or _of_spelling(routes, adapter, path) or _of_rules(routes, segments, method)
    hint = hint or "List the routes by the query { routes { path } }, or by the command flask restgql routes."
    return f"No route matches {path!r}. {hint}"


def _reason(routes: Routes, rule: Rule, path: str, method: str) -> str:
    """Return the reason why a path does not reach the rule that it matches."""
    if not routes.exposure.includes(rule):
        cause = "restgql.hide hides its view" if routes.exposure.is_hidden(rule) else "RESTGQL_ROUTES does not allow it"
        return f"{path!r} is a route of the app that is not exposed: {cause}."
    methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    if method in methods:
        return f"RESTGQL_ROUTES excludes the path {path!r}."
    verb = next((each for each in methods if each != "GET"), "")
    cure = ""
    if verb and method == "GET":
        use = f"mutation {{ {verb.lower()}(path: {routes.templates.template_of(rule)!r}) }}".replace("'", '"')
        cure = f" Write {use}" + ("." if verb in routes.methods else f', and add "{verb}" to RESTGQL_VERBS.')
    return f"{path!r} takes {' and '.join(methods)}, not {method}.{cure}"


def _of_placeholder(routes: Routes, path: str) -> str:
    """Return the template for a path with the placeholders of another language or framework."""
    match = _PLACEHOLDER.search(path)
    if match is None:
        return ""
    segments = [None if _PLACEHOLDER.search(each) else each for each in path.strip("/").split("/")]
    rule = next(iter(routes.near(segments)), None)
    name = next((each for each in match.groups() if each), "id")
    template = _PLACEHOLDER.sub(lambda each: f"{{{next((name for name in each.groups() if name), 'id')}}}", path)
    shown = template if rule is None else routes.templates.template_of(rule.rule)
    if match["template"] is not None:
        return f"Write the value in place of {match[0]!r}: templates are for the argument path of GraphQL fields."
    value = f"${name}" if match["variable"] else "…"
    return f"{match[0]!r} is not replaced by a value: write {shown!r}, and params: {{{name}: {value}}}."


def _of_spelling(routes: Routes, adapter: MapAdapter, path: str) -> str:
    """Return the path with another slash, case or separator, if that is a route."""
    first, *others = path.replace(",", " ").split() or [path]
    spellings = {
        path.rstrip("/") or "/": "The route has no slash at its end.",
        re.sub("/{2,}", "/", path): "One slash separates two segments.",
        path.strip(): "The path has white space around it.",
        path.replace("&", "?", 1): "A query begins with '?'.",
        path.lower(): "The route is in lower case.",
    }
    if any(other.startswith("/") for other in others):
        spellings.setdefault(first, 'Several paths are several strings: ["…", "…"], or ?path=…&path=….')
    for spelling, cause in spellings.items():
        if spelling != path and _is_exposed_at(routes, adapter, spelling.partition("?")[0]):
            return f"Did you mean {spelling!r}? {cause}"
    segments = path.split("/")
    for dropped in (2, 3):
        rest = "/" + "/".join(segments[dropped:])
        if len(segments) > dropped and rest != "/" and _is_exposed_at(routes, adapter, rest):
            return f"Did you mean {rest!r}, without {'/'.join(segments[:dropped])!r}?"
    return ""


def _is_exposed_at(routes: Routes, adapter: MapAdapter, path: str) -> bool:
    rule = routes.rule_at(adapter, path) if path.startswith("/") else None
    return rule is not None and routes.exposure.includes(rule)


def _of_rules(routes: Routes, segments: list[str], method: str) -> str:
    """Return the rule whose converter refuses a segment, or that has another segment, or more of them."""
    rules = routes.near(segments)
    near = next((each for each in rules if method in (each.rule.methods or ())), next(iter(rules), None))
    if near is None:
        return ""
    template, match = routes.templates.template_of(near.rule), _CONVERTER.search(near.rule.rule)
    if near.fits and match is not None:
        return f"The nearest route is {template!r}, where {match[0]} takes {_KINDS.get(match[1], 'other values')}."
    return f"Did you mean {template!r}?"
