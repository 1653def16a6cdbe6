"""A Flask app with every kind of route, which records what happens in it."""

import asyncio
import gzip
import io
import threading
import zlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import flask
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    make_response,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
    url_for,
)
from flask.views import MethodView
from werkzeug.exceptions import Conflict, HTTPException, NotFound
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as WerkzeugResponse

TEXT = "Grüße, 世界"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da63fccf00020601018152d6e50000000049454e44ae426082"
)
JSON = "application/json"
FILE = Path(__file__)

# What the echo route leaves out of an environ: another on every connection, or the gateway's own.
DIFFERENT_IN_ENVIRONS = {
    "REMOTE_PORT": "of the connection",
    "restgql.": "depth, budget, deadline: the app may read them",
    "werkzeug.": "what Werkzeug caches, and its server's socket",
    "wsgi.input": "the sub-request's own body",
}

SIGNALS = (
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "before_render_template",
    "got_request_exception",
    "message_flashed",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "template_rendered",
)

# Name: body, Content-Type (None: no such field), status, other fields.
RESPONSES: dict[str, tuple[bytes, str | None, int, tuple[tuple[str, str], ...]]] = {
    "json": (b'{"a": 1}', JSON, 200, ()),
    "json-charset": (b'{"a": "\xc3\xa9"}', f"{JSON}; charset=utf-8", 200, ()),
    "json-latin-1": (b'{"a": "\xe9"}', f"{JSON}; charset=latin-1", 200, ()),
    "json-bom": (b'\xef\xbb\xbf{"a": 1}', JSON, 200, ()),
    "json-whitespace": (b'\r\n {"a":\t1}\n', JSON, 200, ()),
    "json-duplicate-keys": (b'{"a": 1, "a": 2}', JSON, 200, ()),
    "json-big-number": (b"[123456789012345678901234567890, 1.0, 1E400]", JSON, 200, ()),
    "json-scalar": (b'"text"', JSON, 200, ()),
    "json-null": (b"null", JSON, 200, ()),
    "json-nan": (b'{"a": NaN}', JSON, 200, ()),
    "json-invalid": (b'{"a": ', JSON, 200, ()),
    "json-empty": (b"", JSON, 200, ()),
    "json-blank": (b" \n", JSON, 200, ()),
    "json-vendor": (b'{"a": 1}', "application/vnd.example.v1+json", 200, ()),
    "json-keys": (b'{"__proto__": 1, "</script>": 2, "\xe2\x80\xa8": 3}', JSON, 200, ()),
    "problem": (b'{"title": "No", "status": 409}', "application/problem+json", 409, ()),
    "text": (TEXT.encode(), "text/plain; charset=utf-8", 200, ()),
    "text-no-charset": (TEXT.encode(), "text/plain", 200, ()),
    "text-bom": (b"\xef\xbb\xbf" + TEXT.encode(), "text/plain", 200, ()),
    "text-latin-1": ("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", 200, ()),
    "text-utf-16": (TEXT.encode("utf-16"), "text/plain; charset=utf-16", 200, ()),
    "text-utf-16le": (TEXT.encode("utf-16-le"), 'text/plain; charset="utf-16le"', 200, ()),
    "text-shift-jis": ("世界".encode("shift_jis"), "text/html; charset=Shift_JIS", 200, ()),
    "text-not-utf-8": ("Grüße".encode("latin-1"), "text/plain; charset=utf-8", 200, ()),
    "text-unknown-charset": (b"abc", "text/plain; charset=klingon", 200, ()),
    "text-empty": (b"", "text/plain", 200, ()),
    "html": (b"<p>Hello</p>", "text/html; charset=utf-8", 200, ()),
    "xml": ("<a>é</a>".encode(), "application/xml", 200, ()),
    "svg": (b"<svg/>", "image/svg+xml", 200, ()),
    "binary": (bytes(range(256)), "application/octet-stream", 200, ()),
    "png": (PIXEL, "image/png", 200, ()),
    "no-type": (b"abc", None, 200, ()),
    "odd-type": (b"abc", "nonsense", 200, ()),
    "gzip": (gzip.compress(b'{"a": 1}', mtime=0), JSON, 200, (("Content-Encoding", "gzip"),)),
    "gzip-text": (gzip.compress(TEXT.encode(), mtime=0), "text/plain", 200, (("Content-Encoding", "GZip"),)),
    "gzip-members": (gzip.compress(b"[1,", mtime=0) + gzip.compress(b"2]"), JSON, 200, (("Content-Encoding", "gzip"),)),
    "gzip-corrupt": (b"\x1f\x8bnonsense", JSON, 200, (("Content-Encoding", "gzip"),)),
    "gzip-error": (gzip.compress(b'{"a": 1}', mtime=0), JSON, 404, (("Content-Encoding", "gzip"),)),
    "deflate": (zlib.compress(b'{"a": 1}'), JSON, 200, (("Content-Encoding", "deflate"),)),
    "deflate-raw": (zlib.compress(b'{"a": 1}', wbits=-15), JSON, 200, (("Content-Encoding", "deflate"),)),
    "br": (brotli.compress(b'{"a": 1}'), JSON, 200, (("Content-Encoding", "br"),)),
    "gzip-br": (brotli.compress(gzip.compress(b"[1]", mtime=0)), JSON, 200, (("Content-Encoding", "gzip, br"),)),
    "identity": (b"[1]", JSON, 200, (("Content-Encoding", "identity"),)),
    "unknown-coding": (b"abc", JSON, 200, (("Content-Encoding", "klingon"),)),
    "repeated-fields": (b"[]", JSON, 200, (("Link", "</a>; rel=a"), ("Link", "</b>; rel=b"), ("X-Empty", ""))),
    "latin-1-field": (b"[]", JSON, 200, (("X-Name", "Grüße"), ("x-lower", "1"))),
    "security-fields": (
        b"[]",
        JSON,
        200,
        (
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Security-Policy", "default-src 'none'"),
            ("Strict-Transport-Security", "max-age=1"),
            ("WWW-Authenticate", "Basic"),
            ("Location", "/echo"),
            ("ETag", '"part"'),
            ("Cache-Control", "public, max-age=60"),
            ("X-Secret", "1"),
        ),
    ),
    "partial": (b"bc", "text/plain", 206, (("Content-Range", "bytes 1-2/4"),)),
    "not-modified": (b"", None, 304, (("ETag", '"a"'), ("Cache-Control", "max-age=1"))),
}

