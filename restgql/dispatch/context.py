"""The cheap way into a plain Flask app: the steps of `Flask.wsgi_app`, less what is known of the request already."""

import importlib.metadata
from collections.abc import Callable
from functools import cached_property, lru_cache
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any

from flask import (
    Flask,
    Request,
    Response,
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    request_finished,
    request_started,
    request_tearing_down,
)
from flask import globals as contexts
from flask.ctx import AppContext, RequestContext
from werkzeug.routing import MapAdapter, Rule
from werkzeug.wsgi import get_host

from restgql.dispatch.environ import decoded
from restgql.dispatch.wsgi import Collector, Exchanged, Oversize, through
from restgql.model import Headers

MATCHED = "restgql.matched"
CORE = "restgql.core"
# In Flask 3.1.3 it is behind a property, that notes who looks at it.
_SESSION = "_session" if hasattr(RequestContext, "session") else "session"
_JSON = (dict, list)
_CORRECTED = frozenset({"location", "content-location"})
_KEEPS_HOST = not importlib.metadata.version("flask").startswith("3.0.")  # as it was before any hook
_UNKNOWN: Any = object()
# Besides the path: what makes a URL adapter one of WebSockets, or none, as a host does that no URL can have.
_ROUTED_BY = ("REQUEST_METHOD", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "HTTP_CONNECTION", "HTTP_UPGRADE")

Matched = tuple[Rule, dict[str, Any]]
"""The rule that a path matches, and the arguments of its view."""

At = tuple[object, ...]
"""All that the match of a request depends on, and whether a field of its own opened it."""

Matches = dict[At, Matched]


class MatchedContext(RequestContext):
    """A request context as Flask makes it, its match given rather than found again; `outer` is the URL adapter of the
    outer request, and `host` its own, where they hold for this one, too."""

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
        if _KEEPS_HOST:
            self.request.host = host or get_host(environ, self.request.trusted_hosts)
        self.flashes = None
        vars(self)[_SESSION] = None
        self._after_request_functions = []
        self._cv_tokens = []
        self._matched = matched
        self._outer = outer
        self._entered = dict(environ) if outer is None else environ  # a hook may change it

    @property
    def is_as_matched(self) -> bool:
        """Whether nobody has led the request elsewhere since."""
        return self.request.url_rule is self._matched[0]

    @cached_property
    def url_adapter(self) -> MapAdapter | None:  # type: ignore[override]
        """As the app would make it, once somebody asks for it: `url_for`, say."""
        if self._outer is None:
            return self.app.create_url_adapter(self.app.request_class(self._entered, populate_request=False))
        adapter = MapAdapter.__new__(MapAdapter)
        vars(adapter).update(vars(self._outer))
        adapter.path_info = self.request.path
        adapter.default_method = self.request.method
        adapter.query_args = self.request.environ["QUERY_STRING"]
        return adapter

    def copy(self) -> RequestContext:
        """As Flask's, for `copy_current_request_context`: another thread may have one that finds all for itself."""
        return RequestContext(self.app, self.request.environ, self.request, vars(self)[_SESSION])

    def match_request(self) -> None:
        """Flask's own, without the search."""
        rule, arguments = self._matched
        self.request.url_rule = rule
        self.request.view_args = dict(arguments)

    def push(self) -> None:
        """Flask's own, passing over signals that nobody receives."""
        # it is pushed within another, or again: then it has a session
        if self._cv_tokens or contexts._cv_app.get(None) is not None or vars(self)[_SESSION] is not None:
            super().push()
            return
        app = self.app
        app_context = app.app_context()
        app_context._cv_tokens.append(contexts._cv_app.set(app_context))
        if appcontext_pushed.receivers:
            appcontext_pushed.send(app, _async_wrapper=app.ensure_sync)
        self._cv_tokens.append((contexts._cv_request.set(self), app_context))
        sessions = app.session_interface
        session: Any = sessions.open_session(app, self.request)
        vars(self)[_SESSION] = sessions.make_null_session(app) if session is None else session
        self.match_request()

    def pop(self, exc: BaseException | None = _UNKNOWN) -> None:
        """Flask's own, passing over signals that nobody receives."""
        if exc is _UNKNOWN or len(self._cv_tokens) != 1:  # it was never pushed, or the view has pushed it again
            super().pop(*(() if exc is _UNKNOWN else (exc,)))
            return
        app, request = self.app, self.request
        try:
            for scope in reversed(_scopes(request.endpoint)):
                for teardown in reversed(app.teardown_request_funcs.get(scope, ())):
                    _synchronous(app, teardown)(exc)
            if request_tearing_down.receivers:
                request_tearing_down.send(app, _async_wrapper=app.ensure_sync, exc=exc)
            if "files" in vars(request):  # nothing else is there to be closed
                request.close()
        finally:
            here = contexts._cv_request.get()
            token, app_context = self._cv_tokens.pop()
            contexts._cv_request.reset(token)
            request.environ["werkzeug.request"] = None  # it has the environ, which has it
            if app_context is not None:
                _pop_app(app_context, exc)
            if here is not self:
                raise AssertionError(f"Popped wrong request context. ({here!r} instead of {self!r})")


