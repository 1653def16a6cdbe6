"""API keys. The client sends them with its own request, so that they do not become arguments."""

from collections.abc import Iterator

from restgql.schema.sources.openapi.api_operation import ApiOperation
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References


def api_keys(operation: ApiOperation, document: JsonObject, references: References) -> frozenset[tuple[str, str]]:
    """Return the name and location (`query`, `header`) of each API key that an operation may need."""
    schemes = {**as_mapping(document.get("securityDefinitions")), **_components(document)}
    body = operation.body
    requirements = as_list(body.get("security") if "security" in body else document.get("security"))
    names = {name for requirement in requirements for name in as_mapping(requirement)}
    return frozenset(_keys([schemes[name] for name in names if name in schemes], references))


def _keys(schemes: list[JsonObject], references: References) -> Iterator[tuple[str, str]]:
    for scheme in schemes:
        try:
            source = as_mapping(references.follow(scheme)[0])
        except DocumentProblem:
            continue
        name, location = as_text(source.get("name")), as_text(source.get("in"))
        if source.get("type") == "apiKey" and name and location in ("query", "header"):
            yield name, location


def _components(document: JsonObject) -> JsonObject:
    return as_mapping(as_mapping(document.get("components")).get("securitySchemes"))
