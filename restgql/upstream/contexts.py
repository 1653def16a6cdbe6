"""Flask's contexts: two until Flask 3.1, a single one after it."""

from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, cast

import flask.ctx
import flask.globals
from flask import Flask

IS_MERGED = not hasattr(flask.globals, "_cv_request")
"""True if the request context is the app context: in Flask after 3.1."""

RequestContext: Any = flask.ctx.AppContext if IS_MERGED else flask.ctx.RequestContext
_proxy: Any = flask.globals.app_ctx if IS_MERGED else flask.globals.request_ctx
SESSION = "_session" if hasattr(RequestContext, "session") else "session"
"""The attribute of a request context with its session.

From Flask 3.1.3 on, the public property also marks it as accessed.
"""
WITHOUT_HOOKS = "restgql_without_hooks"
"""The attribute of a request context whose endpoint runs without hooks."""
_APP: ContextVar[Any] = cast(ContextVar[Any], flask.globals._cv_app)
_VARIABLES = (_APP,) if IS_MERGED else (_APP, cast(ContextVar[Any], flask.globals._cv_request))


current_request_context: Callable[[], Any] = _proxy._get_current_object
"""Return the context of the current request. Raises RuntimeError outside of one."""


def current_context_without_flask() -> Context:
    """Return a copy of the current context variables without Flask's contexts: None counts as no context."""
    context = copy_context()
    for variable in _VARIABLES:
        context.run(variable.set, None)
    return context


def is_within_app_context(app: Flask, context: Context) -> bool:
    """Return True if an app context of this app is pushed in a context."""
    held = context.get(_APP)
    return held is not None and held.app is app
