"""The bindings of a schema's fields, from the directives of its documents, and the errors in them."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    DirectiveNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    get_named_type,
)

from restgql import graphql_core
from restgql.bindings import TAKES_ANY, Discriminator, RequestBinding, SelectBinding
from restgql.formats import json
from restgql.schema import directives, scalars
from restgql.schema.directive_arguments import DirectiveError, directive_arguments
from restgql.schema.field_binding import binding, selected
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.type_source import error_at

ROOTS = {"Query": "query", "Mutation": "mutation"}
Abstract = InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode | UnionTypeDefinitionNode | UnionTypeExtensionNode


class Binder:
    """Sets the bindings of a schema's fields; `errors` are the reasons why that failed."""

    def __init__(self, schema: GraphQLSchema, naming: NamingConvention) -> None:
        self.errors: list[str] = []
        self._schema = schema
        self._naming = naming
        self._directives = directives.definitions()
        self._values: dict[str, list[str]] = {}
        self._without_discriminator: dict[str, Node] = {}
        self._discriminators: dict[str, Discriminator] = {}
        self._abstract_nodes: dict[str, Node] = {}

    def bind(self, node: Node, *, handwritten: bool) -> None:
        """Bind the type of one definition."""
        match node:
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode():
                self._object(node, handwritten=handwritten)
            case InterfaceTypeDefinitionNode() | InterfaceTypeExtensionNode():
                self._abstract(node)
                self._check_interface_fields(node)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode():
                self._abstract(node)
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                self._enum(node)
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                self._input(node)

    def finish(self) -> Iterator[str]:
        """Resolve abstract types and attach the behavior of scalars.

        Yield an error for each abstract type that cannot be resolved.
        """
        for of_type in self._schema.type_map.values():
            if isinstance(of_type, GraphQLScalarType) and of_type.name in scalars.NAMES:
                scalars.attach_behavior(of_type)
            elif isinstance(of_type, GraphQLEnumType) and not of_type.name.startswith("__"):
                _serialize_by_json_spelling(of_type)
        returned = {
            get_named_type(field.type).name
            for of_type in self._schema.type_map.values()
            if isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType) and not of_type.name.startswith("__")
            for field in of_type.fields.values()
        }
        for name, node in self._without_discriminator.items():
            if name in returned:
                yield error_at(node, f"{name} needs @discriminator(from: …), which resolves the type of a value.")
        for name, discriminator in self._discriminators.items():
            abstract = self._schema.type_map[name]
            assert isinstance(abstract, GraphQLInterfaceType | GraphQLUnionType)
            for possible in self._schema.get_possible_types(abstract):
                for value in self._values.get(possible.name, [possible.name]):
                    discriminator.types.setdefault(value, possible.name)
            possible_types = {possible.name for possible in self._schema.get_possible_types(abstract)}
            if discriminator.otherwise is not None and discriminator.otherwise not in possible_types:
                wrong = f"{name} has otherwise: {discriminator.otherwise}, which is none of its types."
                yield error_at(self._abstract_nodes[name], wrong)

    def _object(self, node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode, *, handwritten: bool) -> None:
        of_type = self._schema.type_map[node.name.value]
        assert isinstance(of_type, GraphQLObjectType)
        for directive in node.directives:
            if directive.name.value == "value":
                self._values.setdefault(of_type.name, []).append(self._argument(directive, "is"))
        root = ROOTS.get(of_type.name)
        for field_node in node.fields or ():
            field = of_type.fields.get(field_node.name.value)
            if field is None or isinstance(field.resolve, RequestBinding | SelectBinding):
                continue
            name = field_node.name.value
            try:
                key = self._naming.json_key(name)
                field.resolve = binding(root, field, field_node, self._directives, key, handwritten=handwritten)
                if isinstance(field.resolve, RequestBinding) and field.resolve.body_arguments:
                    left = {name: self._naming.json_key(name) for name in field.resolve.body_arguments}
                    field.resolve = msgspec.structs.replace(field.resolve, body_arguments=left)
            except DirectiveError as exc:
                self.errors.append(error_at(field_node, f"{of_type.name}.{name} {exc}"))
                continue
            if isinstance(field.resolve, SelectBinding) and field.resolve.is_of_whole(handwritten):
                of_type.extensions = {**of_type.extensions, TAKES_ANY: True}
        self._exclude_read_keys(of_type)

    def _exclude_read_keys(self, of_type: GraphQLObjectType) -> None:
        """Exclude from the entries of a type the keys that its other fields read."""
        bindings = {name: field.resolve for name, field in of_type.fields.items()}
        own = {name: each for name, each in bindings.items() if isinstance(each, SelectBinding)}
        of_value = [each for each in own.values() if each.header is None]
        read = frozenset(key for each in of_value for key in ((each.keys or ())[:1] + each.first_of))
        for name, each in own.items():
            if each.entries is not None and each.keys == () and each.header is None:
                of_type.fields[name].resolve = msgspec.structs.replace(each, entries=read)

    def _input(self, node: InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode) -> None:
        """Set the JSON key of each input field."""
        of_type = self._schema.type_map[node.name.value]
        assert isinstance(of_type, GraphQLInputObjectType)
        for field in node.fields or ():
            values = [each for each in field.directives if each.name.value == "value"]
            key = self._argument(values[0], "is") if values else self._naming.json_key(field.name.value)
            self._check_single(values)
            of_type.fields[field.name.value].out_name = key

    def _abstract(self, node: Abstract) -> None:
        of_type = self._schema.type_map[node.name.value]
        assert isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType)
        directive = next((d for d in node.directives if d.name.value == "discriminator"), None)
        if directive is None:
            if of_type.name not in self._discriminators:
                self._without_discriminator.setdefault(of_type.name, node)
            return
        self._without_discriminator.pop(of_type.name, None)
        expression = self._argument(directive, "from")
        try:
            select = selected(expression)
        except DirectiveError as exc:
            self.errors.append(error_at(directive, f"{of_type.name} has @discriminator: {exc}"))
            select = SelectBinding(keys=())
        self._abstract_nodes[of_type.name] = directive
        discriminator = Discriminator(
            select=select, types={}, otherwise=self._argument(directive, "otherwise", "") or None
        )
        of_type.resolve_type = discriminator
        self._discriminators[of_type.name] = discriminator

    def _enum(self, node: EnumTypeDefinitionNode | EnumTypeExtensionNode) -> None:
        for value in node.values or ():
            values = [directive for directive in value.directives if directive.name.value == "value"]
            self._check_single(values)
            for directive in values:
                self._argument(directive, "is")

    def _check_single(self, values: Sequence[DirectiveNode]) -> None:
        if len(values) > 1:
            self.errors.append(
                error_at(values[1], "@value is repeated, which is for the types of an interface or union.")
            )

    def _argument(self, directive: DirectiveNode, name: str, default: str = "@") -> str:
        """Return a directive's argument as a text, or the default if it is absent or not a text."""
        try:
            return str(directive_arguments(self._directives[directive.name.value], directive).get(name, default))
        except DirectiveError as exc:
            self.errors.append(error_at(directive, str(exc)))
            return default

    def _check_interface_fields(self, node: InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode) -> None:
        """Reject directives on an interface's own fields, where they have no effect."""
        for field in node.fields or ():
            for directive in field.directives:
                if directive.name.value in (*directives.OF_A_CALL, "select"):
                    where = f"{node.name.value}.{field.name.value}"
                    say = f"has @{directive.name.value}, which belongs on the types that implement it"
                    self.errors.append(error_at(directive, f"{where} {say}."))


def _serialize_by_json_spelling(of_type: GraphQLEnumType) -> None:
    """Make an enum find its values by their JSON spelling, such as a number. Python's own enums give members."""
    serialize = graphql_core.output_coercion(of_type)

    def serialized(result: Any) -> Any:
        value = result if isinstance(result, Enum) else json.to_text(result)
        try:
            return serialize(value)
        except GraphQLError as exc:
            near = next((name for name in of_type.values if name.lower() == str(value).lower()), None)
            if near is None:
                raise
            raise GraphQLError(
                f'{exc.message}. Write {near} @value(is: "{value}") in the enum {of_type.name}.'
            ) from exc

    graphql_core.set_output_coercion(of_type, serialized)