STATUSES: dict[int, tuple[tuple[str, str], ...]] = {
    102: (),
    103: (("Link", "</a.css>; rel=preload"),),
    201: (("Location", "/echo"),),
    202: (),
    204: (),
    205: (),
    206: (("Content-Range", "bytes 0-0/1"),),
    207: (),
    299: (),
    300: (("Location", "/echo"),),
    304: (("ETag", '"a"'),),
    305: (("Location", "/echo"),),
    400: (),
    401: (("WWW-Authenticate", 'Basic realm="x"'), ("WWW-Authenticate", "Bearer")),
    402: (),
    403: (),
    404: (),
    405: (("Allow", "POST"),),
    409: (),
    410: (),
    418: (),
    422: (),
    429: (("Retry-After", "120"),),
    451: (),
    500: (),
    501: (),
    503: (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),),
    504: (),
    599: (),
}

# Name: status, Location, where {mount} is the app's SCRIPT_NAME and {root} its root URL.
REDIRECTS: dict[str, tuple[int, str]] = {
    "301": (301, "{mount}/echo?from=301"),
    "302": (302, "{mount}/echo?from=302"),
    "303": (303, "{mount}/echo?from=303"),
    "307": (307, "{mount}/echo?from=307"),
    "308": (308, "{mount}/echo?from=308"),
    "absolute": (302, "{root}/response/json"),
    "relative": (302, "../response/json"),
    "query": (302, "?again=1"),
    "fragment": (302, "{mount}/response/json#part"),
    "unencoded": (302, "{mount}/echo/Grüße und so?q=ä ö"),
    "encoded": (302, "{mount}/echo/a%20b?q=%26%2B+"),
    "dots": (302, "{mount}/response/../echo"),
    "encoded-dots": (302, "{mount}/response/%2e%2e/echo"),
    "other-host": (302, "http://other.example/echo"),
    "other-scheme": (302, "ftp://{host}/echo"),
    "other-port": (302, "http://127.0.0.1:1/echo"),
    "no-scheme": (302, "//other.example/echo"),
    "mail": (302, "mailto:a@example.org"),
    "user": (302, "http://user@{host}/echo"),
    "html": (302, "{mount}/response/html"),
    "error": (302, "{mount}/status/404"),
    "method": (302, "{mount}/post-only"),
    "slash": (302, "{mount}/slash"),
}

