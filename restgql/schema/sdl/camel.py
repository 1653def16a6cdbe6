"""Names in camelCase over an API that writes snake_case (RESTGQL_CAMEL_CASE)."""

import re
from typing import Any

from graphql import (
    DocumentNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NameNode,
    ObjectTypeDefinitionNode,
)

_HUMP = re.compile(r"(?<=[A-Za-z0-9])_([a-z])")
_ROOTS = frozenset({"Query", "Mutation"})


def snake(name: str) -> str:
    """`createdAt` as `created_at`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def camel(name: str) -> str:
    """`created_at` as `createdAt`."""
    return _HUMP.sub(lambda match: match[1].upper(), name)


def rename(document: DocumentNode) -> None:
    """Give the fields of a generated document's types their names in camelCase, where these lead back to the API's."""
    for definition in document.definitions:
        has_fields = isinstance(definition, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode)
        if has_fields and definition.name.value not in _ROOTS:  # type: ignore[attr-defined]
            _rename_fields(definition.fields or ())  # type: ignore[attr-defined]
    objects = [each for each in document.definitions if isinstance(each, ObjectTypeDefinitionNode)]
    for definition in document.definitions:
        if isinstance(definition, InterfaceTypeDefinitionNode):
            below = [each for each in objects if any(of.name.value == definition.name.value for of in each.interfaces)]
            _rename_as_in(definition, below)


def _rename_as_in(interface: InterfaceTypeDefinitionNode, objects: list[ObjectTypeDefinitionNode]) -> None:
    """Give an interface the names that the fields have in all of its types; it loses those that differ in them."""
    kept = []
    for field in interface.fields or ():
        names = [{each.name.value for each in of_type.fields} for of_type in objects]
        name = next((each for each in (camel(field.name.value), field.name.value) if all(each in n for n in names)), "")
        if name:
            field.name = NameNode(value=name)
            kept.append(field)
    interface.fields = tuple(kept)


def _rename_fields(fields: Any) -> None:
    names = {field.name.value for field in fields}
    for field in fields:
        name = field.name.value
        new = camel(name)
        if new not in names and snake(new) == name and not field.directives:
            field.name = NameNode(value=new)
            names.add(new)
