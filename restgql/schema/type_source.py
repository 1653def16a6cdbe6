"""SDL documents, and errors in them: with file, line, and a suggestion."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    GraphQLUnionType,
    Node,
    Source,
    TypeDefinitionNode,
)
from graphql.language import NamedTypeNode

from restgql import graphql_core
from restgql.configured_path import SUFFIX, is_file, is_folder, missing_files
from restgql.errors import ConfigError


class TypeSource(msgspec.Struct, frozen=True, kw_only=True):
    """A document of type definitions. If it is `handwritten`, it is validated, and its fields open their routes.

    `source` is its name in messages, `upstream` the prefix of the upstream that it describes.
    """

    document: DocumentNode
    handwritten: bool = True
    source: str = "schema="
    upstream: str = ""


class SchemaError(ConfigError):
    """Types or their routes are invalid. The message has all errors, one per line; `errors` is a tuple of them."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(dict.fromkeys(errors))
        super().__init__("\n".join(self.errors))


def read_folder(folder: Path, root: str = "app.root_path") -> list[TypeSource]:
    """Return the `.graphql` files of a folder, or the single file. Raises SchemaError, whose message names the `root`
    at which a relative path begins."""
    paths = sorted(folder.glob(f"*{SUFFIX}")) if is_folder(folder) else [folder] if is_file(folder) else []
    if not paths:
        raise SchemaError([f"schema = {str(folder)!r}: {missing_files('schema', folder, takes_file=True, root=root)}"])
    sources, errors = [], []
    for path in paths:
        try:
            sources.append(TypeSource(document=graphql_core.parse(Source(path.read_text(encoding="utf-8"), str(path)))))
        except GraphQLSyntaxError as exc:
            errors.append(with_location(exc))
        except (OSError, UnicodeDecodeError, RecursionError) as exc:
            errors.append(f"{path}: {exc}")
    if errors:
        raise SchemaError(errors)
    return sources


def with_location(error: GraphQLError) -> str:
    """Return an error with the file and line of its first node."""
    source, locations = error.source, error.locations
    if source is None or not locations:
        return error.message
    return f"{source.name}:{locations[0].line}: {error.message}"


def error_at(node: Node, message: str) -> str:
    """Return a message with the file and line of a node, if it was read from a file."""
    return with_location(GraphQLError(message, node))


_KINDS: dict[type[GraphQLNamedType], str] = {
    GraphQLObjectType: "object_type",
    GraphQLInterfaceType: "interface_type",
    GraphQLUnionType: "union_type",
    GraphQLInputObjectType: "input_object_type",
}
_LEAVES = frozenset({"scalar_type", "enum_type"})
_CURES = {
    "an input type": "define it with input",
    "an output type": "define it with type",
    "an interface": "define it with interface",
    "an object type": "define it with type",
}
_OUTPUT = _LEAVES | {"object_type", "interface_type", "union_type"}
_INPUT = _LEAVES | {"input_object_type"}


def kind_errors(document: DocumentNode, core: GraphQLSchema) -> Iterator[str]:
    """Yield an error for each type reference of the wrong kind, such as an input type as a field's type.

    extend_schema would raise without a location.
    """
    kinds = {name: _kind(of_type) for name, of_type in core.type_map.items()}
    for definition in document.definitions:
        if isinstance(definition, TypeDefinitionNode):
            kinds[definition.name.value] = definition.kind.removesuffix("_definition")
    for definition in document.definitions:
        for where, named, allowed, what in _places(definition):
            if kinds.get(named.name.value, "") not in allowed:
                name = named.name.value
                actual = kinds.get(name, "").replace("_object", "").replace("_", " ")
                actual = f"an {actual}" if actual[:1] in "aeio" else f"a {actual}"
                yield error_at(named, f"{where} takes {what}, but {name} is {actual}: {_CURES[what]}.")


def _kind(of_type: GraphQLNamedType) -> str:
    return next((kind for each, kind in _KINDS.items() if isinstance(of_type, each)), "scalar_type")


def _places(definition: Any) -> Iterator[tuple[str, NamedTypeNode, frozenset[str], str]]:
    """Yield the type references of a definition: the place, the name, the allowed kinds, and a description of these."""
    name = definition.name.value if getattr(definition, "name", None) else ""
    takes_input = definition.kind.startswith("input_object")
    for interface in getattr(definition, "interfaces", None) or ():
        yield f"{name}: implements", interface, frozenset({"interface_type"}), "an interface"
    for member in getattr(definition, "types", None) or ():
        yield f"{name}: a union", member, frozenset({"object_type"}), "an object type"
    for field in getattr(definition, "fields", None) or ():
        where = f"{name}.{field.name.value}"
        if takes_input:
            yield where, _named(field.type), _INPUT, "an input type"
        else:
            yield where, _named(field.type), _OUTPUT, "an output type"
        for argument in getattr(field, "arguments", None) or ():
            yield f"{where}({argument.name.value}:)", _named(argument.type), _INPUT, "an input type"


def _named(node: Any) -> NamedTypeNode:
    """Return the name within lists and non-nulls."""
    while not isinstance(node, NamedTypeNode):
        node = node.type
    return node