ATTRIBUTES = (
    "access_route",
    "base_url",
    "blueprint",
    "content_length",
    "content_type",
    "endpoint",
    "full_path",
    "host",
    "host_url",
    "is_json",
    "is_secure",
    "max_content_length",
    "method",
    "mimetype",
    "path",
    "referrer",
    "remote_addr",
    "root_path",
    "root_url",
    "scheme",
    "script_root",
    "url",
)

COUNTED = ContextVar("counted", default=0)


class Record:
    """What happened, in order: pairs of an event and the path of the request it was in; `_lock` guards it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[tuple[str, str]] = []

    def add(self, event: str) -> None:
        path = g.get("asked", "") if flask.has_app_context() else ""
        with self._lock:
            self._events.append((event, path))

    def take(self) -> list[tuple[str, str]]:
        """The events since the last time."""
        with self._lock:
            events, self._events = self._events, []
        return events


class Doubled(BaseConverter):
    """A converter that asks the app: Flask pushes its contexts, and opens the session, before it routes."""

    regex = "x+"

    def to_python(self, value: str) -> str:
        return f"{flask.current_app.name}:{value * 2}:{session.get('user', '-')}"

    def to_url(self, value: str) -> str:
        return value


class Rejected(Exception):
    """Has a handler of its own."""


def create_app(cls: type[Flask] = Flask, *, converters: bool = True, signals: bool = True, **options: Any) -> Flask:
    """The app, `app.extensions["record"]` its Record; no gateway is on it yet.

    `converters`: with custom ones, too; `signals`: with somebody who listens to them.
    """
    app = cls(__name__, **options)
    app.config.update(SECRET_KEY="not secret", SESSION_COOKIE_SAMESITE="Lax")
    record = app.extensions["record"] = Record()
    if signals:
        _listen(app, record)
    _add_hooks(app, record)
    _add_responses(app, record)
    _add_returns(app)
    _add_state(app)
    _add_rules(app, {"doubled": Doubled} if converters else {})
    _add_failures(app)
    app.register_blueprint(_blueprint(record), url_prefix="/bp")
    return app


def _listen(app: Flask, record: Record) -> None:
    for name in SIGNALS:
        # The record outlives the app, so the receiver need not be weak.
        getattr(flask, name).connect(lambda sender, name=name, **extra: record.add(name), app, weak=False)


def _add_hooks(app: Flask, record: Record) -> None:
    @app.before_request
    def arrive() -> None:
        g.asked = request.full_path
        record.add("before_request")

    @app.before_request
    def guard() -> Any:
        if request.path.startswith("/guarded") and request.headers.get("X-Pass") != "yes":
            if request.path == "/guarded/raised":
                abort(403)
            return jsonify(error="who are you?"), 401, {"WWW-Authenticate": "Pass"}
        return None

    @app.after_request
    def leave(response: Response) -> Response:
        record.add("after_request")
        response.headers["X-After"] = quote(g.get("asked", ""))
        if request.path == "/rewritten":
            response.set_data(response.get_data().upper())
            response.status_code = 202
            del response.headers["X-View"]
        if request.path == "/replaced":
            return Response("replaced", status=203, content_type="text/x-replaced")
        return response

    @app.teardown_request
    def tear_down(error: BaseException | None) -> None:
        # `g` is this request's own to the end, or the paths differ.
        record.add(f"teardown_request {type(error).__name__} {g.get('asked') == request.full_path}")

    @app.teardown_appcontext
    def tear_down_app(error: BaseException | None) -> None:
        record.add(f"teardown_appcontext {type(error).__name__}")

    @app.errorhandler(404)
    def not_found(error: NotFound) -> Any:
        record.add("errorhandler 404")
        return {"error": "not found", "path": request.path}, 404

    @app.errorhandler(Rejected)
    def rejected(error: Rejected) -> Any:
        record.add("errorhandler Rejected")
        return f"rejected: {error}", 418, {"X-Rejected": "1"}

    @app.errorhandler(500)
    def failed(error: HTTPException) -> Any:
        record.add("errorhandler 500")
        return {"error": "sorry", "original": type(getattr(error, "original_exception", None)).__name__}, 500


def _add_responses(app: Flask, record: Record) -> None:
    @app.get("/echo")
    @app.get("/echo/")
    @app.get("/echo/<path:rest>")
    def echo(rest: str | None = None) -> Any:
        return echoed()

    @app.get("/response/<name>")
    def response(name: str) -> Response:
        body, content_type, status, fields = RESPONSES[name]
        made = Response(body, status, content_type=content_type)
        if content_type is None:
            made.headers.pop("Content-Type", None)
        made.headers.extend(fields)
        return made

    @app.get("/status/<int:status>")
    def of_status(status: int) -> Response:
        body = b"" if status in (204, 205, 304) else f'{{"status": {status}}}'.encode()
        made = Response(body, status, content_type=JSON)
        made.headers.extend(STATUSES[status])
        return made

    @app.get("/redirect/<name>")
    def redirected(name: str) -> Any:
        if name == "query" and request.args:
            return {"again": request.args["again"]}
        status, location = REDIRECTS[name]
        mount, root = quote(request.script_root), request.root_url.rstrip("/")
        return "see there", status, {"Location": location.format(mount=mount, root=root, host=request.host)}

    @app.get("/chain/<int:left>")
    def chain(left: int) -> Any:
        return redirect(url_for("chain", left=left - 1)) if left else {"left": 0}

    @app.get("/loop")
    def loop() -> Any:
        return redirect(url_for("loop"))

    @app.get("/no-location")
    def no_location() -> Any:
        return "where?", 302

    @app.get("/stream/generator")
    def generator() -> Response:
        def chunks() -> Iterator[bytes]:
            try:
                yield from (b"a", b"", b"b" * 10_000)
            finally:
                record.add("generator closed")

        return Response(chunks(), content_type="application/octet-stream")

    @app.get("/stream/context")
    def with_context() -> Response:
        def chunks() -> Iterator[str]:
            yield request.path
            yield g.asked

        return Response(stream_with_context(chunks()), content_type="text/plain")

    @app.get("/stream/json")
    def json_stream() -> Response:
        return Response(iter(["[1", ",2]"]), content_type=JSON)

    @app.get("/stream/on-close")
    def on_close() -> Response:
        made = jsonify(closed="later")
        made.call_on_close(lambda: record.add("closed"))
        return made

    @app.get("/file")
    def file() -> Response:
        return send_file(FILE, mimetype="text/x-python", conditional=True)

    @app.get("/file/memory")
    def memory_file() -> Response:
        return send_file(io.BytesIO(PIXEL), download_name="pixel.png")


def echoed() -> dict[str, Any]:
    """All that a view can see of its request."""
    environ = {k: v for k, v in request.environ.items() if not k.startswith(tuple(DIFFERENT_IN_ENVIRONS))}
    # The server writes what is no UTF-8 as U+FFFD, and Flask reads it so.
    environ["PATH_INFO"] = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    scalars = {key: value for key, value in environ.items() if isinstance(value, str | int | tuple)}
    return {
        **{name: getattr(request, name) for name in ATTRIBUTES},
        "query_string": request.query_string.decode("latin-1"),
        "args": list(request.args.items(multi=True)),
        "headers": sorted((name, value) for name, value in request.headers),
        "cookies": sorted(request.cookies.items(multi=True)),
        "authorization": str(request.authorization),
        "user_agent": request.user_agent.string,
        "body": request.get_data().decode("latin-1"),
        "rule": str(request.url_rule),
        "view_args": {name: str(value) for name, value in (request.view_args or {}).items()},
        "environ": scalars,
        "objects": sorted(environ.keys() - scalars.keys()),
        "context": COUNTED.get(),
        "link": url_for("item", number=1, q="ä"),
        "external": url_for("item", number=1, _external=True),
    }


def _add_returns(app: Flask) -> None:
    """The kinds of values that a view may return."""
    returns: dict[str, Callable[[], Any]] = {
        "dict": lambda: {"a": TEXT},
        "list": lambda: [1, None, TEXT],
        "str": lambda: TEXT,
        "bytes": lambda: TEXT.encode(),
        "jsonify": lambda: jsonify(a=1),
        "body-status": lambda: ("made", 201),
        "body-headers": lambda: ({"a": 1}, {"X-View": "1"}),
        "body-status-headers": lambda: ("no", 409, [("X-View", "1"), ("X-View", "2")]),
        "response": lambda: Response("r", status="299 Odd"),
        "made": lambda: make_response(({"a": 1}, 202)),
        "werkzeug-response": lambda: WerkzeugResponse("w", content_type="text/x-w"),
        "exception": lambda: Conflict("returned"),
        "wsgi": lambda: Conflict("called"),
        "iterator": lambda: iter(["a", "b"]),
        "template": lambda: render_template_string("<p>{{ path }}</p>", path=request.path),
    }
    for name, view in returns.items():
        app.add_url_rule(f"/return/{name}", f"return_{name}", view)

    @app.before_request
    def reroute() -> None:
        if request.path == "/rerouted":
            request.url_rule, request.view_args = app.url_map._rules_by_endpoint["bp.reject"][0], {}

    @app.get("/rerouted")
    def rerouted() -> Any:
        raise AssertionError("a hook leads elsewhere")

    @app.get("/copied/<int:number>")
    def copied(number: int) -> Any:
        found = []

        @flask.copy_current_request_context
        def elsewhere() -> None:
            found.append([request.path, request.view_args, url_for("copied", number=number + 1), session.get("user")])

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return {"found": found}

    @app.get("/rewritten")
    @app.get("/replaced", endpoint="replaced")
    def rewritten() -> Any:
        return "to be rewritten", {"X-View": "1"}

    @app.get("/after-this")
    def after_this() -> Any:
        @flask.after_this_request
        def mark(response: Response) -> Response:
            response.headers["X-This"] = "1"
            return response

        return {}

    @app.get("/guarded")
    @app.get("/guarded/raised")
    def guarded() -> Any:
        return {"secret": 1}

    @app.get("/async")
    async def asynchronous() -> Any:
        await asyncio.sleep(0)
        return {"path": request.path, "asked": g.asked}

    @app.get("/async/failing")
    async def failing() -> Any:
        await asyncio.sleep(0)
        raise Rejected("async")

    class Item(MethodView):
        def get(self, number: int) -> Any:
            return {"item": number}

        def post(self, number: int) -> Any:
            return {"posted": number}

    app.add_url_rule("/item/<int:number>", view_func=Item.as_view("item"))


def _add_state(app: Flask) -> None:
    """Sessions, cookies, and what must not go from one request to another."""

    @app.get("/session/read")
    def read() -> Any:
        return dict(session)

    @app.get("/session/write/<user>")
    def write(user: str) -> Any:
        session["user"] = user
        return {"user": user}

    @app.get("/session/permanent/<user>")
    def permanent(user: str) -> Any:
        session.permanent = True
        session["user"] = user
        return {"user": user}

    @app.get("/session/clear")
    def clear() -> Any:
        session.clear()
        return {}

    @app.get("/flash")
    def flashing() -> Any:
        flash("once")
        return {"messages": get_flashed_messages()}

    @app.get("/cookies/set")
    def set_cookies() -> Any:
        response = jsonify(request.cookies)
        response.set_cookie("plain", "1")
        response.set_cookie("full", "a b;c", path="/cookies", secure=True, httponly=True, samesite="Strict", max_age=60)
        response.delete_cookie("gone")
        return response

    @app.get("/cookies/then")
    def cookie_then() -> Any:
        response = redirect(url_for("cookies"))
        response.set_cookie("hop", "1")
        response.delete_cookie("gone")
        return response

    @app.get("/cookies")
    def cookies() -> Any:
        return dict(sorted(request.cookies.items()))

    @app.get("/isolated")
    def isolated() -> Any:
        seen = {"g": g.get("count", 0), "context": COUNTED.get()}
        g.count = seen["g"] + 1
        COUNTED.set(seen["context"] + 1)
        return seen


def _add_rules(app: Flask, converters: dict[str, type[BaseConverter]]) -> None:
    """Converters, slashes, defaults, aliases, methods."""
    rules = (
        "/int/<int:value>",
        "/int/signed/<int(signed=True):value>",
        "/int/fixed/<int(fixed_digits=3):value>",
        "/float/<float:value>",
        "/uuid/<uuid:value>",
        "/path/<path:value>",
        "/path/<path:value>/end",
        "/any/<any(a, b, 'c d'):value>",
        "/string/<string(length=2):value>",
        "/mixed/<name>-<int:number>.json",
    )

    def view(**values: Any) -> Any:
        return {name: repr(value) for name, value in values.items()} | {"rule": str(request.url_rule)}

    for rule in rules:
        app.add_url_rule(rule, rule.replace("/", "_").replace(".", "_"), view)
    for name, converter in converters.items():
        app.url_map.converters[name] = converter
        app.add_url_rule(f"/custom/<{name}:value>", name, view)
    app.add_url_rule("/slash/", "slash", view)
    app.add_url_rule("/no-slash", "no_slash", view)
    app.add_url_rule("/either", "either", view, strict_slashes=False)
    app.add_url_rule("/merged/a/b", "merged", view)
    app.add_url_rule("/paged/", "paged", view, defaults={"page": 1})
    app.add_url_rule("/paged/<int:page>", "paged", view)
    app.add_url_rule("/named", "named", view)
    app.add_url_rule("/alias", "named", view, alias=True)
    app.add_url_rule("/moved", "moved", view, redirect_to="named")
    app.add_url_rule("/post-only", "post_only", view, methods=["POST"])


def _add_failures(app: Flask) -> None:
    failures: dict[str, Callable[[], Any]] = {
        "crash": lambda: 1 / 0,
        "abort": lambda: abort(404),
        "abort-response": lambda: abort(Response("aborted", 409, {"X-Abort": "1"})),
        "http-exception": lambda: abort(410, description="<b>gone</b>"),
        "rejected": lambda: _reject("view"),
        "none": lambda: None,
    }
    for name, view in failures.items():
        app.add_url_rule(f"/fail/{name}", f"fail_{name}", view)


def _reject(why: str) -> None:
    raise Rejected(why)


def _blueprint(record: Record) -> Blueprint:
    """A blueprint with hooks of its own, and one nested in it."""
    blueprint, nested = Blueprint("bp", __name__), Blueprint("nested", __name__)

    @blueprint.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values is not None:
            g.language = values.pop("language", None)
        record.add("bp url_value_preprocessor")

    @blueprint.url_defaults
    def put(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("language", g.get("language"))

    @blueprint.before_request
    def before() -> Any:
        record.add("bp before_request")
        return ("bp says no", 403) if "no" in request.args else None

    @blueprint.after_request
    def after(response: Response) -> Response:
        response.headers["X-Bp"] = "1"
        return response

    @blueprint.teardown_request
    def tear_down(error: BaseException | None) -> None:
        record.add("bp teardown_request")

    @blueprint.errorhandler(Rejected)
    def rejected(error: Rejected) -> Any:
        return {"bp": str(error)}, 422

    @blueprint.get("/<language>/")
    def index() -> Any:
        return {"language": g.language, "link": url_for(".index")}

    @blueprint.get("/<language>/reject")
    def reject() -> Any:
        raise Rejected("bp")

    @nested.before_request
    def nested_before() -> None:
        record.add("nested before_request")

    @nested.get("/leaf")
    def leaf() -> Any:
        return {"blueprints": request.blueprints, "language": g.language}

    blueprint.register_blueprint(nested, url_prefix="/<language>/nested")
    return blueprint
