"""Names that two sources of types give: an error at start, which names both sources and the way out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphql import DefinitionNode, DocumentNode, ScalarTypeDefinitionNode, TypeDefinitionNode, print_ast

from restgql.schema import scalars
from restgql.schema.documents import Definitions

ROOTS = ("Query", "Mutation")
_SHOWN = 5


def defined(document: DocumentNode) -> Iterator[str]:
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
    """Return a document without the types that earlier documents of the same API define alike."""
    known = {_name(node): node for each in earlier for node in each.definitions}
    return DocumentNode(
        definitions=tuple(
            node
            for node in document.definitions
            if _name(node) in ROOTS or _name(node) not in known or print_ast(node) != print_ast(known[_name(node)])
        )
    )


def clashes(sources: Sequence[Definitions], own: Mapping[str, str]) -> list[str]:
    """Return an error for each two sources with names in common, of which one is generated. `own` are the names of the
    user's graphene types and root fields, with their source."""
    common: dict[tuple[str, str, str], list[str]] = {}
    first: dict[str, Definitions] = {}
    for source in sources:
        for name in defined(source.document):
            earlier = first.setdefault(name, source)
            if earlier is not source and not (earlier.written and source.written):
                upstream = source.upstream or earlier.upstream
                common.setdefault((earlier.source, source.source, upstream), []).append(name)
            if not source.written and name in own:
                common.setdefault((own[name], source.source, source.upstream), []).append(name)
    return [
        f"{one} and {other} both have {_listed(names)}: {_advice(upstream, is_one=one == other)}"
        for (one, other, upstream), names in common.items()
    ]


def _name(definition: DefinitionNode) -> str:
    return getattr(getattr(definition, "name", None), "value", "")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _advice(upstream: str, *, is_one: bool) -> str:
    if not upstream:
        return "rename one of them."
    if is_one:
        return "two documents of one upstream share its names; an upstream of its own, with a prefix, keeps both."
    word = re.sub(r"\W+", "", upstream.rpartition("/")[2]) or "api"
    word = f"_{word}" if word[0].isdigit() else word
    return f"a prefix for the names of the upstream keeps both, upstreams={{{upstream!r}: {{…, 'prefix': {word!r}}}}}."
