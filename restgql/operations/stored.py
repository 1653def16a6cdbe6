"""A stored operation that is ready to be asked for, and all of a gateway's, by name and by hash."""

import difflib
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLInputType, OperationDefinitionNode, OperationType

from restgql.errors import BadRequest
from restgql.schema.documents import SchemaError

_AT = re.compile(r"(.+?):(\d+):(\d+): ")


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of an operation. `default` is a JSON value, UNSET where there is none."""

    name: str
    type: GraphQLInputType
    required: bool
    default: Any = msgspec.UNSET


class StoredOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One stored operation. `text` is its whole document, the shared fragments that it uses included; `result` the
    JMESPath expression that makes its body, None where that is the GraphQL response. It `is_conditional` where what it
    selects depends on its variables."""

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
    """The stored operations of a gateway. `broken` are those that cannot be used, with all that is wrong."""

    def __init__(self, stored: Mapping[str, StoredOperation] = {}, broken: Mapping[str, tuple[str, ...]] = {}) -> None:
        self.by_name = stored
        self.broken = broken
        self.texts = {digest: each.text for each in stored.values() for digest in each.hashes}
        """By the SHA-256 of each form in which a client may know it."""

    @property
    def errors(self) -> tuple[str, ...]:
        """All that is wrong, a line an error, in the order of files, lines and columns."""
        return tuple(sorted({line for lines in self.broken.values() for line in lines}, key=_place))

    def named(self, name: str, *, debug: bool, suggestions: bool) -> StoredOperation:
        """The one of a name. Raises BadRequest, status 404, with another name if there are to be `suggestions`, and
        SchemaError, which says more in `debug`."""
        if (found := self.by_name.get(name)) is not None:
            return found
        if name in self.broken:
            hidden = [f"The stored operation {name} cannot be used; the log says why."]
            raise SchemaError(self.broken[name] if debug else hidden)
        near = difflib.get_close_matches(name[:80], self.by_name, n=1) if suggestions else []
        meant = f"; did you mean {near[0]}?" if near else "."
        raise BadRequest(f"There is no stored operation of this name{meant}", status=404)


def _place(error: str) -> tuple[str, int, int]:
    found = _AT.match(error)
    return (found[1], int(found[2]), int(found[3])) if found else (error, 0, 0)


NONE = Operations()


def sha256(text: str) -> str:
    """The SHA-256 of a document, as clients name it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
