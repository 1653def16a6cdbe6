"""The ways that an app is set up and stacked with middleware, each with a gateway on it."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from flask import Flask, Request
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule
from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from restgql import Gateway
from tests.equality.app import create_app

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
Middleware = Callable[[Wsgi], Wsgi]

FORWARDED = (
    ("X-Forwarded-For", "203.0.113.9, 203.0.113.10"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "public.example"),
    ("X-Forwarded-Prefix", "/shop"),
)


@dataclass(frozen=True)
class Stack:
    """What a server serves. A client's target is `mount` + `prefix` + what the app routes.

    The gateway's paths begin with `prefix`: something within the app strips it. `headers` are what the client, or a
    proxy before the server, sends; `public` is the URL by which the client knows `mount`, if not as it is. Not
    `followable` is where the app's own links lead a client out of the prefix.
    """

    wsgi: Any
    app: Flask
    mount: str = ""
    prefix: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    public: str | None = None
    followable: bool = True


def _app(**options: Any) -> Flask:
    app = create_app(**options)
    Gateway(app, routes=["*"])
    return app


def _wrapped(middleware: Middleware, **more: Any) -> Stack:
    """A middleware that is added after the gateway."""
    app = _app(converters=False)
    app.wsgi_app = middleware(app.wsgi_app)  # type: ignore[method-assign]
    return Stack(app, app, **more)


def _proxy_fix(wsgi: Wsgi) -> Wsgi:
    return ProxyFix(wsgi, x_for=1, x_proto=1, x_host=1, x_prefix=1)


def proxy_fix_before_the_gateway() -> Stack:
    app = create_app()
    app.wsgi_app = _proxy_fix(app.wsgi_app)  # type: ignore[method-assign]
    Gateway(app, routes=["*"])
    return Stack(app, app, headers=FORWARDED, public="https://public.example/shop")


def proxy_fix_after_the_gateway() -> Stack:
    return _wrapped(_proxy_fix, headers=FORWARDED, public="https://public.example/shop")


def proxy_fix_around_the_app() -> Stack:
    app = _app(converters=False)
    return Stack(_proxy_fix(app), app, headers=FORWARDED, public="https://public.example/shop")


def no_proxy_fix() -> Stack:
    """The app trusts none of these headers."""
    app = _app(converters=False)
    return Stack(app, app, headers=FORWARDED)


def dispatcher_around_the_app() -> Stack:
    app = _app(converters=False)
    return Stack(DispatcherMiddleware(NotFound(), {"/mnt": app}), app, mount="/mnt")


def dispatcher_around_the_wrapped_app() -> Stack:
    inner = _wrapped(_marked)
    return Stack(DispatcherMiddleware(NotFound(), {"/mnt/deep": inner.app}), inner.app, mount="/mnt/deep")


def dispatcher_within_the_app() -> Stack:
    other = Response("other")
    return _wrapped(lambda wsgi: DispatcherMiddleware(wsgi, {"/other": other}))


def dispatcher_within_the_app_to_itself() -> Stack:
    return _wrapped(lambda wsgi: DispatcherMiddleware(NotFound(), {"/abc/123": wsgi}), prefix="/abc/123")


def dispatcher_around_wsgi_app() -> Stack:
    """The server never calls the app itself."""
    app = _app(converters=False)
    return Stack(DispatcherMiddleware(NotFound(), {"/mnt": app.wsgi_app}), app, mount="/mnt")


def dispatcher_within_another_app_with_a_gateway() -> Stack:
    app, front = _app(converters=False), _app(converters=False)
    front.wsgi_app = DispatcherMiddleware(front.wsgi_app, {"/mnt": app})  # type: ignore[method-assign]
    return Stack(front, app, mount="/mnt")


def dispatcher_to_wsgi_app_within_another_app_with_a_gateway() -> Stack:
    app, front = _app(converters=False), _app(converters=False)
    front.wsgi_app = DispatcherMiddleware(front.wsgi_app, {"/mnt": app.wsgi_app})  # type: ignore[method-assign]
    return Stack(front, app, mount="/mnt")


def served_as_wsgi_app() -> Stack:
    app = _app(converters=False)
    return Stack(app.wsgi_app, app)


def script_name() -> Stack:
    app = _app(converters=False)
    return Stack(_below(app, "/mnt"), app, mount="/mnt")


def script_name_not_ascii() -> Stack:
    app = _app(converters=False)
    return Stack(_below(app, "/münt é"), app, mount=quote("/münt é"))


def stripped_prefix() -> Stack:
    """A middleware takes a prefix away and says nothing of it, as the client's links would need."""
    return _wrapped(_stripping("/api"), prefix="/api", followable=False)


def script_name_set_within_the_app() -> Stack:
    return _wrapped(lambda wsgi: _below(wsgi, "/api"), prefix="/api")


def script_name_set_within_the_app_not_ascii() -> Stack:
    return _wrapped(lambda wsgi: _below(wsgi, "/épi"), prefix=quote("/épi"))


