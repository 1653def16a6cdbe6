"""The threads that run the sub-requests of an operation (docs/execution.md, "Threads")."""

import enum
from contextvars import Context

from flask import Flask, Request, request_started
from flask.sessions import SecureCookieSessionInterface

from restgql.upstream.contexts import is_within_app_context
from restgql.upstream.environ import Environ


class Threads(enum.Enum):
    """The threads that run the sub-requests of an operation."""

    MANY = "many"
    """Threads of the pool, which run requests that wait in parallel."""
    OWN = "own"
    """One thread that runs nothing else meanwhile: one sub-request after the other."""
    SERVER = "server"
    """The caller's own thread: one sub-request after the other."""


def threads_of(sequential: object, app: Flask, context: Context, environ: Environ, *, in_view: bool) -> Threads:
    """Return the threads by RESTGQL_SEQUENTIAL and the server's promise to the app (PEP 3333, wsgi.multithread).

    A view that calls the gateway has its own state in its thread, so its sub-requests run in another one. A test that
    holds an app context shares anything bound to it, such as a transaction, with a direct request and a sub-request.
    """
    if sequential == "server" or is_within_app_context(app, context):
        return Threads.SERVER
    if sequential is True:
        return Threads.OWN
    if sequential is False or environ.get("wsgi.multithread", True):
        return Threads.MANY
    return Threads.OWN if in_view else Threads.SERVER


def is_free(app: Flask, request: Request, *, hooks: bool) -> bool:
    """Return True if no code of the app has run in this thread for the request to the gateway.

    That is so if the endpoint runs without `hooks`, or if the app has none: then thread-local state of the app belongs
    to each sub-request.
    """
    if not hooks:
        return True
    scopes = (None, *request.blueprints)
    has_hooks = any(app.before_request_funcs.get(scope) or app.url_value_preprocessors.get(scope) for scope in scopes)
    listens = bool(request_started.receivers) and request_started.has_receivers_for(app)
    return type(app.session_interface) is SecureCookieSessionInterface and not listens and not has_hooks
