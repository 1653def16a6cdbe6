"""Where the types of a gateway come from: each source is SDL with directives, and the earlier ones win."""

import contextvars
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
from flask import Flask
from graphql import DocumentNode, GraphQLSchema
from werkzeug.test import EnvironBuilder, run_wsgi_app

from restgql.config import Config
from restgql.errors import ConfigError
from restgql.formats import json
from restgql.schema import core, documents
from restgql.schema.compile import compile
from restgql.schema.documents import Definitions, SchemaError
from restgql.schema.review import Row, shape_of
from restgql.schema.sdl.notes import OperationNote
from restgql.schema.sdl.reserved import Reserved, defined, reserve
from restgql.schema.sources import annotations, openapi
from restgql.schema.sources.openapi.read import load
from restgql.upstream.routes import Routes

AUTO = "auto"
_DOCUMENTED_AT = re.compile(r"/(?:openapi|swagger|apispec(?:_\d+)?|api-docs)(?:\.json)?\Z")

Shapes = frozenset[tuple[str, str]]


class Typed(msgspec.Struct, frozen=True):
    """The schema of a gateway, that of its clients, which may be less, the SDL that these were compiled from, and what
    the sources say of their operations."""

    schema: GraphQLSchema
    clients: GraphQLSchema
    definitions: tuple[Definitions, ...] = ()
    rows: tuple[Row, ...] = ()
    joins: tuple[str, ...] = ()
    names: Mapping[str, str] = {}


def is_late(config: Config) -> bool:
    """Whether a source goes by the app's routes, which are all there only when it is first asked."""
    return config.openapi is not None or config.annotations


def typed(config: Config, app: Flask, routes: Routes, query: type | None = None, mutation: type | None = None) -> Typed:
    """The schema of a gateway on an app, with a user's graphene types. Raises SchemaError and ConfigError."""
    found: list[Definitions] = []
    rows: list[Row] = []
    joins: tuple[str, ...] = ()
    names: Mapping[str, str] = {}
    reserved = reserve(query, mutation)
    if config.schema is not None:
        found += documents.read(Path(app.root_path) / config.schema)
    if config.openapi is not None:
        generated = _from_openapi(config, app, routes, _called_in(found), reserved)
        found.append(Definitions(document=generated.document, written=False))
        rows += map(_row, generated.operations)
        joins = tuple(f"{join.name}: {join.result} @get(path: {join.path!r})" for join in generated.joins)
        names = generated.names
    if config.annotations:
        views = _views(routes, _called_in(found))
        annotated = annotations.generate(views, camel_case=config.camel_case, reserved=reserved)
        found.append(Definitions(document=annotated.document, written=False))
        rows += map(_row, annotated.operations)
    clashes = _clashes(found, reserved)
    if clashes:
        raise SchemaError(clashes)

    def compiled(*, untyped: bool) -> GraphQLSchema:
        base = core.build(query, mutation, [verb for verb in config.verbs if verb != "GET"], untyped=untyped)
        return compile(base, found, camel_case=config.camel_case) if found else base

    schema = compiled(untyped=True)
    clients = schema if config.untyped else compiled(untyped=False)
    return Typed(schema, clients, tuple(found), tuple(rows), joins, names)


def _row(operation: OperationNote) -> Row:
    return Row(
        method=operation.method,
        path=operation.path,
        field=operation.field,
        kind=operation.kind,
        reason=operation.reason,
    )


def _views(routes: Routes, taken: Shapes) -> Iterator[annotations.View]:
    """The views that may be asked for and that no earlier source has types for."""
    for route in routes.reachable():
        methods = tuple(method for method in route.methods if (method, shape_of(route.path)) not in taken)
        function = getattr(getattr(route.view, "view_class", None), "get", route.view)
        if methods and function is not None:
            yield annotations.View(
                path=route.path,
                name=route.endpoint,
                methods=methods,
                parameters=route.parameters,
                function=function,
            )


def _clashes(sources: list[Definitions], reserved: Reserved) -> list[str]:
    """Return an error for each type and root field of a generated document that another source or the user has."""
    generated = [source.document for source in sources if not source.written]
    written = {name for source in sources if source.written for name in defined(source.document)}
    counts = Counter(name for document in generated for name in defined(document))
    return [
        *(f"{name} is made by two sources: rename one of them." for name in counts if counts[name] > 1),
        *(f"{name} is in schema=, and is generated, too: rename one of them." for name in counts if name in written),
        *(error for document in generated for error in reserved.clashes(document)),
    ]


