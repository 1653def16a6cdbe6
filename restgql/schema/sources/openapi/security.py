"""API keys that a client sends with its own request, and so are no arguments."""

from collections.abc import Iterator

from restgql.schema.sources.openapi.operation import Operation
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence, text
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References


def api_keys(operation: Operation, document: Schema, references: References) -> frozenset[tuple[str, str]]:
    """Return the name and place (`query`, `header`) of each API key that an operation may need."""
    schemes = {**mapping(document.get("securityDefinitions")), **_components(document)}
    body = operation.body
    requirements = sequence(body.get("security") if "security" in body else document.get("security"))
    names = {name for each in requirements for name in mapping(each)}
    return frozenset(_keys([schemes[name] for name in names if name in schemes], references))


def _keys(schemes: list[Schema], references: References) -> Iterator[tuple[str, str]]:
    for scheme in schemes:
        try:
            source = mapping(references.follow(scheme)[0])
        except Problem:
            continue
        name, place = text(source.get("name")), text(source.get("in"))
        if source.get("type") == "apiKey" and name and place in ("query", "header"):
            yield name, place


def _components(document: Schema) -> Schema:
    return mapping(mapping(document.get("components")).get("securitySchemes"))
