"""The fast path into a plain Flask app: the steps of `Flask.wsgi_app` for a request whose match is cached."""

from typing import Any

from flask import Flask, Request, Response, request_finished, request_started
from werkzeug.routing import MapAdapter

from restgql.formats import media
from restgql.sub_response import ReceivedFields, sort_fields
from restgql.upstream.environ import DEADLINE
from restgql.upstream.fast_path import plain_json
from restgql.upstream.fast_path.match_cache import MATCHED
from restgql.upstream.fast_path.matched_context import MatchedContext, scopes, synchronous
from restgql.upstream.fast_path.plain_response import is_unchanged
from restgql.upstream.wsgi import Collector, Exchanged, Oversize, close, through

_JSON = (dict, list)


class PlainApp:
    """`Flask.wsgi_app` for requests with a cached match: the same calls in the same order.

    `adapter` is the outer request's.
    """

    def __init__(self, app: Flask, adapter: MapAdapter) -> None:
        self._app = app
        self._adapter = adapter
        self._whole_way = through(app.wsgi_app)
        self._host: str | None = None

    def exchange(self, environ: dict[str, Any], limit: int) -> Exchanged:
        """Return the app's response, whose body has at most `limit` bytes.

        Raises the app's errors, Oversize, Overtime, and Endless.
        """
        matched = environ.get(MATCHED)
        if matched is None:  # routing itself answers, with a redirect or 405
            return self._whole_way(environ, limit)
        app = self._app
        context = MatchedContext(app, environ, matched, self._adapter, self._host)
        self._host = context.host  # no field sets another host
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
            if fields is None:
                collector = Collector(limit, environ[DEADLINE])
                chunks: Any = response(environ, collector.start_response)
            else:
                chunks = response.response
        finally:
            if error is not None and app.should_ignore_error(error):
                error = None
            context.pop(error)
        if fields is None:
            return collector.collect(chunks)
        try:
            body = chunks[0] if len(chunks) == 1 and type(chunks[0]) is bytes else response.get_data()
        finally:
            close(response)
        if len(body) > limit:
            raise Oversize
        return response.status_code, fields, body


def full_dispatch(context: MatchedContext) -> Response:
    """Dispatch a request as `Flask.full_dispatch_request` does.

    It passes the request where Flask reads its proxies repeatedly, sends no signal without a receiver, and recognizes a
    synchronous function by its type.
    """
    app = context.app
    app._got_first_request = True
    try:
        if request_started.receivers:
            request_started.send(app, _async_wrapper=app.ensure_sync)
        value: Any = _preprocess_request(app, context.request) if context.has_hooks else None
        if value is None:
            value = _dispatch_request(app, context.request)
    except Exception as exc:
        value = app.handle_user_exception(exc)
    # the result of Flask.make_response, for the most common values
    view_response: Any = plain_json.response(app, value) if type(value) in _JSON else app.make_response(value)
    response = _process_response(context, view_response) if context.has_hooks else view_response
    if request_finished.receivers:
        request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
    return response


def _preprocess_request(app: Flask, request: Request) -> Any:
    """Run the hooks before the request as `Flask.preprocess_request` does."""
    hook_scopes = scopes(request.endpoint)
    for scope in hook_scopes:
        for preprocess in app.url_value_preprocessors.get(scope, ()):
            preprocess(request.endpoint, request.view_args)
    for scope in hook_scopes:
        for before in app.before_request_funcs.get(scope, ()):
            value = synchronous(app, before)()
            if value is not None:
                return value
    return None


def _dispatch_request(app: Flask, request: Request) -> Any:
    """Call the view as `Flask.dispatch_request` does."""
    rule = request.url_rule
    # no sub-request is OPTIONS, but middleware or a hook may make it one
    if request.routing_exception is not None or rule is None or request.method == "OPTIONS":
        return Flask.dispatch_request(app)
    return synchronous(app, app.view_functions[rule.endpoint])(**request.view_args or {})


def _process_response(context: MatchedContext, response: Response) -> Response:
    """Run the hooks after the request as `Flask.process_response` does."""
    app = context.app
    for after in context._after_request_functions:
        response = app.ensure_sync(after)(response)
    for scope in reversed(scopes(context.request.endpoint)):
        for after in reversed(app.after_request_funcs.get(scope, ())):
            response = synchronous(app, after)(response)
    session = context.opened_session
    if not app.session_interface.is_null_session(session):
        app.session_interface.save_session(app, session, response)
    return response


def _fields_of(response: Any) -> ReceivedFields | None:
    """Return the header fields of a response that can be sent without Werkzeug's corrections, or None.

    A view or a hook may return any WSGI callable. Here the body is a list of chunks, and Werkzeug would correct no
    field.
    """
    if type(response) is not Response or not is_unchanged(response):
        return None
    status = response.status_code
    if status < 200 or status in (204, 304):
        return None
    fields = sort_fields(response.headers)
    field_map = fields[2]
    if "content-length" not in field_map or "location" in field_map or "content-location" in field_map:
        return None
    is_endless = media.is_endless(field_map.get("content-type", ""))  # the collector rejects it
    return None if is_endless else fields
