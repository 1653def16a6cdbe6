"""The WSGI environ (PEP 3333) of a sub-request, made from that of the request it belongs to."""

import io
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from restgql.formats import headers
from restgql.model import SubRequest

Environ = dict[str, Any]

DEADLINE = "restgql.deadline"
"""Until when a sub-request has to be answered, of `time.monotonic()`; the app's own code may go by it."""

# What Flask, Werkzeug and an outer gateway cached, and what would write to the socket behind our back.
_CACHED_PREFIXES = ("werkzeug.", "flask.", "restgql.")
_REQUEST_TARGETS = ("RAW_URI", "REQUEST_URI")  # as the server got it, before any decoding
_OUTER_ONLY = frozenset({"wsgi.file_wrapper", "wsgi.early_hints", "CONTENT_TYPE", "CONTENT_LENGTH"})


def template(entered: Environ) -> Environ:
    """The environ that every sub-request of an operation shares, from the one that entered the app."""
    options = headers.listed(entered.get("HTTP_CONNECTION", ""))
    environ = {key: value for key, value in entered.items() if _is_carried(key, options)}
    for key in _REQUEST_TARGETS:
        if key in environ:
            environ[key] = _before_path(entered, entered[key])
    return environ | {"HTTP_ACCEPT": headers.ACCEPT}


@lru_cache(maxsize=1024)
def _is_carried(key: str, options: frozenset[str]) -> bool:
    if key.startswith("HTTP_"):
        return headers.carried(key[5:].replace("_", "-").lower(), options)
    return key not in _OUTER_ONLY and not key.startswith(_CACHED_PREFIXES)


def build(shared: Environ, request: SubRequest) -> Environ:
    """The environ of one sub-request."""
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
    elif request.cookie is not None:  # all are deleted
        environ.pop("HTTP_COOKIE", None)
    return environ


def decoded(environ: Environ, name: str) -> str:
    """A path of an environ as text (PEP 3333 has it as bytes in Latin-1)."""
    text: str = environ.get(name, "")
    return text.encode("latin-1").decode("utf-8", "replace")


def _before_path(environ: Environ, target: str) -> str:
    """What stands before PATH_INFO in the request target that the server got: SCRIPT_NAME, or what is left of it."""
    path = decoded(environ, "PATH_INFO")
    head, *tail = target.partition("?")[0].rsplit("/", path.count("/"))
    return head if unquote("/".join(["", *tail])) == path else quote(decoded(environ, "SCRIPT_NAME"))
