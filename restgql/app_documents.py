"""OpenAPI documents that are found in the app: at a route, from a callable, or kept by an extension."""

import contextvars
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from restgql import api_documents
from restgql.api_documents import ApiDocument
from restgql.errors import ConfigError
from restgql.schema.sources import openapi
from restgql.schema.sources.openapi.read import load

AUTO = "auto"
_DOCUMENTED_AT = re.compile(r"/(?:openapi|swagger|apispec(?:_\d+)?|api-docs)(?:\.json)?\Z")


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
    """Return the document that a known extension keeps, or that a route of the app serves."""
    for find in _KEPT:
        try:
            kept = find(app)
        except Exception:  # an extension of another version: a route may serve its document
            continue
        if kept:
            return ApiDocument(value=kept)
    tried = [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments and _DOCUMENTED_AT.search(rule.rule)]
    for path in sorted(tried, key=len):
        try:
            return _at(app, path)
        except ConfigError:
            continue
    raise ConfigError(
        f"openapi = 'auto': the app has no OpenAPI document that can be found; tried {tried or 'no route'}. It looks "
        "for the document of a known extension, then for a route such as /openapi.json or /swagger.json. Name "
        "the route or a file: openapi = '/docs/openapi.json'."
    )


def _smorest(app: Flask) -> Any:
    apis = app.extensions["flask-smorest"]["apis"]
    return next(iter(apis.values()))["ext_obj"].spec.to_dict()


# Extensions that keep a document, and may not serve it: flask-smorest, APIFlask, flask-openapi3.
_KEPT: tuple[Callable[[Flask], Any], ...] = (
    _smorest,
    lambda app: app.spec if isinstance(app.spec, dict) else None,  # type: ignore[attr-defined]
    lambda app: app.api_doc,  # type: ignore[attr-defined]
)


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
