"""One schema for a property that several parts of a schema describe."""

from typing import Any

from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping
from restgql.schema.sources.openapi.references import FollowReference
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import is_null, properties_of

MAX_PARTS = 1_000
"""The schemas that one may be composed of, through allOf of allOf."""
MAX_MERGED = 10_000
"""The properties of a document that are merged; of later ones the last description counts."""
_WORDS = ("description", "readOnly", "writeOnly", "deprecated", "nullable")


class SchemaMerger:
    """Merges schemas, each set of parts once: schemas that refer to one another have an end."""

    def __init__(self, follow: FollowReference) -> None:
        self._follow = follow
        self._merged: dict[frozenset[int], JsonObject] = {}
        self._lists: dict[int, JsonObject] = {}

    def parts(self, schema: Any) -> tuple[list[JsonObject], str]:
        """Return a schema and all that its allOf names, those furthest down first, and what is wrong with one."""
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
        return parts[::-1], problem

    def both(self, before: Any, after: Any) -> Any:
        """Return the schema of what two schemas describe: objects and lists in depth, of others the later one."""
        merged = self.in_depth(before, after)
        return after if merged is None else merged

    def in_depth(self, before: Any, after: Any) -> Any:
        """Return the schema of two of objects or lists, None for others."""
        if before is after or simple_scalar(before) or simple_scalar(after):
            return None
        try:
            ours, theirs = self._telling_parts(before), self._telling_parts(after)
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
            self._lists[id(items)] = {**_words(before, after), "type": "array", "items": items}
        return self._lists[id(items)]

    def _telling_parts(self, schema: Any) -> list[JsonObject]:
        """Return the parts of a schema that are more than the names of others. Raises Problem."""
        alone = [each for each in _alternatives(self._follow(schema)[0]) if not is_null(each)]
        parts, _ = self.parts(alone[0] if len(alone) == 1 else schema)
        return [part for part in parts if properties_of(part) or "allOf" not in part]

    def _objects(self, before: Any, after: Any, ours: frozenset[int], theirs: frozenset[int]) -> Any:
        if ours <= theirs:
            return after
        if theirs <= ours:
            return before
        if ours | theirs not in self._merged:
            if len(self._merged) >= MAX_MERGED:
                return after
            self._merged[ours | theirs] = {**_words(before, after), "allOf": [before, after]}
        return self._merged[ours | theirs]


def _alternatives(schema: Any) -> list[Any]:
    """Return the members of the one oneOf or anyOf of a schema, as `anyOf: [{$ref: …}, {type: "null"}]`."""
    groups = [as_list(as_mapping(schema).get(key)) for key in ("oneOf", "anyOf")]
    return [*groups[0], *groups[1]] if not properties_of(as_mapping(schema)) else []


def _words(*sources: Any) -> dict[str, Any]:
    """Return the keywords of schemas that say nothing of the values."""
    return {key: value for source in sources for key, value in as_mapping(source).items() if key in _WORDS}
