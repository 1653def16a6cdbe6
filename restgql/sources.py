"""Where the types of a gateway come from: each source is SDL with directives, and the earlier ones win."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from graphql import DocumentNode, GraphQLSchema

from restgql import app_documents, remote_apis
from restgql.api_documents import ApiDocument
from restgql.config import Config
from restgql.errors import ConfigError
from restgql.formats import json
from restgql.open_routes import OpenRoutes, Shapes, asked_for
from restgql.remote_apis import RemoteApi
from restgql.schema import core, documents
from restgql.schema.compile import compile
from restgql.schema.documents import Definitions, SchemaError
from restgql.schema.review import Row, shape_of
from restgql.schema.sdl.clashes import clashes, without_repeated
from restgql.schema.sdl.report import OperationNote, SkippedOperation
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sources import annotations, openapi
from restgql.schema.sources.openapi.operation_paths import AppOrUpstreamPaths, AppPaths
from restgql.upstream.routes import Routes
from restgql.upstream_settings import documents_of


class Typed(msgspec.Struct, frozen=True):
    """The schema of a gateway, that of its clients, which may be less, the SDL that these were compiled from, and what
    the sources say of their operations. `failure` is the reason why a source has no part in it, `warnings` are for the
    log."""

    schema: GraphQLSchema
    clients: GraphQLSchema
    definitions: tuple[Definitions, ...] = ()
    rows: tuple[Row, ...] = ()
    joins: tuple[str, ...] = ()
    names: Mapping[str, str] = {}
    failure: Exception | None = None
    warnings: tuple[str, ...] = ()


class _Collected:
    """The sources of one gateway, in their order, and the first failure of one."""

    def __init__(self, definitions: Sequence[Definitions]) -> None:
        self.definitions = list(definitions)
        self.rows: list[Row] = []
        self.joins: list[str] = []
        self.names: dict[str, str] = {}
        self.warnings: list[str] = []
        self.failure: Exception | None = None

    def add(self, generated: openapi.GeneratedSdl, *, source: str, upstream: str = "") -> None:
        """Add what an OpenAPI document is turned into."""
        earlier = [each.document for each in self.definitions if each.source == source]
        document = without_repeated(generated.document, earlier)
        self.definitions.append(Definitions(document=document, written=False, source=source, upstream=upstream))
        self.rows += map(_row, generated.operations)
        self.rows += (_skipped(each, f" ({source})" if upstream else "") for each in generated.skipped)
        self.joins += (f"{join.name}: {join.result} @get(path: {join.path!r})" for join in generated.joins)
        self.names |= generated.names

    @property
    def size(self) -> tuple[int, int, int]:
        return len(self.definitions), len(self.rows), len(self.joins)

    def cut(self, size: tuple[int, int, int]) -> None:
        """Remove all that was added after a size."""
        del self.definitions[size[0] :], self.rows[size[1] :], self.joins[size[2] :]


class Sources:
    """The sources of one gateway on one app. All that does not depend on routes is read here, and nothing changes it.

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
        self._written = [] if config.schema is None else documents.read(Path(app.root_path) / config.schema)
        self._locked = _lockfile(config, app)
        sources = list(documents_of(config.openapi))
        self._documents: list[ApiDocument | None] = [
            app_documents.read(source, app) if app_documents.is_known_at_start(source) else None for source in sources
        ]
        self._sources = sources
        self._asks_app = None in self._documents
        base = _Collected(self._written)
        self._add_upstreams(base)
        self._check_names(base.definitions)
        self.base = self._compiled(base)

    @property
    def is_late(self) -> bool:
        """True if a source goes by the app's routes, which are all there only at the first request."""
        return self._config.openapi is not None or self._config.annotations

    @property
    def asks_app(self) -> bool:
        """True if a document is read from the app itself, which may have it later."""
        return self._asks_app

    @property
    def is_known_at_start(self) -> bool:
        """True if nothing but the set of routes can change between the start and the first request."""
        return not self.asks_app and not self._config.annotations

    @property
    def reserved(self) -> ReservedNames:
        """The names that no source may give."""
        return self._reserved

    def build(self, routes: Routes, *, at_start: bool = False) -> Typed:
        """Return the types of all sources, and the failure of one. `at_start`, nothing is asked of the app."""
        collected = _Collected(self._written)
        for source, document in zip(self._sources, self._documents, strict=True):
            if document is not None or not at_start:
                self._attempt(self._add_openapi, collected, source, document, routes)
        if self._config.annotations and not at_start:
            self._attempt(self._add_annotations, collected, routes)
        self._add_upstreams(collected)
        try:
            return self._compiled(collected)
        except Exception as exc:
            return msgspec.structs.replace(self.base, failure=collected.failure or exc)

    def release(self) -> None:
        """Drop the documents, which may be large: the types are built, and nothing builds them again."""
        self._documents, self._sources, self._apis = [], [], ()

    def _attempt(self, add: Callable[..., None], collected: _Collected, *arguments: Any) -> None:
        """Add a source. One that fails, whatever the app's own code raises, costs the others nothing."""
        before = collected.size
        try:
            add(collected, *arguments)
            upstreams = self.base.definitions[len(self._written) :]
            self._check_names([*collected.definitions, *upstreams])
        except Exception as exc:
            collected.cut(before)
            collected.failure = collected.failure or exc

    def _check_names(self, definitions: Sequence[Definitions]) -> None:
        """Raise SchemaError for the names that two sources have."""
        if errors := clashes(definitions, self._reserved.own):
            raise SchemaError(errors)

    def _add_openapi(self, collected: _Collected, source: Any, document: ApiDocument | None, routes: Routes) -> None:
        """Add a document of the app, less the operations that a root field in schema= asks for.

        Operations without a route are those of the upstreams that the document's servers name.
        """
        document = document or app_documents.read(source, self._app)
        taken = asked_for(collected.definitions)
        found = OpenRoutes(routes, taken)
        remote = remote_apis.named_by(document, self._apis, partial(_is_in, taken))
        of_app = AppPaths(document.value, found.allows, None, found.explain)
        generated = openapi.generate(
            document.value,
            endpoint=found.endpoint,
            operation_paths=AppOrUpstreamPaths(of_app, [paths for _, paths in remote]) if remote else of_app,
            filled=[parameter for api, _ in remote for parameter in api.secrets.parameters],
            names=self._locked,
            accepted=self._config.joins,
            load=document.load,
            camel_case=self._config.camel_case,
            reserved=self._reserved,
        )
        collected.add(generated, source="openapi=")
        if generated.skipped and not generated.operations:
            collected.warnings.append(_no_field(document, generated.skipped, self._config))

    def _add_annotations(self, collected: _Collected, routes: Routes) -> None:
        views = _views(routes, asked_for(collected.definitions))
        annotated = annotations.generate(views, camel_case=self._config.camel_case, reserved=self._reserved)
        document = annotated.document
        collected.definitions.append(Definitions(document=document, written=False, source="annotations="))
        collected.rows += map(_row, annotated.operations)
        collected.rows += (Row(method=each.method, path=each.path, reason=each.reason) for each in annotated.skipped)

    def _add_upstreams(self, collected: _Collected) -> None:
        """Add the documents of upstreams, less the operations that a root field in schema= asks for."""
        mounts = tuple(mount for each in self._apis for mount in each.mounts)
        for api in self._apis:
            taken = partial(_is_in, asked_for(collected.definitions))
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
                collected.add(generated, source=api.label, upstream=api.prefix)

    def _compiled(self, collected: _Collected) -> Typed:
        """Return the types of these sources. Raises SchemaError."""
        definitions = collected.definitions
        schema = self._schema(definitions, untyped=True)
        clients = schema if self._config.untyped else self._schema(definitions, untyped=False)
        rows, joins = tuple(collected.rows), tuple(collected.joins)
        names, warnings = collected.names, tuple(collected.warnings)
        return Typed(schema, clients, tuple(definitions), rows, joins, names, collected.failure, warnings)

    def _schema(self, definitions: list[Definitions], *, untyped: bool) -> GraphQLSchema:
        verbs = [verb for verb in self._config.verbs if verb != "GET"]
        base = core.build(*self._user_types, verbs, untyped=untyped)
        return compile(base, definitions, camel_case=self._config.camel_case) if definitions else base


