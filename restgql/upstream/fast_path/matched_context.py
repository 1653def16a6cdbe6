"""A request context of Flask for a request whose match is cached."""

from collections.abc import Callable
from functools import cached_property, lru_cache
from inspect import CO_COROUTINE
from types import FunctionType, MethodType
from typing import Any

from flask import Flask, Request, appcontext_popped, appcontext_pushed, appcontext_tearing_down, request_tearing_down
from flask import globals as contexts
from flask.ctx import AppContext, RequestContext
from flask.sessions import SessionMixin
from werkzeug.routing import MapAdapter
from werkzeug.wsgi import get_host

from restgql.upstream.contexts import SESSION, WITHOUT_HOOKS
from restgql.upstream.fast_path.match_cache import Matched
from restgql.upstream.fast_path.versions import KEEPS_HOST

_UNKNOWN: Any = object()


class MatchedContext(RequestContext):
    """A request context as Flask creates it, with a cached match instead of routing.

    `outer` is the URL adapter, and `host` the host, of a request to the same host and script name, if there is one.
    """

    def __init__(
        self,
        app: Flask,
        environ: dict[str, Any],
        matched: Matched,
        outer: MapAdapter | None = None,
        host: str | None = None,
    ) -> None:
        self.app = app
        self.request = app.request_class(environ)
        self.request.json_module = app.json
        self.host: str | None = None
        if KEEPS_HOST:
            self.host = self.request.host = host or get_host(environ, self.request.trusted_hosts)
        self.flashes = None
        vars(self)[SESSION] = None
        self._after_request_functions = []
        self._cv_tokens = []
        self.matched = matched
        self._outer = outer
        # hooks may change the environ and the request before the URL adapter is created
        self._entered = dict(environ) if outer is None else environ
        self._requested = self.request.path, self.request.method, self.request.query_string

    @property
    def opened_session(self) -> SessionMixin:
        """The session, read without marking it as accessed."""
        session: SessionMixin = vars(self)[SESSION]
        return session

    @property
    def has_hooks(self) -> bool:
        """True unless the endpoint runs without hooks."""
        return WITHOUT_HOOKS not in vars(self)

    @property
    def is_as_matched(self) -> bool:
        """True if no code has changed the request's rule since."""
        return self.request.url_rule is self.matched[0]

    @cached_property
    def url_adapter(self) -> MapAdapter | None:  # type: ignore[override]
        """The URL adapter as the app would create it, on first use, for example by `url_for`."""
        if self._outer is None:
            return self.app.create_url_adapter(self.app.request_class(self._entered, populate_request=False))
        adapter = MapAdapter.__new__(MapAdapter)
        vars(adapter).update(vars(self._outer))
        adapter.path_info, adapter.default_method, query = self._requested
        adapter.query_args = query.decode(errors="replace")
        return adapter

    def copy(self) -> RequestContext:
        """Copy as Flask does, for `copy_current_request_context`: another thread gets one without a cached match."""
        return RequestContext(self.app, self.request.environ, self.request, vars(self)[SESSION])

    def match_request(self) -> None:
        """Set the cached match instead of routing."""
        rule, arguments = self.matched
        self.request.url_rule = rule
        self.request.view_args = dict(arguments)

    def push(self) -> None:
        """Push as Flask does, without sending signals that have no receiver."""
        if self._cv_tokens or contexts._cv_app.get(None) is not None:  # pushed again, or within another context
            super().push()
            return
        app = self.app
        app_context = app.app_context()
        app_context._cv_tokens.append(contexts._cv_app.set(app_context))
        if appcontext_pushed.receivers:
            appcontext_pushed.send(app, _async_wrapper=app.ensure_sync)
        self._cv_tokens.append((contexts._cv_request.set(self), app_context))
        if vars(self)[SESSION] is None:
            sessions = app.session_interface
            session: Any = sessions.open_session(app, self.request)
            vars(self)[SESSION] = sessions.make_null_session(app) if session is None else session
        self.match_request()

    def pop(self, exc: BaseException | None = _UNKNOWN) -> None:
        """Pop as Flask does, without sending signals that have no receiver."""
        if exc is _UNKNOWN or len(self._cv_tokens) != 1:  # it was never pushed, or the view has pushed it again
            super().pop(*(() if exc is _UNKNOWN else (exc,)))
            return
        app, request = self.app, self.request
        try:
            if self.has_hooks:
                _tear_down(app, request, exc)
            if "files" in vars(request):  # only files need closing
                request.close()
        finally:
            here = contexts._cv_request.get()
            token, app_context = self._cv_tokens.pop()
            contexts._cv_request.reset(token)
            request.environ["werkzeug.request"] = None  # breaks the reference cycle between the request and its environ
            if app_context is not None:
                _pop_app(app_context, exc)
            if here is not self:
                raise AssertionError(f"Popped wrong request context. ({here!r} instead of {self!r})")


def _tear_down(app: Flask, request: Request, error: BaseException | None) -> None:
    """Run the teardown functions of a request as `Flask.do_teardown_request` does."""
    for scope in reversed(scopes(request.endpoint)):
        for teardown in reversed(app.teardown_request_funcs.get(scope, ())):
            synchronous(app, teardown)(error)
    if request_tearing_down.receivers:
        request_tearing_down.send(app, _async_wrapper=app.ensure_sync, exc=error)


def _pop_app(context: AppContext, error: BaseException | None) -> None:
    """Pop an app context as `AppContext.pop` does."""
    app = context.app
    if len(context._cv_tokens) != 1 or appcontext_tearing_down.receivers or appcontext_popped.receivers:
        context.pop(error)
        return
    try:
        for teardown in reversed(app.teardown_appcontext_funcs):
            synchronous(app, teardown)(error)
    finally:
        here = contexts._cv_app.get()
        contexts._cv_app.reset(context._cv_tokens.pop())
    if here is not context:
        raise AssertionError(f"Popped wrong app context. ({here!r} instead of {context!r})")


def synchronous(app: Flask, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a synchronous function as `Flask.ensure_sync` does."""
    plain: Any = function.__func__ if type(function) is MethodType else function
    if type(plain) is FunctionType and not plain.__code__.co_flags & CO_COROUTINE and not vars(plain):
        return function  # a function with attributes may be marked as asynchronous
    return app.ensure_sync(function)


@lru_cache(maxsize=4_096)  # endpoints are names in the app's own code
def scopes(endpoint: str | None) -> tuple[str | None, ...]:
    """Return the keys of hooks: None for the app, then the names of the endpoint's blueprints, outermost first."""
    names = (endpoint or "").split(".")[:-1]
    return None, *(".".join(names[: count + 1]) for count in range(len(names)))
