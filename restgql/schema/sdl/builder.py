"""Builds the AST of a GraphQL document. Name and type nodes are shared between parents: never mutate a node."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import (
    BooleanValueNode,
    ConstArgumentNode,
    ConstDirectiveNode,
    DirectiveNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    FloatValueNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    ObjectFieldNode,
    ObjectTypeDefinitionNode,
    ObjectValueNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    TypeNode,
    UnionTypeDefinitionNode,
    ValueNode,
)

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")  # no source character (GraphQL section 2.1)
_PLAIN_KEY = re.compile(r"[A-Za-z_][0-9A-Za-z_]*\Z")  # JMESPath's unquoted-string
_set = object.__setattr__
_Node = TypeVar("_Node", bound=Node)


class SdlBuilder:
    """A builder for the nodes of one document. Each name and each named type is built once."""

    def __init__(self) -> None:
        self._names: dict[str, NameNode] = {}
        self._types: dict[str, NamedTypeNode] = {}

    def name(self, text: str) -> NameNode:
        node = self._names.get(text)
        if node is None:
            node = self._names[text] = _node(NameNode, value=text)
        return node

    def type(self, name: str, lists: int = 0) -> TypeNode:
        """Return a type reference, wrapped in `lists` list types."""
        named = self._types.get(name)
        if named is None:
            named = self._types[name] = _node(NamedTypeNode, name=self.name(name))
        node: TypeNode = named
        for _ in range(lists):
            node = _node(ListTypeNode, type=node)
        return node

    def field(
        self,
        name: str,
        kind: TypeNode,
        description: str,
        directives: tuple[DirectiveNode, ...] = (),
        arguments: tuple[InputValueDefinitionNode, ...] = (),
    ) -> FieldDefinitionNode:
        return _node(
            FieldDefinitionNode,
            description=describe(description),
            name=self.name(name),
            directives=directives,
            arguments=arguments,
            type=kind,
        )

    def input_value(
        self, name: str, kind: TypeNode, description: str, default: ValueNode | None = None, deprecated: bool = False
    ) -> InputValueDefinitionNode:
        """Return an argument or input field. A required one is never deprecated (GraphQL section 3.13.3)."""
        hidden = deprecated and not (isinstance(kind, NonNullTypeNode) and default is None)
        return _node(
            InputValueDefinitionNode,
            name=self.name(name),
            type=kind,
            description=describe(description),
            default_value=default,
            directives=(self.directive("deprecated", {}),) if hidden else (),
        )

    def object(
        self, name: str, fields: Sequence[FieldDefinitionNode], description: str = ""
    ) -> ObjectTypeDefinitionNode:
        return _node(
            ObjectTypeDefinitionNode,
            name=self.name(name),
            description=describe(description),
            directives=(),
            interfaces=(),
            fields=tuple(fields),
        )

    def input_object(
        self, name: str, fields: Sequence[InputValueDefinitionNode], description: str
    ) -> InputObjectTypeDefinitionNode:
        return InputObjectTypeDefinitionNode(
            name=self.name(name), description=describe(description), directives=(), fields=tuple(fields)
        )

    def union(self, name: str, members: Iterable[str], discriminator: str, description: str) -> UnionTypeDefinitionNode:
        return UnionTypeDefinitionNode(
            name=self.name(name),
            description=describe(description),
            directives=(self.directive("discriminator", {"from": discriminator}),),
            types=tuple(self.type(member) for member in members),
        )

    def interface(
        self, name: str, fields: Sequence[FieldDefinitionNode], discriminator: str, otherwise: str, description: str
    ) -> InterfaceTypeDefinitionNode:
        """Return an interface. Its fields have no `@select`: the implementing types decide where to read a value."""
        arguments = {"from": discriminator, "otherwise": otherwise}
        kept = {field: [node for node in field.directives if node.name.value != "select"] for field in fields}
        return InterfaceTypeDefinitionNode(
            name=self.name(name),
            description=describe(description),
            directives=(self.directive("discriminator", arguments),),
            interfaces=(),
            fields=tuple(_with_directives(field, tuple(directives)) for field, directives in kept.items()),
        )

    def union_of(self, interface: InterfaceTypeDefinitionNode, members: Iterable[str]) -> UnionTypeDefinitionNode:
        """Return a union that replaces an interface."""
        return UnionTypeDefinitionNode(
            name=interface.name,
            description=interface.description,
            directives=interface.directives,
            types=tuple(self.type(member) for member in members),
        )

    def enum(self, name: str, values: Mapping[str, str], description: str) -> EnumTypeDefinitionNode:
        """Return an enum. `values` maps the API's values to GraphQL names."""
        nodes = [
            _node(
                EnumValueDefinitionNode,
                name=self.name(value_name),
                directives=() if value_name == text else (self.directive("value", {"is": text}),),
            )
            for text, value_name in values.items()
        ]
        return EnumTypeDefinitionNode(
            name=self.name(name), description=describe(description), directives=(), values=tuple(nodes)
        )

    def scalar(self, name: str) -> ScalarTypeDefinitionNode:
        return ScalarTypeDefinitionNode(name=self.name(name), directives=())

    def directive(self, name: str, arguments: Mapping[str, Any]) -> ConstDirectiveNode:
        return _node(
            ConstDirectiveNode,
            name=self.name(name),
            arguments=tuple(
                _node(
                    ConstArgumentNode,
                    name=self.name(key),
                    value=value if isinstance(value, ValueNode) else self.value(value),
                )
                for key, value in arguments.items()
            ),
        )

    def value(self, value: Any) -> ValueNode:
        """Return the literal of a JSON value. The keys of objects must be GraphQL names."""
        match value:
            case bool():
                return BooleanValueNode(value=value)
            case int():
                return IntValueNode(value=str(value))
            case float():
                return FloatValueNode(value=repr(value))
            case str():
                return _node(StringValueNode, value=_UNPRINTABLE.sub("", value), block=False)
            case list():
                return self.sequence([self.value(item) for item in value])
            case dict():
                fields = [ObjectFieldNode(name=self.name(name), value=self.value(item)) for name, item in value.items()]
                return ObjectValueNode(fields=tuple(fields))
        raise TypeError(f"{type(value).__name__} has no literal")

    def sequence(self, items: Sequence[ValueNode]) -> ListValueNode:
        return ListValueNode(values=tuple(items))

    def enum_value(self, name: str) -> EnumValueNode:
        return EnumValueNode(value=name)


def _node(cls: type[_Node], **values: Any) -> _Node:
    """Build a node without its constructor, which takes up to 5 µs a node: most of the time of a document."""
    node = cls.__new__(cls)
    for name in cls.keys:
        _set(node, name, values.get(name))
    return node


def _with_directives(field: FieldDefinitionNode, directives: tuple[ConstDirectiveNode, ...]) -> FieldDefinitionNode:
    return FieldDefinitionNode(
        name=field.name,
        description=field.description,
        type=field.type,
        arguments=field.arguments,
        directives=directives,
    )


def describe(text: str) -> StringValueNode | None:
    if not text:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _node(StringValueNode, value=_UNPRINTABLE.sub("", text), block="\n" in text)


def key_expression(name: str) -> str:
    """Return the JMESPath expression for a key of an object."""
    return name if _PLAIN_KEY.match(name) else json.dumps(name, ensure_ascii=False)
