"""The request that entered the app, and the code that sees every request: before middleware, and after routing."""

from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from functools import partial
from threading import get_ident
from typing import Any, cast

import msgspec
from flask import Flask, Request, request_finished, request_started
from flask.ctx import RequestContext
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from restgql.errors import RestgqlError
from restgql.formats import cookies
from restgql.formats.headers import NO_STORE
from restgql.upstream import fast_path
from restgql.upstream.contexts import SESSION, WITHOUT_HOOKS, current_context_without_flask, current_request_context
from restgql.upstream.environ import Environ
from restgql.upstream.fast_path.match_cache import MATCH_CACHE, MatchCache, MatchKey
from restgql.upstream.gateways import Gateways
from restgql.upstream.missed_endpoint import answer_missed
from restgql.upstream.outer_session import OuterSession
from restgql.upstream.wsgi import Refusal

ENTERED = "restgql.entered"
GATE = "restgql.gate"
CONTEXT = "restgql.context"
ENTRY = "restgql.entry"
"""The environ key of an app that was not entered through its `__call__`, and of the context before its hooks."""
SHARED_THREAD = "restgql.shared_thread"
"""The environ key of the thread that ran the hooks of the outer request, if sub-requests run in it as well."""

Gate = Callable[[], None]
Match = tuple[Rule, dict[str, Any]]


class OuterRequest(msgspec.Struct):
    """The outer request: its environ before any middleware, and the Set-Cookie values to add to its response.

    `before_middleware` is False if the server called `app.wsgi_app` instead of `app`; `environ` is then the one that
    the view sees. `context` has the context variables with which the app was entered. `answered` is True if the
    response is a gateway's, `no_store` if no cache may store it, and `is_routed_by_path` if
    `fast_path.is_routed_by_path` held for the app when the request arrived.
    """

    app: Flask
    environ: Environ
    before_middleware: bool
    context: Context
    session: OuterSession | None = None
    cookies: list[str] = []
    answered: bool = False
    no_store: bool = False
    is_routed_by_path: bool = False

    def outward(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the header fields to send, with the cookies of sub-requests after the outer request's own.

        An after_request hook cannot weaken `no-store`, and a response that sets a cookie has it, too. Vary is sent as a
        single line: nginx before 1.23 reads only the last one, and would serve one user's response to another.
        """
        if not self.answered or self._has_all(fields):
            return fields
        replaced: dict[str, list[str]] = {"set-cookie": [], "vary": [], "cache-control": []}
        rest = []
        for field in fields:
            values = replaced.get(field[0].lower())
            if values is None:
                rest.append(field)
            else:
                values.append(field[1])
        own = [*(self.session.cookies if self.session else ()), *replaced["set-cookie"]]
        set_cookie = [("Set-Cookie", value) for value in cookies.merged(own, self.cookies)]
        caching = [("Cache-Control", value) for value in replaced["cache-control"]]
        vary = [("Vary", ", ".join(replaced["vary"]))] if replaced["vary"] else []
        return [*rest, *vary, *(NO_STORE if set_cookie or self.no_store else caching), *set_cookie]

    def _has_all(self, fields: list[tuple[str, str]]) -> bool:
        """Return True if the fields are already those to send."""
        if self.cookies or self.no_store or (self.session and self.session.cookies):
            return False
        names = [name.lower() for name, _ in fields]
        return "set-cookie" not in names and names.count("vary") <= 1


class GatewayMixin:
    """Mixed into the app's own class: the only code that runs before all middleware, however late that is added."""

    restgql_gateways: Gateways

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered = OuterRequest(cast(Flask, self), environ.copy(), True, copy_context())
        environ[ENTERED] = entered

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, entered.outward(headers), *([exc_info] if exc_info else []))

        result: Iterable[bytes] = super().__call__(environ, start)  # type: ignore[misc]
        return result

    def request_context(self, environ: dict[str, Any]) -> Any:
        """Return a context with the cached match of a sub-request, or of a request to a gateway, if there is one. It
        runs after all middleware.
        """
        cache: Any = environ.get(MATCH_CACHE)
        if cache is None and self.restgql_gateways.may_lead(environ.get("PATH_INFO", "")):
            cache = self.restgql_gateways.matches  # an OuterMatches
        if cache is None or not cache.is_of(self):
            return super().request_context(environ)  # type: ignore[misc]
        key = cache.key_of(environ)
        routed = cache.get(key)
        if routed is not None:
            entered = _entered(cast(Flask, self), environ)
            if entered is not None:
                entered.is_routed_by_path = True
            return fast_path.MatchedContext(cache.app, environ, *routed)
        context = super().request_context(environ)  # type: ignore[misc]
        vars(context)[MATCH_CACHE] = cache, key
        return context

    def full_dispatch_request(self) -> Any:
        """Enforce RESTGQL_ROUTES on a sub-request, after routing and before any hook, whatever its middleware did."""
        # Every direct request to the app passes here, too, and must not become slower.
        context = current_request_context()
        environ = context.request.environ
        app = cast(Flask, self)
        gateways = self.restgql_gateways
        if not gateways.has_begun:
            gateways.begin(app)
        if CONTEXT not in environ and (ENTERED not in environ or _entered(app, environ) is None):
            environ[ENTRY] = app, current_context_without_flask()  # the server, or another app, calls `app.wsgi_app`
        if fast_path.is_as_matched(context):  # the match of a sub-request is cached only behind the gate
            response = fast_path.full_dispatch(context)
        else:
            if GATE in environ or MATCH_CACHE in vars(context):
                _pass_gate(context, environ)
            is_without = gateways.without_hooks and WITHOUT_HOOKS in vars(context)
            response = _without_hooks(app) if is_without else super().full_dispatch_request()  # type: ignore[misc]
        entered = _entered(app, environ) if ENTERED in environ else None
        if entered is not None and entered.answered:
            if not entered.before_middleware:
                response.headers = Headers(entered.outward(list(response.headers)))
        elif environ["REQUEST_METHOD"] == "POST" and context.request.endpoint in gateways.endpoints:
            gateways.log_guard(context.request, response)
        return response

    def handle_user_exception(self, e: Exception) -> Any:
        """Handle an exception as the app does; log that of a hook whose thread-local state another request may hold."""
        environ = current_request_context().request.environ
        if environ.get(SHARED_THREAD) == get_ident():
            self.restgql_gateways.log_hook(environ, e)
        return super().handle_user_exception(e)  # type: ignore[misc]

    def handle_http_exception(self, e: HTTPException) -> Any:
        """Answer a request that misses a gateway by its method or by a slash; any other one as the app does."""
        answer = answer_missed(cast(Flask, self), self.restgql_gateways, e)
        return super().handle_http_exception(e) if answer is None else answer  # type: ignore[misc]


