"""Chooses the response of an operation that determines the field's type."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from restgql.formats.body import JSON_TYPE
from restgql.formats.media import essence, is_endless, is_json, is_xml, may_be_json
from restgql.schema.sources.openapi.api_operation import ApiOperation
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References, media_types
from restgql.schema.sources.openapi.schema_shape import states_kind

_SUCCESS = re.compile(r"2(\d\d|XX)\Z", re.IGNORECASE)
_FIRST = ("200", "201")

NO_SCHEMA = "the document has no schema for a response"


class ResponseContent(msgspec.Struct, frozen=True):
    """The schema of a field's value, or the `problem` that it has none. `declared`: the document has a schema."""

    schema: Any = None
    problem: str = ""
    declared: bool = False
    is_text: bool = False
    """The value is a string: the body's text, or a data: URL if the body is binary."""
    is_string: bool = False
    """The value is a string, whatever the schema and the body: XML, and a text or a file that no schema describes."""
    others: tuple[Any, ...] = ()
    """The schemas of other successful responses."""
    headers: JsonObject = {}
    """The documented header fields of all of them."""


def response_content(operation: ApiOperation, references: References, document: JsonObject) -> ResponseContent:
    """Return the first successful response with a JSON schema. Raises DocumentProblem for an unresolvable reference."""
    responses = {str(status): value for status, value in as_mapping(operation.body.get("responses")).items()}
    statuses = [status for status in responses if _SUCCESS.match(status)]
    statuses.sort(key=lambda status: (_FIRST.index(status) if status in _FIRST else len(_FIRST), status))
    # where a document has a successful status, `default` describes errors
    sources = [as_mapping(references.follow(responses.get(status))[0]) for status in statuses or ["default"]]
    contents = [_content(source, operation, document, references) for source in sources]
    as_json = [content for content in contents if content.schema is not None and not content.is_text]
    declared = [content for content in contents if content.declared]
    first = next(iter([*as_json, *declared]), ResponseContent(problem=NO_SCHEMA))
    return msgspec.structs.replace(
        first,
        others=tuple(content.schema for content in as_json[1:]),
        headers={name: value for source in sources for name, value in as_mapping(source.get("headers")).items()},
    )


def _preference(media_type: str) -> int:
    """Return the sort key of media types: a sub-request accepts `application/json` first."""
    return 0 if media_type == JSON_TYPE else 1 if is_json(media_type) else 2


def _is_no_json(content: Mapping[str, JsonObject]) -> bool:
    """Return True if a body of all these media types, which have no schema, is a text or a file.

    OpenAPI 3.1 describes files so ("Considerations for File Uploads").
    """
    streamed = any("itemSchema" in value for value in content.values())
    kinds = [essence(name) for name in content]
    return bool(kinds) and not streamed and not any(may_be_json(kind) or is_endless(kind) for kind in kinds)


def _content(
    source: JsonObject, operation: ApiOperation, document: JsonObject, references: References
) -> ResponseContent:
    if "schema" in source:  # Swagger 2.0
        produced = as_list(operation.body.get("produces")) or as_list(document.get("produces")) or [""]
        content = {as_text(name): source for name in produced}
    else:
        content = media_types(source, references)
    declared = {name: value["schema"] for name, value in content.items() if value.get("schema") is not None}
    for name, schema in sorted(declared.items(), key=lambda item: _preference(essence(item[0]))):
        if may_be_json(essence(name)):
            return ResponseContent(schema, declared=True)
    if not declared and _is_no_json(content):
        return ResponseContent({"type": "string"}, declared=True, is_text=True, is_string=True)
    if declared:
        name, schema = next(iter(declared.items()))
        is_string = is_xml(essence(name)) or not (states_kind(schema) or is_endless(name))
        problem = f"the response is {essence(name)}, not JSON"
        return ResponseContent(schema, problem, declared=True, is_text=True, is_string=is_string)
    if streamed := next((name for name, value in content.items() if "itemSchema" in value), None):  # OpenAPI 3.2
        return ResponseContent(problem=f"the response is {essence(streamed)}, a stream of items", declared=True)
    return ResponseContent(problem=NO_SCHEMA)
