"""The sources of a gateway's types: each is SDL with directives, and earlier ones override later ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from graphql import DocumentNode, GraphQLSchema

from restgql import app_documents, document_warnings, locked_names, remote_apis
from restgql.api_documents import ApiDocument
from restgql.app_document_settings import AppDocumentSettings, app_documents_of
from restgql.config import Config
from restgql.open_routes import OpenRoutes, RouteShapes, routes_with_root_field
from restgql.remote_apis import RemoteApi
from restgql.schema import core, type_source
from restgql.schema.compile import compile
from restgql.schema.coverage import RouteCoverage, normalize_template
from restgql.schema.sdl.clashes import clashes, without_repeated
from restgql.schema.sdl.report import OperationNote, SkippedOperation
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sources import annotations, openapi
from restgql.schema.sources.openapi.operation_paths import AppOrUpstreamPaths, AppPaths
from restgql.schema.type_source import SchemaError, TypeSource
from restgql.upstream.routes import Routes


class CompiledSchema(msgspec.Struct, frozen=True):
    """The schema of a gateway, the schema of its clients, which may be smaller, the SDL from which these were
    compiled, and the reports of its sources.

    `failure` is the reason why a source is missing; `warnings` are for the log.
    """

    schema: GraphQLSchema
    clients: GraphQLSchema
    definitions: tuple[TypeSource, ...] = ()
    rows: tuple[RouteCoverage, ...] = ()
    joins: tuple[str, ...] = ()
    names: Mapping[str, str] = {}
    failure: Exception | None = None
    warnings: tuple[str, ...] = ()


class _Collected:
    """The sources of one gateway, in their order, and the first failure."""

    def __init__(self, definitions: Sequence[TypeSource]) -> None:
        self.definitions = list(definitions)
        self.rows: list[RouteCoverage] = []
        self.joins: list[str] = []
        self.names: dict[str, str] = {}
        self.warnings: list[str] = []
        self.failure: Exception | None = None

    def add(self, generated: openapi.GeneratedSdl, *, name: str, source: str, upstream: str = "") -> None:
        """Add the types that were generated from an OpenAPI document with a name."""
        earlier = [each.document for each in self.definitions if each.source == source]
        document = without_repeated(generated.document, earlier)
        self.definitions.append(
            TypeSource(document=document, handwritten=False, source=source, upstream=upstream, api_document=name)
        )
        self.rows += map(_row, generated.operations)
        self.rows += (_skipped(each, f" ({source})" if upstream else "") for each in generated.skipped)
        self.joins += (f"{join.name}: {join.result} @get(path: {join.path!r})" for join in generated.joins)
        self.names |= generated.names

    @property
    def size(self) -> tuple[int, int, int]:
        return len(self.definitions), len(self.rows), len(self.joins)

    def cut(self, size: tuple[int, int, int]) -> None:
        """Remove everything that was added after a size."""
        del self.definitions[size[0] :], self.rows[size[1] :], self.joins[size[2] :]


class Sources:
    """The sources of one gateway on one app. Everything that does not depend on routes is read here, and never
    modified.

    `base` is the schema without the sources that depend on routes. Raises SchemaError and ConfigError.
    """

    def __init__(
        self,
        config: Config,
        app: Flask,
        apis: Sequence[RemoteApi] = (),
        query: type | None = None,
        mutation: type | None = None,
    ) -> None:
        self._config = config
        self._app = app
        self._apis = apis
        self._user_types = (query, mutation)
        self._reserved = reserve(query, mutation)
        self._written = [] if config.schema is None else type_source.read_folder(Path(app.root_path) / config.schema)
        self._locked = locked_names.read(config, Path(app.root_path))
        self._app_documents = list(app_documents_of(config.openapi))
        self._documents: list[ApiDocument | None] = [
            app_documents.read(each.openapi, app) if app_documents.is_known_at_start(each.openapi) else None
            for each in self._app_documents
        ]
        self._asks_app = None in self._documents
        base = _Collected(self._written)
        self._add_upstreams(base)
        self._check_names(base.definitions)
        self.base = self._compiled(base)

    @property
    def needs_routes(self) -> bool:
        """True if a type source depends on the URL map, which is complete only at the first request."""
        return self._config.openapi is not None or self._config.annotations

    @property
    def asks_app(self) -> bool:
        """True if a document is read from the app itself, which may serve it only later."""
        return self._asks_app

    @property
    def is_known_at_start(self) -> bool:
        """True if only the set of routes can change between the start and the first request."""
        return not self.asks_app and not self._config.annotations

    @property
    def reserved(self) -> ReservedNames:
        """The names that no source may define."""
        return self._reserved

    def build(self, routes: Routes, *, at_start: bool = False) -> CompiledSchema:
        """Return the types of all sources, and the first failure. With `at_start`, make no request to the app."""
        collected = _Collected(self._written)
        collected.warnings += locked_names.warnings(self._config, Path(self._app.root_path))
        for settings, document in zip(self._app_documents, self._documents, strict=True):
            if document is not None or not at_start:
                self._attempt(self._add_openapi, collected, settings, document, routes)
        if self._config.annotations and not at_start:
            self._attempt(self._add_annotations, collected, routes)
        self._add_upstreams(collected)
        try:
            return self._compiled(collected)
        except Exception as exc:
            return msgspec.structs.replace(self.base, failure=collected.failure or exc)

    def release(self) -> None:
        """Drop the documents, which may be large: the types are built, and never again."""
        self._documents, self._app_documents, self._apis = [], [], ()

    def _attempt(self, add: Callable[..., None], collected: _Collected, *arguments: Any) -> None:
        """Add a source. If it fails, whatever the app's own code raises, the other sources are unaffected."""
        before = collected.size
        try:
            add(collected, *arguments)
            upstreams = self.base.definitions[len(self._written) :]
            self._check_names([*collected.definitions, *upstreams])
        except Exception as exc:
            collected.cut(before)
            collected.failure = collected.failure or exc

    def _check_names(self, definitions: Sequence[TypeSource]) -> None:
        """Raise SchemaError for names that two sources define."""
        if errors := clashes(definitions, self._reserved.own):
            raise SchemaError(errors)

    def _add_openapi(
        self, collected: _Collected, settings: AppDocumentSettings, document: ApiDocument | None, routes: Routes
    ) -> None:
        """Add a document of the app, without the operations of root fields in schema=.

        Operations without a route belong to the upstreams that the document's servers name.
        """
        document = document or app_documents.read(settings.openapi, self._app)
        taken = routes_with_root_field(collected.definitions)
        open_routes = OpenRoutes(routes, taken)
        remote = remote_apis.named_by(document, self._apis, partial(_is_in, taken))
        of_app = AppPaths(document.value, open_routes.allows, None, open_routes.explain)
        generated = openapi.generate(
            document.value,
            endpoint=open_routes.endpoint,
            operation_paths=AppOrUpstreamPaths(of_app, [paths for _, paths in remote]) if remote else of_app,
            filled=[parameter for api, _ in remote for parameter in api.secrets.parameters],
            names=self._locked,
            accepted=self._config.joins,
            load=document.load,
            name_prefix=settings.prefix,
            camel_case=self._config.camel_case,
            reserved=self._reserved,
        )
        collected.add(generated, name=document.name, source="openapi=")
        collected.warnings += document_warnings.warnings(document, generated, self._config.upstreams)

    def _add_annotations(self, collected: _Collected, routes: Routes) -> None:
        views = _views(routes, routes_with_root_field(collected.definitions))
        annotated = annotations.generate(views, camel_case=self._config.camel_case, reserved=self._reserved)
        document = annotated.document
        collected.definitions.append(TypeSource(document=document, handwritten=False, source="annotations="))
        collected.rows += map(_row, annotated.operations)
        collected.rows += (
            RouteCoverage(method=each.method, path=each.path, reason=each.reason) for each in annotated.skipped
        )

    def _add_upstreams(self, collected: _Collected) -> None:
        """Add the documents of upstreams, without the operations of root fields in schema=."""
        mounts = tuple(mount for each in self._apis for mount in each.mounts)
        for api in self._apis:
            taken = partial(_is_in, routes_with_root_field(collected.definitions))
            for document in api.documents:
                paths = api.operation_paths(document, mounts, taken)
                generated = openapi.generate(
                    document.value,
                    names=self._locked,
                    accepted=self._config.joins,
                    load=document.load,
                    operation_paths=paths,
                    name_prefix=api.settings.prefix,
                    filled=api.secrets.parameters,
                    camel_case=self._config.camel_case,
                    reserved=self._reserved,
                )
                collected.add(generated, name=document.name, source=api.label, upstream=api.prefix)

    def _compiled(self, collected: _Collected) -> CompiledSchema:
        """Return the types of these sources. Raises SchemaError."""
        definitions = collected.definitions
        schema = self._schema(definitions, untyped=True)
        clients = schema if self._config.untyped else self._schema(definitions, untyped=False)
        rows, joins = tuple(collected.rows), tuple(collected.joins)
        names, warnings = collected.names, tuple(collected.warnings)
        return CompiledSchema(schema, clients, tuple(definitions), rows, joins, names, collected.failure, warnings)

    def _schema(self, definitions: list[TypeSource], *, untyped: bool) -> GraphQLSchema:
        base = core.build(*self._user_types, self._config.unsafe_verbs, untyped=untyped)
        return compile(base, definitions, camel_case=self._config.camel_case) if definitions else base


