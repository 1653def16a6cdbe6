"""The cheap way into a plain Flask app: the steps of `Flask.wsgi_app`, less what is known of the request already."""

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

from restgql.dispatch.wsgi import Collector, Exchanged, Oversize, through
from restgql.model import Headers

MATCHED = "restgql.matched"
# In Flask 3.1.3 it is behind a property, that notes who looks at it.
_SESSION = "_session" if hasattr(RequestContext, "session") else "session"
_JSON = (dict, list)
_CORRECTED = frozenset({"location", "content-location"})

Matched = tuple[Rule, dict[str, Any]]
"""The rule that a path matches, and the arguments of its view."""


class MatchedContext(RequestContext):
    """A request context as Flask makes it, its URL adapter and match given rather than found again."""

    def __init__(self, app: Flask, environ: dict[str, Any], outer: MapAdapter, matched: Matched) -> None:
        self.app = app
        self.request = app.request_class(environ)
        self.request.json_module = app.json
        self.flashes = None
        vars(self)[_SESSION] = None
        self._after_request_functions = []
        self._cv_tokens = []
        self._outer = outer
        self._matched = matched

    @cached_property
    def url_adapter(self) -> MapAdapter:  # type: ignore[override]
        """As the app would make it, once somebody asks for it: `url_for`, say."""
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


class PlainApp:
    """`Flask.wsgi_app` for requests that are matched already: the same calls in the same order.

    It has the request where Flask asks its proxies for it again and again, passes over signals that nobody
    receives, and knows a function that is not asynchronous by its kind. `adapter` is the outer request's.
    """

    def __init__(self, app: Flask, adapter: MapAdapter) -> None:
        self._app = app
        self._adapter = adapter
        self._whole_way = through(app.wsgi_app)

    def exchange(self, environ: dict[str, Any], collector: Collector) -> Exchanged:
        """The app's response. Raises what it raises, Oversize, and Overtime."""
        matched = environ.get(MATCHED)
        if matched is None:  # routing itself answers, with a redirect or 405
            return self._whole_way(environ, collector)
        app = self._app
        context = MatchedContext(app, environ, self._adapter, matched)
        error: BaseException | None = None
        try:
            try:
                self._enter(context)
                response = self._dispatched(context)
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
            self._leave(context, error)
        if fields is None:
            return collector.collect(chunks)
        try:
            body = chunks[0] if len(chunks) == 1 and type(chunks[0]) is bytes else response.get_data()
        finally:
            response.close()
        if len(body) > collector.limit:
            raise Oversize
        return response.status_code, fields, body

    def _enter(self, context: MatchedContext) -> None:
        """As `RequestContext.push`, where none is pushed yet."""
        app = self._app
        app_context = app.app_context()
        app_context._cv_tokens.append(contexts._cv_app.set(app_context))
        if appcontext_pushed.receivers:
            appcontext_pushed.send(app, _async_wrapper=app.ensure_sync)
        context._cv_tokens.append((contexts._cv_request.set(context), app_context))
        sessions = app.session_interface
        session: Any = sessions.open_session(app, context.request)
        vars(context)[_SESSION] = sessions.make_null_session(app) if session is None else session
        context.match_request()

    def _leave(self, context: MatchedContext, error: BaseException | None) -> None:
        """As `RequestContext.pop`."""
        if len(context._cv_tokens) != 1:  # it was never pushed, or the view has pushed it again
            context.pop(error)
            return
        app, request = self._app, context.request
        try:
            for scope in reversed(_scopes(request.endpoint)):
                for teardown in reversed(app.teardown_request_funcs.get(scope, ())):
                    self._synchronous(teardown)(error)
            if request_tearing_down.receivers:
                request_tearing_down.send(app, _async_wrapper=app.ensure_sync, exc=error)
            if "files" in vars(request):  # nothing else is there to be closed
                request.close()
        finally:
            here = contexts._cv_request.get()
            token, app_context = context._cv_tokens.pop()
            contexts._cv_request.reset(token)
            request.environ["werkzeug.request"] = None  # it has the environ, which has it
            if app_context is not None:
                self._leave_app(app_context, error)
            if here is not context:
                raise AssertionError(f"Popped wrong request context. ({here!r} instead of {context!r})")

    def _leave_app(self, context: AppContext, error: BaseException | None) -> None:
        """As `AppContext.pop`."""
        app = self._app
        if len(context._cv_tokens) != 1 or appcontext_tearing_down.receivers or appcontext_popped.receivers:
            context.pop(error)
            return
        try:
            for teardown in reversed(app.teardown_appcontext_funcs):
                self._synchronous(teardown)(error)
        finally:
            here = contexts._cv_app.get()
            contexts._cv_app.reset(context._cv_tokens.pop())
        if here is not context:
            raise AssertionError(f"Popped wrong app context. ({here!r} instead of {context!r})")

    def _dispatched(self, context: MatchedContext) -> Response:
        """As `Flask.full_dispatch_request`."""
        app = self._app
        app._got_first_request = True
        try:
            if request_started.receivers:
                request_started.send(app, _async_wrapper=app.ensure_sync)
            value = self._preprocessed(context.request)
            if value is None:
                value = self._viewed(context.request)
        except Exception as exc:
            value = app.handle_user_exception(exc)
        # as Flask.make_response, for what most views give
        made: Any = app.json.response(value) if type(value) in _JSON else app.make_response(value)
        response = self._processed(context, made)
        if request_finished.receivers:
            request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
        return response

    def _preprocessed(self, request: Request) -> Any:
        """As `Flask.preprocess_request`."""
        app, scopes = self._app, _scopes(request.endpoint)
        for scope in scopes:
            for preprocess in app.url_value_preprocessors.get(scope, ()):
                preprocess(request.endpoint, request.view_args)
        for scope in scopes:
            for before in app.before_request_funcs.get(scope, ()):
                value = self._synchronous(before)()
                if value is not None:
                    return value
        return None

    def _viewed(self, request: Request) -> Any:
        """As `Flask.dispatch_request`; no sub-request is OPTIONS."""
        app, rule = self._app, request.url_rule
        if request.routing_exception is not None or rule is None:
            return Flask.dispatch_request(app)
        return self._synchronous(app.view_functions[rule.endpoint])(**request.view_args or {})

    def _processed(self, context: MatchedContext, response: Response) -> Response:
        """As `Flask.process_response`."""
        app = self._app
        for after in context._after_request_functions:
            response = app.ensure_sync(after)(response)
        for scope in reversed(_scopes(context.request.endpoint)):
            for after in reversed(app.after_request_funcs.get(scope, ())):
                response = self._synchronous(after)(response)
        session = vars(context)[_SESSION]
        if not app.session_interface.is_null_session(session):
            app.session_interface.save_session(app, session, response)
        return response

    def _synchronous(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """As `Flask.ensure_sync`."""
        if type(function) is FunctionType and not function.__code__.co_flags & CO_COROUTINE and not vars(function):
            return function  # one with attributes may be marked as asynchronous
        return self._app.ensure_sync(function)


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
