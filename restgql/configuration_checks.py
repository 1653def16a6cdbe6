"""The checks of the configuration: keys that nobody reads or that were set too late, patterns that match nothing.

They run at the first request, and in debug at each one.
"""

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from fnmatch import fnmatchcase
from typing import Any

from werkzeug.routing import Rule

from restgql.config import PREFIX, Config, redact
from restgql.debug_log import DebugLog, listed, shortened, suggestion
from restgql.schema.coverage import other_method, sent_template
from restgql.unknown_keys import unknown_key
from restgql.upstream.exposure import DEFAULT

_FLASK = "FLASK_"
"""The prefix of the names that `from_prefixed_env` reads."""
_DEFAULTS = Config()
_VARIABLE = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
_PLACEHOLDER = re.compile(r"\{\w+\}|<(?:[^<>:]+:)?\w+>|:\w+")
_METHOD_OR_SITE = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE)\s+|https?://[^/]*", re.IGNORECASE)
_REGEX = re.compile(r"^\^|\$$|\.\*|\\")
MAX_RULES = 200
"""The rules that a path is compared with."""


class ConfigurationChecks:
    """The checks of one gateway, whose warnings go to `log`. `app_config` is the app's own, which may still change."""

    def __init__(self, app_config: Mapping[str, Any], config: Config, log: DebugLog) -> None:
        self._app_config = app_config
        self._config = config
        self._log = log
        self._checked_rules = -1
        self._keys = {key: copy(value) for key, value in _keys_of(app_config).items()}

    def check(
        self,
        rules: list[Rule],
        joins: Callable[[], Iterable[str]],
        unrouted: Callable[[], Iterable[tuple[str, str, str]]],
        unsent: Callable[[], Iterable[tuple[str, str, str]]],
        *,
        has_middleware: bool,
    ) -> None:
        """Log the problems so far. `rules` are the app's, `joins` the names that RESTGQL_JOINS may list, `unrouted`
        the typed fields that no rule answers, each with its method and path, `unsent` the arguments of typed fields
        that no request contains, each with its field and path."""
        self._check_keys()
        self._check_environment()
        self._check_prefixes()
        self._check_times()
        if len(rules) == self._checked_rules:  # Flask only adds to them
            return
        self._checked_rules = len(rules)
        for pattern in self._config.routes or ():
            # An exclusion of paths may also be for paths that middleware or a mounted app answers.
            if not (has_middleware and pattern.startswith("!/")):
                self._check_pattern(pattern, rules)
        for field, argument, path in unsent():
            self._log.warn(
                ("unsent", field, argument),
                f"{field}({argument}:) is not sent to the route: its path is {path!r}. "
                f"Write {sent_template(path, argument)!r}.",
            )
        self._check_joins(list(joins()) if self._config.joins else [])
        if not has_middleware:  # a mount answers paths without a rule
            templates = [_VARIABLE.sub(r"{\1}", rule.rule) for rule in rules[:MAX_RULES]]
            everything = [
                (each, template)
                for rule, template in zip(rules, templates, strict=False)
                for each in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            ]
            for field, method, path in unrouted():
                hint = other_method(method, path, everything) or _template(path) or suggestion(path, templates)
                self._log.warn(
                    ("unrouted", field, path),
                    f"{field}: there is no route for {method} {path}, so the field is null or fails.{hint}",
                )

    def _check_keys(self) -> None:
        for key, value in _keys_of(self._app_config).items():
            if key in self._keys and _equal(self._keys[key], value):
                continue
            field = key.removeprefix(PREFIX).lower()
            if field not in Config.__struct_fields__:
                self._log.warn(("key", key), unknown_key(key, PREFIX, Config.__struct_fields__))
            elif not _equal(getattr(self._config, field), value):
                shown = "" if isinstance(value, Mapping) else f" = {shortened(repr(redact(value)))}"
                self._log.warn(
                    ("key", key),
                    f"{key}{shown} was set after the gateway was made, and has no effect: a gateway reads its keys "
                    "once. Set it before Gateway(app), or before init_app(app).",
                )

    def _check_prefixes(self) -> None:
        """Log a key whose prefix is nearly that of the gateway's keys, such as RESTQL_PROFILE."""
        for key in self._app_config:
            prefix = key.upper().rpartition("QL_")[0] + "QL_"
            field = key[len(prefix) :].lower()
            is_near = field in Config.__struct_fields__ and difflib.SequenceMatcher(None, prefix, PREFIX).ratio() > 0.75
            if is_near and not key.startswith(PREFIX):
                name = f"{PREFIX}{field.upper()}"
                self._log.warn(("prefix", key), f"{key} in app.config has no effect. Did you mean {name!r}?")

    def _check_times(self) -> None:
        """Log a timeout of sub-requests that the deadline of the operation always cuts."""
        config = self._config
        if config.subrequest_timeout != _DEFAULTS.subrequest_timeout and config.subrequest_timeout > config.deadline:
            self._log.warn(
                ("times",),
                f"RESTGQL_SUBREQUEST_TIMEOUT = {config.subrequest_timeout:g} has no effect beyond RESTGQL_DEADLINE = "
                f"{config.deadline:g}, the time of the whole operation. Set both.",
            )

    def _check_environment(self) -> None:
        """Check that the app has read the keys that its environment has."""
        for name in os.environ:
            key = name.removeprefix(_FLASK).partition("__")[0]
            field = key.removeprefix(PREFIX).lower()
            if not key.startswith(PREFIX) or key in self._app_config:
                continue
            is_known = field in Config.__struct_fields__
            if is_known and getattr(self._config, field) != getattr(_DEFAULTS, field):
                continue  # it has come another way
            if name.startswith(_FLASK):
                self._log.warn(
                    ("environment", name),
                    f"{name} is in the environment, and the app does not read it. Call "
                    "app.config.from_prefixed_env() before Gateway(app).",
                )
            elif is_known:
                self._log.warn(
                    ("environment", name),
                    f"{name} is in the environment, and Flask reads only names with its prefix. Name it "
                    f"{_FLASK}{name}, and call app.config.from_prefixed_env() before Gateway(app).",
                )

    def _check_pattern(self, pattern: str, rules: list[Rule]) -> None:
        bare = pattern.removeprefix("!")
        is_of_paths = bare.startswith("/")
        names = list(dict.fromkeys(rule.rule if is_of_paths else rule.endpoint for rule in rules))
        if pattern in DEFAULT or any(fnmatchcase(name, bare) for name in names):
            return
        kind = "rule" if is_of_paths else "endpoint"
        hint = _hint_of_pattern(bare, [rule.rule for rule in rules]) or suggestion(bare, names)
        hint = hint or f" There are: {listed(names)}."
        self._log.warn(
            ("pattern", pattern),
            f"RESTGQL_ROUTES: {pattern!r} matches no {kind} of the app, so it "
            f"{'opens' if bare == pattern else 'closes'} nothing. "
            f"A pattern is compared with the whole {kind}, as the app has it.{hint}",
        )

    def _check_joins(self, names: list[str]) -> None:
        for name in self._config.joins:
            if name not in names:
                hint = suggestion(name, names) or (
                    f" There are: {listed(names)}." if names else " They offer none: is RESTGQL_OPENAPI set?"
                )
                self._log.warn(("join", name), f"RESTGQL_JOINS: {name!r} is no join that the documents offer.{hint}")


def _hint_of_pattern(pattern: str, paths: list[str]) -> str:
    """Return the pattern of paths that is probably meant by one that matches nothing."""
    text = _METHOD_OR_SITE.sub("", pattern)
    if _REGEX.search(text):
        return " A pattern is no regular expression: '*' matches any text, and '?' one character."
    if "/" not in text:
        return ""
    path = "/" + text.lstrip("/")
    by_template = {_VARIABLE.sub("{}", each): each for each in paths}
    meant = by_template.get(_PLACEHOLDER.sub("{}", path), path)
    if text != pattern or not pattern.startswith("/"):
        return f" A pattern of rules begins with '/': did you mean {meant!r}?"
    return "" if meant == path else f" Did you mean {meant!r}?"


def _template(path: str) -> str:
    """Return the hint for a path with placeholders of Flask."""
    template = _VARIABLE.sub(r"{\1}", path)
    return "" if template == path else f" Write {template!r}: braces take a value from the field's arguments."


def _keys_of(app_config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in app_config.items() if key.startswith(PREFIX)}


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one is other or one == other)
    except Exception:  # the comparison of a user's own object
        return False