def _called_in(found: list[Definitions]) -> Shapes:
    """The routes that have a field already, by the directives of these documents."""
    return frozenset(
        (directive.name.value.upper(), shape_of(argument.value.value))
        for source in found
        for definition in source.document.definitions
        for field in getattr(definition, "fields", None) or ()
        for directive in field.directives
        for argument in directive.arguments
        if argument.name.value == "path" and hasattr(argument.value, "value")
    )


def _from_openapi(config: Config, app: Flask, routes: Routes, taken: Shapes, reserved: Reserved) -> openapi.Generated:
    document, where = _document(config.openapi, app)
    reachable = {(method, shape_of(route.path)) for route in routes.reachable() for method in route.methods}
    names = Path(app.root_path, config.openapi_names) if config.openapi_names else None
    return openapi.generate(
        document,
        allowed=lambda method, path: (at := (method, shape_of(path))) in reachable and at not in taken,
        names=json.value(names.read_bytes(), dict[str, str]) if names is not None and names.is_file() else {},
        accepted=config.joins,
        load=None if where is None else lambda name: _referred(app, where, name),
        camel_case=config.camel_case,
        reserved=reserved,
    )


def _referred(app: Flask, where: Path | str, name: str) -> Any:
    """A document that another one refers to: beside its file, or relative to its path of the app."""
    if isinstance(where, Path):
        return load((where.parent / name).read_bytes(), where=name)
    return load(_answer(app, urljoin(where, name)), where=name)


def _document(given: Any, app: Flask) -> tuple[dict[str, Any], Path | str | None]:
    """An OpenAPI document, and its file or its path of the app, if it has one. Raises ConfigError."""
    if isinstance(given, Mapping):
        return dict(given), None
    if callable(given):
        return _document(given(), app)
    assert isinstance(given, str), "the configuration takes nothing else"
    if given == AUTO:
        return _found_in(app)
    if given.startswith("/") and not Path(given).is_file():
        return _asked(app, given), given
    path = Path(app.root_path) / given
    try:
        return openapi.read(path.read_bytes(), where=str(path)), path
    except OSError as exc:
        raise ConfigError(f"openapi = {given!r}: {exc}") from exc


def _found_in(app: Flask) -> tuple[dict[str, Any], str | None]:
    """The document that one of the known extensions keeps, or that a route of the app answers with."""
    for find in _KEPT:
        try:
            kept = find(app)
        except Exception:  # an extension of another version; its route may be there all the same
            continue
        if kept:
            return kept, None
    tried = [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments and _DOCUMENTED_AT.search(rule.rule)]
    for path in sorted(tried, key=len):
        try:
            return _asked(app, path), path
        except ConfigError:
            continue
    raise ConfigError(
        f"openapi = 'auto': the app has no OpenAPI document that can be found; tried {tried or 'no route'}."
    )


def _smorest(app: Flask) -> Any:
    apis = app.extensions["flask-smorest"]["apis"]
    return next(iter(apis.values()))["ext_obj"].spec.to_dict()


# Those that keep a document and need not serve it: flask-smorest, APIFlask, flask-openapi3.
_KEPT: tuple[Callable[[Flask], Any], ...] = (
    _smorest,
    lambda app: app.spec if isinstance(app.spec, dict) else None,  # type: ignore[attr-defined]
    lambda app: app.api_doc,  # type: ignore[attr-defined]
)


def _asked(app: Flask, path: str) -> dict[str, Any]:
    return openapi.read(_answer(app, path), where=path)


def _answer(app: Flask, path: str) -> bytes:
    """What a route of the app answers with, in a context of its own. Raises ConfigError."""
    environ = EnvironBuilder(path=path).get_environ()
    chunks, status, _ = contextvars.Context().run(run_wsgi_app, app.wsgi_app, environ, buffered=True)
    if not status.startswith("200"):
        raise ConfigError(f"openapi = {path!r}: the app answers {status}.")
    return b"".join(chunks)


def source_of(found: Typed) -> DocumentNode:
    """All SDL of a gateway with its directives, as one document."""
    return DocumentNode(definitions=tuple(d for source in found.definitions for d in source.document.definitions))
