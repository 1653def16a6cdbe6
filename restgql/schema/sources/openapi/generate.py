"""From an OpenAPI document to SDL with directives."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from graphql import DefinitionNode, DocumentNode, FieldDefinitionNode

from restgql.errors import ConfigError
from restgql.schema.collector import at_rest
from restgql.schema.sdl import names
from restgql.schema.sdl.nodes import Nodes
from restgql.schema.sdl.notes import Kind, OperationNote, Skipped
from restgql.schema.sources.openapi.fields import Fields, Made
from restgql.schema.sources.openapi.joins import Join, joined, proposed
from restgql.schema.sources.openapi.operation import Operation, base_path, operations
from restgql.schema.sources.openapi.parts import text
from restgql.schema.sources.openapi.read import check, merges_siblings
from restgql.schema.sources.openapi.references import Load, References, component_schemas
from restgql.schema.sources.openapi.registry import Registry
from restgql.schema.sources.openapi.scalars import JSON
from restgql.schema.sources.openapi.shapes import Shapes

Allowed = Callable[[str, str], bool]

CORE_TYPES = frozenset(
    ["Boolean", "Date", "DateTime", "Decimal", "Float", "ID", "Int", "JSON", "Long", "Mutation", "Query", "RestBatch",
     "RestEncoding", "RestFileInput", "RestHeader", "RestHeaderInput", "RestItem", "RestResponse", "RestRoute",
     "String", "Subscription", "URL", "UUID", "Upload"]
)  # fmt: skip
CORE_FIELDS = {
    "Query": frozenset({"get", "fetch", "aggregate", "routes", "node"}),
    "Mutation": frozenset({"post", "put", "patch", "delete"}),
}

NO_MORE = "the document says no more of the response"


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """`names` is for the lockfile: field names by operation (`GET /users/{id}`)."""

    document: DocumentNode
    operations: tuple[OperationNote, ...]
    names: dict[str, str]
    joins: tuple[Join, ...]
    skipped: tuple[Skipped, ...]


def everything(method: str, path: str) -> bool:
    return True


@at_rest()
def generate(
    document: Mapping[str, Any],
    *,
    allowed: Allowed = everything,
    names: Mapping[str, str] | None = None,
    accepted: Collection[str] = (),
    load: Load | None = None,
    prefix: str | None = None,
) -> Generated:
    """The SDL of a document. Raises ConfigError for one that is no OpenAPI, and for a lockfile that cannot be kept.

    `allowed` says of a method (`GET`) and a path of the app, with the document's variables, whether there may be a
    field for it. `names` is a lockfile, `accepted` names joins (`Post.author`), `load` reads the documents that it
    refers to. Paths are those of the app below `prefix`; without one, below the document's base path, and where
    `allowed` refuses that, below nothing.
    """
    check(document, where="The document")
    given = dict(document)
    bases = tuple(dict.fromkeys([base_path(given), ""])) if prefix is None else (prefix.rstrip("/"),)
    return _Generation(given, load).run(allowed, names or {}, accepted, bases)


class _Generation:
    """The state of generating from one document."""

    def __init__(self, document: dict[str, Any], load: Load | None) -> None:
        self._references = References(document, load)
        self._nodes = Nodes()
        named = component_schemas(document)
        shapes = Shapes(self._references, named, merges_siblings=merges_siblings(document))
        self._registry = Registry(shapes, self._nodes, named, CORE_TYPES)
        self._fields = Fields(document, self._references, self._registry)
        self._document = document
        self._made: list[Made] = []
        self._skipped: list[Skipped] = []

    def run(
        self, allowed: Allowed, locked: Mapping[str, str], accepted: Collection[str], bases: tuple[str, ...]
    ) -> Generated:
        found, lost = operations(self._document, self._references)
        self._skipped = [Skipped(method="", path=path, reason=reason) for path, reason in lost.items()]
        called = _called(found, locked)
        for operation in found:
            path = self._path(operation, allowed, bases)
            if path is None:
                continue
            try:
                self._made.append(self._fields.make(operation, called[operation.key], path))
            except Exception as exc:  # whatever a document holds, it spoils this operation alone
                self._skip(operation, f"{type(exc).__name__}: {exc}")
        joins = proposed(self._made, self._registry.definitions, self._references)
        return Generated(
            document=DocumentNode(definitions=tuple(self._definitions(joins, accepted))),
            operations=self._notes(),
            names={one.operation.key: one.node.name.value for one in self._made},
            joins=tuple(joins),
            skipped=tuple(self._skipped),
        )

    def _path(self, operation: Operation, allowed: Allowed, bases: tuple[str, ...]) -> str | None:
        """The path of the app that an operation has; None, with a note, for one that is to have no field."""
        if operation.body.get("x-internal") is True or operation.item.get("x-internal") is True:
            self._skip(operation, "it is marked x-internal")
            return None
        for base in bases:
            path = f"{base}{operation.path if operation.path.startswith('/') else '/' + operation.path}"
            if allowed(operation.method.upper(), path):
                return path
        self._skip(operation, "no route that may be asked for has its path")
        return None

    def _skip(self, operation: Operation, reason: str) -> None:
        self._skipped.append(Skipped(method=operation.method.upper(), path=operation.path, reason=reason))

    def _definitions(self, joins: list[Join], accepted: Collection[str]) -> list[DefinitionNode]:
        roots: dict[str, list[FieldDefinitionNode]] = {"Query": [], "Mutation": []}
        for one in self._made:
            roots[_root(one.operation)].append(one.node)
        self._add_with_headers(roots)
        found: list[DefinitionNode] = [self._nodes.object(name, fields) for name, fields in roots.items() if fields]
        return [*found, *joined(self._registry.document(), joins, accepted, self._nodes)]

    def _add_with_headers(self, roots: dict[str, list[FieldDefinitionNode]]) -> None:
        scopes = {
            root: names.Names(CORE_FIELDS[root] | {field.name.value for field in fields})
            for root, fields in roots.items()
        }
        for one in self._made:
            if one.with_headers is not None:
                root = _root(one.operation)
                one.with_headers.name = self._nodes.name(scopes[root].take(one.with_headers.name.value))
                roots[root].append(one.with_headers)

    def _notes(self) -> tuple[OperationNote, ...]:
        troubled = self._registry.troubled()
        notes = []
        for one in self._made:
            named = one.result.problem or (NO_MORE if one.result.name == JSON else "")
            reasons = [*([named] if named else []), *one.notes]
            reasons += [troubled[name] for name in sorted(one.types) if name in troubled]
            kind: Kind = "json" if one.result.name == JSON else "partly" if reasons else "typed"
            reasons += one.remarks
            notes.append(
                OperationNote(
                    method=one.operation.method.upper(),
                    path=one.operation.path,
                    field=one.node.name.value,
                    kind=kind,
                    reason="; ".join(reasons),
                    declared=one.declared,
                )
            )
        return tuple(notes)


def _root(operation: Operation) -> str:
    return "Query" if operation.method == "get" else "Mutation"


def _called(found: list[Operation], locked: Mapping[str, str]) -> dict[str, str]:
    """The field of each operation: the lockfile's name first, then that of its operationId, else of its path."""
    scopes = {root: names.Names(taken) for root, taken in CORE_FIELDS.items()}
    called = {}
    for operation in found:
        if (name := locked.get(operation.key)) is not None:
            if not names.is_name(name) or name in scopes[_root(operation)]:
                raise ConfigError(f"The lockfile has {name!r} for {operation.key}, which is no name or taken.")
            called[operation.key] = scopes[_root(operation)].take(name)
    for operation in found:
        if operation.key not in called:
            called[operation.key] = scopes[_root(operation)].take(names.camel(_wanted(operation)))
    return called


def _wanted(operation: Operation) -> str:
    """An operationId, or `get users by id` for GET /users/{id}."""
    given = text(operation.body.get("operationId")).strip()
    if given:
        return given
    words = [operation.method]
    for piece in operation.path.replace("}", "/").split("/"):
        words.append(piece.replace("{", " by "))
    return " ".join(words)
