"""Resolves `$ref` within a document, and to other documents that a loader returns (RFC 3986, RFC 6901)."""

import posixpath
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping

LoadDocument = Callable[[str], Any]
FollowReference = Callable[[Any], tuple[Any, str]]
"""Returns the target of a chain of references, and its name."""

# Keys whose members are named: Swagger 2.0, OpenAPI 3, JSON Schema
_NAMED = frozenset({"schemas", "definitions", "$defs", "responses", "parameters", "requestBodies", "headers"})


class References:
    """A cache of reference targets. Each reference is looked up once."""

    def __init__(self, document: JsonObject, load: LoadDocument | None) -> None:
        self._documents: dict[str, Any] = {"": document}
        if isinstance(url := document.get("$self"), str):  # its URL (OpenAPI 3.2), by which others refer to it
            self._documents[_joined("", url.partition("#")[0])] = document
        self._load = load
        self._targets: dict[str, Any] = {}
        self._anchors: dict[int, dict[Any, list[JsonObject]]] = {}
        """The schemas with each anchor, by the identity of their document."""

    def follow(self, value: Any, until: Callable[[JsonObject], bool] = lambda value: False) -> tuple[Any, str]:
        """Return the target of a chain of references, and its name (empty without one).

        The chain also ends at a reference for which `until` returns True. Raises DocumentProblem for a reference that
        has no target, that refers to itself, or whose document must not be read.
        """
        if not isinstance(value, dict) or "$ref" not in value:
            return value, ""
        name, seen = "", set[str]()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str) and not until(value):
            if reference in seen:
                raise DocumentProblem(f"the reference {reference} leads to itself")
            seen.add(reference)
            value = self.get(reference)
            name = target_name(reference) or name
        return value, name

    def get(self, reference: str) -> Any:
        """Return the target of one reference. Raises DocumentProblem."""
        if reference not in self._targets:
            self._targets[reference] = self._look_up(reference)
        return self._targets[reference]

    def _look_up(self, reference: str) -> Any:
        where, _, fragment = reference.partition("#")
        target = self._document(_joined("", where))
        if fragment and not fragment.startswith("/"):
            return self._anchored(reference, target, unquote(fragment))
        for step in unquote(fragment).split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(target, dict) and key in target:
                target = target[key]
            elif isinstance(target, list) and key.isdecimal() and int(key) < len(target):
                target = target[int(key)]
            else:
                raise DocumentProblem(f"the reference {reference} has no target")
        return target

    def _anchored(self, reference: str, document: Any, anchor: str) -> JsonObject:
        """Return the schema with an anchor. Several schemas may have one, in resources with an `$id` of their own."""
        if id(document) not in self._anchors:
            anchors = self._anchors[id(document)] = {}
            for node in nodes_of(document):
                for name in {node.get("$anchor"), node.get("$dynamicAnchor")} if _has_anchor(node) else ():
                    anchors.setdefault(name, []).append(node)
        targets = self._anchors[id(document)].get(anchor, [])
        if len(targets) == 1:
            return targets[0]
        problem = f"names an anchor that {len(targets)} schemas have" if targets else "has no target"
        raise DocumentProblem(f"the reference {reference} {problem}")

    def _document(self, where: str) -> Any:
        if where in self._documents:
            return self._documents[where]
        if _is_elsewhere(where):
            raise DocumentProblem(
                f"the reference {where} leads to another server, and the gateway never sends a request there"
            )
        if self._load is None:
            raise DocumentProblem(f"the reference {where} leads to another document, and this one has no location")
        try:
            loaded = self._load(where)
        except Exception as exc:  # a loader reads files and URLs
            raise DocumentProblem(f"the reference {where} cannot be read: {exc}") from exc
        self._documents[where] = _rebased(loaded, where)
        return self._documents[where]


def nodes_of(document: Any) -> Iterator[JsonObject]:
    """Yield the objects of a document, each once."""
    seen: set[int] = set()
    pending = [document]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield node
        members = node.values() if isinstance(node, dict) else node
        pending += [member for member in members if isinstance(member, dict | list)]


def _has_anchor(node: JsonObject) -> bool:
    return isinstance(node.get("$anchor"), str) or isinstance(node.get("$dynamicAnchor"), str)


def media_types(source: JsonObject, references: References) -> dict[str, JsonObject]:
    """Return the Media Type Objects of a `content`, by media type. Raises DocumentProblem."""
    content = as_mapping(source.get("content"))
    return {name: as_mapping(references.follow(value)[0]) for name, value in content.items() if isinstance(name, str)}


def target_name(reference: str) -> str:
    """Return the name of a reference's target, or an empty text if the target is not a named schema or the like."""
    where, _, pointer = reference.partition("#")
    steps = pointer.split("/")
    if len(steps) > 1 and steps[-2] in _NAMED:
        return unquote(steps[-1]).replace("~1", "/").replace("~0", "~")
    if where:
        return steps[-1] or posixpath.splitext(posixpath.basename(where))[0]
    return ""


def _rebased(document: Any, where: str) -> Any:
    """Return a copy of a loaded document with references relative to the first document."""
    root: list[Any] = [document]
    copies: dict[int, Any] = {}
    pending: list[Any] = [root]
    whole: list[Any] = [None]
    copies[id(root)] = whole
    while pending:
        source = pending.pop()
        copy = copies[id(source)]
        for key, value in source.items() if isinstance(source, dict) else enumerate(source):
            if key == "$ref" and isinstance(value, str):
                copy[key] = _joined(where, value)
                continue
            if isinstance(value, dict | list) and id(value) not in copies:
                copies[id(value)] = {} if isinstance(value, dict) else [None] * len(value)
                pending.append(value)
            copy[key] = copies[id(value)] if isinstance(value, dict | list) else value
    return whole[0]


def _joined(where: str, reference: str) -> str:
    target, mark, fragment = reference.partition("#")
    if not target:
        target = where
    elif not _is_elsewhere(target):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(where), target))
    return f"{target}{mark}{fragment}"


def _is_elsewhere(target: str) -> bool:
    try:
        split = urlsplit(target)
    except ValueError:  # `//[`
        return True
    return bool(split.scheme or split.netloc)


def component_schemas(document: JsonObject) -> dict[str, JsonObject]:
    """Return references to the named schemas of a document (OpenAPI 3 or Swagger 2.0), by name."""
    prefixes = (
        ("#/definitions/", document.get("definitions")),
        ("#/components/schemas/", as_mapping(document.get("components")).get("schemas")),
    )
    return {
        name: {"$ref": prefix + quote(name.replace("~", "~0").replace("/", "~1"))}
        for prefix, schemas in prefixes
        for name in as_mapping(schemas)
        if isinstance(name, str)
    }
