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
from restgql.schema.collected_sources import CollectedSources
from restgql.schema.compile import compile
from restgql.schema.coverage import RouteCoverage, normalize_template, row_of
from restgql.schema.missing_types import completed, without_late_types
from restgql.schema.sdl.clashes import clashes
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sources import annotations, openapi
from restgql.schema.sources.openapi.operation_paths import AppOrUpstreamPaths, AppPaths
from restgql.schema.type_source import SchemaError, TypeSource
from restgql.upstream.routes import Routes

_LATE = "A type of openapi= or annotations= may not be known when the app starts. Refer to it in `extend type` only."


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
        base = CollectedSources(self._written)
        self._add_upstreams(base)
        self._check_names(base.definitions)
        self._of_upstreams = base.definitions[len(self._written) :]
        for settings, document in zip(self._app_documents, self._documents, strict=True):
            if document is not None:
                generate = partial(self._generate, document, name_prefix=settings.prefix)
                base.add_everything("openapi=", "", generate)
        self.base = self._compiled_base(base)

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
    def _is_late(self) -> bool:
        """True if the names of some types are unknown until the first request."""
        return self.needs_routes and not self.is_known_at_start

    @property
    def reserved(self) -> ReservedNames:
        """The names that no source may define."""
        return self._reserved

    def build(self, routes: Routes, *, at_start: bool = False) -> CompiledSchema:
        """Return the types of all sources, and the first failure.

        With `at_start`, make no request to the app, and ignore extensions of types that may come later.
        """
        collected = CollectedSources(self._written)
        collected.warnings += locked_names.warnings(self._config, Path(self._app.root_path))
        for settings, document in zip(self._app_documents, self._documents, strict=True):
            if document is not None or not at_start:
                self._attempt(self._add_openapi, collected, settings, document, routes)
        if self._config.annotations and not at_start:
            self._attempt(self._add_annotations, collected, routes)
        self._add_upstreams(collected)
        try:
            return self._compiled(collected, at_start=at_start)
        except Exception as exc:
            return msgspec.structs.replace(self.base, failure=collected.failure or exc)

    def release(self) -> None:
        """Drop the documents, which may be large: the types are built, and never again."""
        self._documents, self._app_documents, self._apis = [], [], ()

    def _attempt(self, add: Callable[..., None], collected: CollectedSources, *arguments: Any) -> None:
        """Add a source. If it fails, whatever the app's own code raises, the other sources are unaffected."""
        before = collected.size
        try:
            add(collected, *arguments)
            self._check_names([*collected.definitions, *self._of_upstreams])
        except Exception as exc:
            collected.cut(before)
            collected.failure = collected.failure or exc

    def _check_names(self, definitions: Sequence[TypeSource]) -> None:
        """Raise SchemaError for names that two sources define."""
        if errors := clashes(definitions, self._reserved.own):
            raise SchemaError(errors)

    def _add_openapi(
        self, collected: CollectedSources, settings: AppDocumentSettings, document: ApiDocument | None, routes: Routes
    ) -> None:
        """Add a document of the app, without the operations of root fields in schema=.

        Operations without a route belong to the upstreams that the document's servers name.
        """
        document = document or app_documents.read(settings.openapi, self._app)
        taken = routes_with_root_field(collected.definitions)
        open_routes = OpenRoutes(routes, taken)
        remote = remote_apis.named_by(document, self._apis, partial(_is_in, taken))
        of_app = AppPaths(document.value, open_routes.allows, None, open_routes.explain)
        generate = partial(self._generate, document, name_prefix=settings.prefix)
        generated = generate(
            endpoint=open_routes.endpoint,
            operation_paths=AppOrUpstreamPaths(of_app, [paths for _, paths in remote]) if remote else of_app,
            filled=[parameter for api, _ in remote for parameter in api.secrets.parameters],
        )
        collected.add(generated, name=document.name, source="openapi=", everything=generate)
        collected.warnings += document_warnings.warnings(document, generated, self._config.upstreams)

    def _add_annotations(self, collected: CollectedSources, routes: Routes) -> None:
        generate = partial(annotations.generate, camel_case=self._config.camel_case, reserved=self._reserved)
        annotated = generate(_views(routes, routes_with_root_field(collected.definitions)))
        document = annotated.document
        collected.add_everything("annotations=", "", lambda: generate(_views(routes, frozenset())))
        collected.definitions.append(TypeSource(document=document, handwritten=False, source="annotations="))
        collected.warnings += annotated.warnings
        collected.rows += map(row_of, annotated.operations)
        collected.rows += (
            RouteCoverage(method=each.method, path=each.path, reason=each.reason) for each in annotated.skipped
        )

    def _add_upstreams(self, collected: CollectedSources) -> None:
        """Add the documents of upstreams, without the operations of root fields in schema=."""
        mounts = tuple(mount for each in self._apis for mount in each.mounts)
        for api in self._apis:
            taken = partial(_is_in, routes_with_root_field(collected.definitions))
            for document in api.documents:
                paths = api.operation_paths(document, mounts, taken)
                generate = partial(
                    self._generate, document, name_prefix=api.settings.prefix, filled=api.secrets.parameters
                )
                generated = generate(operation_paths=paths)
                collected.add(generated, name=document.name, source=api.label, upstream=api.prefix, everything=generate)

    def _generate(self, document: ApiDocument, **options: Any) -> openapi.GeneratedSdl:
        return openapi.generate(
            document.value,
            names=self._locked,
            accepted=self._config.joins,
            load=document.load,
            camel_case=self._config.camel_case,
            reserved=self._reserved,
            **options,
        )

    def _compiled_base(self, collected: CollectedSources) -> CompiledSchema:
        try:
            return self._compiled(collected, at_start=True)
        except SchemaError as exc:
            if self._is_late and any("Unknown type" in error for error in exc.errors):
                raise SchemaError([*exc.errors, _LATE]) from exc
            raise

    def _compiled(self, collected: CollectedSources, *, at_start: bool = False) -> CompiledSchema:
        """Return the types of these sources. Raises SchemaError."""
        core_types = self._reserved.types | self._reserved.own_types
        definitions = completed(collected.definitions, core_types, collected.everything)
        if at_start and self._is_late:
            definitions = without_late_types(definitions, core_types)
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


def _views(routes: Routes, taken: RouteShapes) -> Iterator[annotations.AnnotatedView]:
    """Yield the exposed views that no earlier source has typed."""
    for route in routes.reachable():
        methods = tuple(method for method in route.methods if (method, normalize_template(route.path)) not in taken)
        view_class = getattr(route.view, "view_class", None)
        function = getattr(view_class, "get", getattr(view_class, "dispatch_request", route.view))
        if methods and function is not None:
            yield annotations.AnnotatedView(
                path=route.path,
                name=route.endpoint,
                methods=methods,
                parameters=route.parameters,
                function=function,
                view_class=view_class,
            )


def combined_sdl(typed: CompiledSchema) -> DocumentNode:
    """Return all SDL of a gateway with its directives, as one document."""
    return DocumentNode(definitions=tuple(d for source in typed.definitions for d in source.document.definitions))