def _pop_app(context: AppContext, error: BaseException | None) -> None:
    """As `AppContext.pop`."""
    app = context.app
    if len(context._cv_tokens) != 1 or appcontext_tearing_down.receivers or appcontext_popped.receivers:
        context.pop(error)
        return
    try:
        for teardown in reversed(app.teardown_appcontext_funcs):
            _synchronous(app, teardown)(error)
    finally:
        here = contexts._cv_app.get()
        contexts._cv_app.reset(context._cv_tokens.pop())
    if here is not context:
        raise AssertionError(f"Popped wrong app context. ({here!r} instead of {context!r})")


class Core:
    """The app behind its middleware, as the sub-requests of one operation come to it: their environ has it as CORE, and
    what comes to a path again takes the cheap way from there. What is `opened` is matched apart."""

    def __init__(self, app: Flask, matches: Matches, *, opened: bool) -> None:
        self.app = app
        self._matches = matches
        self._opened = opened

    def is_of(self, app: object) -> bool:
        """Whether it is this app, and no other one that a middleware leads to."""
        return self.app is app

    def at(self, environ: dict[str, Any]) -> At:
        """What to remember a request by."""
        return decoded(environ, "PATH_INFO"), self._opened, *map(environ.get, _ROUTED_BY)

    def matched(self, at: At) -> Matched | None:
        """The match of a request that was matched before, None of any other."""
        return self._matches.get(at)

    def learn(self, at: At, request: Request) -> None:
        """Remember the match of a request that may be answered; no hook has seen it yet."""
        if request.url_rule is not None and request.routing_exception is None:
            self._matches[at] = request.url_rule, dict(request.view_args or {})


class PlainApp:
    """`Flask.wsgi_app` for requests that are matched already: the same calls in the same order.

    `adapter` is the outer request's.
    """

    def __init__(self, app: Flask, adapter: MapAdapter) -> None:
        self._app = app
        self._adapter = adapter
        self._whole_way = through(app.wsgi_app)
        self._host: str | None = None

    def exchange(self, environ: dict[str, Any], collector: Collector) -> Exchanged:
        """The app's response. Raises what it raises, Oversize, and Overtime."""
        matched = environ.get(MATCHED)
        if matched is None:  # routing itself answers, with a redirect or 405
            return self._whole_way(environ, collector)
        app = self._app
        context = MatchedContext(app, environ, matched, self._adapter, self._host)
        if _KEEPS_HOST:
            self._host = context.request.host  # no field sets another
        error: BaseException | None = None
        try:
            try:
                context.push()
                response = full_dispatch(context)
            except Exception as exc:
                error = exc
                response = app.handle_exception(exc)
            except BaseException as exc:
                error = exc
                raise
            fields = _fields_of(response)
            chunks: Any = response(environ, collector.start_response) if fields is None else response.response
        finally:
            if error is not None and app.should_ignore_error(error):
                error = None
            context.pop(error)
        if fields is None:
            return collector.collect(chunks)
        try:
            body = chunks[0] if len(chunks) == 1 and type(chunks[0]) is bytes else response.get_data()
        finally:
            response.close()
        if len(body) > collector.limit:
            raise Oversize
        return response.status_code, fields, body


