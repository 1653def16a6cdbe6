"""Names in camelCase over an API that writes snake_case (RESTGQL_CAMEL_CASE)."""

import re
from typing import Any

from graphql import DocumentNode, InputObjectTypeDefinitionNode, NameNode, ObjectTypeDefinitionNode

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


def _rename_fields(fields: Any) -> None:
    names = {field.name.value for field in fields}
    for field in fields:
        name = field.name.value
        new = camel(name)
        if new not in names and snake(new) == name and not field.directives:
            field.name = NameNode(value=new)
            names.add(new)
