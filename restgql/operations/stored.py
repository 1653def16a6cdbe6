"""A stored operation that is ready to run, and all stored operations of a gateway, by name and by hash."""

import difflib
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLInputType, OperationDefinitionNode, OperationType

from restgql.errors import BadRequest
from restgql.schema.type_source import SchemaError

_AT = re.compile(r"(.+?):(\d+):(\d+): ")


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of an operation. `default` is a JSON value, UNSET if it has none."""

    name: str
    type: GraphQLInputType
    required: bool
    default: Any = msgspec.UNSET


class StoredOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One stored operation. `text` is its document, with the shared fragments that it uses.

    `result` is the JMESPath expression that produces its body, None if the body is the GraphQL response. It
    `is_conditional` if the fields that it selects depend on its variables.
    """

    name: str
    text: str
    document: DocumentNode
    node: OperationDefinitionNode
    variables: Mapping[str, Variable]
    description: str
    result: str | None
    is_conditional: bool
    hashes: frozenset[str]

    @property
    def is_query(self) -> bool:
        return self.node.operation is OperationType.QUERY


class Operations:
    """The stored operations of a gateway. `broken` are the names of invalid ones, with their errors."""

    def __init__(self, stored: Mapping[str, StoredOperation] = {}, broken: Mapping[str, tuple[str, ...]] = {}) -> None:
        self.by_name = stored
        self.broken = broken
        self.texts = {digest: each.text for each in stored.values() for digest in each.hashes}
        """The documents by the SHA-256 of each form that a client may have hashed."""

    @property
    def errors(self) -> tuple[str, ...]:
        """The errors of all operations, one per line, in the order of files, lines and columns."""
        return tuple(sorted({line for lines in self.broken.values() for line in lines}, key=_place))

    def named(self, name: str, *, debug: bool, suggestions: bool) -> StoredOperation:
        """Return the operation of a name.

        Raises BadRequest with status 404, which suggests a name if `suggestions`, and SchemaError, which includes the
        errors if `debug`.
        """
        if (operation := self.by_name.get(name)) is not None:
            return operation
        if name in self.broken:
            hidden = [f"The stored operation {name} cannot be used; the log has the reason."]
            raise SchemaError(self.broken[name] if debug else hidden)
        near = difflib.get_close_matches(name[:80], self.by_name, n=1) if suggestions else []
        suggestion = f"; did you mean {near[0]}?" if near else "."
        raise BadRequest(f"There is no stored operation of this name{suggestion}", status=404)


def _place(error: str) -> tuple[str, int, int]:
    match = _AT.match(error)
    return (match[1], int(match[2]), int(match[3])) if match else (error, 0, 0)


NONE = Operations()


def sha256(text: str) -> str:
    """Return the SHA-256 of a document, by which clients name it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
