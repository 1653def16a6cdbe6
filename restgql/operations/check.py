"""Load the stored operations of a folder, and collect the errors of all its files at once."""

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

from restgql.configured_path import missing_files
from restgql.documents.documents import Documents
from restgql.errors import RestgqlError
from restgql.formats import select
from restgql.operations import file_header, files
from restgql.operations.check_literals import check_literals
from restgql.operations.files import Errors, Fragments, OperationFile
from restgql.operations.stored import Operations, StoredOperation, Variable, sha256


def load(folder: Path, schema: GraphQLSchema, documents: Documents) -> Operations:
    """Load the operations of a folder, each validated as a request with its document would be."""
    errors = Errors()
    paths = files.paths(folder)
    if not paths:
        errors.add(folder, missing_files("operations", folder))
    all_files = files.read(paths, errors)
    fragments = files.shared([file for file in all_files if file.is_shared], errors)
    _check_shared(fragments, documents, errors)
    stored = {}
    for file in all_files:
        if file.is_shared:
            continue
        operation = _operation(file, fragments, schema, documents, errors)
        if operation is not None and file.name not in errors:
            stored[file.name] = operation
    return Operations(stored, {name: tuple(lines) for name, lines in errors.items()})


def _check_shared(fragments: Fragments, documents: Documents, errors: Errors) -> None:
    """Validate the shared fragments, including unused ones."""
    document = DocumentNode(definitions=tuple(fragments.values()))
    for error in documents.errors("", document, of_fragments=True) if fragments else ():
        errors.add_located(Path(error.source.name if error.source else ""), error)


def _operation(
    file: OperationFile,
    fragments: Fragments,
    schema: GraphQLSchema,
    documents: Documents,
    errors: Errors,
) -> StoredOperation | None:
    node = _only_operation(file, schema, errors)
    if node is None:
        return None
    for definition in file.document.definitions:
        if isinstance(definition, FragmentDefinitionNode) and definition.name.value in fragments:
            message = f"the fragment {definition.name.value} is one of those for all."
            errors.add_located(file.path, GraphQLError(message, definition))
    shared = files.used(file.document, fragments)
    document = DocumentNode(definitions=(*file.document.definitions, *shared))
    text = "\n\n".join([file.text, *map(files.source_of, shared)])
    for error in (*documents.errors(text, document), *check_literals(document, schema)):
        errors.add_located(file.path, error)
    header, printed = _header(file, errors), print_ast(document)
    return StoredOperation(
        name=file.name,
        text=text,
        document=document,
        node=node,
        variables={variable.name: variable for variable in _variables(node, schema)},
        description=header.description,
        result=header.result,
        is_conditional="@skip(" in printed or "@include(" in printed,
        hashes=frozenset(map(sha256, (text, file.text, printed))),
    )


def _only_operation(file: OperationFile, schema: GraphQLSchema, errors: Errors) -> OperationDefinitionNode | None:
    """Return the only operation of a file, or None if the file has none; add an error for every other one."""
    nodes = [node for node in file.document.definitions if isinstance(node, OperationDefinitionNode)]
    if not nodes:
        errors.add(file.path, "contains no operation; shared fragments belong in a file named _….")
        return None
    for node in nodes[1:]:
        errors.add_located(
            file.path, GraphQLError("a file must contain a single operation, and this is another one.", node)
        )
    kind = nodes[0].operation
    if kind is OperationType.SUBSCRIPTION:
        errors.add_located(file.path, GraphQLError("a subscription cannot be stored.", nodes[0]))
    elif schema.get_root_type(kind) is None:
        errors.add_located(file.path, GraphQLError(f"the schema has no {kind.value}.", nodes[0]))
    return nodes[0]


def _header(file: OperationFile, errors: Errors) -> file_header.FileHeader:
    header = file_header.read(file.document)
    for line, column, message in header.errors:
        errors.add(file.path, message, line, column)
    if header.result is not None:
        try:
            select.check(header.result)
        except RestgqlError as exc:
            errors.add(file.path, exc.message, *header.at)
    return header


def _variables(node: OperationDefinitionNode, schema: GraphQLSchema) -> Iterator[Variable]:
    """Yield the variables whose type the schema has; validation reports the others."""
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
