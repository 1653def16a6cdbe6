"""Types and root fields that two sources of types define. The error at start names both sources and a remedy."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphql import DefinitionNode, DocumentNode, ScalarTypeDefinitionNode, TypeDefinitionNode, print_ast

from restgql.schema import scalars
from restgql.schema.type_source import TypeSource

ROOTS = ("Query", "Mutation")
_SHOWN = 5


def defined_names(document: DocumentNode) -> Iterator[str]:
    """Yield the names of the types of a document, and of its root fields: `User`, `Query.user`.

    A scalar of the gateway may be defined by every document that uses it.
    """
    for definition in document.definitions:
        name = _name(definition)
        if name in ROOTS:
            yield from (f"{name}.{field.name.value}" for field in getattr(definition, "fields", None) or ())
        elif isinstance(definition, TypeDefinitionNode) and not (
            isinstance(definition, ScalarTypeDefinitionNode) and name in scalars.NAMES
        ):
            yield name


def without_repeated(document: DocumentNode, earlier: Iterable[DocumentNode]) -> DocumentNode:
    """Return a document without the types that earlier documents of the same API define identically."""
    earlier_nodes = {_name(node): node for document in earlier for node in document.definitions}
    return DocumentNode(
        definitions=tuple(
            node
            for node in document.definitions
            if _name(node) in ROOTS
            or _name(node) not in earlier_nodes
            or print_ast(node) != print_ast(earlier_nodes[_name(node)])
        )
    )


def clashes(sources: Sequence[TypeSource], own: Mapping[str, str]) -> list[str]:
    """Return an error for each pair of sources that share names, if at least one source is generated.

    `own` maps the names of the user's graphene types and root fields to their source.
    """
    common: dict[tuple[str, str], list[str]] = {}
    first: dict[str, TypeSource] = {}
    for source in sources:
        for name in defined_names(source.document):
            earlier = first.setdefault(name, source)
            if earlier is not source and not (earlier.handwritten and source.handwritten):
                common.setdefault(_pair(earlier, source), []).append(name)
            if not source.handwritten and name in own:
                pair = f"{own[name]} and {source.source}", _advice(source.upstream)
                common.setdefault(pair, []).append(name)
    return [f"{pair} both define {_enumerate(names)}: {advice}" for (pair, advice), names in common.items()]


def _name(definition: DefinitionNode) -> str:
    return getattr(getattr(definition, "name", None), "value", "")


def _enumerate(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _pair(earlier: TypeSource, source: TypeSource) -> tuple[str, str]:
    """Return the names of two sources, and the remedy for a name that both define."""
    pair = f"{earlier.source} and {source.source}"
    if earlier.source != source.source:
        return pair, _advice(source.upstream or earlier.upstream)
    if source.upstream:
        return pair, (
            "documents of one upstream share its names. To keep both, make one an upstream of its own with a prefix."
        )
    return f"{earlier.api_document} and {source.api_document} ({source.source})", (
        "to keep both, set a prefix for one document: openapi=[…, {'openapi': …, 'prefix': 'v2'}]."
    )


def _advice(upstream: str) -> str:
    if not upstream:
        return "rename one of them."
    word = re.sub(r"\W+", "", upstream.rpartition("/")[2]) or "api"
    word = f"_{word}" if word[0].isdigit() else word
    return f"to keep both, set a prefix for the upstream: upstreams={{{upstream!r}: {{…, 'prefix': {word!r}}}}}."