class WithoutHooksMixin:
    """Mixed into the app's class as well, if a gateway on it has RESTGQL_HOOKS = False."""

    restgql_gateways: Gateways

    def request_context(self, environ: dict[str, Any]) -> Any:
        """Return a context that is marked, and has no session, for a request to an endpoint without hooks."""
        context = super().request_context(environ)  # type: ignore[misc]
        cache: MatchCache | None = environ.get(MATCH_CACHE)
        is_outer = cache is None or not cache.is_of(self)
        gateways = self.restgql_gateways
        if not is_outer or not gateways.may_lead(environ.get("PATH_INFO", "")):
            return context
        match = _match(context)
        if match is not None and match[0].endpoint in gateways.without_hooks:
            session = context.app.session_interface.make_null_session(context.app)
            vars(context).update({WITHOUT_HOOKS: True, SESSION: session})
            if type(context) is RequestContext:  # it need not match again
                vars(context)["match_request"] = partial(_set_match, context.request, match)
        return context

    def do_teardown_request(self, *args: Any, **named: Any) -> None:
        """Run the teardown functions of a request, unless its endpoint has no hooks."""
        if WITHOUT_HOOKS not in vars(current_request_context()):
            super().do_teardown_request(*args, **named)  # type: ignore[misc]


def _pass_gate(context: Any, environ: Environ) -> None:
    """Raise Refusal for a sub-request to a route that is not exposed; cache the match of any other request."""
    gate: Gate | None = environ.get(GATE)
    if gate is not None:
        try:
            gate()
        except RestgqlError as exc:
            raise Refusal(exc) from exc
    # Once: a view may change its request.
    unmatched: tuple[Any, MatchKey] | None = vars(context).pop(MATCH_CACHE, None)
    if unmatched is not None:
        cache, key = unmatched
        cache.learn(key, context)


def _match(context: Any) -> Match | None:
    """Return the rule and the arguments of a request whose context is not pushed yet."""
    cached: Match | None = vars(context).get("matched")  # of a MatchedContext
    if cached is not None:
        return cached
    try:
        return cast(Match, context.url_adapter.match(return_rule=True))
    except HTTPException:  # a redirect or 404; it is raised again when the request is answered
        return None


def _set_match(request: Request, match: Match) -> None:
    request.url_rule, request.view_args = match


def _without_hooks(app: Flask) -> Any:
    """Dispatch a request as `Flask.full_dispatch_request` does, without the functions before and after it."""
    try:
        request_started.send(app, _async_wrapper=app.ensure_sync)
        value = app.dispatch_request()
    except Exception as exc:
        value = app.handle_user_exception(exc)
    response = app.make_response(value)
    request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
    return response


def install_mixins(app: Flask, *, hooks: bool) -> None:
    """Mix GatewayMixin into the app's class, and WithoutHooksMixin for a gateway without hooks; each once."""
    Gateways.on(app)
    for mixin in (GatewayMixin,) if hooks else (GatewayMixin, WithoutHooksMixin):
        cls = type(app)
        if not issubclass(cls, mixin):
            app.__class__ = type(cls.__name__, (mixin, cls), {"__module__": cls.__module__, "__doc__": cls.__doc__})


def entered_by(app: Flask, request: Request) -> OuterRequest:
    """Return the outer request of this request."""
    entered = _entered(app, request.environ)
    if entered is not None:
        if entered.session is None:
            entered.session = OuterSession.of(app, current_request_context())
        return entered
    # A sub-request on the fast path, or `app.test_request_context()`: a direct request inside it has this context, too.
    context = request.environ.get(CONTEXT)
    if context is None:  # an empty context is falsy
        entry_app, entry = request.environ.get(ENTRY, (None, None))
        context = entry if entry_app is app else copy_context()
    session = OuterSession.of(app, current_request_context())
    entered = request.environ[ENTERED] = OuterRequest(app, request.environ.copy(), False, context, session)
    return entered


def _entered(app: Flask, environ: Environ) -> OuterRequest | None:
    """Return the outer request in an environ, if it belongs to this app."""
    entered: OuterRequest | None = environ.get(ENTERED)
    return entered if entered is not None and entered.app is app else None
