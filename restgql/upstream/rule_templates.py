"""The rules of a Flask app as URI templates (RFC 6570), and the rules that a template names."""

import re
from typing import Any

from flask import Flask
from werkzeug.routing import FloatConverter, Rule

from restgql.upstream.rules_version import rules_version

# A variable part of a rule, by Werkzeug's documentation of its rule format
_VARIABLE = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\([^<>]*\))?:)?(?P<variable>[a-zA-Z_]\w*)>")


def longest_literal(rule: Rule) -> str:
    """Return a text that each path of a rule contains; empty if a decoded path may spell it otherwise."""
    literal = max(_VARIABLE.sub("\0", rule.rule).split("\0"), key=len)
    return literal if literal.isascii() and not {"<", "%"} & set(literal) else ""


class RuleTemplates:
    """The templates of an app's rules. A shape is a template whose variables have no names, as in `/users/{}`."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._named: dict[str, tuple[object, frozenset[int]]] = {}
        """The ids of the rules that a shape names, with the version of the rules."""
        self._floats: dict[tuple[str, str], frozenset[int]] = {}

    def template_of(self, rule: Rule) -> str:
        """Return a rule as a URI template: `/users/<int:id>` as `/users/{id}`."""
        return _VARIABLE.sub(lambda m: f"{{{'+' if self._is_path(m['converter']) else ''}{m['variable']}}}", rule.rule)

    def converters_of(self, rule: Rule) -> dict[str, str]:
        """Return the names of a rule's converters by variable."""
        return {m["variable"]: m["converter"] or "default" for m in _VARIABLE.finditer(rule.rule)}

    def takes_slashes(self, rule: Rule | None) -> bool:
        """Return True if a variable of a rule may contain a slash."""
        return rule is not None and any(self._is_path(m["converter"]) for m in _VARIABLE.finditer(rule.rule))

    def named_by(self, shape: str) -> frozenset[int]:
        """Return the ids of the rules that a template of a shape names: the rules with variables where it has
        variables, and of these the ones that share the most of its literals.

        A variable may represent a segment with several, as in `/nodes/{id}` for `/nodes/<kind>:<key>`, if no rule has
        it exactly.
        """
        version = rules_version(self._app)
        entry = self._named.get(shape)
        if entry is None or entry[0] is not version:
            entry = self._named[shape] = version, self._find_named(shape)
        return entry[1]

    def float_variables(self, method: str, shape: str) -> frozenset[int]:
        """Return the places of the variables in paths of a shape for which its rules take only floats.

        Decided at the first request for each, when the app has its rules.
        """
        places = self._floats.get((method, shape))
        if places is None:
            places = self._floats[method, shape] = self._find_floats(method, shape)
        return places

    def _find_named(self, shape: str) -> frozenset[int]:
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

    def _find_floats(self, method: str, shape: str) -> frozenset[int]:
        named = self.named_by(shape)
        places: list[frozenset[int]] = []
        for rule in self._app.url_map.iter_rules():
            converters = [match["converter"] for match in _VARIABLE.finditer(rule.rule)]
            if id(rule) in named and method in (rule.methods or ()) and len(converters) == shape.count("{}"):
                places.append(frozenset(i for i, name in enumerate(converters) if self._is_float(name)))
        return frozenset.intersection(*places) if places else frozenset()

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

    def _is_float(self, name: str | None) -> bool:
        converter = self._converter(name)
        return isinstance(converter, type) and issubclass(converter, FloatConverter)

    def _is_path(self, name: str | None) -> bool:
        """Return True if a converter's values may contain a slash, as those of `path`."""
        return not getattr(self._converter(name), "part_isolating", True)

    def _converter(self, name: str | None) -> Any:
        return self._app.url_map.converters.get(name or "default")


def _split(pattern: str) -> list[str]:
    """Return the segments of a regular expression of paths."""
    return [part.replace("\0", "[^/]+") for part in pattern.replace("[^/]+", "\0").split("/")]
