"""A valid document, cached for later requests with the same text or the same shape."""

import hashlib
from typing import Any

import msgspec
from graphql import DocumentNode

from restgql.documents.limits import DocumentDirectives
from restgql.documents.shape import Relocation


class Document(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A valid document. `hash` is its SHA-256, `weight` its approximate bytes in memory.

    Documents of one shape share `node` and `plan_key`. Their own literals are in `literals`, by the names of variables
    in `node`; `relocation` turns a location in `node` into the one in the document.
    """

    node: DocumentNode
    hash: str
    directives: DocumentDirectives
    weight: int
    plan_key: object
    literals: dict[str, Any] = {}
    relocation: Relocation | None = None


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
