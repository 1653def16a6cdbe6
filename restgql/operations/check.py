"""From the files of a folder to stored operations: all that is wrong with any of them, at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    print_ast,
    type_from_ast,
    value_from_ast_untyped,
)

from restgql.documents.documents import Documents
from restgql.errors import RestgqlError
from restgql.formats import select
from restgql.operations import files, header
from restgql.operations.files import Errors, File, Fragments
from restgql.operations.literals import literals
from restgql.operations.stored import Operations, StoredOperation, Variable, sha256


def load(folder: Path, schema: GraphQLSchema, documents: Documents) -> Operations:
    """The operations of a folder, each held to what a request with it would be held to."""
    errors = Errors()
    found = files.paths(folder)
    if not found:
        errors.add(folder, "there is no .graphql file here." if folder.is_dir() else "there is no such folder.")
    every = files.read(found, errors)
    fragments = files.shared([file for file in every if file.is_shared], errors)
    _check_shared(fragments, documents, errors)
    stored = {}
    for file in every:
        if file.is_shared:
            continue
        operation = _operation(file, fragments, schema, documents, errors)
        if operation is not None and file.name not in errors:
            stored[file.name] = operation
    return Operations(stored, {name: tuple(lines) for name, lines in errors.items()})


def _check_shared(fragments: Fragments, documents: Documents, errors: Errors) -> None:
    """Fragments that no operation uses are held to the schema, too."""
    document = DocumentNode(definitions=tuple(fragments.values()))
    for error in documents.errors("", document, of_fragments=True) if fragments else ():
        errors.add_located(Path(error.source.name if error.source else ""), error)


def _operation(
    file: File,
    fragments: Fragments,
    schema: GraphQLSchema,
    documents: Documents,
    errors: Errors,
) -> StoredOperation | None:
    node = _only(file, schema, errors)
    if node is None:
        return None
    for definition in file.document.definitions:
        if isinstance(definition, FragmentDefinitionNode) and definition.name.value in fragments:
            message = f"the fragment {definition.name.value} is one of those for all."
            errors.add_located(file.path, GraphQLError(message, definition))
    shared = files.used(file.document, fragments)
    document = DocumentNode(definitions=(*file.document.definitions, *shared))
    text = "\n\n".join([file.text, *map(files.source_of, shared)])
    for error in (*documents.errors(text, document), *literals(document, schema)):
        errors.add_located(file.path, error)
    told, printed = _header(file, errors), print_ast(document)
    return StoredOperation(
        name=file.name,
        text=text,
        document=document,
        node=node,
        variables={variable.name: variable for variable in _variables(node, schema)},
        description=told.description,
        result=told.result,
        is_conditional="@skip(" in printed or "@include(" in printed,
        hashes=frozenset(map(sha256, (text, file.text, printed))),
    )


def _only(file: File, schema: GraphQLSchema, errors: Errors) -> OperationDefinitionNode | None:
    """The one operation of a file."""
    found = [node for node in file.document.definitions if isinstance(node, OperationDefinitionNode)]
    if not found:
        errors.add(file.path, "holds no operation; the fragments for all are in a file named _….")
        return None
    for node in found[1:]:
        errors.add_located(file.path, GraphQLError("a file holds one operation, and this is one more.", node))
    kind = found[0].operation
    if kind is OperationType.SUBSCRIPTION:
        errors.add_located(file.path, GraphQLError("a subscription cannot be stored.", found[0]))
    elif schema.get_root_type(kind) is None:
        errors.add_located(file.path, GraphQLError(f"the schema has no {kind.value}.", found[0]))
    return found[0]


def _header(file: File, errors: Errors) -> header.Header:
    told = header.read(file.document)
    for line, column, message in told.errors:
        errors.add(file.path, message, line, column)
    if told.result is not None:
        try:
            select.check(told.result)
        except RestgqlError as exc:
            errors.add(file.path, exc.message, *told.at)
    return told


def _variables(node: OperationDefinitionNode, schema: GraphQLSchema) -> Iterator[Variable]:
    """Those whose type the schema has; of the others validation tells."""
    for definition in node.variable_definitions:
        of_type: Any = type_from_ast(schema, definition.type)
        if of_type is not None:
            yield _variable(definition.variable.name.value, of_type, definition.default_value)


def _variable(name: str, of_type: GraphQLInputType, default: Any) -> Variable:
    return Variable(
        name=name,
        type=of_type,
        required=isinstance(of_type, GraphQLNonNull) and default is None,
        default=msgspec.UNSET if default is None else value_from_ast_untyped(default),
    )
