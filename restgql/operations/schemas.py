"""JSON Schema (2020-12) of GraphQL types: of variables, and of the data that an operation selects."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    ValueNode,
    ast_from_value,
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from restgql import graphql_core
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import SelectedField, SelectionSet
from restgql.operations.stored import StoredOperation, Variable

Schema = dict[str, Any]

_INT = 2**31
# Any other scalar is any JSON value.
_SCALARS: dict[str, Schema] = {
    "Boolean": {"type": "boolean"},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Decimal": {"type": ["number", "string"], "pattern": r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"},
    "Float": {"type": "number"},
    "ID": {"type": "string"},
    "Int": {"type": "integer", "format": "int32", "minimum": -_INT, "maximum": _INT - 1},
    "Long": {"type": "integer"},
    "String": {"type": "string"},
    "URL": {"type": "string"},
    "UUID": {"type": "string", "format": "uuid"},
}


def nullable(schema: Schema) -> Schema:
    """Return a schema that takes null, too."""
    if not schema or "null" in schema.get("type", ()):
        return schema
    if "type" in schema and "enum" not in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*types, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


class InputSchemas:
    """The schemas of input types. Objects and enums are `components`, which other schemas refer to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def parameter(self, variable: Variable, *, null: bool) -> Schema:
        """Return the schema of one query parameter, which takes null if `null` is True."""
        of_type = variable.type.of_type if isinstance(variable.type, GraphQLNonNull) else variable.type
        schema = self._of_nullable(of_type)
        return _with_default(nullable(schema) if null else schema, variable.default, variable.type)

    def body(self, variables: Iterable[Variable]) -> Schema:
        """Return the schema of a body: the object of all variables of an operation."""
        return _object(
            {each.name: _with_default(self.of(each.type), each.default, each.type) for each in variables},
            [each.name for each in variables if each.required],
            closed=True,
        )

    def of(self, of_type: GraphQLType) -> Schema:
        """Return the schema of an input type."""
        if isinstance(of_type, GraphQLNonNull):
            return self._of_nullable(of_type.of_type)
        return nullable(self._of_nullable(of_type))

    def _of_nullable(self, of_type: Any) -> Schema:
        match of_type:
            case GraphQLList():
                return {"type": "array", "items": self.of(of_type.of_type)}
            case GraphQLInputObjectType():
                if of_type.name not in self.components:
                    self.components[of_type.name] = {}  # the type may contain itself
                    self.components[of_type.name] = _described(self._fields(of_type), of_type)
                return {"$ref": f"#/components/schemas/{of_type.name}"}
            case GraphQLEnumType():
                self.components[of_type.name] = _described(_leaf(of_type), of_type)
                return {"$ref": f"#/components/schemas/{of_type.name}"}
            case _:
                return _leaf(of_type)

    def _fields(self, of_type: GraphQLInputObjectType) -> Schema:
        properties, required = {}, []
        for name, field in of_type.fields.items():
            if not graphql_core.has_default(field) and isinstance(field.type, GraphQLNonNull):
                required.append(name)
            properties[name] = _with_default(_described(self.of(field.type), field), _default(field), field.type)
        return _object(properties, required, closed=True)


def _default(field: GraphQLInputField) -> Any:
    """Return the default of a field as written in the schema, or UNSET without one."""
    node: ValueNode | None = field.ast_node.default_value if field.ast_node else None
    if node is None and field.default_value is not Undefined:
        with suppress(TypeError):  # graphql-core cannot print a mapping as the literal of a scalar
            node = ast_from_value(field.default_value, field.type)
    return msgspec.UNSET if node is None else value_from_ast_untyped(node)


def selected(stored: StoredOperation, schema: GraphQLSchema) -> Schema:
    """Return the schema of the `data` of an operation, which may be null."""
    root = schema.get_root_type(stored.node.operation)
    assert root is not None, "it is checked when the operation is read"
    return nullable(_OutputSchemas(stored, schema).root(root))


class _OutputSchemas:
    """The schemas of the data that one operation selects."""

    def __init__(self, stored: StoredOperation, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._selections = Selections(schema, stored.document, stored.node, conditions={})
        self._is_conditional = stored.is_conditional

    def root(self, root: GraphQLObjectType) -> Schema:
        return self._object(root, self._selections.root(root))

    def _object(self, of_type: GraphQLObjectType, selection_set: SelectionSet) -> Schema:
        properties = {}
        for field in selection_set.fields:
            if field.name == "__typename":
                properties[field.key] = {"const": of_type.name}
                continue
            properties[field.key] = _described(self._of(field.definition.type, field), field.definition)
        return _object(properties, [] if self._is_conditional else list(properties))

    def _of(self, of_type: GraphQLType, field: SelectedField) -> Schema:
        if isinstance(of_type, GraphQLNonNull):
            return self._of_nullable(of_type.of_type, field)
        return nullable(self._of_nullable(of_type, field))

    def _of_nullable(self, of_type: Any, field: SelectedField) -> Schema:
        if isinstance(of_type, GraphQLList):
            return {"type": "array", "items": self._of(of_type.of_type, field)}
        if is_leaf_type(of_type):
            return _leaf(of_type)
        if is_abstract_type(of_type):
            possible = self._schema.get_possible_types(of_type)
            return {"anyOf": [self._object(each, self._selections.below(field.group, each)) for each in possible]}
        return self._object(of_type, self._selections.below(field.group, of_type))


def _leaf(of_type: Any) -> Schema:
    if isinstance(of_type, GraphQLEnumType):
        return {"type": "string", "enum": list(of_type.values)}
    return dict(_SCALARS.get(of_type.name, {}))


def _object(properties: dict[str, Schema], required: list[str], *, closed: bool = False) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    if closed:
        schema["additionalProperties"] = False
    return schema


def _described(schema: Schema, element: Any) -> Schema:
    """Return a schema with the description of its type or field."""
    return {**schema, "description": element.description} if element.description else schema


def _with_default(schema: Schema, default: Any, of_type: GraphQLType) -> Schema:
    return schema if default is msgspec.UNSET else {**schema, "default": _coerced(default, of_type)}


def _coerced(value: Any, of_type: Any) -> Any:
    """Coerce a literal to JSON of its type: an ID is a string, and one value becomes a list of one."""
    if isinstance(of_type, GraphQLNonNull):
        return _coerced(value, of_type.of_type)
    if value is None:
        return None
    if isinstance(of_type, GraphQLList):
        return [_coerced(item, of_type.of_type) for item in (value if isinstance(value, list) else [value])]
    if isinstance(of_type, GraphQLInputObjectType):
        return {name: _coerced(item, of_type.fields[name].type) for name, item in value.items()}
    return str(value) if of_type.name == "ID" else value
