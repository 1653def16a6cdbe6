"""From an OpenAPI document to SDL with directives."""

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
from restgql.schema.sources.openapi.operation_fields import GeneratedField, OperationFields
from restgql.schema.sources.openapi.operation_paths import Allowed, AppPaths, OperationPath, OperationPaths
from restgql.schema.sources.openapi.proposed_joins import ProposedJoin, joined, propose_joins
from restgql.schema.sources.openapi.read import check, merges_siblings
from restgql.schema.sources.openapi.references import LoadDocument, References, component_schemas
from restgql.schema.sources.openapi.root_names import EndpointOf, root_names, root_type
from restgql.schema.sources.openapi.shape_resolver import ShapeResolver
from restgql.schema.sources.openapi.type_registry import TypeRegistry

NO_MORE = "the document says no more of the response"


class GeneratedSdl(msgspec.Struct, frozen=True, kw_only=True):
    """The SDL of an OpenAPI document or of views, with a report of each operation.

    `names` are the field names for the lockfile, by operation (`GET /users/{id}`). `joins` are proposals.
    """

    document: DocumentNode
    operations: tuple[OperationNote, ...]
    skipped: tuple[SkippedOperation, ...]
    names: Mapping[str, str] = {}
    joins: tuple[ProposedJoin, ...] = ()


def everything(method: str, path: str) -> bool:
    return True


@pause_collection()
def generate(
    document: Mapping[str, Any],
    *,
    allowed: Allowed = everything,
    endpoint: EndpointOf | None = None,
    names: Mapping[str, str] | None = None,
    accepted: Collection[str] = (),
    load: LoadDocument | None = None,
    prefix: str | None = None,
    places: OperationPaths | None = None,
    name_prefix: str = "",
    filled: Collection[tuple[str, str]] = (),
    camel_case: bool = False,
    reserved: ReservedNames | None = None,
) -> GeneratedSdl:
    """The SDL of a document. Raises ConfigError for one that is no OpenAPI, and for a lockfile that cannot be kept.

    `allowed` takes a method (`GET`) and a path of the app, with the document's variables, and returns whether there may
    be a field for it; `endpoint` returns the endpoint that answers. `names` is a lockfile, `accepted` names joins
    (`Post.author`), `load` reads the documents that it refers to. Paths are those of the app below `prefix`; without
    one, below a server's path, and where `allowed` refuses that, below nothing. `places` finds other paths.
    `name_prefix` begins the names of types and root fields. `filled` are the parameters that the gateway sends by
    itself: name, in lower case for a header field, and place. Names that are `reserved` are given to nothing. The
    document is to be compiled with the same `camel_case`.
    """
    check(document, where="The document")
    given = dict(document)
    places = places or AppPaths(given, allowed, prefix)
    rules = NameRules(NamingConvention(camel_case), reserved or reserve(), Prefix(name_prefix))
    return _Generation(given, load, rules, filled, endpoint).run(places, names or {}, accepted)


class _Generation:
    """The state of generating from one document."""

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
        self._made: list[GeneratedField] = []
        self._skipped: list[SkippedOperation] = []
        self._paths: dict[str, str] = {}

    def run(self, places: OperationPaths, locked: Mapping[str, str], accepted: Collection[str]) -> GeneratedSdl:
        found, lost = operations(self._document, self._references)
        self._skipped = lost
        called = root_names(found, locked, places, self._rules, self._endpoint)
        for operation in found:
            try:
                place = self._place(operation, places)
                self._made.append(self._fields.make(operation, called[operation.key], place))
                self._paths[operation.key] = place.path
            except DocumentProblem as exc:
                self._skip(operation, exc.message, is_chosen=isinstance(exc, Excluded))
            except Exception as exc:  # whatever a document holds, it spoils this operation alone
                self._skip(operation, f"{type(exc).__name__}: {exc}")
        joins = propose_joins(self._made, self._registry.definitions, self._references, self._rules.naming)
        return GeneratedSdl(
            document=DocumentNode(definitions=tuple(self._definitions(joins, accepted))),
            operations=self._notes(),
            names=self._locked(found, locked, places),
            joins=tuple(joins),
            skipped=tuple(self._skipped),
        )

    def _locked(self, found: list[ApiOperation], locked: Mapping[str, str], places: OperationPaths) -> dict[str, str]:
        """Return the names for the lockfile: also those of locked operations that have no field now."""
        keys = [places.key(operation) for operation in found]
        made = {places.key(one.operation): one.node.name.value for one in self._made}
        return {key: made.get(key) or locked[key] for key in keys if key in made or key in locked}

    def _place(self, operation: ApiOperation, places: OperationPaths) -> OperationPath:
        """Return the place of an operation. Raises Problem for one that is to have no field."""
        if operation.body.get("x-internal") is True or operation.item.get("x-internal") is True:
            raise Excluded("it is marked x-internal")
        return places.place(operation)

    def _skip(self, operation: ApiOperation, reason: str, *, is_chosen: bool = False) -> None:
        method, path = operation.method.upper(), operation.path
        self._skipped.append(SkippedOperation(method=method, path=path, reason=reason, is_chosen=is_chosen))

    def _definitions(self, joins: list[ProposedJoin], accepted: Collection[str]) -> list[DefinitionNode]:
        roots: dict[str, list[FieldDefinitionNode]] = {"Query": [], "Mutation": []}
        for one in self._made:
            roots[root_type(one.operation)].append(one.node)
        self._add_with_headers(roots)
        found: list[DefinitionNode] = [self._builder.object(name, fields) for name, fields in roots.items() if fields]
        return [*found, *joined(self._registry.document(), joins, accepted, self._builder)]

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
        for one in self._made:
            if one.with_headers is not None:
                root = root_type(one.operation)
                name = self._builder.name(scopes[root].take(one.with_headers.name.value))
                roots[root].append(graphql_core.changed(one.with_headers, name=name))

    def _notes(self) -> tuple[OperationNote, ...]:
        problems_by_type = self._registry.problems_by_type()
        notes = []
        for one in self._made:
            named = one.result.problem or (NO_MORE if one.result.name == JSON else "")
            reasons = [*([named] if named else []), *one.notes]
            reasons += [problems_by_type[name] for name in sorted(one.types) if name in problems_by_type]
            kind: Kind = "json" if one.result.name == JSON else "partly" if reasons else "typed"
            reasons += one.remarks
            notes.append(
                OperationNote(
                    method=one.operation.method.upper(),
                    path=self._paths[one.operation.key],
                    field=one.node.name.value,
                    kind=kind,
                    reason="; ".join(reasons),
                    declared=one.declared,
                )
            )
        return tuple(notes)
