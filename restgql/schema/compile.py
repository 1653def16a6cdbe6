"""The compiler: from SDL documents and the core schema to a schema whose fields are bound to their routes."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    ExecutableDefinitionNode,
    GraphQLEnumType,
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
    ScalarTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    extend_schema,
    get_named_type,
    validate_schema,
)
from graphql.language import NamedTypeNode, NameNode
from graphql.validation.validate import validate_sdl

from restgql import graphql_core
from restgql.bindings import TAKES_ANY, Discriminator, RequestBinding, SelectBinding
from restgql.formats import json
from restgql.schema import defaults, directives, scalars
from restgql.schema.collector import at_rest
from restgql.schema.documents import Definitions, SchemaError, at, explained, located, misfits
from restgql.schema.fields import Wrong, binding, given, selected
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.shared_scalars import SharedScalars

ROOTS = {"Query": "query", "Mutation": "mutation"}
ENUMS = (EnumTypeDefinitionNode, EnumTypeExtensionNode)
Abstract = InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode | UnionTypeDefinitionNode | UnionTypeExtensionNode
_MUTATION = graphql_core.parse("extend schema { mutation: Mutation }").definitions[0]


@at_rest()
def compile(core: GraphQLSchema, sources: Sequence[Definitions], *, camel_case: bool = False) -> GraphQLSchema:
    """Return the core schema with the types of these documents. Raises SchemaError with all errors at once."""
    document = _combined(core, [source.document for source in sources])
    is_written = any(source.written for source in sources)
    if is_written:
        known = directives.extended(core)
        errors = [*_not_definitions(document), *(explained(e, known) for e in validate_sdl(document, known))]
        errors = errors or list(misfits(document, core))
        if errors:
            raise SchemaError(errors)
    schema = _extended(core, document)
    binder = _Binder(schema, NamingConvention(camel_case))
    for source in sources:
        for definition in source.document.definitions:
            binder.bind(definition, opened=source.written)
    errors = [*binder.errors, *binder.undecided(), *defaults.unfit(schema, sources)]
    if is_written:
        errors += map(located, validate_schema(_changed(schema, assume_valid=False)))
    if errors:
        raise SchemaError(errors)
    SharedScalars(core).share(schema)
    defaults.show(schema)
    return schema


def calls(schema: GraphQLSchema) -> Iterator[tuple[str, str, RequestBinding]]:
    """Yield the fields that make requests: type, field, binding."""
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLObjectType):
            for name, field in of_type.fields.items():
                if isinstance(field.resolve, RequestBinding):
                    yield of_type.name, name, field.resolve


def _changed(schema: GraphQLSchema, **changes: Any) -> GraphQLSchema:
    kwargs: dict[str, Any] = {**schema.to_kwargs(), **changes}
    return GraphQLSchema(**kwargs)


def _combined(core: GraphQLSchema, documents: Iterable[DocumentNode]) -> DocumentNode:
    """Return one document that extends the root types that already exist, and defines the scalars that it uses."""
    definitions: list[Any] = []
    there, repeated = set(core.type_map), set[str]()
    for document in documents:
        for definition in document.definitions:
            if isinstance(definition, ScalarTypeDefinitionNode) and definition.name.value in scalars.NAMES:
                if definition.name.value in repeated:
                    continue  # every generated document defines the scalars that it uses
                repeated.add(definition.name.value)
            if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value in ROOTS:
                if definition.name.value in there:
                    definition = _as_extension(definition)
                elif definition.name.value == "Mutation":
                    definitions.append(_MUTATION)
                there.add(definition.name.value)
            definitions.append(definition)
    defined = {d.name.value for d in definitions if isinstance(d, TypeDefinitionNode)}
    used = {name for definition in definitions for name in _used(definition)}
    for name in sorted((used & scalars.NAMES) - defined - set(core.type_map)):
        definitions.append(ScalarTypeDefinitionNode(name=NameNode(value=name), directives=(), description=None))
    return DocumentNode(definitions=tuple(definitions))


def _extended(core: GraphQLSchema, document: DocumentNode) -> GraphQLSchema:
    """Return the core schema with these definitions.

    Enums are first, so that their values exist before a default refers to one.
    """
    enums = tuple(d for d in document.definitions if isinstance(d, ENUMS))
    if enums:
        core = extend_schema(core, DocumentNode(definitions=enums), assume_valid=True, assume_valid_sdl=True)
    for node in enums:
        of_type = core.type_map[node.name.value]
        assert isinstance(of_type, GraphQLEnumType)
        for value in node.values or ():
            for directive in value.directives:
                if directive.name.value == "value":
                    of_type.values[value.name.value].value = _text(directive, "is")
    others = tuple(d for d in document.definitions if not isinstance(d, ENUMS))
    return extend_schema(core, DocumentNode(definitions=others), assume_valid=True, assume_valid_sdl=True)


def _text(directive: DirectiveNode, name: str) -> str:
    """Return a directive's argument as a text, or "" if it is absent, which validation reports."""
    found = next((argument.value for argument in directive.arguments if argument.name.value == name), None)
    return found.value if isinstance(found, StringValueNode) else ""


