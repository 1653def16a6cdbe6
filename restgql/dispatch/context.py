"""The cheap way into a plain Flask app: a request context that takes over the routing already done for the gate."""

import importlib.metadata
from typing import Any

import flask.app
import msgspec
from flask import Flask, Request, Response
from flask.ctx import RequestContext
from werkzeug.routing import MapAdapter, Rule

from restgql.dispatch.wsgi import Collector, Exchanged, Oversize, through
from restgql.model import Headers

MATCHED = "restgql.matched"
# The versions whose RequestContext has exactly the attributes set below.
_KNOWN_FLASK = importlib.metadata.version("flask").startswith(("3.0.", "3.1."))

_ENTRY = frozenset({"__call__", "wsgi_app", "request_context", "create_url_adapter", "full_dispatch_request"})
_MIXIN = "restgql.dispatch.flask"
_JUDGED: dict[tuple[type, str], tuple[object, bool]] = {}
_CORRECTED = frozenset({"location", "content-location"})
_BUILTIN = "werkzeug.routing.converters"  # others may ask a database, with a context around them


class Matched(msgspec.Struct, frozen=True):
    """The rule that a sub-request's path matches, and the adapter that found it."""

    adapter: MapAdapter
    rule: Rule
    arguments: dict[str, Any]


class MatchedContext(RequestContext):
    """A request context as Flask makes it, its URL adapter and match given rather than found again."""

    def __init__(self, app: Flask, environ: dict[str, Any], matched: Matched) -> None:
        self.app = app
        self.request = app.request_class(environ)
        self.request.json_module = app.json
        self.url_adapter = adapter = MapAdapter.__new__(MapAdapter)
        vars(adapter).update(vars(matched.adapter))
        adapter.path_info = self.request.path
        adapter.default_method = environ["REQUEST_METHOD"]
        adapter.query_args = environ["QUERY_STRING"]
        self.flashes = None
        self._session = None
        self._after_request_functions = []
        self._cv_tokens = []
        self._matched = matched

    def match_request(self) -> None:
        """Flask's own, without the search."""
        self.request.url_rule = self._matched.rule
        self.request.view_args = dict(self._matched.arguments)


class PlainApp:
    """`Flask.wsgi_app` for requests that are matched already: the same calls in the same order, less what is known."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._whole_way = through(app.wsgi_app)

    def exchange(self, environ: dict[str, Any], collector: Collector) -> Exchanged:
        """The app's response. Raises what it raises, Oversize, and Overtime."""
        matched = environ.get(MATCHED)
        if matched is None:  # routing itself answers, with a redirect or 405
            return self._whole_way(environ, collector)
        context = MatchedContext(self._app, environ, matched)
        error: BaseException | None = None
        try:
            try:
                context.push()
                response = Flask.full_dispatch_request(self._app)  # past the gate, which is for what is not judged yet
            except Exception as exc:
                error = exc
                response = self._app.handle_exception(exc)
            except BaseException as exc:
                error = exc
                raise
            fields = _fields_of(response)
            chunks: Any = response(environ, collector.start_response) if fields is None else response.response
        finally:
            if error is not None and self._app.should_ignore_error(error):
                error = None
            context.pop(error)
        if fields is None:
            return collector.collect(chunks)
        try:
            body = b"".join(chunks) if all(type(chunk) is bytes for chunk in chunks) else response.get_data()
        finally:
            response.close()
        if len(body) > collector.limit:
            raise Oversize
        return response.status_code, fields, body


def _fields_of(response: Response) -> Headers | None:
    """The header fields of a response that is sent as it stands: a list of chunks, and none that Werkzeug would
    correct; None of any other."""
    status = response.status_code
    if type(response) is not Response or type(response.response) is not list or status < 200 or status in (204, 304):
        return None
    fields = tuple(response.headers)
    names = {name.lower() for name, _ in fields}
    return fields if "content-length" in names and _CORRECTED.isdisjoint(names) else None


def _is_flasks_own(cls: type, name: str) -> bool:
    """Whether a method, past our own mixin, is as Flask has it: no subclass and no monitoring tool has replaced it."""
    known = _JUDGED.get((cls, name))
    now = getattr(Flask, name), getattr(cls, name)
    if known is None or known[0] != now:
        known = _JUDGED[cls, name] = (now, _judged(cls, name))
    return known[1]


def _judged(cls: type, name: str) -> bool:
    for base in cls.__mro__:
        method = vars(base).get(name)
        if method is not None and base.__module__ != _MIXIN:
            code = getattr(method, "__code__", None)
            return code is not None and code.co_filename == flask.app.__file__
    return False


def is_plain(app: Flask) -> bool:
    """Whether routing depends on path and method alone, and nothing stands between the app and its routing."""
    return (
        _KNOWN_FLASK
        and vars(app).keys().isdisjoint(_ENTRY)
        and all(_is_flasks_own(type(app), name) for name in _ENTRY)
        and app.request_class is Request
        and not app.url_map.host_matching
        and not app.subdomain_matching
        and isinstance(getattr(app.url_map, "_rules", None), list)
        and app.config["SERVER_NAME"] is None
        and app.config.get("TRUSTED_HOSTS") is None
        and all(converter.__module__ == _BUILTIN for converter in app.url_map.converters.values())
    )
