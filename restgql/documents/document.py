"""A valid document, as it is kept for the next request with the same text, or with one of the same shape."""

import hashlib
from typing import Any

import msgspec
from graphql import DocumentNode

from restgql.documents.limits import Directives
from restgql.documents.shape import Relocation


class Document(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A valid document. `hash` is its SHA-256, `weight` the bytes that it takes in memory, about. Documents of one
    shape have `node` and `plan_key` in common: literals of theirs are the `literals` by the names of its variables, and
    what is located in `node` is at `relocation` of that in the document."""

    node: DocumentNode
    hash: str
    directives: Directives
    weight: int
    plan_key: object
    literals: dict[str, Any] = {}
    relocation: Relocation | None = None


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