def _as_extension(node: ObjectTypeDefinitionNode) -> ObjectTypeExtensionNode:
    return ObjectTypeExtensionNode(
        name=node.name, interfaces=node.interfaces, directives=node.directives, fields=node.fields, loc=node.loc
    )


def _used(definition: Any) -> Iterator[str]:
    """Yield the names of the types of a definition's fields and their arguments."""
    for field in getattr(definition, "fields", None) or ():
        for node in (field, *(getattr(field, "arguments", None) or ())):
            of_type = node.type
            while not isinstance(of_type, NamedTypeNode):
                of_type = of_type.type
            yield of_type.name.value


def _not_definitions(document: DocumentNode) -> Iterator[str]:
    for definition in document.definitions:
        if isinstance(definition, ExecutableDefinitionNode):
            yield at(definition, "An operation or a fragment is no type definition; operations= takes operations.")


class _Binder:
    """Sets the bindings of a schema's fields; `errors` are the reasons why that failed."""

    def __init__(self, schema: GraphQLSchema, naming: NamingConvention) -> None:
        self.errors: list[str] = []
        self._schema = schema
        self._naming = naming
        self._directives = directives.definitions()
        self._values: dict[str, list[str]] = {}
        self._undecided: dict[str, Node] = {}
        self._picked_by: dict[str, Discriminator] = {}
        self._abstract_nodes: dict[str, Node] = {}

    def bind(self, node: Node, *, opened: bool) -> None:
        """Bind the type of one definition."""
        match node:
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode():
                self._object(node, opened=opened)
            case InterfaceTypeDefinitionNode() | InterfaceTypeExtensionNode():
                self._abstract(node)
                self._misplaced(node)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode():
                self._abstract(node)
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                self._enum(node)
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                self._input(node)

    def undecided(self) -> Iterator[str]:
        """Resolve abstract types and attach the behavior of scalars.

        Yield an error for each abstract type that cannot be resolved.
        """
        for of_type in self._schema.type_map.values():
            if isinstance(of_type, GraphQLScalarType) and of_type.name in scalars.NAMES:
                scalars.equip(of_type)
            elif isinstance(of_type, GraphQLEnumType) and not of_type.name.startswith("__"):
                _equip(of_type)
        returned = {
            get_named_type(field.type).name
            for of_type in self._schema.type_map.values()
            if isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType) and not of_type.name.startswith("__")
            for field in of_type.fields.values()
        }
        for name, node in self._undecided.items():
            if name in returned:
                yield at(node, f"{name} says not which of its types a value is: it takes @discriminator(from: …).")
        for name, found in self._picked_by.items():
            abstract = self._schema.type_map[name]
            assert isinstance(abstract, GraphQLInterfaceType | GraphQLUnionType)
            for possible in self._schema.get_possible_types(abstract):
                for value in self._values.get(possible.name, [possible.name]):
                    found.types.setdefault(value, possible.name)
            possible_types = {possible.name for possible in self._schema.get_possible_types(abstract)}
            if found.otherwise is not None and found.otherwise not in possible_types:
                wrong = f"{name} has otherwise: {found.otherwise}, which is none of its types."
                yield at(self._abstract_nodes[name], wrong)

    def _object(self, node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode, *, opened: bool) -> None:
        of_type = self._schema.type_map[node.name.value]
        assert isinstance(of_type, GraphQLObjectType)
        for directive in node.directives:
            if directive.name.value == "value":
                self._values.setdefault(of_type.name, []).append(self._given(directive, "is"))
        root = ROOTS.get(of_type.name)
        for field_node in node.fields or ():
            field = of_type.fields.get(field_node.name.value)
            if field is None or isinstance(field.resolve, RequestBinding | SelectBinding):
                continue
            name = field_node.name.value
            try:
                key = self._naming.json_key(name)
                field.resolve = binding(root, field, field_node, self._directives, key, opened=opened)
                if isinstance(field.resolve, RequestBinding) and field.resolve.body_arguments:
                    left = {name: self._naming.json_key(name) for name in field.resolve.body_arguments}
                    field.resolve = msgspec.structs.replace(field.resolve, body_arguments=left)
            except Wrong as exc:
                self.errors.append(at(field_node, f"{of_type.name}.{name} {exc}"))
                continue
            if isinstance(field.resolve, SelectBinding) and field.resolve.is_of_whole(opened):
                of_type.extensions = {**of_type.extensions, TAKES_ANY: True}
        self._leave_out_read(of_type)

    def _leave_out_read(self, of_type: GraphQLObjectType) -> None:
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
            key = self._given(values[0], "is") if values else self._naming.json_key(field.name.value)
            self._once(values)
            of_type.fields[field.name.value].out_name = key

    def _abstract(self, node: Abstract) -> None:
        of_type = self._schema.type_map[node.name.value]
        assert isinstance(of_type, GraphQLInterfaceType | GraphQLUnionType)
        told = next((d for d in node.directives if d.name.value == "discriminator"), None)
        if told is None:
            if of_type.name not in self._picked_by:
                self._undecided.setdefault(of_type.name, node)
            return
        self._undecided.pop(of_type.name, None)
        expression = self._given(told, "from")
        try:
            select = selected(expression)
        except Wrong as exc:
            self.errors.append(at(told, f"{of_type.name} has @discriminator: {exc}"))
            select = SelectBinding(keys=())
        self._abstract_nodes[of_type.name] = told
        found = Discriminator(select=select, types={}, otherwise=self._given(told, "otherwise", "") or None)
        of_type.resolve_type = found
        self._picked_by[of_type.name] = found

    def _enum(self, node: EnumTypeDefinitionNode | EnumTypeExtensionNode) -> None:
        for value in node.values or ():
            values = [directive for directive in value.directives if directive.name.value == "value"]
            self._once(values)
            for directive in values:
                self._given(directive, "is")

    def _once(self, values: Sequence[DirectiveNode]) -> None:
        if len(values) > 1:
            self.errors.append(at(values[1], "@value is repeated, which is for the types of an interface or union."))

    def _given(self, directive: DirectiveNode, name: str, default: str = "@") -> str:
        """Return a directive's argument as a text, or the default if it is absent or not a text."""
        try:
            return str(given(self._directives[directive.name.value], directive).get(name, default))
        except Wrong as exc:
            self.errors.append(at(directive, str(exc)))
            return default

    def _misplaced(self, node: InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode) -> None:
        """Reject directives on an interface's own fields, where they have no effect."""
        for field in node.fields or ():
            for directive in field.directives:
                if directive.name.value in (*directives.OF_A_CALL, "select"):
                    where = f"{node.name.value}.{field.name.value}"
                    say = f"has @{directive.name.value}, which stands on the types that implement it"
                    self.errors.append(at(directive, f"{where} {say}."))


def _equip(of_type: GraphQLEnumType) -> None:
    """Make an enum find its values by their JSON spelling, such as a number. Python's own enums give members."""
    serialize = graphql_core.output_coercion(of_type)

    def serialized(result: Any) -> Any:
        return serialize(result if isinstance(result, Enum) else json.spelled(result))

    graphql_core.set_output_coercion(of_type, serialized)
