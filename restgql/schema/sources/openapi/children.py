"""The schemas that are composed of another one (`allOf`), which a discriminator on that one tells apart."""

from collections.abc import Iterator, Mapping

from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import FollowReference, named


class Children:
    """The named schemas below each schema of a document; `named` are references to them, by name."""

    def __init__(self, follow: FollowReference, named: Mapping[str, JsonObject]) -> None:
        self._follow = follow
        self._named = named
        self._below: dict[int, list[str]] | None = None

    def of(self, schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
        """Yield the schemas that are composed of a schema, and of those, each once: name and reference."""
        if self._below is None:
            self._below = self._collected()
        seen, waiting = {id(schema)}, [*self._below.get(id(schema), ())]
        while waiting:
            name = waiting.pop(0)
            child = self._follow(self._named[name])[0]
            if id(child) not in seen:
                seen.add(id(child))
                yield name, self._named[name]
                waiting += self._below.get(id(child), ())

    def _collected(self) -> dict[int, list[str]]:
        below: dict[int, list[str]] = {}
        for name, reference in self._named.items():
            try:
                schema = self._follow(reference)[0]
            except DocumentProblem:
                continue
            for parent in self._parents(schema):
                below.setdefault(id(parent), []).append(name)
        return below

    def _parents(self, schema: JsonObject) -> Iterator[JsonObject]:
        for part in as_list(as_mapping(schema).get("allOf")):
            try:
                if "$ref" in as_mapping(part):
                    yield self._follow(part)[0]
            except DocumentProblem:
                continue


def discriminator_of(schema: JsonObject) -> JsonObject:
    """Return the discriminator of a schema in the words of OpenAPI 3; Swagger 2.0 has the name of a property."""
    discriminator = schema.get("discriminator")
    return {"propertyName": discriminator} if isinstance(discriminator, str) else as_mapping(discriminator)


def default_of(discriminator: JsonObject) -> str:
    """Return the name of the schema of a value that the discriminator does not tell (OpenAPI 3.2, `defaultMapping`)."""
    target = as_text(discriminator.get("defaultMapping"))
    return named(target) or target
