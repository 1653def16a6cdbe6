"""The WSGI environ (PEP 3333) of a sub-request, derived from that of the outer request."""

import io
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from restgql.bounded_cache import bounded_cache
from restgql.formats import headers
from restgql.model import SubRequest

Environ = dict[str, Any]

DEADLINE = "restgql.deadline"
"""The time by which a sub-request must be answered, of `time.monotonic()`; the app's own code may use it."""

# Values that Flask, Werkzeug or an outer gateway cached, and functions that write to the socket directly.
_CACHED_PREFIXES = ("werkzeug.", "flask.", "restgql.")
_REQUEST_TARGETS = ("RAW_URI", "REQUEST_URI")  # as the server received it, before decoding
# The input, too: a sub-request has its own, and a view that hangs must not keep the outer request's upload.
_OUTER_ONLY = frozenset({"wsgi.input", "wsgi.file_wrapper", "wsgi.early_hints", "CONTENT_TYPE", "CONTENT_LENGTH"})


def template(entered: Environ, accept: str) -> Environ:
    """Return the environ that an operation's sub-requests share, from the outer request's before any middleware.

    `accept` is the Accept of sub-requests without their own.
    """
    carried = _carried(tuple(entered), entered.get("HTTP_CONNECTION", ""))
    environ = dict(zip(carried, map(entered.__getitem__, carried), strict=True))
    targets = [key for key in _REQUEST_TARGETS if key in environ]
    if targets:
        paths = decoded(entered, "PATH_INFO"), decoded(entered, "SCRIPT_NAME")
        for key in targets:
            environ[key] = _before_path(environ[key].partition("?")[0], *paths)
    environ["HTTP_ACCEPT"] = accept
    return environ


@bounded_cache(entries=256, characters=4_096)  # most requests to an app have the same keys
def _carried(keys: tuple[str, ...], connection: str) -> tuple[str, ...]:
    """Return the keys of an environ that its sub-requests inherit."""
    options = headers.listed(connection)
    return tuple(key for key in keys if _is_carried(key, options))


def _is_carried(key: str, options: frozenset[str]) -> bool:
    if key.startswith("HTTP_"):
        return headers.carried(key[5:].replace("_", "-").lower(), options)
    return key not in _OUTER_ONLY and not key.startswith(_CACHED_PREFIXES)


def build(shared: Environ, request: SubRequest) -> Environ:
    """Return the environ of one sub-request."""
    target = request.target
    path = target.path
    environ = shared.copy()
    environ["REQUEST_METHOD"] = request.method
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    environ["QUERY_STRING"] = target.query or ""
    environ["wsgi.input"] = io.BytesIO(request.body)
    if request.content_type:
        environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"] = request.content_type, str(len(request.body))
    for key in _REQUEST_TARGETS:
        if key in environ:
            environ[key] += str(target)
    for name, value in request.headers:
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    if request.cookie:
        environ["HTTP_COOKIE"] = request.cookie
    elif request.cookie is not None:  # an empty cookie deletes the header field
        environ.pop("HTTP_COOKIE", None)
    return environ


def decoded(environ: Environ, name: str) -> str:
    """Return a path of an environ as text (PEP 3333 decodes bytes as Latin-1)."""
    text: str = environ.get(name, "")
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


@bounded_cache(entries=256, characters=4_096)
def _before_path(target: str, path_info: str, script_name: str) -> str:
    """Return the part of the server's path before PATH_INFO, or SCRIPT_NAME if the path does not end with it."""
    head, *tail = target.rsplit("/", path_info.count("/"))
    return head if unquote("/".join(["", *tail])) == path_info else quote(script_name)
