"""Where the types of a gateway come from: each source is SDL with directives, and the earlier ones win."""

import contextvars
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
from flask import Flask
from graphql import DocumentNode, GraphQLSchema
from werkzeug.test import EnvironBuilder, run_wsgi_app

from restgql import api_documents
from restgql.api_documents import ApiDocument
from restgql.config import Config
from restgql.errors import ConfigError
from restgql.formats import json
from restgql.remote_apis import RemoteApi
from restgql.schema import core, documents
from restgql.schema.compile import ROOTS, compile
from restgql.schema.documents import Definitions, SchemaError
from restgql.schema.review import Row, shape_of
from restgql.schema.sdl import camel
from restgql.schema.sdl.clashes import clashes, without_repeated
from restgql.schema.sdl.notes import OperationNote
from restgql.schema.sources import annotations, openapi
from restgql.schema.sources.openapi.read import load
from restgql.upstream.routes import Routes
from restgql.upstream_settings import documents_of

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


class _Collected:
    """The sources of one gateway, in their order."""

    def __init__(self) -> None:
        self.definitions: list[Definitions] = []
        self.rows: list[Row] = []
        self.joins: list[str] = []
        self.names: dict[str, str] = {}

    def add(self, generated: openapi.Generated, *, source: str, upstream: str = "") -> None:
        """Add what an OpenAPI document is turned into."""
        earlier = [each.document for each in self.definitions if each.source == source]
        document = without_repeated(generated.document, earlier)
        self.definitions.append(Definitions(document=document, written=False, source=source, upstream=upstream))
        self.rows += map(_row, generated.operations)
        self.joins += (f"{join.name}: {join.result} @get(path: {join.path!r})" for join in generated.joins)
        self.names |= generated.names


def is_late(config: Config) -> bool:
    """Whether a source goes by the app's routes, which are all there only when it is first asked."""
    return config.openapi is not None or config.annotations


def typed(
    config: Config,
    app: Flask,
    routes: Routes,
    apis: Sequence[RemoteApi] = (),
    query: type | None = None,
    mutation: type | None = None,
) -> Typed:
    """The schema of a gateway on an app, with a user's graphene types. Raises SchemaError and ConfigError."""
    found = _Collected()
    if config.schema is not None:
        found.definitions += documents.read(Path(app.root_path) / config.schema)
    locked = _lockfile(config, app)
    for source in documents_of(config.openapi):
        generated = _from_openapi(source, config, app, routes, _called_in(found.definitions), locked)
        found.add(generated, source="openapi=")
    if config.annotations:
        views = _views(routes, _called_in(found.definitions))
        annotated = annotations.generate(views, camel_case=config.camel_case)
        document = annotated.document
        found.definitions.append(Definitions(document=document, written=False, source="annotations="))
        found.rows += map(_row, annotated.operations)
    for api in apis:
        _add_upstream(found, api, apis, config, locked)
    errors = clashes(found.definitions, _own_names(query, mutation))
    if errors:
        raise SchemaError(errors)

    def compiled(*, untyped: bool) -> GraphQLSchema:
        base = core.build(query, mutation, [verb for verb in config.verbs if verb != "GET"], untyped=untyped)
        sources = found.definitions
        return compile(base, sources, camel_case=config.camel_case) if sources else base

    schema = compiled(untyped=True)
    clients = schema if config.untyped else compiled(untyped=False)
    return Typed(schema, clients, tuple(found.definitions), tuple(found.rows), tuple(found.joins), found.names)


def _own_names(query: type | None, mutation: type | None) -> dict[str, str]:
    """The names of a user's graphene types and root fields, with the argument that they come by."""
    names: dict[str, str] = {}
    for argument, root, own in (("query=", "Query", query), ("mutation=", "Mutation", mutation)):
        if own is not None:
            names |= {f"{root}.{name}": argument for name in own._meta.fields}  # type: ignore[attr-defined]
    if query is not None or mutation is not None:
        of_core = core.build(verbs=core.VERBS).type_map
        types = core.build(query, mutation).type_map.keys() - of_core.keys()
        names |= dict.fromkeys(types, "query= or mutation=")
    return names


def _add_upstream(
    found: _Collected, api: RemoteApi, apis: Sequence[RemoteApi], config: Config, locked: Mapping[str, str]
) -> None:
    """Add the documents of an upstream, less the operations that a root field in schema= asks for."""
    mounts = tuple(mount for each in apis for mount in each.mounts)
    taken = _called_in(found.definitions)
    for document in api.documents:
        places = api.places(document, mounts, lambda method, path: (method, shape_of(path)) in taken)
        generated = openapi.generate(
            document.value,
            names=locked,
            accepted=config.joins,
            load=document.load,
            places=places,
            name_prefix=api.settings.prefix,
            filled=api.secrets.parameters,
        )
        if config.camel_case:
            camel.rename(generated.document)
        found.add(generated, source=api.label, upstream=api.prefix)
        found.rows += (
            Row(method=each.method, path=each.path, reason=f"{each.reason} ({api.label})") for each in generated.skipped
        )


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


def _called_in(found: list[Definitions]) -> Shapes:
    """The routes that have a root field already, by the directives of these documents. A join takes no route."""
    return frozenset(
        (directive.name.value.upper(), shape_of(argument.value.value))
        for source in found
        for definition in source.document.definitions
        for field in getattr(definition, "fields", None) or ()
        if definition.name.value in ROOTS  # type: ignore[attr-defined]
        for directive in field.directives
        for argument in directive.arguments
        if argument.name.value == "path" and hasattr(argument.value, "value")
    )


def _lockfile(config: Config, app: Flask) -> dict[str, str]:
    names = Path(app.root_path, config.openapi_names) if config.openapi_names else None
    return json.value(names.read_bytes(), dict[str, str]) if names is not None and names.is_file() else {}


def _from_openapi(
    source: Any, config: Config, app: Flask, routes: Routes, taken: Shapes, locked: Mapping[str, str]
) -> openapi.Generated:
    document = _document(source, app)
    reachable = {(method, shape_of(route.path)) for route in routes.reachable() for method in route.methods}
    generated = openapi.generate(
        document.value,
        allowed=lambda method, path: (at := (method, shape_of(path))) in reachable and at not in taken,
        names=locked,
        accepted=config.joins,
        load=document.load,
    )
    if config.camel_case:
        camel.rename(generated.document)
    return generated


def _document(source: Any, app: Flask) -> ApiDocument:
    """The document of a source: in the app, at a path of the app, or anywhere else. Raises ConfigError."""
    if callable(source) and not isinstance(source, Mapping):
        return _document(source(), app)
    if source == AUTO:
        return _found_in(app)
    root = Path(app.root_path)
    if isinstance(source, str) and source.startswith("/") and not Path(source).is_file():
        return _asked(app, source)
    return api_documents.read(source, root)


def _found_in(app: Flask) -> ApiDocument:
    """The document that one of the known extensions keeps, or that a route of the app answers with."""
    for find in _KEPT:
        try:
            kept = find(app)
        except Exception:  # an extension of another version; its route may be there all the same
            continue
        if kept:
            return ApiDocument(value=kept)
    tried = [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments and _DOCUMENTED_AT.search(rule.rule)]
    for path in sorted(tried, key=len):
        try:
            return _asked(app, path)
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


def _asked(app: Flask, path: str) -> ApiDocument:
    """The document at a path of the app; what it refers to is relative to the path."""
    return ApiDocument(
        value=openapi.read(_answer(app, path), where=path),
        name=path,
        load=lambda name: load(_answer(app, urljoin(path, name)), where=name),
    )


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
