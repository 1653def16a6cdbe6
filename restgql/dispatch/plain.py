"""Whether an app is a plain Flask app, whose requests may take the cheap way."""

import importlib.metadata
from operator import attrgetter
from types import FunctionType
from typing import Any

import flask.app
from flask import Flask, Request
from werkzeug.routing.converters import DEFAULT_CONVERTERS

# The versions whose steps `dispatch/context.py` takes one by one.
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
_steps_of = attrgetter(*STEPS)
_MIXIN = "restgql.dispatch.flask"
_JUDGED: dict[type, tuple[object, bool]] = {}
_BUILTIN = frozenset(DEFAULT_CONVERTERS.values())  # others may ask a database, with a context around them


def is_plain(app: Flask) -> bool:
    """Whether routing depends on path and method alone, and nothing stands between the app, its routing and its hooks.

    It is asked anew for each operation: tools that monitor an app replace its methods at any time.
    """
    return (
        _KNOWN
        and vars(app).keys().isdisjoint(STEPS)
        and _has_flasks_steps(type(app))
        and app.request_class is Request
        and not app.url_map.host_matching
        and not app.subdomain_matching
        and app.config["SERVER_NAME"] is None
        and app.config.get("TRUSTED_HOSTS") is None
        and _BUILTIN.issuperset(app.url_map.converters.values())
    )


def _has_flasks_steps(cls: type) -> bool:
    """Whether the steps of a request, past our own mixin, are as Flask has them."""
    now = _steps_of(Flask), _steps_of(cls)
    known = _JUDGED.get(cls)
    if known is None or known[0] != now:
        known = _JUDGED[cls] = (now, all(_is_flasks_own(cls, name) for name in STEPS))
    return known[1]


def _is_flasks_own(cls: type, name: str) -> bool:
    for base in cls.__mro__:
        method: Any = vars(base).get(name)
        if method is not None and base.__module__ != _MIXIN:
            # a wrapper may pass on the attributes of what it wraps, and is another type
            return type(method) is FunctionType and method.__code__.co_filename == flask.app.__file__
    return False
