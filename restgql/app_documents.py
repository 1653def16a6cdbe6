"""OpenAPI documents that are found in the app: at a route, from a callable, or kept by an extension."""

import contextvars
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from restgql import api_documents
from restgql.api_documents import ApiDocument
from restgql.errors import ConfigError
from restgql.schema.sources import openapi
from restgql.schema.sources.openapi import servers
from restgql.schema.sources.openapi.read import load

AUTO = "auto"
_DOCUMENTED_AT = re.compile(r"/(?:openapi|swagger|apispec(?:_\d+)?|api-docs)(?:\.json)?\Z")
_DOCUMENT_VIEWS = frozenset({("flasgger.base", "APISpecsView"), ("flask_restx.api", "SwaggerView")})
"""The module and name of view classes that serve a document, at any path."""


def is_known_at_start(source: Any) -> bool:
    """Return False if the document exists only once the app is complete, for example at one of its routes."""
    if callable(source) and not isinstance(source, Mapping):
        return False
    return not (source == AUTO or (isinstance(source, str) and source.startswith("/") and not Path(source).is_file()))


def read(source: Any, app: Flask) -> ApiDocument:
    """Return the document of a source: in the app, at a path of the app, or anywhere else. Raises ConfigError."""
    if callable(source) and not isinstance(source, Mapping):
        return read(source(), app)
    if source == AUTO:
        return _find_in(app)
    if is_known_at_start(source):
        return api_documents.read(source, Path(app.root_path))
    return _at(app, source)


def _find_in(app: Flask) -> ApiDocument:
    """Return the first document that a known extension keeps, or that a route of the app serves.

    `others` are the names of the documents of other operations. Raises ConfigError.
    """
    documents = _kept(app) or list(_served(app, paths := _paths(app)))
    if not documents:
        raise ConfigError(
            f"openapi = 'auto': the app has no OpenAPI document that can be found; tried {paths or 'no route'}. It "
            "looks for the document of a known extension, then for a route such as /openapi.json or /swagger.json. "
            "Name the route or a file: openapi = '/docs/openapi.json'."
        )
    first, *rest = documents
    operations = _operation_paths(first)
    others = tuple(document.name for document in rest if not _operation_paths(document) <= operations)
    return msgspec.structs.replace(first, others=others)


def _kept(app: Flask) -> Sequence[ApiDocument]:
    for find in _KEPT:
        try:
            documents = find(app)
        except Exception:  # an extension of another version: a route may serve its document
            continue
        if documents:
            return documents
    return ()


def _served(app: Flask, paths: list[str]) -> Iterator[ApiDocument]:
    for path in paths:
        try:
            yield _at(app, path)
        except ConfigError:
            continue


def _paths(app: Flask) -> list[str]:
    """Return the paths of the app at which a document may be, shortest first."""
    rules = app.url_map.iter_rules()
    return sorted((rule.rule for rule in rules if not rule.arguments and _may_serve(app, rule)), key=len)


def _may_serve(app: Flask, rule: Rule) -> bool:
    if _DOCUMENTED_AT.search(rule.rule):
        return True
    view = getattr(app.view_functions.get(rule.endpoint), "view_class", None)
    return any((each.__module__, each.__name__) in _DOCUMENT_VIEWS for each in getattr(view, "__mro__", ()))


def _operation_paths(document: ApiDocument) -> frozenset[str]:
    """Return the paths of a document's operations, below its first server."""
    base = servers.path_of(servers.of_document(document.value)[0])
    paths = document.value.get("paths")
    return frozenset(f"{base}{path}" for path in paths) if isinstance(paths, Mapping) else frozenset()


def _smorest(app: Flask) -> list[ApiDocument]:
    return [
        ApiDocument(value=api["ext_obj"].spec.to_dict(), name=f"flask-smorest's API {prefix!r}")
        for prefix, api in app.extensions["flask-smorest"]["apis"].items()
    ]


def _apiflask(app: Any) -> list[ApiDocument]:
    return [ApiDocument(value=app.spec)] if isinstance(app.spec, dict) else []


def _openapi3(app: Any) -> list[ApiDocument]:
    return [ApiDocument(value=app.api_doc)] if app.api_doc else []


# Extensions that keep documents, and may not serve them.
_KEPT: tuple[Callable[[Flask], list[ApiDocument]], ...] = (_smorest, _apiflask, _openapi3)


def _at(app: Flask, path: str) -> ApiDocument:
    """Return the document at a path of the app; what it refers to is relative to the path."""
    return ApiDocument(
        value=openapi.read(_answer(app, path), where=path),
        name=path,
        load=lambda name: load(_answer(app, urljoin(path, name)), where=name),
    )


def _answer(app: Flask, path: str) -> bytes:
    """Return the body of a route of the app, requested in a context of its own. Raises ConfigError."""
    environ = EnvironBuilder(path=path).get_environ()
    chunks, status, _ = contextvars.Context().run(run_wsgi_app, app.wsgi_app, environ, buffered=True)
    if not status.startswith("200"):
        raise ConfigError(f"openapi = {path!r}: the app answers {status}.")
    return b"".join(chunks)