def script_name_by_header() -> Stack:
    """A proxy that strips its prefix, and says so."""
    return _wrapped(_script_name_header, headers=(("X-Script-Name", "/shop"),), public="{url}/shop")


def application_root() -> Stack:
    app = _app(converters=False)
    app.config["APPLICATION_ROOT"] = "/elsewhere"
    return Stack(app, app)


def rewriting() -> Stack:
    """/named is served by what /slash/ names."""
    return _wrapped(rewriting_to({"/named": "/slash/", "/either": "/named"}))


def method_override() -> Stack:
    return _wrapped(_method_override)


def marking() -> Stack:
    return _wrapped(lambda wsgi: _marked(_marked(wsgi)))


def buffering() -> Stack:
    return _wrapped(_buffered)


def writing() -> Stack:
    return _wrapped(_written)


def lazy() -> Stack:
    return _wrapped(_lazy)


def closing() -> Stack:
    return _wrapped(lambda wsgi: lambda environ, start: ClosingIterator(wsgi(environ, start), [lambda: None]))


def naming_exc_info() -> Stack:
    return _wrapped(_naming_exc_info)


def copying() -> Stack:
    return _wrapped(lambda wsgi: lambda environ, start: wsgi(dict(environ), start))


def reading_the_body() -> Stack:
    return _wrapped(_body_read)


def server_name() -> Stack:
    app = _app(converters=False)
    app.config["SERVER_NAME"] = "example.test"
    # Flask before 3.1 answers no other host.
    host = "example.test" if version("flask") < "3.1" else "api.example.test"
    return Stack(app, app, headers=(("Host", host),), public=f"http://{host}")


def trusted_hosts() -> Stack:
    app = _app(converters=False)
    app.config["TRUSTED_HOSTS"] = [".example.test"]
    return Stack(app, app, headers=(("Host", "a.example.test"),), public="http://a.example.test")


def subdomain() -> Stack:
    """The gateway, and the routes that it can ask for, are on a subdomain."""
    app = create_app(subdomain_matching=True, converters=False)
    app.config["SERVER_NAME"] = "example.test"
    gateway = Gateway(routes=["*"])
    app.register_blueprint(gateway.blueprint, subdomain="api")
    for rule in [rule for rule in app.url_map.iter_rules() if not rule.subdomain]:
        moved = rule.empty()
        moved.subdomain = "api"
        app.url_map.add(moved)
    return Stack(app, app, headers=(("Host", "api.example.test"),), public="http://api.example.test")


def default_subdomain() -> Stack:
    app = create_app(subdomain_matching=True, converters=False)
    app.config["SERVER_NAME"] = "example.test"
    Gateway(app, routes=["*"])
    return Stack(app, app, headers=(("Host", "example.test"),), public="http://example.test")


def host_matching() -> Stack:
    class HostRule(Rule):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options | {"host": "<any('a.example', 'b.example'):_host>"})

    class HostApp(Flask):
        url_rule_class = HostRule

    app = create_app(HostApp, host_matching=True, static_host="a.example", converters=False)
    app.url_value_preprocessor(lambda endpoint, values: values.pop("_host", None) if values else None)
    app.url_defaults(lambda endpoint, values: values.setdefault("_host", "a.example"))
    Gateway(app, routes=["*"])
    return Stack(app, app, headers=(("Host", "a.example"),), public="http://a.example")


def custom_request() -> Stack:
    class OwnRequest(Request):
        @property
        def access_route(self) -> list[str]:
            return ["own"]

    class OwnApp(Flask):
        request_class = OwnRequest

    app = _app(cls=OwnApp, converters=False)
    return Stack(app, app)


def overridden_wsgi_app() -> Stack:
    class OwnApp(Flask):
        def wsgi_app(self, environ: Environ, start_response: Start) -> Any:
            return _marked(super().wsgi_app)(environ, start_response)

    app = _app(cls=OwnApp, converters=False)
    return Stack(app, app)


def overridden_call() -> Stack:
    class OwnApp(Flask):
        def __call__(self, environ: Environ, start_response: Start) -> Any:
            return _marked(super().__call__)(environ, start_response)

    app = _app(cls=OwnApp, converters=False)
    return Stack(app, app)


def overridden_dispatch() -> Stack:
    class OwnApp(Flask):
        def full_dispatch_request(self) -> Any:
            response = super().full_dispatch_request()
            response.headers["X-Own"] = "1"
            return response

    app = _app(cls=OwnApp, converters=False)
    return Stack(app, app)


def overridden_response() -> Stack:
    class OwnApp(Flask):
        def make_response(self, rv: Any) -> Any:
            response = super().make_response(rv)
            response.headers["X-Own"] = "1"
            return response

        def process_response(self, response: Any) -> Any:
            response = super().process_response(response)
            response.headers["X-Own-Last"] = "1"
            return response

    app = _app(cls=OwnApp, converters=False)
    return Stack(app, app)


