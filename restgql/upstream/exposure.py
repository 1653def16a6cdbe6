"""The rules of a Flask app that clients may request: by marks on the views, RESTGQL_ROUTES, and typed fields."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from flask import Flask
from werkzeug.routing import Rule

from restgql.errors import NESTED, ClientError, NestedRequest, NotAllowed
from restgql.upstream.marks import mark_of
from restgql.upstream.rule_templates import RuleTemplates

DEFAULT = ("*", "!static")
_NOT_ALLOWED = "No route matches this path."


class Exposure:
    """Decides for each rule of an app whether clients may request it.

    `patterns` are those of RESTGQL_ROUTES, or None; `is_gateway` is True for the endpoints of a gateway.
    """

    def __init__(
        self, app: Flask, patterns: list[str] | None, is_gateway: Callable[[str], bool], templates: RuleTemplates
    ) -> None:
        self._app = app
        self._patterns = list(DEFAULT) if patterns is None else patterns
        self._are_chosen = patterns is not None and tuple(patterns) != DEFAULT
        self._excludes_paths = any(pattern.startswith("!/") for pattern in self._patterns)
        self._is_gateway = is_gateway
        self._templates = templates
        self._marks: dict[str, tuple[object, bool | None]] = {}
        """The views of endpoints, and their marks."""
        self._verdicts: dict[int, tuple[Rule, type[ClientError] | None]] = {}

    def verdict(self, rule: Rule) -> type[ClientError] | None:
        """Return the error that rejects a rule, or None. Decided once: no rule changes while the app serves."""
        entry = self._verdicts.get(id(rule))
        if entry is None or entry[0] is not rule:
            verdict = NestedRequest if self._is_gateway(rule.endpoint) else None if self._allows(rule) else NotAllowed
            entry = self._verdicts[id(rule)] = (rule, verdict)
        return entry[1]

    def includes(self, rule: Rule) -> bool:
        """Return True if clients may request a rule."""
        return self.verdict(rule) is None

    def is_hidden(self, rule: Rule) -> bool:
        """Return True if a mark hides the view of a rule."""
        return self._mark(rule) is False

    def check(self, rule: Rule | None, path: str, opens: str = "") -> None:
        """Raise NotAllowed or NestedRequest if a rule may not be requested by this path; one message for every reason.

        A path without a rule gets the app's own answer, unless RESTGQL_ROUTES is set. A typed field `opens` the rule
        that a template of this shape names, even if RESTGQL_ROUTES excludes it.
        """
        if rule is None:
            if self._are_chosen:
                raise NotAllowed(_NOT_ALLOWED)
            return
        verdict = self.verdict(rule)
        if verdict is NestedRequest:
            raise NestedRequest(NESTED)
        if verdict is None and self._excludes_paths and not self._allows(rule, path):
            verdict = NotAllowed
        if verdict is not None and not (opens and self._is_opened(rule, opens)):
            raise verdict(_NOT_ALLOWED)

    def _is_opened(self, rule: Rule, shape: str) -> bool:
        """Return True if a template of this shape names a rule, and no mark hides its view."""
        return id(rule) in self._templates.named_by(shape) and not self.is_hidden(rule)

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
