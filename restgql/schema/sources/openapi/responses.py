"""Which response of an operation its type is made from, and what of it is a JSON value."""

import re
from typing import Any

import msgspec

from restgql.formats.media import essence, is_json, is_xml, may_be_json
from restgql.schema.sources.openapi.operation import Operation
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence, text
from restgql.schema.sources.openapi.references import References, media_types

_SUCCESS = re.compile(r"2(\d\d|XX)\Z")
_FIRST = ("200", "201")

NO_SCHEMA = "the document has no schema for a response"


class Response(msgspec.Struct, frozen=True):
    """The schema of what a field's value is made from, or why there is none."""

    schema: Any = None
    problem: str = ""
    declared: bool = False
    is_text: bool = False
    """Its value is a string: the text, or a data: URL of what is no text."""
    is_xml: bool = False
    """Its value is the text of an XML document, whatever its schema."""
    others: tuple[Any, ...] = ()
    """The schemas of other successful responses."""
    headers: Schema = {}
    """The documented header fields of all of them."""


def response(operation: Operation, references: References, document: Schema) -> Response:
    """The first successful response that has a JSON schema. Raises Problem for a reference that leads nowhere."""
    given = {str(status): value for status, value in mapping(operation.body.get("responses")).items()}
    statuses = [status for status in given if _SUCCESS.match(status)]
    statuses.sort(key=lambda status: (_FIRST.index(status) if status in _FIRST else len(_FIRST), status))
    # `default` is what errors look like wherever a success is said apart
    sources = [mapping(references.follow(given.get(status))[0]) for status in statuses or ["default"]]
    found = [_response(source, operation, document, references) for source in sources]
    as_json = [each for each in found if each.schema is not None and not each.is_text]
    declared = [each for each in found if each.declared]
    first = next(iter([*as_json, *declared]), Response(problem=NO_SCHEMA))
    return msgspec.structs.replace(
        first,
        others=tuple(each.schema for each in as_json[1:]),
        headers={name: value for source in sources for name, value in mapping(source.get("headers")).items()},
    )


def _response(source: Schema, operation: Operation, document: Schema, references: References) -> Response:
    if "schema" in source:  # Swagger 2.0
        produced = sequence(operation.body.get("produces")) or sequence(document.get("produces")) or [""]
        content = {text(name): source for name in produced}
    else:
        content = media_types(source, references)
    declared = {name: value["schema"] for name, value in content.items() if value.get("schema") is not None}
    for name, schema in sorted(declared.items(), key=lambda item: not is_json(essence(item[0]))):
        if may_be_json(essence(name)):
            return Response(schema, declared=True)
    if declared:
        name, schema = next(iter(declared.items()))
        problem = f"the response is {essence(name)}, no JSON"
        return Response(schema, problem, declared=True, is_text=True, is_xml=is_xml(essence(name)))
    if streamed := next((name for name, value in content.items() if "itemSchema" in value), None):  # OpenAPI 3.2
        return Response(problem=f"the response is {essence(streamed)}, a stream of items", declared=True)
    return Response(problem=NO_SCHEMA)