def full_dispatch(context: MatchedContext) -> Response:
    """As `Flask.full_dispatch_request`.

    It has the request where Flask asks its proxies for it again and again, passes over signals that nobody receives,
    and knows a function that is not asynchronous by its kind.
    """
    app = context.app
    app._got_first_request = True
    try:
        if request_started.receivers:
            request_started.send(app, _async_wrapper=app.ensure_sync)
        value = _preprocessed(app, context.request)
        if value is None:
            value = _viewed(app, context.request)
    except Exception as exc:
        value = app.handle_user_exception(exc)
    # as Flask.make_response, for what most views give
    made: Any = app.json.response(value) if type(value) in _JSON else app.make_response(value)
    response = _processed(context, made)
    if request_finished.receivers:
        request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
    return response


def _preprocessed(app: Flask, request: Request) -> Any:
    """As `Flask.preprocess_request`."""
    scopes = _scopes(request.endpoint)
    for scope in scopes:
        for preprocess in app.url_value_preprocessors.get(scope, ()):
            preprocess(request.endpoint, request.view_args)
    for scope in scopes:
        for before in app.before_request_funcs.get(scope, ()):
            value = _synchronous(app, before)()
            if value is not None:
                return value
    return None


def _viewed(app: Flask, request: Request) -> Any:
    """As `Flask.dispatch_request`."""
    rule = request.url_rule
    # no sub-request is OPTIONS, but a middleware or a hook may make it one
    if request.routing_exception is not None or rule is None or request.method == "OPTIONS":
        return Flask.dispatch_request(app)
    return _synchronous(app, app.view_functions[rule.endpoint])(**request.view_args or {})


def _processed(context: MatchedContext, response: Response) -> Response:
    """As `Flask.process_response`."""
    app = context.app
    for after in context._after_request_functions:
        response = app.ensure_sync(after)(response)
    for scope in reversed(_scopes(context.request.endpoint)):
        for after in reversed(app.after_request_funcs.get(scope, ())):
            response = _synchronous(app, after)(response)
    session = vars(context)[_SESSION]
    if not app.session_interface.is_null_session(session):
        app.session_interface.save_session(app, session, response)
    return response


def _synchronous(app: Flask, function: Callable[..., Any]) -> Callable[..., Any]:
    """As `Flask.ensure_sync`."""
    if type(function) is FunctionType and not function.__code__.co_flags & CO_COROUTINE and not vars(function):
        return function  # one with attributes may be marked as asynchronous
    return app.ensure_sync(function)


@lru_cache(maxsize=4_096)
def _scopes(endpoint: str | None) -> tuple[str | None, ...]:
    """What hooks are registered under: None for the app, then the endpoint's blueprints, the outermost first."""
    names = (endpoint or "").split(".")[:-1]
    return None, *(".".join(names[: count + 1]) for count in range(len(names)))


def _fields_of(response: Response) -> Headers | None:
    """The header fields of a response that is sent as it stands: a list of chunks, and none that Werkzeug would
    correct; None of any other."""
    status = response.status_code
    if type(response) is not Response or type(response.response) is not list or status < 200 or status in (204, 304):
        return None
    fields = tuple(response.headers)
    names = {name.lower() for name, _ in fields}
    return fields if "content-length" in names and _CORRECTED.isdisjoint(names) else None
