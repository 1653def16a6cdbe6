"""The check that an app takes Flask's own steps, so that its requests may take the fast path."""

import importlib.metadata
from operator import attrgetter, is_
from types import FunctionType
from typing import Any

import flask.app
import flask.ctx
from flask import Flask, Request
from flask.ctx import AppContext, RequestContext
from werkzeug.routing.converters import DEFAULT_CONVERTERS

# The versions whose steps `context.py` and `steps.py` take one by one.
_KNOWN = all(importlib.metadata.version(name).startswith(("3.0.", "3.1.")) for name in ("flask", "werkzeug"))

STEPS = (
    "__call__",
    "wsgi_app",
    "request_context",
    "create_url_adapter",
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "finalize_request",
    "process_response",
    "make_response",
    "ensure_sync",
    "do_teardown_request",
    "do_teardown_appcontext",
)
_WITHIN = frozenset(STEPS) - {"wsgi_app"}
REQUEST_STEPS = ("__init__", "push", "pop", "match_request")
APP_STEPS = ("push", "pop")
_steps_of, _request_steps_of, _app_steps_of = attrgetter(*STEPS), attrgetter(*REQUEST_STEPS), attrgetter(*APP_STEPS)
_MIXIN = "restgql.upstream.flask_app"
_CHECKED: dict[type, tuple[tuple[object, ...], bool]] = {}
_BUILTIN = frozenset(DEFAULT_CONVERTERS.values())  # others may ask a database, with a context around them


def is_unwrapped(app: Flask) -> bool:
    """Return True if the app has no middleware; it may be added at any time."""
    return "wsgi_app" not in vars(app)


def has_plain_core(app: Flask) -> bool:
    """Return True if routing depends only on path and method, and no method in STEPS is overridden or patched.

    Middleware around `wsgi_app` is allowed. The check runs for each operation: tools that monitor an app replace its
    methods at any time.
    """
    return (
        _KNOWN
        and vars(app).keys().isdisjoint(_WITHIN)
        and _has_flasks_steps(type(app))
        and app.request_class is Request
        and not app.url_map.host_matching
        and not app.subdomain_matching
        and app.config["SERVER_NAME"] is None
        and app.config.get("TRUSTED_HOSTS") is None
        and _BUILTIN.issuperset(app.url_map.converters.values())
    )


def _has_flasks_steps(cls: type) -> bool:
    """Return True if the steps of a request, apart from GatewayMixin, are Flask's own."""
    now = (*_steps_of(Flask), *_steps_of(cls), *_request_steps_of(RequestContext), *_app_steps_of(AppContext))
    checked = _CHECKED.get(cls)
    if checked is None or not all(map(is_, checked[0], now)):  # a wrapper may be equal to what it wraps
        checked = _CHECKED[cls] = (
            now,
            all(_is_flasks_own(cls, name, flask.app.__file__) for name in STEPS)
            and all(_is_flasks_own(RequestContext, name, flask.ctx.__file__) for name in REQUEST_STEPS)
            and all(_is_flasks_own(AppContext, name, flask.ctx.__file__) for name in APP_STEPS),
        )
    return checked[1]


def _is_flasks_own(cls: type, name: str, file: str) -> bool:
    for base in cls.__mro__:
        method: Any = vars(base).get(name)
        if method is not None and base.__module__ != _MIXIN:
            # a wrapper may pass on the attributes of what it wraps, and is another type
            return type(method) is FunctionType and method.__code__.co_filename == file
    return False