STACKS: tuple[Callable[[], Stack], ...] = (
    proxy_fix_before_the_gateway,
    proxy_fix_after_the_gateway,
    proxy_fix_around_the_app,
    no_proxy_fix,
    dispatcher_around_the_app,
    dispatcher_around_the_wrapped_app,
    dispatcher_within_the_app,
    dispatcher_within_the_app_to_itself,
    dispatcher_around_wsgi_app,
    dispatcher_within_another_app_with_a_gateway,
    dispatcher_to_wsgi_app_within_another_app_with_a_gateway,
    served_as_wsgi_app,
    script_name,
    script_name_not_ascii,
    stripped_prefix,
    script_name_set_within_the_app,
    script_name_set_within_the_app_not_ascii,
    script_name_by_header,
    application_root,
    rewriting,
    method_override,
    marking,
    buffering,
    writing,
    lazy,
    closing,
    naming_exc_info,
    copying,
    reading_the_body,
    server_name,
    trusted_hosts,
    subdomain,
    default_subdomain,
    host_matching,
    custom_request,
    overridden_wsgi_app,
    overridden_call,
    overridden_dispatch,
    overridden_response,
)


def _below(wsgi: Wsgi, prefix: str) -> Wsgi:
    """Serves an app below a prefix, as a server does that is told to."""
    encoded = prefix.encode().decode("latin-1")

    def below(environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(encoded + "/"):
            environ["SCRIPT_NAME"] += encoded
            environ["PATH_INFO"] = path.removeprefix(encoded)
        return wsgi(environ, start)

    return below


def _stripping(prefix: str) -> Middleware:
    def wrap(wsgi: Wsgi) -> Wsgi:
        def strip(environ: Environ, start: Start) -> Iterable[bytes]:
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
            return wsgi(environ, start)

        return strip

    return wrap


def _script_name_header(wsgi: Wsgi) -> Wsgi:
    def prefixed(environ: Environ, start: Start) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = environ.get("HTTP_X_SCRIPT_NAME", "")
        return wsgi(environ, start)

    return prefixed


def rewriting_to(paths: dict[str, str]) -> Middleware:
    def wrap(wsgi: Wsgi) -> Wsgi:
        def rewrite(environ: Environ, start: Start) -> Iterable[bytes]:
            environ["PATH_INFO"] = paths.get(environ["PATH_INFO"], environ["PATH_INFO"])
            return wsgi(environ, start)

        return rewrite

    return wrap


def _method_override(wsgi: Wsgi) -> Wsgi:
    def override(environ: Environ, start: Start) -> Iterable[bytes]:
        asked = environ["QUERY_STRING"].partition("_method=")[2]
        environ["REQUEST_METHOD"] = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE") or asked or environ["REQUEST_METHOD"]
        return wsgi(environ, start)

    return override


def _marked(wsgi: Wsgi) -> Wsgi:
    """Adds to the request's headers and the response's, once each time."""

    def mark(environ: Environ, start: Start) -> Iterable[bytes]:
        environ["HTTP_X_MARK"] = environ.get("HTTP_X_MARK", "") + "+"

        def marking(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start(status, [*headers, ("X-Mark", environ["HTTP_X_MARK"])], *exc_info)

        return wsgi(environ, marking)

    return mark


def _buffered(wsgi: Wsgi) -> Wsgi:
    def buffer(environ: Environ, start: Start) -> Iterable[bytes]:
        begun: list[Any] = []
        written: list[bytes] = []

        def begin(*args: Any) -> Callable[[bytes], None]:
            begun[:] = args
            return written.append

        chunks = wsgi(environ, begin)
        try:
            body = b"".join([*chunks])
        finally:
            getattr(chunks, "close", lambda: None)()
        status, headers, *exc_info = begun
        start(status, [*headers, ("X-Buffered", str(len(body)))], *exc_info)
        return [b"".join(written) + body]

    return buffer


def _written(wsgi: Wsgi) -> Wsgi:
    """Sends what it has by the `write` of PEP 3333."""

    def write(environ: Environ, start: Start) -> Iterable[bytes]:
        writes: list[Callable[[bytes], None]] = []
        chunks = wsgi(environ, lambda *args: writes.append(start(*args)))
        try:
            for chunk in chunks:
                writes[0](chunk)
        finally:
            getattr(chunks, "close", lambda: None)()
        return []

    return write


def _lazy(wsgi: Wsgi) -> Wsgi:
    """Does nothing before it is iterated."""

    def wait(environ: Environ, start: Start) -> Iterator[bytes]:
        chunks = wsgi(environ, start)
        try:
            yield from chunks
        finally:
            getattr(chunks, "close", lambda: None)()

    return wait


def _naming_exc_info(wsgi: Wsgi) -> Wsgi:
    """Not as PEP 3333 asks, and common."""

    def name(environ: Environ, start: Start) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start(status, headers, exc_info=exc_info)

        return wsgi(environ, begin)

    return name


def _body_read(wsgi: Wsgi) -> Wsgi:
    """Reads the body, as a logger does, and puts another in its place."""

    def read(environ: Environ, start: Start) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["HTTP_X_LENGTH"] = str(len(body))
        return wsgi(environ, start)

    return read
