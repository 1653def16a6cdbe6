"""Types that SDL files refer to and do not define: those of generated sources, and those of sources to come."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from graphql import DefinitionNode, DocumentNode, TypeDefinitionNode, TypeExtensionNode
from graphql.language import NamedTypeNode

from restgql import graphql_core
from restgql.schema.type_source import TypeSource

_PARTS = ("fields", "interfaces", "types")


class Everything(msgspec.Struct, frozen=True):
    """All types that a generated source could define, whichever routes exist and whichever fields SDL files replace."""

    source: str
    upstream: str
    generate: Callable[[], DocumentNode]


def completed(
    sources: Sequence[TypeSource], core_types: frozenset[str], generated: Sequence[Everything]
) -> list[TypeSource]:
    """Return the sources with the types that SDL files refer to and only the whole generated sources define.

    `core_types` are the names of types that no source defines.
    """
    complete = list(sources)
    for each in generated:
        missing = _references(complete) - _defined(complete) - core_types
        if not missing:
            return complete
        nodes = _with_references(each.generate(), missing, core_types | _defined(complete))
        document = DocumentNode(definitions=tuple(nodes))
        complete.append(TypeSource(document=document, handwritten=False, source=each.source, upstream=each.upstream))
    return complete


def without_late_types(sources: Sequence[TypeSource], core_types: frozenset[str]) -> list[TypeSource]:
    """Return the sources without extensions of unknown types, and without unknown types in other extensions.

    A later source may define these types. Other unknown types stay, for an error.
    """
    defined = core_types | _defined(sources)
    return [_early(source, defined) if source.handwritten else source for source in sources]


def _early(source: TypeSource, defined: frozenset[str]) -> TypeSource:
    nodes = [each for node in source.document.definitions if (each := _early_node(node, defined)) is not None]
    return msgspec.structs.replace(source, document=DocumentNode(definitions=tuple(nodes)))


def _early_node(node: Any, defined: frozenset[str]) -> Any:
    """Return a definition without the parts of an extension that refer to unknown types, or None if none is left."""
    if not isinstance(node, TypeExtensionNode):
        return node
    if node.name.value not in defined:
        return None
    parts = {part: nodes for part in _PARTS if (nodes := getattr(node, part, None))}
    kept = {part: tuple(n for n in nodes if defined.issuperset(_types_of(n))) for part, nodes in parts.items()}
    if all(len(kept[part]) == len(parts[part]) for part in parts):
        return node
    return graphql_core.changed(node, **kept) if any(kept.values()) else None


def _defined(sources: Sequence[TypeSource]) -> frozenset[str]:
    nodes = (node for source in sources for node in source.document.definitions)
    return frozenset(node.name.value for node in nodes if isinstance(node, TypeDefinitionNode))


def _references(sources: Sequence[TypeSource]) -> frozenset[str]:
    """Return the names of the types that SDL files extend or refer to."""
    nodes = [node for source in sources if source.handwritten for node in source.document.definitions]
    extended = {node.name.value for node in nodes if isinstance(node, TypeExtensionNode)}
    return frozenset(extended.union(*map(_types_of_parts, nodes)))


def _with_references(
    document: DocumentNode, missing: frozenset[str], defined: frozenset[str]
) -> Iterator[DefinitionNode]:
    """Yield the definitions of the missing types, and of all types that these need and no source defines."""
    nodes = {node.name.value: node for node in document.definitions if isinstance(node, TypeDefinitionNode)}
    seen, pending = set(defined), sorted(missing)
    while pending:
        name = pending.pop()
        if name in nodes and name not in seen:
            yield nodes[name]
            pending += sorted(_types_of_parts(nodes[name]))
            pending += (other for other, node in nodes.items() if _implements(node, name))
        seen.add(name)


def _implements(node: Any, interface: str) -> bool:
    return any(each.name.value == interface for each in getattr(node, "interfaces", None) or ())


def _types_of_parts(node: Any) -> set[str]:
    return {name for part in _PARTS for each in getattr(node, part, None) or () for name in _types_of(each)}


def _types_of(node: Any) -> Iterator[str]:
    """Yield the names of the types of a field and its arguments, or the name of an interface or union member."""
    if isinstance(node, NamedTypeNode):
        yield node.name.value
        return
    for each in (node, *(getattr(node, "arguments", None) or ())):
        of_type = each.type
        while not isinstance(of_type, NamedTypeNode):
            of_type = of_type.type
        yield of_type.name.value
