"""The query with which GraphiQL opens over an API that is new to the user."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    print_ast,
)
from graphql.language import DocumentNode, FieldNode, NameNode, OperationDefinitionNode, OperationType, SelectionSetNode

from restgql.bindings import RequestBinding

MAX_FIELDS = 5
MAX_DEPTH = 3


def first_query(schema: GraphQLSchema) -> str:
    """Return a query of the first typed field that needs no argument, or "" without one."""
    root = schema.query_type
    assert root is not None, "the core schema has a query type"
    for name, field in root.fields.items():
        if isinstance(field.resolve, RequestBinding) and _is_free(field):
            node = _node(name, field, 1)
            if node is not None:
                operation = OperationDefinitionNode(
                    operation=OperationType.QUERY,
                    name=None,
                    variable_definitions=(),
                    directives=(),
                    selection_set=SelectionSetNode(selections=(node,)),
                )
                return print_ast(DocumentNode(definitions=(operation,))) + "\n"
    return ""


def _node(name: str, field: GraphQLField, depth: int) -> FieldNode | None:
    """Return a field with the first fields below it, or None if nothing below it can be selected."""
    of_type = get_named_type(field.type)
    below: tuple[FieldNode, ...] = ()
    if isinstance(of_type, GraphQLObjectType):
        below = tuple(_below(of_type, depth)) if depth < MAX_DEPTH else ()
    if not below and not is_leaf_type(of_type):
        return None
    selections = SelectionSetNode(selections=below) if below else None
    return FieldNode(name=NameNode(value=name), alias=None, arguments=(), directives=(), selection_set=selections)


def _below(of_type: GraphQLObjectType, depth: int) -> Iterator[FieldNode]:
    """Yield leaves of a type or, if it has none, its first object."""
    own = {name: field for name, field in of_type.fields.items() if not isinstance(field.resolve, RequestBinding)}
    leaves = [name for name, field in own.items() if is_leaf_type(get_named_type(field.type)) and _is_free(field)]
    for name in leaves[:MAX_FIELDS]:
        yield FieldNode(name=NameNode(value=name), alias=None, arguments=(), directives=(), selection_set=None)
    for name, field in own.items() if not leaves else ():
        if (node := _node(name, field, depth + 1)) is not None:
            yield node
            return


def _is_free(field: GraphQLField) -> bool:
    return not any(map(is_required_argument, field.args.values()))
