"""Which response of an operation its type is made from, and what of it is a JSON value."""

import re
from typing import Any

import msgspec

from restgql.formats.media import essence, is_json, may_be_json
from restgql.schema.sources.openapi.api_operation import ApiOperation
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References, media_types

_SUCCESS = re.compile(r"2(\d\d|XX)\Z")
_FIRST = ("200", "201")

NO_SCHEMA = "the document has no schema for a response"


class ResponseContent(msgspec.Struct, frozen=True):
    """The schema of what a field's value is made from, or why there is none."""

    schema: Any = None
    problem: str = ""
    declared: bool = False
    is_text: bool = False
    """Its value is a string: the text, or a data: URL of what is no text."""
    others: tuple[Any, ...] = ()
    """The schemas of other successful responses."""
    headers: JsonObject = {}
    """The documented header fields of all of them."""


def response(operation: ApiOperation, references: References, document: JsonObject) -> ResponseContent:
    """The first successful response that has a JSON schema. Raises Problem for a reference that leads nowhere."""
    given = {str(status): value for status, value in as_mapping(operation.body.get("responses")).items()}
    statuses = [status for status in given if _SUCCESS.match(status)]
    statuses.sort(key=lambda status: (_FIRST.index(status) if status in _FIRST else len(_FIRST), status))
    # `default` is what errors look like wherever a success is said apart
    sources = [as_mapping(references.follow(given.get(status))[0]) for status in statuses or ["default"]]
    found = [_response(source, operation, document, references) for source in sources]
    as_json = [each for each in found if each.schema is not None and not each.is_text]
    declared = [each for each in found if each.declared]
    first = next(iter([*as_json, *declared]), ResponseContent(problem=NO_SCHEMA))
    return msgspec.structs.replace(
        first,
        others=tuple(each.schema for each in as_json[1:]),
        headers={name: value for source in sources for name, value in as_mapping(source.get("headers")).items()},
    )


def _response(
    source: JsonObject, operation: ApiOperation, document: JsonObject, references: References
) -> ResponseContent:
    if "schema" in source:  # Swagger 2.0
        produced = as_list(operation.body.get("produces")) or as_list(document.get("produces")) or [""]
        content = {as_text(name): source for name in produced}
    else:
        content = media_types(source, references)
    declared = {name: value["schema"] for name, value in content.items() if value.get("schema") is not None}
    for name, schema in sorted(declared.items(), key=lambda item: not is_json(essence(item[0]))):
        if may_be_json(essence(name)):
            return ResponseContent(schema, declared=True)
    if declared:
        name, schema = next(iter(declared.items()))
        return ResponseContent(schema, f"the response is {essence(name)}, no JSON", declared=True, is_text=True)
    if streamed := next((name for name, value in content.items() if "itemSchema" in value), None):  # OpenAPI 3.2
        return ResponseContent(problem=f"the response is {essence(streamed)}, a stream of items", declared=True)
    return ResponseContent(problem=NO_SCHEMA)
