"""The operations of a document, in the document's order, and their parameters."""

import re
from typing import Any

import msgspec

from restgql.formats.media import essence
from restgql.schema.sdl.report import SkippedOperation
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References

METHODS = ("get", "post", "put", "patch", "delete")
_WITHOUT_FIELD = ("head", "options", "trace")
NO_FIELD = "a field makes a GET, POST, PUT, PATCH or DELETE request"
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class ApiOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAPI operation. `path` is written as in the document, without the base path.

    `body` is the Operation Object, `item` its Path Item Object, which all methods of the path share.
    """

    method: str
    path: str
    item: JsonObject
    body: JsonObject

    @property
    def key(self) -> str:
        """The method and path. A lockfile names the field of an operation by it."""
        return f"{self.method.upper()} {self.path}"


class ApiParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of an operation, with the keywords of OpenAPI 3 also for Swagger 2.0.

    `location` is its `in`, `source` the Parameter Object. If `encoded`, its value is a text of `media_type`.
    """

    name: str
    location: str
    schema: Any
    style: str
    explode: bool
    required: bool
    encoded: bool
    source: JsonObject
    media_type: str = ""


FORM = "application/x-www-form-urlencoded"
# collectionFormat of Swagger 2.0: style, explode
COLLECTION = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_STYLE = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def operations(document: JsonObject, references: References) -> tuple[list[ApiOperation], list[SkippedOperation]]:
    """Return the operations of a document that may get a field, and the others with the reason."""
    fieldable: list[ApiOperation] = []
    skipped: list[SkippedOperation] = []
    for path, reference in as_mapping(document.get("paths")).items():
        if not isinstance(path, str) or path.startswith("x-"):
            continue
        try:
            item = as_mapping(references.follow(reference)[0])
        except DocumentProblem as exc:
            skipped.append(SkippedOperation(method="", path=path, reason=exc.message))
            continue
        for method in METHODS:
            if isinstance(item.get(method), dict):
                fieldable.append(ApiOperation(method=method, path=path, item=item, body=item[method]))
            elif method in item:
                skipped.append(SkippedOperation(method=method.upper(), path=path, reason="it is not an object"))
        others = ["query"] if "query" in item else []  # OpenAPI 3.2
        for method in (*others, *as_mapping(item.get("additionalOperations"))):
            skipped.append(SkippedOperation(method=str(method).upper(), path=path, reason=NO_FIELD))
        skipped += (
            SkippedOperation(method=method.upper(), path=path, reason=NO_FIELD, is_chosen=True)
            for method in _WITHOUT_FIELD
            if method in item
        )
    return fieldable, skipped


def parameters(operation: ApiOperation, references: References) -> tuple[list[ApiParameter], list[str]]:
    """Return the parameters of an operation and its path item, and notes of those that could not be read.

    A parameter of the operation replaces that of the path item with the same name and location.
    """
    by_location: dict[tuple[str, str], ApiParameter] = {}
    notes = []
    for reference in (*as_list(operation.item.get("parameters")), *as_list(operation.body.get("parameters"))):
        try:
            source = references.follow(reference)[0]
        except DocumentProblem as exc:
            notes.append(f"a parameter is left out, {exc.message}")
            continue
        name, location = as_text(as_mapping(source).get("name")), as_text(as_mapping(source).get("in"))
        if name and location:
            by_location[name, location] = _parameter(name, location, source)
    return list(by_location.values()), notes


def _parameter(name: str, location: str, source: JsonObject) -> ApiParameter:
    encoded, media_type = False, ""
    if "schema" in source:
        schema = source["schema"]
    elif content := as_mapping(source.get("content")):
        media_type = essence(as_text(next(iter(content))))
        schema = as_mapping(next(iter(content.values()))).get("schema")
        encoded = True
    else:
        schema = source  # Swagger 2.0 has the schema's keywords in the parameter
    style = as_text(source.get("style")) or _STYLE.get(location, "form")
    explode = source.get("explode", style in ("form", "deepObject"))
    if "type" in source and "schema" not in source:
        style, explode = COLLECTION.get(as_text(source.get("collectionFormat")), (_STYLE.get(location, "form"), False))
    return ApiParameter(
        name=name,
        location=location,
        schema=schema,
        style=style,
        explode=explode is True,
        required=source.get("required") is True,
        encoded=encoded,
        media_type=media_type,
        source=source,
    )


def variables(path: str) -> list[str]:
    """Return the names in a path's braces, each once, as the path parameters spell them."""
    return list(dict.fromkeys(map(plain_variable, _VARIABLE.findall(path))))


def plain_variable(expression: str) -> str:
    """Remove the RFC 6570 operators that OpenAPI lacks and documents use nevertheless: `{+path}`, `{path*}`."""
    return expression.strip().lstrip("+#/.;?&").rstrip("*+")
