"""Chooses the media type, schema and encoding of a request's body."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from restgql.formats.body import BINARY as OCTETS
from restgql.formats.body import JSON_TYPE
from restgql.formats.headers import is_value
from restgql.formats.media import FORMS, essence, is_json, is_text, is_type, may_be_json
from restgql.schema.sdl.scalar_names import BINARY
from restgql.schema.sources.openapi.api_operation import COLLECTION, ApiOperation
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text, first_description
from restgql.schema.sources.openapi.references import References, media_types
from restgql.schema.sources.openapi.schema_scalars import simple_scalar

FILE = "FILE"
"""The body is one file, sent unchanged. Directives have no such encoding."""

_FILES = ("application/octet-stream", "image/", "audio/", "video/")
_BINARY = {"type": "string", "format": "binary"}
_TEXT = {"type": "string"}


class RequestContent(msgspec.Struct, frozen=True):
    """The body of a request. `encoding` is `JSON`, `FORM`, `MULTIPART` or `FILE`.

    `encodings` are the Encoding Objects of a form's properties. `media_type` is set if JSON has another media type than
    `application/json`, and if the body is a text, or a file of a single media type.
    """

    schema: Any
    encoding: str
    required: bool
    description: str
    encodings: JsonObject = {}
    media_type: str = ""


def request_content(operation: ApiOperation, references: References, document: JsonObject) -> RequestContent | None:
    """Return the body of an operation, or None if it has none. Raises DocumentProblem if it cannot be written."""
    if "requestBody" in operation.body:
        source = as_mapping(references.follow(operation.body["requestBody"])[0])
        return _of_content(source, media_types(source, references))
    return _of_parameters(operation, references, document)


def _of_content(source: JsonObject, content: Mapping[str, JsonObject]) -> RequestContent | None:
    required = source.get("required") is True
    for encoding in ("JSON", "FORM", "MULTIPART"):
        for name in sorted(content, key=_json_first):
            value = content[name]
            if _encoding(name) == encoding:
                return RequestContent(
                    value.get("schema"),
                    encoding,
                    required,
                    first_description(source),
                    as_mapping(value.get("encoding")),
                    _own_media_type(name),
                )
    for name, value in content.items():
        if essence(name).startswith(_FILES) or simple_scalar(value.get("schema")) == BINARY:
            return _file(content, required, source)
    for name, value in content.items():
        if _is_text(name, schema := value.get("schema")):
            text = schema if simple_scalar(schema) else _TEXT
            return RequestContent(text, "JSON", required, first_description(source), media_type=name.strip())
    if any(is_type(essence(name)) for name in content):  # for example application/pdf
        return _file(content, required, source)
    if content:
        raise DocumentProblem(f"the request's body is left out, {essence(next(iter(content)))} cannot be written")
    return None


def _file(content: Mapping[str, JsonObject], required: bool, source: JsonObject) -> RequestContent:
    """Return a body that is a file. If it can have one media type only, that is for clients that send none."""
    names = [name.strip() for name in content]
    is_known = len(names) == 1 and is_type(kind := essence(names[0])) and kind != OCTETS and is_value(names[0])
    return RequestContent(_BINARY, FILE, required, first_description(source), media_type=names[0] if is_known else "")


def _is_text(media_type: str, schema: Any) -> bool:
    """Return True if a body of a media type, which is not JSON, is a text that a client can write."""
    kind = essence(media_type)
    may_be_text = is_text(kind) or (simple_scalar(schema) == "String" and kind not in FORMS)
    return may_be_text and is_type(kind) and is_value(media_type)


def _json_first(media_type: str) -> bool:
    """Return the sort key that puts JSON media types before ranges (`*/*`), which mean JSON if nothing else does."""
    return not is_json(essence(media_type))


def _of_parameters(operation: ApiOperation, references: References, document: JsonObject) -> RequestContent | None:
    """Return the body of the `body` or `formData` parameters of Swagger 2.0, or None without them."""
    consumed = as_list(operation.body.get("consumes")) or as_list(document.get("consumes"))
    properties: dict[str, Any] = {}
    names = []
    for reference in (*as_list(operation.item.get("parameters")), *as_list(operation.body.get("parameters"))):
        source = as_mapping(references.follow(reference)[0])
        name = as_text(source.get("name"))
        if source.get("in") == "body":
            encoding = FILE if simple_scalar(source.get("schema")) == BINARY else "JSON"
            required = source.get("required") is True
            media_type = _consumed(consumed, source.get("schema")) if encoding == "JSON" else ""
            return RequestContent(
                source.get("schema"), encoding, required, first_description(source), media_type=media_type
            )
        if source.get("in") == "formData":
            properties[name] = source
            names += [name] if source.get("required") is True else []
    if not properties:
        return None
    files = any(part.get("type") == "file" for part in properties.values())
    multipart = files or any(_encoding(as_text(name)) == "MULTIPART" for name in consumed)
    schema = {"type": "object", "properties": properties, "required": names}
    encodings = {name: _collected(part) for name, part in properties.items()}
    return RequestContent(schema, "MULTIPART" if multipart else "FORM", bool(names), "", encodings)


def _collected(source: JsonObject) -> JsonObject:
    """Return the Encoding Object of OpenAPI 3 for a list of Swagger 2.0."""
    if source.get("type") != "array":
        return {}
    style, explode = COLLECTION.get(as_text(source.get("collectionFormat")), COLLECTION["csv"])
    return {"style": style, "explode": explode}


def _consumed(consumed: Sequence[Any], schema: Any) -> str:
    """Return the media type of a body of Swagger 2.0 that is JSON or a text, empty if it is `application/json`."""
    media_types = sorted([as_text(name) for name in consumed], key=_json_first)
    if media_types and simple_scalar(schema) and not any(map(may_be_json, map(essence, media_types))):
        return next((name for name in media_types if _is_text(name, schema)), "")
    accepts_plain = any(essence(name) == JSON_TYPE for name in media_types)
    return _own_media_type(media_types[0]) if media_types and not accepts_plain else ""


def _own_media_type(name: str) -> str:
    """Return a media type with the suffix `+json`, else an empty text: other names and ranges mean plain JSON."""
    kind = essence(name)
    return name.strip() if kind.endswith("+json") and "*" not in kind and is_value(name) else ""


def _encoding(media_type: str) -> str:
    name = essence(media_type)
    return "JSON" if may_be_json(name) else FORMS.get(name, "")
