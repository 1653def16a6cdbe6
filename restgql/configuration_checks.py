"""The checks of the configuration: keys that nobody reads or that were set too late, patterns that match nothing.

They run at the first request, and in debug at each one.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from fnmatch import fnmatchcase
from typing import Any

from werkzeug.routing import Rule

from restgql.config import PREFIX, Config, redact
from restgql.debug_log import DebugLog, listed, shortened, suggestion
from restgql.upstream.exposure import DEFAULT

_FLASK = "FLASK_"
"""The prefix of the names that `from_prefixed_env` reads."""
_DEFAULTS = Config()
_VARIABLE = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
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
        *,
        has_middleware: bool,
    ) -> None:
        """Log the problems so far. `rules` are the app's, `joins` the names that RESTGQL_JOINS may list, `unrouted`
        the typed fields that no rule answers, each with its method and path."""
        self._check_keys()
        self._check_environment()
        if len(rules) == self._checked_rules:  # Flask only adds to them
            return
        self._checked_rules = len(rules)
        for pattern in self._config.routes or ():
            # An exclusion of paths may also be for paths that middleware or a mounted app answers.
            if not (has_middleware and pattern.startswith("!/")):
                self._check_pattern(pattern, rules)
        self._check_joins(list(joins()) if self._config.joins else [])
        if not has_middleware:  # a mount answers paths without a rule
            templates = [_VARIABLE.sub(r"{\1}", rule.rule) for rule in rules[:MAX_RULES]]
            for field, method, path in unrouted():
                hint = suggestion(path, templates)
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
                fields = [f"{PREFIX}{each.upper()}" for each in Config.__struct_fields__]
                self._log.warn(("key", key), f"{key} is no key of restgql.{suggestion(key, fields)}")
            elif not _equal(getattr(self._config, field), value):
                shown = "" if isinstance(value, Mapping) else f" = {shortened(repr(redact(value)))}"
                self._log.warn(
                    ("key", key),
                    f"{key}{shown} was set after the gateway was made, and has no effect: a gateway reads its keys "
                    "once. Set it before Gateway(app), or before init_app(app).",
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
        hint = suggestion(bare, names) or f" There are: {listed(names)}."
        if not is_of_paths and "/" in bare:
            hint = f" A pattern of rules begins with '/': did you mean {pattern.replace(bare, f'/{bare}')!r}?"
        self._log.warn(
            ("pattern", pattern),
            f"RESTGQL_ROUTES: {pattern!r} matches no {kind} of the app, so it "
            f"{'opens' if bare == pattern else 'closes'} nothing. "
            f"A pattern is compared with the whole {kind}, as the app has it.{hint}",
        )

    def _check_joins(self, names: list[str]) -> None:
        for name in self._config.joins:
            if name not in names:
                hint = suggestion(name, names) or (f" There are: {listed(names)}." if names else "")
                self._log.warn(("join", name), f"RESTGQL_JOINS: {name!r} is no join that the documents offer.{hint}")


def _keys_of(app_config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in app_config.items() if key.startswith(PREFIX)}


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one is other or one == other)
    except Exception:  # the comparison of a user's own object
        return False
