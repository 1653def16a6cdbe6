"""The interfaces of a document and the object types that implement them, in agreement (GraphQL section 3.7)."""

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

from restgql.schema.sdl.nodes import Nodes

_WORDS = frozenset({"String", "ID"})


def implement(definitions: dict[str, DefinitionNode], implemented: Mapping[str, list[str]], nodes: Nodes) -> None:
    """Have the object types implement their interfaces.

    An interface keeps the fields that all of them have, of its own type; one that keeps none becomes a union.
    """
    for name, members in implemented.items():
        interface = definitions.get(name)
        types = [definitions.get(member) for member in members]
        if not isinstance(interface, InterfaceTypeDefinitionNode):
            continue
        objects = [each for each in types if isinstance(each, ObjectTypeDefinitionNode)]
        for each in objects:
            each.fields = tuple(_widened(field, interface, definitions, nodes) for field in each.fields)
        interface.fields = tuple(field for field in interface.fields if _is_in_all(field, objects))
    for name, members in implemented.items():
        interface = definitions.get(name)
        if not isinstance(interface, InterfaceTypeDefinitionNode):
            continue
        # another interface may have widened a field since
        found = [definitions.get(member) for member in members]
        objects = [each for each in found if isinstance(each, ObjectTypeDefinitionNode)]
        interface.fields = tuple(field for field in interface.fields if _is_in_all(field, objects))
        if not interface.fields:
            definitions[name] = nodes.union_of(interface, [each.name.value for each in objects])
            continue
        interface_node = nodes.type(name)
        assert isinstance(interface_node, NamedTypeNode)
        for each in objects:
            each.interfaces = (*each.interfaces, interface_node)


def _widened(
    field: FieldDefinitionNode,
    interface: InterfaceTypeDefinitionNode,
    definitions: Mapping[str, DefinitionNode],
    nodes: Nodes,
) -> FieldDefinitionNode:
    """Return a field with the interface's type for texts and enums: that of a child may be one value of the base's."""
    base = next((each for each in interface.fields if each.name.value == field.name.value), None)
    if base is None or print_ast(base.type) == print_ast(field.type):
        return field
    (name, lists), (own, own_lists) = _named(base.type), _named(field.type)
    if lists != own_lists or not _is_text(name, definitions) or not _is_text(own, definitions):
        return field
    text = field.description.value if field.description else ""
    return nodes.field(field.name.value, base.type, text, tuple(field.directives))


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
        any(own.name.value == field.name.value and print_ast(own.type) == kind for own in each.fields)
        for each in objects
    )
