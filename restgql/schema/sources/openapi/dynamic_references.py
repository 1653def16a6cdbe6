"""Replaces `$dynamicRef` by `$ref` (JSON Schema 2020-12, section 8.2.3.2), with a copy of a schema for each binding.

OpenAPI 3.1 documents use them for generic schemas: a page of items, and a schema that binds `item` to a user.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping
from restgql.schema.sources.openapi.references import References, nodes_of

_COPIES = "x-restgql-copies"
"""The key of a document below which the copies of generic schemas are."""
MAX_COPIES = 10_000

BoundAnchors = Mapping[str, str]
"""The pointers of schemas by their dynamic anchors."""


def with_static_references(document: JsonObject) -> JsonObject:
    """Return a document without `$dynamicRef`, which is the document itself if it has none."""
    if not any("$dynamicRef" in node for node in nodes_of(document)):
        return document
    try:
        return _Rewriter(document).document()
    except RecursionError:  # a document of YAML may contain itself
        return document


class _Rewriter:
    """Copies one document. Each schema is copied once for each binding of the anchors that it needs."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._references = References(document, None)
        self._copied: dict[tuple[int, frozenset[tuple[str, str]]], Any] = {}
        self._indexes: dict[tuple[str, frozenset[tuple[str, str]]], int] = {}
        self._copies: list[Any] = []
        self._names: dict[str, frozenset[str]] = {}

    def document(self) -> JsonObject:
        return {**self._copy(self._document, "#", {}), _COPIES: self._copies}

    def _copy(self, node: Any, pointer: str, bound: BoundAnchors) -> Any:
        """Copy a part of the document. `bound` are the anchors of the schemas around it: of two, the outer one's."""
        if not isinstance(node, dict | list):
            return node
        key = id(node), frozenset(bound.items())
        if key not in self._copied:
            if isinstance(node, list):
                self._copied[key] = [self._copy(item, f"{pointer}/{index}", bound) for index, item in enumerate(node)]
            else:
                self._copied[key] = self._copy_object(node, pointer, {**_anchors(node, pointer), **bound})
        return self._copied[key]

    def _copy_object(self, node: JsonObject, pointer: str, bound: BoundAnchors) -> JsonObject:
        copy = {key: self._copy(value, f"{pointer}/{_escaped(key)}", bound) for key, value in node.items()}
        reference = copy.get("$ref")
        if isinstance(dynamic := copy.pop("$dynamicRef", None), str):
            copy |= self._target(dynamic.partition("#")[2], bound)
        elif isinstance(reference, str) and bound:
            copy["$ref"] = self._bind(reference, bound)
        return copy

    def _target(self, anchor: str, bound: BoundAnchors) -> JsonObject:
        """Return the schema that refers to the target of a dynamic reference."""
        if anchor in bound:
            return {"$ref": bound[anchor]}
        try:
            self._references.get(f"#{anchor}")
        except DocumentProblem as exc:
            return {extension_keywords.VALUE: {"problem": exc.message}}
        return {"$ref": f"#{anchor}"}

    def _bind(self, reference: str, bound: BoundAnchors) -> str:
        """Return a reference to a copy of the target in which these anchors are bound, if it refers to one of them."""
        target = self._schema(reference)
        names = self._dynamic_names(reference)
        used = {name: pointer for name, pointer in bound.items() if name in names}
        own = _anchors(target, reference)
        if all(own.get(name) == pointer for name, pointer in used.items()) or len(self._copies) >= MAX_COPIES:
            return reference
        key = reference, frozenset(used.items())
        if key not in self._indexes:
            self._indexes[key] = len(self._copies)
            self._copies.append(None)
            self._copies[self._indexes[key]] = self._copy(target, reference, used)
        return f"#/{_COPIES}/{self._indexes[key]}"

    def _dynamic_names(self, reference: str) -> frozenset[str]:
        """Return the anchors that the target of a reference, and all that it refers to, refers to dynamically."""
        if reference not in self._names:
            names, seen, pending = set(), {reference}, [reference]
            while pending:
                for node in nodes_of(self._schema(pending.pop())):
                    if isinstance(dynamic := node.get("$dynamicRef"), str):
                        names.add(dynamic.partition("#")[2])
                    if isinstance(static := node.get("$ref"), str) and static not in seen:
                        seen.add(static)
                        pending.append(static)
            self._names[reference] = frozenset(names)
        return self._names[reference]

    def _schema(self, reference: str) -> JsonObject:
        try:
            return as_mapping(self._references.get(reference))
        except DocumentProblem:
            return {}


def _anchors(schema: JsonObject, pointer: str) -> dict[str, str]:
    """Return the dynamic anchors of a schema and of its `$defs`."""
    return dict(_anchored(schema, pointer))


def _anchored(schema: JsonObject, pointer: str) -> Iterator[tuple[str, str]]:
    for name, part in as_mapping(schema.get("$defs")).items():
        if isinstance(anchor := as_mapping(part).get("$dynamicAnchor"), str):
            yield anchor, f"{pointer}/$defs/{_escaped(name)}"
    if isinstance(anchor := schema.get("$dynamicAnchor"), str):
        yield anchor, pointer


def _escaped(key: Any) -> str:
    """Return a key as a step of a JSON Pointer in a URI fragment (RFC 6901, sections 3 and 6)."""
    return str(key).replace("~", "~0").replace("/", "~1").replace("%", "%25")