def _is_in(taken: RouteShapes, method: str, path: str) -> bool:
    return (method, normalize_template(path)) in taken


def _row(operation: OperationNote) -> RouteCoverage:
    return RouteCoverage(
        method=operation.method,
        path=operation.path,
        field=operation.field,
        kind=operation.kind,
        reason=operation.reason,
    )


def _skipped(operation: SkippedOperation, label: str = "") -> RouteCoverage:
    return RouteCoverage(
        method=operation.method,
        path=operation.path,
        kind="skipped",
        reason=f"{operation.reason}{label}",
        is_chosen=operation.is_chosen,
    )


def _views(routes: Routes, taken: RouteShapes) -> Iterator[annotations.AnnotatedView]:
    """Yield the exposed views that no earlier source has typed."""
    for route in routes.reachable():
        methods = tuple(method for method in route.methods if (method, normalize_template(route.path)) not in taken)
        function = getattr(getattr(route.view, "view_class", None), "get", route.view)
        if methods and function is not None:
            yield annotations.AnnotatedView(
                path=route.path,
                name=route.endpoint,
                methods=methods,
                parameters=route.parameters,
                function=function,
            )


def combined_sdl(typed: CompiledSchema) -> DocumentNode:
    """Return all SDL of a gateway with its directives, as one document."""
    return DocumentNode(definitions=tuple(d for source in typed.definitions for d in source.document.definitions))
