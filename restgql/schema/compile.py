"""The compiler: from SDL documents and the core schema to a schema whose fields are bound to their routes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    ExecutableDefinitionNode,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    extend_schema,
    validate_schema,
)
from graphql.language import NamedTypeNode, NameNode
from graphql.validation.validate import validate_sdl

from restgql import graphql_core
from restgql.bindings import RequestBinding
from restgql.schema import directives, printable_defaults, scalars
from restgql.schema.binder import ROOTS, Binder
from restgql.schema.default_cycles import default_cycles
from restgql.schema.garbage_collection import pause_collection
from restgql.schema.root_descriptions import describe_roots
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl_hints import with_hint
from restgql.schema.shared_scalars import SharedScalars
from restgql.schema.type_source import SchemaError, TypeSource, error_at, kind_errors, with_location

ENUMS = (EnumTypeDefinitionNode, EnumTypeExtensionNode)
OBJECTS = (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)
_MUTATION = graphql_core.parse("extend schema { mutation: Mutation }").definitions[0]


@pause_collection()
def compile(core: GraphQLSchema, sources: Sequence[TypeSource], *, camel_case: bool = False) -> GraphQLSchema:
    """Return the core schema with the types of these documents. Raises SchemaError with all errors at once."""
    document = _combined(core, [source.document for source in sources])
    is_handwritten = any(source.handwritten for source in sources)
    if is_handwritten:
        validating = directives.extended(core)
        errors = [*_printed(sources, core)] or [
            *_not_definitions(document),
            *(with_hint(e, validating) for e in validate_sdl(document, validating)),
        ]
        errors = errors or [*kind_errors(document, core), *default_cycles(document)]
        if errors:
            raise SchemaError(errors)
    schema = _extended(core, document)
    binder = Binder(schema, NamingConvention(camel_case))
    for source in sources:
        for definition in source.document.definitions:
            binder.bind(definition, handwritten=source.handwritten)
    errors = [*binder.errors, *binder.finish(), *printable_defaults.unfit(schema, sources)]
    if is_handwritten:
        errors += map(with_location, validate_schema(_changed(schema, assume_valid=False)))
    if errors:
        raise SchemaError(errors)
    SharedScalars(core).share(schema)
    printable_defaults.show(schema)
    describe_roots(schema)
    return schema


def calls(schema: GraphQLSchema) -> Iterator[tuple[str, str, RequestBinding]]:
    """Yield the fields that make requests: type, field, binding."""
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLObjectType):
            for name, field in of_type.fields.items():
                if isinstance(field.resolve, RequestBinding):
                    yield of_type.name, name, field.resolve


def _printed(sources: Iterable[TypeSource], core: GraphQLSchema) -> Iterator[str]:
    """Yield an error for each document that is a printed schema: it defines the types of the core anew."""
    own = {name for name, of_type in core.type_map.items() if isinstance(of_type, GraphQLObjectType)} - set(ROOTS)
    own = {name for name in own if not name.startswith("__")}
    for source in sources:
        again = [d for d in source.document.definitions if isinstance(d, ObjectTypeDefinitionNode)]
        if source.handwritten and own and own <= {definition.name.value for definition in again}:
            yield error_at(
                again[0].name,
                "this is the schema that clients see, and it does not tell which routes its fields request. Print the "
                "SDL that does: `flask restgql schema --source`.",
            )


def _changed(schema: GraphQLSchema, **changes: Any) -> GraphQLSchema:
    kwargs: dict[str, Any] = {**schema.to_kwargs(), **changes}
    return GraphQLSchema(**kwargs)


def _combined(core: GraphQLSchema, documents: Iterable[DocumentNode]) -> DocumentNode:
    """Return one document that extends the root types that already exist, and defines the scalars that it uses.

    `type Query` and `extend type Query` mean the same, whichever source is first.
    """
    definitions: list[Any] = []
    names, repeated = set(core.type_map), set[str]()
    for document in documents:
        for definition in document.definitions:
            if isinstance(definition, ScalarTypeDefinitionNode) and definition.name.value in scalars.NAMES:
                if definition.name.value in repeated:
                    continue  # every generated document defines the scalars that it uses
                repeated.add(definition.name.value)
            if isinstance(definition, OBJECTS) and definition.name.value in ROOTS:
                definition = _as(
                    ObjectTypeExtensionNode if definition.name.value in names else ObjectTypeDefinitionNode, definition
                )
                if definition.name.value == "Mutation" and "Mutation" not in names:
                    definitions.append(_MUTATION)
                names.add(definition.name.value)
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
    value = next((argument.value for argument in directive.arguments if argument.name.value == name), None)
    return value.value if isinstance(value, StringValueNode) else ""


def _as(
    kind: type[ObjectTypeDefinitionNode | ObjectTypeExtensionNode],
    node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode,
) -> ObjectTypeDefinitionNode | ObjectTypeExtensionNode:
    if isinstance(node, kind):
        return node
    return kind(
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
    """Yield an error for each definition that the types of a gateway cannot have."""
    used = {name for definition in document.definitions for name in _used(definition)}
    for definition in document.definitions:
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == "Subscription" not in used:
            yield error_at(definition, "Remove type Subscription: a gateway runs queries and mutations.")
        if isinstance(definition, SchemaDefinitionNode):
            yield error_at(definition, "Remove schema { … }: the root types are always Query and Mutation.")
        if isinstance(definition, ExecutableDefinitionNode):
            yield error_at(
                definition,
                "An operation or a fragment is not a type definition; put operations into the folder of operations=.",
            )