def _is_in(taken: Shapes, method: str, path: str) -> bool:
    return (method, shape_of(path)) in taken


def _row(operation: OperationNote) -> Row:
    return Row(
        method=operation.method,
        path=operation.path,
        field=operation.field,
        kind=operation.kind,
        reason=operation.reason,
    )


def _no_field(document: ApiDocument, skipped: Sequence[SkippedOperation], config: Config) -> str:
    """Return the warning about a document of the app that makes no field, with the key that it may be meant for."""
    first = skipped[0]
    text = (
        f"openapi= makes no field of {document.name}: none of its {len(skipped)} operations is a route that may be "
        f"asked for ({first.method} {first.path}: {first.reason})."
    )
    prefix = next(iter(config.upstreams), None)
    if prefix is None:
        return text
    return (
        f"{text} The document of an upstream is a key of its own, upstreams={{{prefix!r}: {{'url': …, 'openapi': …}}}}."
    )


def _skipped(operation: SkippedOperation, label: str = "") -> Row:
    return Row(
        method=operation.method,
        path=operation.path,
        kind="skipped",
        reason=f"{operation.reason}{label}",
        is_chosen=operation.is_chosen,
    )


def _views(routes: Routes, taken: Shapes) -> Iterator[annotations.AnnotatedView]:
    """Yield the views that may be asked for and that no earlier source has types for."""
    for route in routes.reachable():
        methods = tuple(method for method in route.methods if (method, shape_of(route.path)) not in taken)
        function = getattr(getattr(route.view, "view_class", None), "get", route.view)
        if methods and function is not None:
            yield annotations.AnnotatedView(
                path=route.path,
                name=route.endpoint,
                methods=methods,
                parameters=route.parameters,
                function=function,
            )


def _lockfile(config: Config, app: Flask) -> dict[str, str]:
    """Return the names of RESTGQL_OPENAPI_NAMES; a file that is not there yet has none. Raises ConfigError."""
    path = Path(app.root_path, config.openapi_names) if config.openapi_names else None
    if path is None or not path.is_file():
        return {}
    try:
        names: dict[str, str] = json.value(path.read_bytes(), dict[str, str])
    except (json.NotJson, OSError) as exc:
        raise ConfigError(
            f"openapi_names = {config.openapi_names!r}: it is no JSON object of names: {exc}. "
            "Without the file, `flask restgql schema --write-names FILE` writes it anew."
        ) from exc
    return names


def source_of(typed: Typed) -> DocumentNode:
    """Return all SDL of a gateway with its directives, as one document."""
    return DocumentNode(definitions=tuple(d for source in typed.definitions for d in source.document.definitions))
