"""Defaults of input fields that contain themselves: graphql-core 3.2 follows them without an end."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    ListValueNode,
    NamedTypeNode,
    ObjectValueNode,
    TypeNode,
    ValueNode,
)

from restgql.schema.type_source import error_at


def default_cycles(document: DocumentNode) -> Iterator[str]:
    """Yield an error for each input field whose default contains the default of the same field."""
    inputs: dict[str, dict[str, InputValueDefinitionNode]] = {}
    for definition in document.definitions:
        if isinstance(definition, InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode):
            fields = {field.name.value: field for field in definition.fields or ()}
            inputs.setdefault(definition.name.value, {}).update(fields)
    used = {
        (name, key): set(_used(field.type, field.default_value, inputs))
        for name, fields in inputs.items()
        for key, field in fields.items()
        if field.default_value is not None
    }
    for (name, key), defaults in used.items():
        reached, open_defaults = set[tuple[str, str]](), [*defaults]
        while open_defaults:
            default = open_defaults.pop()
            if default not in reached:
                reached.add(default)
                open_defaults += used[default]
        if (name, key) in reached:
            yield error_at(inputs[name][key], f"{name}.{key} has a default that contains itself.")


def _used(
    of_type: TypeNode, value: ValueNode, inputs: dict[str, dict[str, InputValueDefinitionNode]]
) -> Iterator[tuple[str, str]]:
    """Yield the input fields whose defaults a value contains, because it omits the fields."""
    while not isinstance(of_type, NamedTypeNode):
        of_type = of_type.type  # type: ignore[attr-defined]
    for item in value.values if isinstance(value, ListValueNode) else (value,):
        if isinstance(item, ListValueNode):
            yield from _used(of_type, item, inputs)
        elif isinstance(item, ObjectValueNode):
            written = {field.name.value: field.value for field in item.fields}
            for key, field in inputs.get(of_type.name.value, {}).items():
                if key in written:
                    yield from _used(field.type, written[key], inputs)
                elif field.default_value is not None:
                    yield of_type.name.value, key
