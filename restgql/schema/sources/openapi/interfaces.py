"""Makes interfaces and the object types that implement them consistent (GraphQL section 3.7)."""

from collections.abc import Mapping

from graphql import (
    DefinitionNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    print_ast,
)

from restgql.graphql_core import changed
from restgql.schema.sdl.builder import SdlBuilder

_WORDS = frozenset({"String", "ID"})


def implement(
    definitions: dict[str, DefinitionNode], interface_members: Mapping[str, list[str]], builder: SdlBuilder
) -> None:
    """Replace the definitions of interfaces, and of the object types that implement them.

    An interface keeps the fields that all its members have with the same type. If none is left it becomes a union.
    """
    for name, members in interface_members.items():
        if isinstance(interface := definitions.get(name), InterfaceTypeDefinitionNode):
            for member_type in _objects(definitions, members):
                fields = tuple(_widened(field, interface, definitions, builder) for field in member_type.fields)
                definitions[member_type.name.value] = changed(member_type, fields=fields)
            _narrow(definitions, interface, members)
    for name, members in interface_members.items():
        if not isinstance(interface := definitions.get(name), InterfaceTypeDefinitionNode):
            continue
        interface = _narrow(definitions, interface, members)  # another interface may have changed a field of a member
        objects = _objects(definitions, members)
        if not interface.fields:
            definitions[name] = builder.union_of(interface, [member_type.name.value for member_type in objects])
            continue
        for member_type in objects:
            definitions[member_type.name.value] = changed(
                member_type, interfaces=(*member_type.interfaces, builder.type(name))
            )


def _objects(definitions: Mapping[str, DefinitionNode], members: list[str]) -> list[ObjectTypeDefinitionNode]:
    types = (definitions.get(member) for member in members)
    return [member_type for member_type in types if isinstance(member_type, ObjectTypeDefinitionNode)]


def _narrow(
    definitions: dict[str, DefinitionNode], interface: InterfaceTypeDefinitionNode, members: list[str]
) -> InterfaceTypeDefinitionNode:
    """Reduce an interface to the fields that all its members have, and return it."""
    objects = _objects(definitions, members)
    fields = tuple(field for field in interface.fields if _is_in_all(field, objects))
    definitions[interface.name.value] = narrowed = changed(interface, fields=fields)
    return narrowed


def _widened(
    field: FieldDefinitionNode,
    interface: InterfaceTypeDefinitionNode,
    definitions: Mapping[str, DefinitionNode],
    builder: SdlBuilder,
) -> FieldDefinitionNode:
    """Return a field with the interface's type if both are texts or enums.

    A child often narrows an enum of its base to one value.
    """
    base = next((own for own in interface.fields if own.name.value == field.name.value), None)
    if base is None or print_ast(base.type) == print_ast(field.type):
        return field
    (name, lists), (own, own_lists) = _named(base.type), _named(field.type)
    if lists != own_lists or not _is_text(name, definitions) or not _is_text(own, definitions):
        return field
    text = field.description.value if field.description else ""
    return builder.field(field.name.value, base.type, text, tuple(field.directives))


def _is_text(name: str, definitions: Mapping[str, DefinitionNode]) -> bool:
    definition = definitions.get(name)
    return name in _WORDS or (definition is not None and definition.kind == "enum_type_definition")


def _named(node: TypeNode) -> tuple[str, int]:
    lists = 0
    while isinstance(node, ListTypeNode):
        node, lists = node.type, lists + 1
    return (node.name.value if isinstance(node, NamedTypeNode) else "", lists)


def _is_in_all(field: FieldDefinitionNode, objects: list[ObjectTypeDefinitionNode]) -> bool:
    kind = print_ast(field.type)
    return all(
        any(own.name.value == field.name.value and print_ast(own.type) == kind for own in member_type.fields)
        for member_type in objects
    )
