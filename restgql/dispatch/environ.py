"""The WSGI environ (PEP 3333) of a sub-request, made from that of the request it belongs to."""

import io
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from werkzeug.wsgi import get_host

from restgql.formats import headers
from restgql.model import SubRequest

Environ = dict[str, Any]

# What Flask and Werkzeug cached for the outer request, and what would write to its socket behind our back.
_CACHED_PREFIXES = ("werkzeug.", "flask.")
_OUTER_ONLY = frozenset({"wsgi.file_wrapper", "wsgi.early_hints", "CONTENT_TYPE", "CONTENT_LENGTH"})


def template(entered: Environ) -> Environ:
    """The environ that every sub-request of an operation shares, from the one that entered the app."""
    options = headers.connection_options(entered.get("HTTP_CONNECTION", ""))
    return {
        key: value
        for key, value in entered.items()
        if not key.startswith(_CACHED_PREFIXES)
        and key not in _OUTER_ONLY
        and (not key.startswith("HTTP_") or headers.carried(key[5:].replace("_", "-").lower(), options))
    } | {"HTTP_ACCEPT": headers.ACCEPT}


def build(shared: Environ, request: SubRequest) -> Environ:
    """The environ of one sub-request."""
    target = request.target
    environ = shared.copy()
    environ["REQUEST_METHOD"] = request.method
    environ["PATH_INFO"] = unquote_to_bytes(target.path).decode("latin-1")
    environ["QUERY_STRING"] = target.query or ""
    environ["wsgi.input"] = io.BytesIO()
    for key in ("RAW_URI", "REQUEST_URI"):
        if key in environ:
            environ[key] = quote(environ.get("SCRIPT_NAME", "").encode("latin-1")) + str(target)
    for name, value in request.headers:
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    if request.cookie is not None:
        environ["HTTP_COOKIE"] = request.cookie
    return environ


def origin(environ: Environ) -> str:
    """The origin that a request was sent to: scheme and host."""
    return f"{environ['wsgi.url_scheme']}://{get_host(environ)}"
