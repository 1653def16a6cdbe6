"""Generates SDL with directives from an OpenAPI document."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from graphql import DefinitionNode, DocumentNode, FieldDefinitionNode

from restgql import graphql_core
from restgql.schema.garbage_collection import pause_collection
from restgql.schema.sdl import names
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.name_rules import NameRules
from restgql.schema.sdl.names import Prefix
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.report import Kind, OperationNote, SkippedOperation
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi.api_operation import ApiOperation, operations
from restgql.schema.sources.openapi.document_problem import DocumentProblem, Excluded
from restgql.schema.sources.openapi.dynamic_references import with_static_references
from restgql.schema.sources.openapi.operation_fields import GeneratedField, OperationFields
from restgql.schema.sources.openapi.operation_paths import Allowed, AppPaths, OperationPath, OperationPaths
from restgql.schema.sources.openapi.proposed_joins import ProposedJoin, propose_joins, with_joins
from restgql.schema.sources.openapi.read import check, merges_siblings
from restgql.schema.sources.openapi.references import LoadDocument, References, component_schemas
from restgql.schema.sources.openapi.root_names import EndpointOf, root_names, root_type
from restgql.schema.sources.openapi.shape_resolver import ShapeResolver
from restgql.schema.sources.openapi.type_registry import TypeRegistry

NOT_DESCRIBED = "the document does not describe the response further"


class GeneratedSdl(msgspec.Struct, frozen=True, kw_only=True):
    """The SDL of an OpenAPI document or of views, with a report of each operation.

    `names` are the field names for the lockfile, by operation (`GET /users/{id}`). `joins` are proposals.
    `warnings` are for the log.
    """

    document: DocumentNode
    operations: tuple[OperationNote, ...]
    skipped: tuple[SkippedOperation, ...]
    names: Mapping[str, str] = {}
    joins: tuple[ProposedJoin, ...] = ()
    warnings: tuple[str, ...] = ()


def allow_all(method: str, path: str) -> bool:
    """Return True, for documents without an app."""
    return True


@pause_collection()
def generate(
    document: Mapping[str, Any],
    *,
    allowed: Allowed = allow_all,
    endpoint: EndpointOf | None = None,
    names: Mapping[str, str] | None = None,
    accepted: Collection[str] = (),
    load: LoadDocument | None = None,
    prefix: str | None = None,
    operation_paths: OperationPaths | None = None,
    name_prefix: str = "",
    filled: Collection[tuple[str, str]] = (),
    camel_case: bool = False,
    reserved: ReservedNames | None = None,
) -> GeneratedSdl:
    """Generate the SDL of a document. Raises ConfigError if it is not OpenAPI, or if a locked name cannot be used.

    - `allowed(method, path)` returns True if an operation may get a field. The path is one of the app, with the
      document's variables.
    - `endpoint(method, path)` returns the Flask endpoint that answers.
    - `names` is the lockfile. `accepted` are the names of joins to add (`Post.author`).
    - `load` reads other documents that the document refers to.
    - The app's paths are below `prefix`. Without a prefix they are below a server's path or, if `allowed` refuses that,
      at the root. `operation_paths` replaces these rules.
    - `name_prefix` is the prefix of type and root field names. `reserved` names are never used.
    - `filled` are the parameters that the gateway sends by itself: name (lower case for a header) and location.
    - Compile the result with the same `camel_case`.
    """
    check(document, where="The document")
    root = dict(document)
    if merges_siblings(root):
        root = dict(with_static_references(root))
    operation_paths = operation_paths or AppPaths(root, allowed, prefix)
    rules = NameRules(NamingConvention(camel_case), reserved or reserve(), Prefix(name_prefix))
    return _Generation(root, load, rules, filled, endpoint).run(operation_paths, names or {}, accepted)


class _Generation:
    """The state while SDL is generated from one document."""

    def __init__(
        self,
        document: dict[str, Any],
        load: LoadDocument | None,
        rules: NameRules,
        filled: Collection[tuple[str, str]],
        endpoint: EndpointOf | None,
    ) -> None:
        self._references = References(document, load)
        self._builder = SdlBuilder()
        named = component_schemas(document)
        shapes = ShapeResolver(self._references, named, merges_siblings=merges_siblings(document))
        self._rules = rules
        self._endpoint = endpoint
        self._registry = TypeRegistry(shapes, self._builder, named, rules)
        self._fields = OperationFields(document, self._references, self._registry, frozenset(filled))
        self._document = document
        self._generated: list[GeneratedField] = []
        self._skipped: list[SkippedOperation] = []
        self._paths: dict[str, str] = {}

    def run(
        self, operation_paths: OperationPaths, locked: Mapping[str, str], accepted: Collection[str]
    ) -> GeneratedSdl:
        fieldable, self._skipped = operations(self._document, self._references)
        field_names = root_names(fieldable, locked, operation_paths, self._rules, self._endpoint)
        for operation in fieldable:
            try:
                operation_path = self._operation_path(operation, operation_paths)
                self._generated.append(self._fields.make(operation, field_names[operation.key], operation_path))
                self._paths[operation.key] = operation_path.path
            except DocumentProblem as exc:
                self._skip(operation, exc.message, is_chosen=isinstance(exc, Excluded))
            except Exception as exc:  # a document can hold anything; a failure costs this operation only
                self._skip(operation, f"{type(exc).__name__}: {exc}")
        joins = propose_joins(self._generated, self._registry.definitions, self._references, self._rules.naming)
        return GeneratedSdl(
            document=DocumentNode(definitions=tuple(self._definitions(joins, accepted))),
            operations=self._notes(),
            names=self._lockfile(fieldable, locked, operation_paths),
            joins=tuple(joins),
            skipped=tuple(self._skipped),
        )

    def _lockfile(
        self, fieldable: list[ApiOperation], locked: Mapping[str, str], operation_paths: OperationPaths
    ) -> dict[str, str]:
        """Return the names for the lockfile. Locked operations that have no field at present keep their names."""
        keys = [operation_paths.lock_key(operation) for operation in fieldable]
        names_by_key = {
            operation_paths.lock_key(generated.operation): generated.node.name.value for generated in self._generated
        }
        return {key: names_by_key.get(key) or locked[key] for key in keys if key in names_by_key or key in locked}

    def _operation_path(self, operation: ApiOperation, operation_paths: OperationPaths) -> OperationPath:
        """Return the path of an operation. Raises DocumentProblem if it must not get a field."""
        if operation.body.get("x-internal") is True or operation.item.get("x-internal") is True:
            raise Excluded("it is marked x-internal")
        return operation_paths.find(operation)

    def _skip(self, operation: ApiOperation, reason: str, *, is_chosen: bool = False) -> None:
        method, path = operation.method.upper(), operation.path
        self._skipped.append(SkippedOperation(method=method, path=path, reason=reason, is_chosen=is_chosen))

    def _definitions(self, joins: list[ProposedJoin], accepted: Collection[str]) -> list[DefinitionNode]:
        roots: dict[str, list[FieldDefinitionNode]] = {"Query": [], "Mutation": []}
        for generated in self._generated:
            roots[root_type(generated.operation)].append(generated.node)
        self._add_with_headers(roots)
        root_types = [self._builder.object(name, fields) for name, fields in roots.items() if fields]
        return [*root_types, *with_joins(self._registry.document(), joins, accepted, self._builder)]

    def _add_with_headers(self, roots: dict[str, list[FieldDefinitionNode]]) -> None:
        reserved = self._rules.reserved
        scopes = {
            root: names.NameScope(
                reserved.fields[root]
                | reserved.own_fields.get(root, frozenset())
                | {field.name.value for field in fields}
            )
            for root, fields in roots.items()
        }
        for generated in self._generated:
            if generated.with_headers is not None:
                root = root_type(generated.operation)
                name = self._builder.name(scopes[root].take(generated.with_headers.name.value))
                roots[root].append(graphql_core.changed(generated.with_headers, name=name))

    def _notes(self) -> tuple[OperationNote, ...]:
        problems_by_type = self._registry.problems_by_type()
        notes = []
        for generated in self._generated:
            problem = generated.result.problem or (NOT_DESCRIBED if generated.result.name == JSON else "")
            reasons = [*([problem] if problem else []), *generated.notes]
            reasons += [problems_by_type[name] for name in sorted(generated.types) if name in problems_by_type]
            kind: Kind = "json" if generated.result.name == JSON else "partly" if reasons else "typed"
            reasons += generated.remarks
            notes.append(
                OperationNote(
                    method=generated.operation.method.upper(),
                    path=self._paths[generated.operation.key],
                    field=generated.node.name.value,
                    kind=kind,
                    reason="; ".join(reasons),
                    declared=generated.declared,
                )
            )
        return tuple(notes)
