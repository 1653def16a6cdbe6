"""A throw-away Flask app that has the routes of an OpenAPI document, and answers with values of its schemas."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from flask import Flask, Response, request

from benchmarks.schema_values import Unanswerable, resolve

METHODS = ("get", "post", "put", "patch")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_FORMS = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}


class Received(msgspec.Struct, frozen=True):
    """A request that arrived: the values in its path, the pairs of its query, its header fields, and its body."""

    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of a document. `answer` is the schema of its successful response, `body` that of its request."""

    method: str
    path: str
    variables: tuple[str, ...]
    parameters: tuple[dict[str, Any], ...]
    answer: Any
    body: Any = None
    encoding: str = ""

    @property
    def key(self) -> str:
        return f"{self.method.upper()} {self.path}"


class DocumentApp:
    """The app of one document: each route answers with `answer`, and keeps the requests that it receives."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.app = Flask("openapi_app")
        self.answer: Any = None
        self.received: list[tuple[str, Received]] = []
        self.routes: list[Route] = []
        base = base_path(document)
        shapes: set[tuple[str, str]] = set()
        for index, route in enumerate(_routes(document)):
            shape = _VARIABLE.sub("{}", route.path)
            if (route.method, shape) in shapes or any(sign in route.path for sign in ("#", "?", "<", ">", "}{")):
                continue
            shapes.add((route.method, shape))
            pieces = _VARIABLE.split(route.path)  # between them, the names
            rule = base + "".join(f"<p{i // 2}>" if i % 2 else piece for i, piece in enumerate(pieces))
            try:
                self.app.add_url_rule(rule, f"r{index}", self._view(route), methods=[route.method.upper()])
            except ValueError:
                continue
            self.routes.append(route)

    def _view(self, route: Route) -> Any:
        def view(**values: str) -> Response:
            path = tuple(values[f"p{index}"] for index in range(len(route.variables)))
            query = tuple(request.args.items(multi=True))
            self.received.append((route.key, Received(path, query, dict(request.headers), _body())))
            return Response(json.dumps(self.answer), content_type="application/json")

        return view


def base_path(document: dict[str, Any]) -> str:
    """Return the path of a document's first server, or its basePath."""
    if "swagger" in document:
        path = document.get("basePath") or ""
    else:
        server = (document.get("servers") or [{}])[0]
        path = server.get("url", "")
        for name, variable in (server.get("variables") or {}).items():
            path = path.replace(f"{{{name}}}", str(variable.get("default", "")))
        path = re.sub(r"\A([A-Za-z][\w+.-]*:)?//[^/?#]*", "", path)
    path = re.split(r"[?#]", path)[0].strip("/ ")
    return f"/{path}" if path and "{" not in path and "<" not in path else ""


def _body() -> Any:
    if request.is_json:  # `+json` too
        return json.loads(request.get_data())
    if request.form:
        return tuple(request.form.items(multi=True))
    return request.get_data() or None


def _routes(document: dict[str, Any]) -> Iterator[Route]:
    for path, given in (document.get("paths") or {}).items():
        try:
            item = _followed(document, given)
        except Unanswerable:
            continue
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if isinstance(operation, dict) and not (operation.get("x-internal") or item.get("x-internal")):
                try:
                    yield _route(document, method, path, item, operation)
                except (Unanswerable, AttributeError, TypeError):
                    continue


def _route(document: dict[str, Any], method: str, path: str, item: dict[str, Any], operation: dict[str, Any]) -> Route:
    parameters: dict[tuple[str, str], dict[str, Any]] = {}
    for given in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
        parameter = _followed(document, given)
        parameters[parameter.get("name"), parameter.get("in")] = parameter
    body, encoding = _request_body(document, operation, parameters)
    return Route(
        method=method,
        path=path if path.startswith("/") else f"/{path}",
        variables=tuple(name.strip() for name in _VARIABLE.findall(path)),
        parameters=tuple(parameters.values()),
        answer=_answer(document, operation),
        body=body,
        encoding=encoding,
    )


def _answer(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """Return the schema of the successful response. Raises Unanswerable if that is not JSON."""
    responses = {str(status): value for status, value in (operation.get("responses") or {}).items()}
    successes = [status for status in responses if re.fullmatch(r"2(\d\d|XX)", status)] or ["default"]
    order = ("200", "201")
    for status in sorted(successes, key=lambda each: (order.index(each) if each in order else 2, each)):
        response = _followed(document, responses.get(status) or {})
        if "swagger" in document:
            produced = operation.get("produces") or document.get("produces") or ["application/json"]
            if "schema" in response and any(_is_json(name) for name in produced):
                return response["schema"]
            continue
        content = response.get("content") or {}
        for name in sorted(filter(_is_json, content), key=_json_first):
            if content[name].get("schema") is not None:
                return content[name]["schema"]
    raise Unanswerable("it has no schema of JSON")


def _request_body(
    document: dict[str, Any], operation: dict[str, Any], parameters: dict[tuple[str, str], dict[str, Any]]
) -> tuple[Any, str]:
    if "swagger" in document:
        for parameter in parameters.values():
            if parameter.get("in") == "body":
                return parameter.get("schema"), "json"
        return None, ""
    content = _followed(document, operation.get("requestBody") or {}).get("content") or {}
    for name in sorted(filter(_is_json, content), key=_json_first):
        return content[name].get("schema"), "json"
    return None, next((_FORMS[name] for name in content if name in _FORMS), "")


def _is_json(media_type: str) -> bool:
    return "json" in media_type or media_type in ("*/*", "application/*")


def _json_first(media_type: str) -> bool:
    return "json" not in media_type


def _followed(document: dict[str, Any], given: Any) -> Any:
    for _ in range(20):
        if not isinstance(given, dict) or not isinstance(given.get("$ref"), str):
            return given
        given = resolve(document, given["$ref"])
    raise Unanswerable("a reference leads to itself")
