"""Merges the schemas of a property that several parts of a schema (allOf) describe."""

from collections.abc import Sequence
from typing import Any

from restgql.schema.sources.openapi import extension_keywords
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping
from restgql.schema.sources.openapi.references import FollowReference
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import has_structure, is_null, properties_of, structured_members

MAX_PARTS = 1_000
"""Schemas in one composition, with allOf within allOf."""
MAX_MERGED = 10_000
"""Merged properties of a document. Beyond that, the last description of a property counts."""
MAX_ALTERNATIVES = 500
"""Properties of a document that several members of a oneOf or anyOf describe differently. Recursive ones multiply."""
_TOO_MANY = {extension_keywords.VALUE: {"problem": f"more than {MAX_ALTERNATIVES} properties have several schemas"}}
_ANNOTATIONS = ("description", "readOnly", "writeOnly", "deprecated", "nullable")
_ABOUT = (*_ANNOTATIONS, "default", extension_keywords.KEYS)
"""Keywords that a field reads from the schema of its property itself."""
_SHOWN = ("description", extension_keywords.KEYS)
"""Those of them that hold for a value of any of several schemas."""
_MARKS = ("readOnly", "writeOnly", "deprecated")
"""Those that hold if all of the schemas have them."""


class SchemaMerger:
    """A merger of schemas. Each set of parts is merged once, so that merging of recursive schemas ends."""

    def __init__(self, follow: FollowReference) -> None:
        self._follow = follow
        self._merged: dict[frozenset[int], JsonObject] = {}
        self._lists: dict[int, JsonObject] = {}
        self._alternatives: dict[frozenset[int], JsonObject] = {}

    def parts(self, schema: Any) -> tuple[list[JsonObject], str]:
        """Return a schema and all schemas of its allOf, innermost first, and the problem of an unresolvable one.

        A oneOf or anyOf with a single schema is like allOf. Raises DocumentProblem if there are more than MAX_PARTS.
        """
        parts: list[JsonObject] = []
        seen: set[int] = set()
        problem = ""
        pending: list[Any] = [schema]
        while pending:
            try:
                part, _ = self._follow(pending.pop())
            except DocumentProblem as exc:
                problem = exc.message
                continue
            if not isinstance(part, dict) or id(part) in seen:
                continue
            seen.add(id(part))
            if len(seen) > MAX_PARTS:
                raise DocumentProblem(f"it is composed of more than {MAX_PARTS} schemas")
            parts.append(part)
            pending.extend(as_list(part.get("allOf")))
            for key in ("oneOf", "anyOf"):
                if len(members := structured_members(part, key)) == 1:
                    pending += members
        return parts[::-1], problem

    def property(self, before: Any, after: Any) -> Any:
        """Merge two schemas of a property. The later one may only annotate the other, such as `{readOnly: true}`."""
        merged = self.both(before, after) if has_structure(after) else before
        part = as_mapping(merged)
        missing = {key: value for key, value in _annotations(before, after).items() if part.get(key) != value}
        if not missing:
            return merged
        kept = {key: value for key, value in part.items() if key in _ABOUT}
        return {**part, **missing} if simple_scalar(merged) else {**kept, **missing, "allOf": [merged]}

    def both(self, before: Any, after: Any) -> Any:
        """Merge two schemas: objects and lists recursively; of other schemas, return the later one."""
        merged = self.in_depth(before, after)
        return after if merged is None else merged

    def in_depth(self, before: Any, after: Any) -> Any:
        """Merge two schemas of objects or of lists. Return None for other schemas."""
        if before is after or simple_scalar(before) or simple_scalar(after):
            return None
        try:
            ours, theirs = self._structured_parts(before), self._structured_parts(after)
        except DocumentProblem:
            return None
        if any(map(properties_of, ours)) and any(map(properties_of, theirs)):
            return self._objects(before, after, frozenset(map(id, ours)), frozenset(map(id, theirs)))
        lists = [next((part for part in parts[::-1] if "items" in part), None) for parts in (ours, theirs)]
        if lists[0] is None or lists[1] is None:
            return None
        items = self.both(lists[0]["items"], lists[1]["items"])
        if items is lists[1]["items"]:
            return after
        if id(items) not in self._lists:
            self._lists[id(items)] = {**_annotations(before, after), "type": "array", "items": items}
        return self._lists[id(items)]

    def any_of(self, schemas: Sequence[Any]) -> Any:
        """Return a schema for the values of all these schemas.

        Equal schemas always have the same result, so that merging of recursive schemas ends.
        """
        distinct: list[Any] = []
        for schema in schemas:
            if schema not in distinct:
                distinct.append(schema)
        key = frozenset(map(self._identity, distinct))
        if len(key) == 1:
            return distinct[0]
        if key not in self._alternatives:
            if len(self._alternatives) >= MAX_ALTERNATIVES:
                return _TOO_MANY
            parts = [as_mapping(schema) for schema in distinct]
            about = {keyword: value for keyword, value in parts[0].items() if keyword in _SHOWN}
            about |= {keyword: True for keyword in _MARKS if all(part.get(keyword) is True for part in parts)}
            self._alternatives[key] = {**about, "anyOf": distinct}
        return self._alternatives[key]

    def _identity(self, schema: Any) -> int:
        try:
            return id(self._follow(schema)[0])
        except DocumentProblem:
            return id(schema)

    def _structured_parts(self, schema: Any) -> list[JsonObject]:
        """Return the parts of a schema that do not only refer to other parts. Raises DocumentProblem."""
        alternatives = [part for part in _alternatives(self._follow(schema)[0]) if not is_null(part)]
        parts, _ = self.parts(alternatives[0] if len(alternatives) == 1 else schema)
        return [part for part in parts if properties_of(part) or "allOf" not in part]

    def _objects(self, before: Any, after: Any, ours: frozenset[int], theirs: frozenset[int]) -> Any:
        if ours <= theirs:
            return after
        if theirs <= ours:
            return before
        if ours | theirs not in self._merged:
            if len(self._merged) >= MAX_MERGED:
                return after
            self._merged[ours | theirs] = {**_annotations(before, after), "allOf": [before, after]}
        return self._merged[ours | theirs]


def _alternatives(schema: Any) -> list[Any]:
    """Return the members of oneOf and anyOf of a schema without properties: `anyOf: [{$ref: …}, {type: "null"}]`."""
    groups = [as_list(as_mapping(schema).get(key)) for key in ("oneOf", "anyOf")]
    return [*groups[0], *groups[1]] if not properties_of(as_mapping(schema)) else []


def _annotations(*sources: Any) -> dict[str, Any]:
    """Return the keywords of schemas that do not constrain the values."""
    return {key: value for source in sources for key, value in as_mapping(source).items() if key in _ANNOTATIONS}
