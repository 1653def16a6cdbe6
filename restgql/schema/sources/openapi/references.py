"""`$ref`: what it points at, in the document or in one that a loader gives (RFC 3986, RFC 6901)."""

import posixpath
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from restgql.schema.sources.openapi.parts import Schema, mapping
from restgql.schema.sources.openapi.problem import Problem

Load = Callable[[str], Any]
Follow = Callable[[Any], tuple[Any, str]]
"""Returns the end of a chain of references, and its name."""

# Where a document keeps its named schemas: Swagger 2.0, OpenAPI 3, JSON Schema
_NAMED = frozenset({"schemas", "definitions", "$defs", "responses", "parameters", "requestBodies", "headers"})


class References:
    """The parts of a document by reference, each looked up once."""

    def __init__(self, document: Schema, load: Load | None) -> None:
        self._documents: dict[str, Any] = {"": document}
        if isinstance(own := document.get("$self"), str):  # its URL (OpenAPI 3.2), by which others refer to it
            self._documents[_joined("", own.partition("#")[0])] = document
        self._load = load
        self._found: dict[str, Any] = {}

    def follow(self, value: Any, until: Callable[[Schema], bool] = lambda value: False) -> tuple[Any, str]:
        """Return the end of a chain of references, and the name it has there; empty where it has none.

        The chain ends at a reference that `until` is True for. Raises Problem for one that leads nowhere, to itself or
        out of what may be read.
        """
        if not isinstance(value, dict) or "$ref" not in value:
            return value, ""
        name, seen = "", set[str]()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str) and not until(value):
            if reference in seen:
                raise Problem(f"the reference {reference} leads to itself")
            seen.add(reference)
            value = self.get(reference)
            name = named(reference) or name
        return value, name

    def get(self, reference: str) -> Any:
        """What a reference points at. Raises Problem."""
        if reference not in self._found:
            self._found[reference] = self._look_up(reference)
        return self._found[reference]

    def _look_up(self, reference: str) -> Any:
        where, _, fragment = reference.partition("#")
        found = self._document(_joined("", where))
        if fragment and not fragment.startswith("/"):
            raise Problem(f"the reference {reference} names an anchor, not a place")
        for step in unquote(fragment).split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise Problem(f"the reference {reference} leads nowhere")
        return found

    def _document(self, where: str) -> Any:
        if where in self._documents:
            return self._documents[where]
        if _is_elsewhere(where):
            raise Problem(f"the reference {where} leads to another server, which is never asked")
        if self._load is None:
            raise Problem(f"the reference {where} leads to another document")
        try:
            loaded = self._load(where)
        except Exception as exc:  # a loader reads what is there
            raise Problem(f"the reference {where} cannot be read: {exc}") from exc
        self._documents[where] = _rebased(loaded, where)
        return self._documents[where]


def media_types(source: Schema, references: References) -> dict[str, Schema]:
    """Return the Media Type Objects of a `content`, by media type. Raises Problem."""
    content = mapping(source.get("content"))
    return {name: mapping(references.follow(value)[0]) for name, value in content.items() if isinstance(name, str)}


def named(reference: str) -> str:
    """The name of what a reference points at, where it points at a place for named things."""
    where, _, pointer = reference.partition("#")
    steps = pointer.split("/")
    if len(steps) > 1 and steps[-2] in _NAMED:
        return unquote(steps[-1]).replace("~1", "/").replace("~0", "~")
    if where:
        return steps[-1] or posixpath.splitext(posixpath.basename(where))[0]
    return ""


def _rebased(document: Any, where: str) -> Any:
    """A copy of a loaded document whose references are as the first document would write them."""
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


def component_schemas(document: Schema) -> dict[str, Schema]:
    """Return references to the named schemas of a document of either dialect, by name."""
    places = (
        ("#/definitions/", document.get("definitions")),
        ("#/components/schemas/", mapping(document.get("components")).get("schemas")),
    )
    return {
        name: {"$ref": place + quote(name.replace("~", "~0").replace("/", "~1"))}
        for place, schemas in places
        for name in mapping(schemas)
        if isinstance(name, str)
    }
