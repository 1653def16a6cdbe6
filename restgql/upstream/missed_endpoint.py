"""The answers to requests that miss an endpoint of a gateway by their method, or by a slash at the end of the path."""

from urllib.parse import quote

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from restgql.errors import BadRequest
from restgql.formats import problem
from restgql.upstream.contexts import current_request_context
from restgql.upstream.gateways import Gateways


def answer_missed(app: Flask, gateways: Gateways, error: HTTPException) -> Response | None:
    """Return the answer to a request that misses an endpoint, None if `error` has another reason."""
    context = current_request_context()
    request, adapter = context.request, context.url_adapter
    if error is not request.routing_exception or adapter is None or request.path.startswith("//"):
        return None
    path = request.path
    try:
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            rule, _ = adapter.match(path, method=next(iter(error.valid_methods)), return_rule=True)
        elif isinstance(error, NotFound) and path.endswith("/"):
            rule, _ = adapter.match(path.rstrip("/") or "/", method="GET", return_rule=True)
        else:
            return None
    except HTTPException:
        return None
    if rule.endpoint not in gateways.endpoints:
        return None
    if isinstance(error, MethodNotAllowed):
        return _of_method(app, path, request.method, sorted(error.valid_methods or ()))
    bare = "/" + (request.root_path + path.rstrip("/")).lstrip("/")  # `//name` would be another host
    return _with_location(app, bare, request.query_string)


def _of_method(app: Flask, path: str, method: str, methods: list[str]) -> Response:
    cure = " Send the request by POST." if "POST" in methods else ""
    error = BadRequest(f"{path} takes {', '.join(methods)}, and not {method}.{cure}", status=405)
    return _response(app, error, ("Allow", ", ".join(methods)))


def _with_location(app: Flask, path: str, query: bytes) -> Response:
    """Return a redirect that keeps the method and the body (RFC 9110 section 15.4.9)."""
    error = BadRequest(f"The address of this endpoint has no slash at its end: {path}", status=308)
    location = quote(path) + (f"?{quote(query, safe='!$&()*+,-./:;=?@_~%')}" if query else "")
    return _response(app, error, ("Location", location))


def _response(app: Flask, error: BadRequest, header: tuple[str, str]) -> Response:
    headers = [("Content-Type", problem.MEDIA_TYPE), header]
    return app.response_class(problem.of_error(error), error.status, headers)
