"""Child schemas: named schemas that extend a base with `allOf`. A discriminator of the base distinguishes them."""

from collections.abc import Iterator, Mapping

from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import FollowReference, target_name


class Children:
    """An index of the child schemas of each schema in a document. `named` maps names to references."""

    def __init__(self, follow: FollowReference, named: Mapping[str, JsonObject]) -> None:
        self._follow = follow
        self._named = named
        self._children: dict[int, list[str]] | None = None

    def of(self, schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
        """Yield the name and reference of each child schema, and of their children, each once."""
        if self._children is None:
            self._children = self._children_by_schema()
        seen, pending = {id(schema)}, [*self._children.get(id(schema), ())]
        while pending:
            name = pending.pop(0)
            child = self._follow(self._named[name])[0]
            if id(child) not in seen:
                seen.add(id(child))
                yield name, self._named[name]
                pending += self._children.get(id(child), ())

    def _children_by_schema(self) -> dict[int, list[str]]:
        children_by_schema: dict[int, list[str]] = {}
        for name, reference in self._named.items():
            try:
                schema = self._follow(reference)[0]
            except DocumentProblem:
                continue
            for parent in self._parents(schema):
                children_by_schema.setdefault(id(parent), []).append(name)
        return children_by_schema

    def _parents(self, schema: JsonObject) -> Iterator[JsonObject]:
        for part in as_list(as_mapping(schema).get("allOf")):
            try:
                if "$ref" in as_mapping(part):
                    yield self._follow(part)[0]
            except DocumentProblem:
                continue


def discriminator_of(schema: JsonObject) -> JsonObject:
    """Return the Discriminator Object of a schema. Swagger 2.0 has only the name of a property."""
    discriminator = schema.get("discriminator")
    return {"propertyName": discriminator} if isinstance(discriminator, str) else as_mapping(discriminator)


def default_of(discriminator: JsonObject) -> str:
    """Return the name of the schema for an unmapped discriminator value (OpenAPI 3.2, `defaultMapping`)."""
    target = as_text(discriminator.get("defaultMapping"))
    return target_name(target) or target
