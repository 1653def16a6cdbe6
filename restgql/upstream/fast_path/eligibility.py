"""The check that an app, and every part of Flask and Werkzeug that the fast path touches, is as the path expects.

The checked names are not listed: they are those that Flask's own steps reach, minus those that the fast path calls at
the same places.
"""

from collections.abc import Iterator
from operator import attrgetter, is_
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import flask
import werkzeug
from flask import Flask, Request, Response
from flask.ctx import AppContext, RequestContext
from werkzeug.routing import Map, MapAdapter
from werkzeug.routing.converters import DEFAULT_CONVERTERS
from werkzeug.routing.matcher import StateMachineMatcher

DELEGATED = frozenset({"handle_exception", "handle_user_exception", "should_ignore_error"})
"""The methods that the fast path calls where Flask does: an app may override them, and all that they call."""

_STEPS: dict[type, tuple[tuple[str, ...], tuple[type, ...]]] = {
    Flask: (("__call__", "wsgi_app"), (Flask,)),
    RequestContext: (("__init__", "push", "pop", "match_request"), (RequestContext, Flask)),
    AppContext: (("__init__", "push", "pop"), (AppContext, Flask)),
    Response: (("__call__", "close"), (Response,)),
    MapAdapter: (("match",), (MapAdapter, Map)),
    Map: (("bind_to_environ",), (Map,)),
    StateMachineMatcher: (("match",), (StateMachineMatcher,)),
}
"""The classes whose methods the fast path replaces: the first methods, and the classes whose methods they call."""

_OWN_FOLDERS = tuple(str(Path(module.__file__).parent) for module in (flask, werkzeug) if module.__file__)
_MIXIN = "restgql.upstream.outer_request"
_BUILTIN = frozenset(DEFAULT_CONVERTERS.values())  # others may query a database, or need a context


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def reached() -> dict[type, tuple[str, ...]]:
    """Return the methods, by class, that Flask's steps reach from the first to the last, without those of DELEGATED."""
    names: dict[type, set[str]] = {cls: set() for cls in _STEPS}
    waiting = [(cls, name) for cls, (first, _) in _STEPS.items() for name in first]
    while waiting:
        cls, name = waiting.pop()
        method = getattr(cls, name, None)
        if type(method) is not FunctionType or name in names[cls] or name in DELEGATED:
            continue
        names[cls].add(name)
        waiting += [(callee, inner) for callee in _STEPS[cls][1] for inner in _names_in(method.__code__)]
    return {cls: tuple(sorted(of)) for cls, of in names.items()}


WATCHED = reached()
_ON_INSTANCE = frozenset(WATCHED[Flask]) - {"wsgi_app"}
_steps_of = attrgetter(*WATCHED[Flask])
_others = [(cls, attrgetter(*names)) for cls, names in WATCHED.items()]
_CHECKED: dict[type, tuple[tuple[object, ...], bool]] = {}


def has_flasks_steps(app: Flask) -> bool:
    """Return True if no method in WATCHED is overridden or patched, on the app, its class, or a class of Flask's."""
    return vars(app).keys().isdisjoint(_ON_INSTANCE) and _are_flasks_own(type(app))


def has_plain_routing(app: Flask, adapter: MapAdapter) -> bool:
    """Return True if routing depends only on path and method, with Werkzeug's own map and converters."""
    return (
        type(app.url_map) is Map
        and type(adapter) is MapAdapter
        and adapter.map is app.url_map
        and vars(app.url_map).keys().isdisjoint(WATCHED[Map])
        and app.request_class is Request
        and not app.url_map.host_matching
        and not app.subdomain_matching
        and app.config["SERVER_NAME"] is None
        and app.config.get("TRUSTED_HOSTS") is None
        and _BUILTIN.issuperset(app.url_map.converters.values())
    )


def _are_flasks_own(cls: type) -> bool:
    """Return True if the watched methods are Flask's and Werkzeug's own, apart from those of GatewayMixin."""
    now: tuple[object, ...] = _steps_of(cls)
    for other, methods_of in _others:
        now += methods_of(other)
    checked = _CHECKED.get(cls)
    if checked is None or not all(map(is_, checked[0], now)):  # a wrapper may compare equal to the wrapped function
        classes = ((cls, WATCHED[Flask]), *WATCHED.items())
        checked = _CHECKED[cls] = now, all(_is_own(each, name) for each, names in classes for name in names)
    return checked[1]


def _is_own(cls: type, name: str) -> bool:
    for base in cls.__mro__:
        method: Any = vars(base).get(name)
        if method is not None and base.__module__ != _MIXIN:
            # a wrapper may copy the attributes of the wrapped function, but has another type
            return type(method) is FunctionType and method.__code__.co_filename.startswith(_OWN_FOLDERS)
    return False
